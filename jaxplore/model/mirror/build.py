"""A gradient's rows, put together: inputs on top, the result at the bottom."""

from collections.abc import Iterator, Sequence

from jaxplore.model.gradient import Gradient
from jaxplore.model.mirror.backward import Placing
from jaxplore.model.mirror.drafts import Draft, ForwardRows
from jaxplore.model.mirror.mirror import Mirror, MirrorEdge, MirrorRow
from jaxplore.model.mirror.types import Types
from jaxplore.model.types import short_type


def mirror(gradient: Gradient) -> Mirror:
    """The rows of a gradient, and what is kept between them."""
    return _Making(gradient).made()


class _Making:
    def __init__(self, gradient: Gradient) -> None:
        self._gradient = gradient
        self._types: dict[int, str] = {}
        forward = ForwardRows(gradient.forward, gradient.name)
        self._root = forward.root
        self._result = Draft(
            "result", f"result of {gradient.name}", norm=None if gradient.value is None else 1.0
        )
        self._root.add(self._result)
        placing = Placing(gradient, forward.of, self._result)
        placing.run()
        self._forward, self._backward = forward.of, placing.of
        self._move_to_what_they_read()
        self._inputs = self._input_rows()
        self._mark_stops()
        self._recomputed = frozenset(gradient.recomputed)
        self._without = frozenset(gradient.without_gradient)
        self._dead = frozenset(gradient.dead)

    def _move_to_what_they_read(self) -> None:
        """A row that is backward only stands right after what was kept for it."""
        for kept in self._gradient.residuals:
            source = None if kept.equation is None else self._forward.get(kept.equation)
            if source is None or source.parent is None:
                continue
            siblings = source.parent.children
            for row in dict.fromkeys(self._backward[b] for b in kept.readers):
                if row.kind == "backward only" and row.parent is source.parent:
                    at = siblings.index(row)
                    if siblings.index(source) + 1 < at:
                        siblings.insert(siblings.index(source) + 1, siblings.pop(at))

    def _input_rows(self) -> dict[str, Draft]:
        """A row per input, in one that holds them all where there are several."""
        gradient, rows = self._gradient, dict[str, Draft]()
        for leaf in gradient.inputs:
            row = Draft("input", leaf.path, norm=leaf.norm, has_gradient=leaf.is_reached)
            rows[leaf.path] = row
            self._types[id(row)] = short_type(leaf.dtype, leaf.shape)
        for kept in gradient.residuals:
            if kept.equation is None and kept.name not in rows:
                kind = "constant" if kept.kind == "constant" else "input"
                row = rows[kept.name] = Draft(kind, kept.name, has_gradient=False)
                self._types[id(row)] = kept.type
        for stop in gradient.stops:
            for path in stop.inputs if stop.equation is None else ():
                rows.setdefault(path, Draft("input", path, has_gradient=False))
        held = list(rows.values())
        if len(held) > 1:
            parent = Draft("inputs", f"{len(held):,} inputs")
            for row in held:
                parent.add(row)
            held = [parent]
        for row in held:
            row.parent = self._root
        self._root.children[:0] = held
        return rows

    def _mark_stops(self) -> None:
        for place, stop in enumerate(self._gradient.stops):
            if stop.equation is not None:
                row = self._forward.get(stop.equation)
                if row is not None:
                    row.stops.append(place)
                continue
            for path in stop.inputs:
                if path in self._inputs:
                    self._inputs[path].stops.append(place)

    def made(self) -> Mirror:
        drafts = list(_walk(self._root))
        for index, draft in enumerate(drafts):
            draft.index = index
        ends = [0] * len(drafts)
        for index in range(len(drafts) - 1, -1, -1):
            inner = drafts[index].children
            ends[index] = ends[inner[-1].index] if inner else index + 1
        parents = [_parent(draft, self._root) for draft in drafts]
        types = Types(self._gradient.forward, self._forward, parents, ends)
        norms, alive = self._norms(drafts, parents, types)
        rows = tuple(
            [
                MirrorRow(
                    kind=draft.kind,
                    name=draft.name,
                    type=self._types.get(id(draft)) or types.of(index),
                    parent=parents[index],
                    end=ends[index],
                    span=draft.span,
                    times=draft.times,
                    forward=tuple(draft.forward),
                    backward=tuple(draft.backward),
                    recomputed=sum(b in self._recomputed for b in draft.backward),
                    dead=self._dead_of(draft),
                    norm=norms[index],
                    has_gradient=alive[index],
                    stops=tuple(draft.stops),
                )
                for index, draft in enumerate(drafts)
            ]
        )
        return Mirror(rows=rows, edges=tuple(self._edges()))

    def _dead_of(self, draft: Draft) -> int:
        if not self._dead:
            return 0
        gradient = self._gradient
        return sum(gradient.forward_equations[f] in self._dead for f in draft.forward) + sum(
            gradient.backward_equations[b] in self._dead for b in draft.backward
        )

    def _edges(self) -> Iterator[MirrorEdge]:
        for place, kept in enumerate(self._gradient.residuals):
            if kept.equation is None:
                source = self._inputs.get(kept.name)
            else:
                source = self._forward.get(kept.equation)
            if source is None:
                continue
            targets = dict.fromkeys(self._backward[b].index for b in kept.readers)
            for target in targets:
                yield MirrorEdge(source=source.index, target=target, residual=place)

    def _norms(
        self, drafts: Sequence[Draft], parents: Sequence[int | None], types: Types
    ) -> tuple[list[float | None], list[bool]]:
        """Per row the norm of its cotangent, and whether a gradient comes through it."""
        handed_on = self._handed_on()
        norms: list[float | None] = []
        alive: list[bool] = []
        only_kept = {kept.equation for kept in self._gradient.residuals}
        for index, draft in enumerate(drafts):
            found = self._known_norms([b for b in draft.backward if b in handed_on])
            found = found or self._known_norms(draft.backward)
            norms.append(draft.norm if draft.norm is not None else _largest(found))
            is_grey = bool(draft.forward) and all(f in self._without for f in draft.forward)
            if not draft.backward and not types.hands_on(index):
                # What is made for the backward pass alone.
                is_grey = is_grey or not only_kept.isdisjoint(draft.forward)
            own = not is_grey and draft.has_gradient
            alive.append(own and (not draft.children or bool(draft.backward)))
        for index in range(len(drafts) - 1, 0, -1):
            parent = parents[index]
            if parent is None:
                continue
            norms[parent] = _largest([n for n in (norms[parent], norms[index]) if n is not None])
            alive[parent] = alive[parent] or alive[index]
        return norms, alive

    def _known_norms(self, equations: Sequence[int]) -> list[float]:
        norms = self._gradient.cotangent_norms
        if not norms:
            return []
        return [
            norm for b in equations if b not in self._recomputed and (norm := norms[b]) is not None
        ]

    def _handed_on(self) -> set[int]:
        """Backward equations whose results another row's backward part reads."""
        backward = self._gradient.backward
        maker = {v: i for i, e in enumerate(backward.equations) for v in e.outputs}
        found: set[int] = set()
        for reader, equation in enumerate(backward.equations):
            for value in equation.inputs:
                made = maker.get(value)
                if made is not None and self._backward[made] is not self._backward[reader]:
                    found.add(made)
        for region in backward.regions[1:]:
            found.update(maker[v] for v in region.outputs if v in maker)
        return found


def _largest(norms: Sequence[float]) -> float | None:
    """The largest; what is no number is larger than all."""
    return max(norms, key=lambda n: float("inf") if n != n else n, default=None)


def _walk(root: Draft) -> Iterator[Draft]:
    waiting = list(reversed(root.children))
    while waiting:
        draft = waiting.pop()
        yield draft
        waiting.extend(reversed(draft.children))


def _parent(draft: Draft, root: Draft) -> int | None:
    return None if draft.parent is None or draft.parent is root else draft.parent.index
