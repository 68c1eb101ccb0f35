"""Which equations of a forward pass are those of the function itself.

A forward pass runs the function's equations and, between them, those that rules of
differentiation add. The function's own are found again by their primitive, their expression
and what they read.
"""

from collections import defaultdict
from collections.abc import Generator

from jaxplore.model.gradients.cut import inside_of
from jaxplore.model.gradients.ports import Ports, ports_of
from jaxplore.model.program import Program
from jaxplore.model.span import Span

_Visit = Generator["_Visit", None, None]


def aligned(function: Program, forward: Program) -> dict[int, int]:
    """Equation of the function -> equation of the forward pass, where one was found."""
    made = _Alignment(function, forward)
    open_: list[_Visit] = [made.whole()]
    while open_:  # so that the depth of a program is no depth of Python's calls
        try:
            open_.append(next(open_[-1]))
        except StopIteration:
            open_.pop()
    return made.equations


class _Candidates:
    """The equations of one region: by where they stand, and by what they read."""

    def __init__(self) -> None:
        self.by_place: defaultdict[tuple[str, Span | None], list[int]] = defaultdict(list)
        self.by_reading: defaultdict[tuple[str, tuple[int, ...]], list[int]] = defaultdict(list)


class _Alignment:
    def __init__(self, function: Program, forward: Program) -> None:
        self._function = function
        self._forward = forward
        self._inside = inside_of(function)
        self._there = inside_of(forward)
        self._candidates: dict[int, _Candidates] = {}
        self._taken: set[int] = set()
        self._values: dict[int, int] = {}
        self.equations: dict[int, int] = {}

    def whole(self) -> _Visit:
        first, there = self._function.regions[0], self._forward.regions[0]
        self._values.update(zip(first.inputs, there.inputs, strict=False))
        if len(first.constants) == len(there.constants):
            self._values.update(zip(first.constants, there.constants, strict=True))
        yield self._region(0, 0)

    def _region(self, region: int, there: int) -> _Visit:
        """Find a region's equations among those of a region of the forward pass."""
        for index in self._inside[region]:
            equation = self._function.equations[index]
            found = self._found(index, there)
            if found is not None:
                self.equations[index] = found
                self._learn(index, found)
                yield from self._held(index, found)
            elif equation.regions:
                yield from self._opened(index, there)

    def _found(self, index: int, there: int) -> int | None:
        equation = self._function.equations[index]
        known = self._of(there)
        here = known.by_place.get((equation.primitive, equation.span), [])
        fits = self._may_hold if equation.regions else self._reads_the_same
        # A rule may give the primitive more to read (`sort`), or call the function itself.
        for test in (fits, self._reads_more):
            for candidate in here:
                if candidate not in self._taken and test(index, candidate):
                    return self._take(here, candidate)
        if here:
            return None
        read = tuple([self._values.get(value, -1) for value in equation.inputs])
        same = known.by_reading.get((equation.primitive, read), [])
        return next((self._take(same, i) for i in same if i not in self._taken), None)

    def _take(self, among: list[int], candidate: int) -> int:
        self._taken.add(candidate)
        among.remove(candidate)
        return candidate

    def _reads_more(self, index: int, candidate: int) -> bool:
        mine = self._function.equations[index].inputs
        known = {self._values[v] for v in mine if v in self._values}
        return bool(known) and known.issubset(self._forward.equations[candidate].inputs)

    def _of(self, region: int) -> _Candidates:
        """The equations of a region of the forward pass."""
        known = self._candidates.get(region)
        if known is None:
            known = self._candidates[region] = _Candidates()
            for index in self._there[region]:
                equation = self._forward.equations[index]
                known.by_place[equation.primitive, equation.span].append(index)
                known.by_reading[equation.primitive, equation.inputs].append(index)
        return known

    def _reads_the_same(self, index: int, candidate: int) -> bool:
        mine = self._function.equations[index].inputs
        theirs = self._forward.equations[candidate].inputs
        return len(mine) == len(theirs) and all(map(self._may_be, mine, theirs))

    def _may_be(self, value: int, there: int) -> bool:
        mine, theirs = self._function.values[value], self._forward.values[there]
        if mine.kind == "literal" or theirs.kind == "literal":
            return mine.kind == theirs.kind and mine.name == theirs.name
        known = self._values.get(value)
        return mine.shape == theirs.shape and known in (None, there)

    def _may_hold(self, index: int, candidate: int) -> bool:
        """What holds programs reads other values where its derivative was taken."""
        equation = self._function.equations[index]
        known = {self._values[v] for v in equation.inputs if v in self._values}
        return not known or not known.isdisjoint(self._forward.equations[candidate].inputs)

    def _learn(self, index: int, found: int) -> None:
        mine, theirs = self._function.equations[index], self._forward.equations[found]
        if not mine.regions and len(mine.inputs) == len(theirs.inputs):
            for value, there in zip(mine.inputs, theirs.inputs, strict=True):
                self._values.setdefault(value, there)
        for value, there in zip(mine.outputs, theirs.outputs, strict=False):
            if self._function.values[value].shape == self._forward.values[there].shape:
                self._values[value] = there

    def _held(self, index: int, found: int) -> _Visit:
        """Go on inside of two equations that are the same."""
        mine, theirs = ports_of(self._function, index), ports_of(self._forward, found)
        given = self._function.equations[index].inputs
        there = self._forward.equations[found].inputs
        for own, other in zip(mine, theirs, strict=False):
            inside = self._forward.regions[other.region].inputs
            entered = {
                there[at]: v for v, at in zip(inside, other.inputs, strict=True) if at is not None
            }
            values = self._function.regions[own.region].inputs
            for value, at in zip(values, own.inputs, strict=True):
                entry = None if at is None else entered.get(self._values.get(given[at], -1))
                if entry is not None:
                    self._values[value] = entry
            yield self._region(own.region, other.region)
            self._leave(index, found, own, other)

    def _leave(self, index: int, found: int, own: Ports, other: Ports) -> None:
        """What comes out of two programs that are the same. Residuals may come first."""
        mine = self._function.equations[index].outputs
        theirs = self._forward.equations[found].outputs
        left = {
            value: theirs[at]
            for value, at in zip(
                self._forward.regions[other.region].outputs, other.outputs, strict=True
            )
            if at is not None
        }
        inside = self._function.regions[own.region].outputs
        for value, at in zip(inside, own.outputs, strict=True):
            known = left.get(self._values.get(value, -1))
            if at is not None and known is not None:
                self._values[mine[at]] = known

    def _opened(self, index: int, there: int) -> _Visit:
        """What an equation holds may stand in its place: `checkpoint`, a custom rule."""
        equation = self._function.equations[index]
        for ports in ports_of(self._function, index):
            inside = self._function.regions[ports.region]
            for value, at in zip(inside.inputs, ports.inputs, strict=True):
                known = None if at is None else self._values.get(equation.inputs[at])
                if known is not None:
                    self._values[value] = known
            yield self._region(ports.region, there)
            for value, at in zip(inside.outputs, ports.outputs, strict=True):
                known = self._values.get(value)
                if at is not None and known is not None:
                    self._values[equation.outputs[at]] = known
