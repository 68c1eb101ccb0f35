"""What an equation is recognised by in another program.

A program is read as levels: the whole, and the body of each loop and branch. A call (an
inner jit, a checkpoint, a custom derivative) runs once with the values it is given: its
equations belong to the level of the call, and its variables are those of the caller.

Tokens are numbers that two programs share, equal where the equations are alike.
"""

from collections.abc import Sequence
from typing import Final

from jaxplore.model.program import Equation, Program
from jaxplore.model.span import Span

# They hold programs that run several times, or not at all.
_LOOPS: Final = frozenset(("scan", "while", "cond"))
CAST: Final = "convert_element_type"


class Tokens(dict[object, int]):
    """A number for each different token, the same for both programs."""

    def __missing__(self, token: object) -> int:
        number = self[token] = len(self)
        return number


class Side:
    """One of the two programs, prepared to be aligned."""

    def __init__(self, program: Program, tokens: Tokens) -> None:
        self.program = program
        self._tokens = tokens
        self._places: dict[int, int] = {}
        self._kept: list[Span] = []
        self.is_call = [self._called(equation) for equation in program.equations]
        """Per equation, whether it holds a program that belongs to the level of the call."""
        count = len(program.values)
        self._same_as = list(range(count))
        """Per value, the value of the caller that it is."""
        self.producer: list[int] = [-1] * count
        """Per value, the equation that makes it; -1 for one that is given."""
        self._exact: list[int] = [-1] * count
        self._loose: list[int] = [-1] * count
        self._types = [
            tokens["type", value.dtype, value.shape, value.weak_type] for value in program.values
        ]
        self.digest: list[int] = [-1] * len(program.equations)
        """Per equation, what it computes: equal where the very same is computed of the same
        inputs, also twice in one program; -1 where it was not asked."""
        self.levels = self._levels()

    def _called(self, equation: Equation) -> bool:
        if len(equation.regions) != 1 or equation.primitive in _LOOPS:
            return False
        region = self.program.regions[equation.regions[0]]
        return len(region.inputs) == len(equation.inputs) and len(region.outputs) == len(
            equation.outputs
        )

    def _levels(self) -> dict[int, list[int]]:
        """The equations of each level, by the level's region, in order."""
        program = self.program
        root = list(range(len(program.regions)))
        for number, region in enumerate(program.regions):
            held_by = region.equation
            if held_by is None or not self.is_call[held_by]:
                continue
            holder = program.equations[held_by]
            root[number] = root[holder.region]
            for inner, outer in zip(region.inputs, holder.inputs, strict=True):
                self._same_as[inner] = outer
            for inner, outer in zip(region.outputs, holder.outputs, strict=True):
                self._same_as[outer] = inner
        levels: dict[int, list[int]] = {number: [] for number in set(root)}
        for number, equation in enumerate(program.equations):
            levels[root[equation.region]].append(number)
            if not self.is_call[number]:
                for value in equation.outputs:
                    self.producer[value] = number
        return levels

    def origin(self, value: int) -> int:
        """The value that it is, outside of all calls."""
        same = self._same_as
        chain: list[int] = []
        while same[value] != value:
            chain.append(value)
            value = same[value]
        for passed in chain:
            same[passed] = value
        return value

    def uncast(self, value: int) -> int:
        """The value that it was before it was converted."""
        value = self.origin(value)
        equations = self.program.equations
        while (maker := self.producer[value]) >= 0 and equations[maker].primitive == CAST:
            value = self.origin(equations[maker].inputs[0])
        return value

    def computed_as(self, value: int) -> int:
        """A number equal for values that are computed alike, in every respect."""
        return self._exact[self.origin(value)]

    def local_tokens(self, level: Sequence[int]) -> list[int]:
        """Per equation of a level: its primitive and its expression."""
        equations, tokens = self.program.equations, self._tokens
        return [
            tokens["local", e.primitive, e.phase, self._place(e.span)]
            for e in (equations[number] for number in level)
        ]

    def similar_tokens(self, level: Sequence[int]) -> list[int]:
        """Per equation of a level: its primitive and its function."""
        equations, tokens = self.program.equations, self._tokens
        return [
            tokens["similar", e.primitive, e.phase, "" if e.span is None else e.span.function]
            for e in (equations[number] for number in level)
        ]

    def near_tokens(self, level: Sequence[int], local: Sequence[int]) -> list[int]:
        """Per equation of a level: itself, and what made its inputs."""
        known = dict(zip(level, local, strict=True))
        equations, tokens, producer = self.program.equations, self._tokens, self.producer
        found: list[int] = []
        for number, own in zip(level, local, strict=True):
            makers = [producer[self.origin(value)] for value in equations[number].inputs]
            found.append(tokens["near", own, *[known.get(maker, -1) for maker in makers]])
        return found

    def forward_tokens(
        self, region: int, level: Sequence[int], given: Sequence[int]
    ) -> tuple[list[int], list[int]]:
        """Per equation of a level: what it computes of the level's inputs, exactly, and
        whatever the types, the literals, the parameters and the casts are.

        `given` has a token for each constant and input of the region.
        """
        program, tokens = self.program, self._tokens
        exact, loose, types = self._exact, self._loose, self._types
        values, whole = program.values, program.regions[region]
        for value, token in zip((*whole.constants, *whole.inputs), given, strict=True):
            loose[value], exact[value] = token, tokens["given", token, types[value]]
        any_literal = tokens["literal"]
        exactly: list[int] = []
        loosely: list[int] = []
        for number in level:
            equation = program.equations[number]
            inputs = [self.origin(value) for value in equation.inputs]
            for value in inputs:
                if loose[value] < 0:  # a literal is no equation's result
                    loose[value] = any_literal
                    exact[value] = tokens["literal", values[value].name, types[value]]
            rough = tokens["does", equation.primitive, *[loose[value] for value in inputs]]
            fine = tokens[
                "does",
                equation.primitive,
                equation.parameters,
                *[exact[value] for value in inputs],
                *[types[value] for value in equation.outputs],
            ]
            self.digest[number] = fine
            # The same is computed again in a backward pass: that is another equation.
            exactly.append(tokens["in", equation.phase, fine])
            loosely.append(tokens["in", equation.phase, rough])
            if not self.is_call[number]:
                is_cast = equation.primitive == CAST
                for place, value in enumerate(equation.outputs):
                    exact[value] = tokens["result", fine, place] if place else fine
                    loose[value] = tokens["result", rough, place] if place else rough
                    if is_cast:
                        loose[value] = loose[inputs[0]]
        return exactly, loosely

    def backward_tokens(self, region: int, level: Sequence[int]) -> list[int]:
        """Per equation of a level: what is made of its results, whatever the types and casts
        are. An edit leaves what comes after it the same in this."""
        program, tokens = self.program, self._tokens
        uses: dict[int, list[int]] = {}
        for place, value in enumerate(program.regions[region].outputs):
            uses.setdefault(self.origin(value), []).append(tokens["out", place])
        found: list[int] = []
        for number in reversed(level):
            equation = program.equations[number]
            read = [sorted(uses.get(self.origin(value), ())) for value in equation.outputs]
            own = tokens["used", equation.primitive, equation.phase, *map(tuple, read)]
            found.append(own)
            if self.is_call[number]:
                continue
            is_cast = equation.primitive == CAST
            for place, value in enumerate(equation.inputs):
                known = uses.setdefault(self.origin(value), [])
                if is_cast:
                    known += read[0]
                else:
                    known.append(tokens["use", own, place])
        return found[::-1]

    def _place(self, span: Span | None) -> int:
        """A number for an expression, wherever it stands in its file."""
        if span is None:
            return -1
        known = self._places.get(id(span))
        if known is None:
            self._kept.append(span)
            text = " ".join(span.text.split())
            known = self._places[id(span)] = self._tokens["place", span.function, text]
        return known

    def held(self, number: int) -> tuple[int, ...]:
        """The regions of an equation that are levels of their own."""
        return () if self.is_call[number] else self.program.equations[number].regions

    def inside(self, regions: Sequence[int]) -> list[int]:
        """The equations in these regions, and in what they hold, in order."""
        waiting = list(regions)
        found: list[int] = []
        while waiting:
            for inner in self.levels.get(waiting.pop(), ()):
                found.append(inner)
                waiting += self.held(inner)
        return sorted(found)
