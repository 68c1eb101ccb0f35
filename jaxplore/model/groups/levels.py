"""One region's equations as a tree: split level by level by scopes, calls, repeats and lines."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from jaxplore.model.groups.lines import SMALLEST, by_lines, lines_of, quoted
from jaxplore.model.groups.loops import Loops
from jaxplore.model.groups.paths import Path, called
from jaxplore.model.groups.repeats import (
    Item,
    Place,
    bundle,
    folded,
    in_chunks,
    place_of,
    undigited,
)
from jaxplore.model.groups.structure import Run, Structure
from jaxplore.model.span import Span

# A level with more children is divided by lines, if they divide it.
_MANY: Final = 25
_TOO_MANY: Final = 40
# More are never drawn at once.
_MOST: Final = 300
_PART: Final = 100


@dataclass(slots=True, eq=False)
class Node:
    """A group in the making."""

    kind: str
    name: str
    span: Span | None
    first: int
    end: int
    scopes: int = 0
    calls: int = 0
    items: list[Item] | None = None
    """What it holds, where that is known before it is split."""
    children: list["Node | int"] = field(default_factory=list["Node | int"])
    is_open: bool = False
    """Its children take its place."""

    @property
    def size(self) -> int:
        return self.end - self.first


class Levels:
    """Splits one region."""

    def __init__(
        self,
        run: Run,
        structure: Structure,
        paths: Sequence[Path],
        backward: Sequence[bool],
        loops: Loops,
    ) -> None:
        self._run = run
        self._structure = structure
        self._paths = paths
        self._backward = backward
        self._loops = loops
        self._codes = [structure.codes[index] for index in run.sequence]
        self._weights = [structure.weights[index] for index in run.sequence]
        self._places: dict[
            tuple[int, int], tuple[Place | None, tuple[Span | None, Span | None]]
        ] = {}

    def tree(self, name: str) -> Node:
        """The whole region as a group."""
        root = Node(kind="region", name=name, span=None, first=0, end=len(self._paths))
        waiting = [root]
        made = [root]
        while waiting:
            node = waiting.pop()
            self._split(node)
            inner = [child for child in node.children if isinstance(child, Node)]
            while inner:
                child = inner.pop()
                made.append(child)
                if child.children:  # arranged already: a roll, a line, a part
                    inner.extend(c for c in child.children if isinstance(c, Node))
                else:
                    waiting.append(child)
        for node in reversed(made):
            _simplify(node)
        return root

    def _split(self, node: Node) -> None:
        if node.items is not None:
            # A turn may hold a loop that was not found because its own was found first.
            items = [self._named_roll(item) for item in folded(node.items, self._run)]
            node.children = self._arranged(node, items)
            return
        self._skip_common(node)
        items = self._items(node, own=True)
        if len(items) > _MANY and self._has_library(node):
            finer = self._items(node, own=False)
            items = finer if len(finer) < len(items) else items
        items = folded(items, self._run)
        name, kind, is_called = self._calls_here(node, items)
        if is_called:
            items = self._as_calls(node, items, name, kind)
        else:
            items = [self._named_roll(item) for item in items]
        node.children = self._arranged(node, items)

    def _has_library(self, node: Node) -> bool:
        """Whether calls within libraries would divide it further."""
        paths = {id(p): p for p in self._paths[node.first : node.end]}.values()
        return any(len(p.calls) > max(p.own_calls, node.calls) for p in paths)

    def _skip_common(self, node: Node) -> None:
        """What all its equations share says nothing about its children."""
        rows = {id(p): p for p in self._paths[node.first : node.end]}.values()
        paths = list(rows)
        scopes, calls = node.scopes, node.calls
        if not paths:
            return
        one = paths[0]
        while len(one.scope) > scopes and all(
            len(p.scope) > scopes and p.scope[scopes] == one.scope[scopes] for p in paths
        ):
            scopes += 1
        while len(one.calls) > calls and all(
            len(p.calls) > calls and p.calls[calls] == one.calls[calls] for p in paths
        ):
            calls += 1
        node.scopes, node.calls = scopes, calls

    def _items(self, node: Node, *, own: bool) -> list[Item]:
        """Runs of the same scope or call, and the equations outside of any."""
        paths = self._paths
        scopes, calls = node.scopes, node.calls
        first, end = node.first, node.end
        scope_at: list[str | None] = []
        call_at: list[int | None] = []
        for path in paths[first:end]:
            scope_at.append(path.scope[scopes] if len(path.scope) > scopes else None)
            most = path.own_calls if own else len(path.calls)
            call_at.append(path.calls[calls] if most > calls else None)
        items: list[Item] = []
        place = first
        while place < end:
            scope, call = scope_at[place - first], call_at[place - first]
            by_scope = by_call = place
            if scope is not None:
                by_scope = self._run_end(scope_at, first, place, end)
            if call is not None:
                by_call = self._run_end(call_at, first, place, end)
            stop = max(by_scope, by_call)
            if stop - place < (2 if by_scope >= by_call else SMALLEST):
                items.append(self._equation(place, calls))
                place += 1
                continue
            path = paths[place]
            if by_scope >= by_call:
                item = self._item(place, stop, "scope", str(scope), calls)
                item.scopes, item.calls = scopes + 1, calls
            else:
                span = path.spans[calls]
                named = self._named_call(place, stop, calls + 1)
                name = _name(path, named) or quoted(span or path.spans[calls + 1]) or "function"
                item = self._item(place, stop, "function", name, calls)
                item.span = span
                item.scopes, item.calls = scopes, calls + 1
            items.append(item)
            place = stop
        return items

    def _named_call(self, first: int, end: int, level: int) -> int:
        """The call that a run is called after: within a library the innermost that it shares,
        for those outside of it are mostly wrappers; or the first that has a name at all."""
        path = self._paths[first]
        if level <= path.own_calls and (path.spans[level - 1] is not None or _name(path, level)):
            return level
        paths = list({id(p): p for p in self._paths[first:end]}.values())
        inner, shared = level, min(len(p.calls) for p in paths)
        while inner < shared and len({p.calls[inner] for p in paths}) == 1:
            inner += 1
            if inner <= path.own_calls and _name(path, inner):
                return inner
        is_wrapper = len({id(p.spans[inner]) for p in paths}) == 1
        return level if is_wrapper and _name(path, level) else inner

    def _run_end(self, keys: Sequence[object], offset: int, place: int, end: int) -> int:
        """Where the run of a key ends. It ends where the phase changes, unless it changes back."""
        key, backward = keys[place - offset], self._backward
        turn, stop = 0, place + 1
        while stop < end and keys[stop - offset] == key:
            if backward[stop] != backward[stop - 1]:
                if turn:
                    turn = -1
                elif turn == 0:
                    turn = stop
            stop += 1
        return turn if turn > 0 else stop

    def _equation(self, place: int, calls: int) -> Item:
        path = self._paths[place]
        known = self._places.get((id(path), calls))
        if known is None:
            span = path.spans[min(calls, len(path.spans) - 1)]
            known = self._places[id(path), calls] = (place_of(span), (span, span))
        where, spans = known
        return Item(
            first=place,
            end=place + 1,
            kind="equation",
            token=self._codes[place],
            starts=where,
            ends=where,
            spans=spans,
            backward=self._backward[place],
            weight=self._weights[place],
        )

    def _item(self, first: int, end: int, kind: str, name: str, calls: int) -> Item:
        one, last = self._equation(first, calls), self._equation(end - 1, calls)
        span = self._structure.span_code(one.spans[0]) if kind == "function" else 0
        plain = undigited(name) if kind == "scope" else name
        return Item(
            first=first,
            end=end,
            kind=kind,
            name=name,
            token=(kind, plain, span, end - first, self._run.code(first, end)),
            starts=one.starts,
            ends=last.ends,
            spans=(one.spans[0], last.spans[1]),
            backward=one.backward,
            weight=end - first,
        )

    # Repeats: of what?

    def _calls_here(self, node: Node, items: list[Item]) -> tuple[str, str, bool]:
        """Whether the items are several calls of one function, one after the other; its name."""
        path = self._paths[node.first] if node.size else None
        if path is None or node.calls == 0:
            return "", "", False
        if node.kind == "scope":
            headers = self._loops.about(items[0].spans[0])
            inner = headers[: headers.index("with")] if headers and "with" in headers else None
            is_called = inner is not None and "for" not in inner and "for" in (headers or ())
            return node.name, "scope", is_called
        level = min(node.calls, len(path.spans) - 1)
        name = called(path.functions[level])
        has_loop = [self._loops.repeats(item.spans[0]) for item in items[:_PART]]
        if not name or any(has_loop) or None in has_loop:
            return name, "function", False
        in_loop = self._loops.repeats(path.spans[level - 1])
        is_rolled = any(item.kind == "roll" for item in items) and node.kind != "region"
        return name, "function", bool(in_loop or is_rolled) and _are_alike(items)

    def _as_calls(self, node: Node, items: list[Item], name: str, kind: str) -> list[Item]:
        result: list[Item] = []
        span = node.span if node.kind == kind else self._call_span(node)
        chunks = in_chunks(items)
        if len(chunks) == 1 and chunks[0][0].kind != "roll":
            return items
        for chunk in chunks:
            if chunk[0].kind == "roll":
                roll = chunk[0]
                turn = roll.turns[0]
                if len(turn) > 1 or turn[0].kind != "scope":  # a scope has a name of its own
                    roll.name, roll.span = f"{kind}:{name}", span
                result.append(roll)
            elif [item.kind for item in chunk] != ["scope"] and _size(chunk) >= SMALLEST:
                result.append(bundle(chunk, kind, name, span))
            else:
                result.extend(chunk)
        node.is_open = node.kind != "region" and all(item.kind != "equation" for item in result)
        return result

    def _call_span(self, node: Node) -> Span | None:
        return self._paths[node.first].spans[node.calls - 1] if node.calls else None

    def _named_roll(self, item: Item) -> Item:
        """A roll without a name: called after its lines, or the one group in its turns."""
        turn = item.turns[0] if item.kind == "roll" and not item.name else []
        if len(turn) > 1 or (turn and not turn[0].is_group):
            kind, name, span = lines_of([span for part in turn for span in part.spans])
            item.name, item.span = f"{kind}:{name}", span
        return item

    # From items to children

    def _arranged(self, node: Node, items: list[Item]) -> list[Node | int]:
        if len(items) > _MANY:
            items = by_lines(items, only_equations=True)
        if len(items) > _TOO_MANY:
            items = by_lines(items, only_equations=False)
        children = [self._child(item) for item in items]
        return _in_parts(children)

    def _child(self, item: Item) -> Node | int:
        if item.kind == "equation":
            return item.first
        node = Node(
            kind=item.kind,
            name=item.name,
            span=item.span,
            first=item.first,
            end=item.end,
            scopes=item.scopes,
            calls=item.calls,
        )
        if item.kind == "roll":
            self._unroll(node, item)
        elif item.turns:
            node.items = item.turns[0]
        return node

    def _unroll(self, node: Node, roll: Item) -> None:
        """A repeat with a group for each turn."""
        if not roll.name:
            self._named_roll(roll)
        kind, _, name = roll.name.partition(":")
        turns: list[Node | int] = []
        for turn in roll.turns:
            if not kind and turn[0].is_group:
                turns.append(self._child(turn[0]))
                continue
            if kind and len(turn) == 1 and not turn[0].is_group:
                turns.append(turn[0].first if turn[0].kind == "equation" else self._child(turn[0]))
                continue
            turns.append(self._child(bundle(turn, kind, name, roll.span)))
        first = roll.turns[0][0]
        if not kind:
            name = undigited(first.name) if first.kind == "scope" else first.name
        node.kind, node.name, node.span = "repeat", name, None
        node.children = _in_parts(turns)


def _size(items: Sequence[Item]) -> int:
    return sum(item.size for item in items)


def _are_alike(items: list[Item]) -> bool:
    """Whether all chunks cover the same lines: calls do; a loop has lines before or after."""
    ranges: list[tuple[int, int]] = []
    for chunk in in_chunks(items):
        inner = chunk[0].turns[0] if chunk[0].kind == "roll" else chunk
        lines = [span.line for item in inner for span in item.spans if span is not None]
        if lines:
            ranges.append((min(lines), max(lines)))
    return all(low <= ranges[0][1] and high >= ranges[0][0] for low, high in ranges)


def _name(path: Path, level: int) -> str:
    return called(path.functions[level], library=level > path.own_calls)


def _in_parts(children: list[Node | int]) -> list[Node | int]:
    """At most so many as can be drawn, by stretches, stretches of stretches, ..."""
    width, total = 1, len(children)
    while len(children) > _MOST:
        parts: list[Node | int] = []
        for place in range(0, len(children), _PART):
            held = children[place : place + _PART]
            first, last = held[0], held[-1]
            numbers = f"{place * width + 1:,}-{min((place + _PART) * width, total):,}"
            part = Node(
                kind="part",
                name=numbers,
                span=None,
                first=first if isinstance(first, int) else first.first,
                end=last + 1 if isinstance(last, int) else last.end,
            )
            part.children = held
            parts.append(part)
        children, width = parts, width * _PART
    return children


def _simplify(node: Node) -> None:
    """Children that add nothing give way to what they hold."""
    if node.kind == "repeat":
        return
    kept: list[Node | int] = []
    for child in node.children:
        if isinstance(child, Node) and (child.is_open or _adds_nothing(child)):
            kept.extend(child.children)
        else:
            kept.append(child)
    if len(kept) == 1 and isinstance(kept[0], Node) and kept[0].kind != "repeat":
        kept = kept[0].children
    node.children = kept


def _adds_nothing(node: Node) -> bool:
    """Whether it holds one thing that says as much without it."""
    if node.kind == "repeat" or len(node.children) != 1:
        return False
    only = node.children[0]
    is_roll = isinstance(only, Node) and only.kind == "repeat" and only.name != node.name
    return not (is_roll and node.kind in ("function", "scope"))
