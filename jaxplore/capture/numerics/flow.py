"""What flows into what, through the programs that equations hold."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from jaxplore.capture.numerics.loops import parts_of_scan, parts_of_while
from jaxplore.capture.numerics.plan import Plan
from jaxplore.model.program import Equation, Region


class Flow:
    """The values of a planned program, each with those that it is made of."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._walk = plan.walk
        self._made_by: dict[int, int] = {
            value: index
            for index, equation in enumerate(self._walk.equations)
            for value in equation.outputs
        }
        self._entry: dict[int, tuple[int, int]] = {
            value: (number, position)
            for number, region in enumerate(self._walk.regions)
            for position, value in enumerate(region.inputs)
        }

    def maker(self, value: int) -> int | None:
        """The equation that a value is a result of; None for inputs and constants."""
        return self._made_by.get(value)

    def into(self, values: Iterable[int], is_followed: Callable[[int], bool]) -> set[int]:
        """The equations that these values are made by, followed back through the values that
        are asked for."""
        equations: set[int] = set()
        seen: set[int] = set()
        open_ = list(values)
        while open_:
            value = open_.pop()
            if value in seen or not is_followed(value):
                continue
            seen.add(value)
            index = self._made_by.get(value)
            if index is not None:
                equations.add(index)
                open_ += self._behind_result(index, value)
            elif value in self._entry:
                open_ += self._behind_entry(*self._entry[value])
        return equations

    def _behind_result(self, index: int, value: int) -> Iterator[int]:
        equation = self._walk.equations[index]
        if not self._is_open(index, equation):
            yield from equation.inputs
            return
        position = equation.outputs.index(value)
        for number in equation.regions:
            region = self._walk.regions[number]
            if region.kind == "cond_jaxpr":
                yield from region.outputs
            else:
                yield region.outputs[position]
        if equation.primitive == "cond":
            yield equation.inputs[0]
        elif index in self._plan.loops:
            first, count = carry_of(self._plan.loops[index])
            if position < count:
                yield equation.inputs[first + position]

    def _behind_entry(self, number: int, position: int) -> Iterator[int]:
        region = self._walk.regions[number]
        if region.equation is None:
            return
        index = region.equation
        equation = self._walk.equations[index]
        outer = self.outer(number, position)
        if outer is not None:
            yield outer
        loop = self._plan.loops.get(index)
        if loop is None:
            return
        first, count = carry_of(loop)
        is_while = equation.primitive == "while"
        of_carry = position - (len(region.inputs) - count if is_while else first)
        if 0 <= of_carry < count:
            body = self._walk.regions[_body(equation, self._walk.regions)]
            yield body.outputs[of_carry]

    def outer(self, number: int, position: int) -> int | None:
        """The operand that an input of a program is: of a loop's, in the first iteration."""
        region = self._walk.regions[number]
        if region.equation is None:
            return None
        equation = self._walk.equations[region.equation]
        if equation.primitive == "cond":
            position += 1
        elif equation.primitive == "while" and region.equation in self._plan.loops:
            n_cond, n_body = parts_of_while(self._plan.loops[region.equation])
            if region.kind == "body_jaxpr":
                position += n_cond
            elif position >= n_cond:
                position += n_body
        return equation.inputs[position] if position < len(equation.inputs) else None

    def entry(self, value: int) -> tuple[int, int] | None:
        """(region, position) of a value that is an input of a program."""
        return self._entry.get(value)

    def _is_open(self, index: int, equation: Equation) -> bool:
        """Whether the programs of an equation are steps of the plan."""
        return bool(equation.regions) and index not in self._plan.closed


def carry_of(equation: Any) -> tuple[int, int]:
    """Where the carry of a loop begins among its operands, and how long it is."""
    if equation.primitive.name == "while":
        first = sum(parts_of_while(equation))
        return first, len(equation.invars) - first
    return parts_of_scan(equation) or (0, 0)


def _body(equation: Equation, regions: Sequence[Region]) -> int:
    kinds = [regions[number].kind for number in equation.regions]
    return equation.regions[kinds.index("body_jaxpr") if "body_jaxpr" in kinds else 0]
