"""Where the numbers of a program go: through jits, branches and loops, as if there were none."""

from collections import deque
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from jaxplore.model.program import Equation, Program
from jaxplore.model.span import Span

# Each element of the result depends on the elements in the same place: what a `where` hides of
# the result, it hides of the operand. Sums over an axis are among them: an element stands for
# its whole row.
_IN_PLACE_WORDS: Final = (
    "add add_any sub mul div neg abs sign max min pow integer_pow square sqrt rsqrt cbrt exp exp2 "
    "expm1 log log1p sin cos tan tanh logistic acos asin atan atan2 erf erf_inv clamp copy "
    "convert_element_type broadcast_in_dim reshape squeeze expand_dims transpose reduce_sum "
    "reduce_max reduce_min stop_gradient reduce_precision real imag"
)
_IN_PLACE: Final = frozenset(_IN_PLACE_WORDS.split())
_MOST_STEPS: Final = 400


class NumberFlow:
    """The readers and makers of a program's values, across its regions."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._maker: dict[int, int] = {}
        self._readers: dict[int, list[tuple[int, int]]] = {}
        self._becomes: dict[int, list[int]] = {}
        self._was: dict[int, list[int]] = {}
        for index, equation in enumerate(program.equations):
            if equation.regions:
                for one, other in self._passed(equation):
                    self._becomes.setdefault(one, []).append(other)
                    self._was.setdefault(other, []).append(one)
            else:
                for value in equation.outputs:
                    self._maker[value] = index
                for position, value in enumerate(equation.inputs):
                    self._readers.setdefault(value, []).append((index, position))

    def maker(self, value: int) -> int | None:
        """The equation that computed a value; None for an argument, a constant, or a value of
        several branches."""
        source = self.origin(value)
        return self._maker.get(source)

    def origin(self, value: int) -> int:
        """The value as it was first computed, or came in."""
        seen: set[int] = set()
        while value not in seen:
            seen.add(value)
            before = self._was.get(value, ())
            if len(before) != 1:
                break
            (value,) = before
        return value

    def readers(self, value: int) -> Iterator[tuple[int, int]]:
        """(equation, position among its inputs) of every equation that reads a value."""
        pending, seen = [value], {value}
        while pending:
            here = pending.pop()
            yield from self._readers.get(here, ())
            for after in self._becomes.get(here, ()):
                if after not in seen:
                    seen.add(after)
                    pending.append(after)

    def choosers(self, value: int) -> Iterator[tuple[int, int]]:
        """(equation, which case) of each `where` that may hide elements of a value, nearest
        first. A case is counted from 0: the 1 is what stands where the condition is true."""
        pending, seen = deque([value]), {value}
        while pending and len(seen) < _MOST_STEPS:
            for index, position in self.readers(pending.popleft()):
                equation = self.program.equations[index]
                if equation.phase == "backward":
                    continue
                if equation.primitive == "select_n":
                    if position:
                        yield index, position - 1
                    continue
                if equation.primitive in _IN_PLACE:
                    fresh = [v for v in equation.outputs if v not in seen]
                    seen.update(fresh)
                    pending.extend(fresh)

    def depends_on(self, value: int, earlier: int) -> bool:
        """Whether one value was computed from another."""
        target = self.origin(earlier)
        pending, seen = [value], {value}
        while pending:
            here = pending.pop()
            if here == target:
                return True
            before = list(self._was.get(here, ()))
            maker = self._maker.get(here)
            if maker is not None:
                before += self.program.equations[maker].inputs
            for one in before:
                if one not in seen:
                    seen.add(one)
                    pending.append(one)
        return False

    def is_only_for_backward(self, index: int) -> bool:
        """Whether an equation of the forward pass computes nothing but what the backward pass
        reads: a part of a derivative."""
        equation = self.program.equations[index]
        return equation.phase == "forward" and not any(
            value in self._needed_forward for value in equation.outputs
        )

    @cached_property
    def _needed_forward(self) -> set[int]:
        """Values that results of the forward pass are made of, or that nothing reads: the value
        that a gradient is of."""
        equations = self.program.equations
        made = {value for one in equations if one.phase == "forward" for value in one.outputs}
        pending = [
            value for value in made if value not in self._readers and value not in self._becomes
        ]
        pending += [value for value in self.program.regions[0].outputs if value in made]
        found = set(pending)
        while pending:
            value = pending.pop()
            before = list(self._was.get(value, ()))
            maker = self._maker.get(value)
            if maker is not None and equations[maker].phase == "forward":
                before += equations[maker].inputs
            fresh = [one for one in before if one not in found]
            found.update(fresh)
            pending += fresh
        return found

    def of_span(self, span: Span) -> Iterator[tuple[int, Equation]]:
        """The equations of an expression that hold no program."""
        for index, equation in enumerate(self.program.equations):
            if equation.span == span and not equation.regions:
                yield index, equation

    def _passed(self, equation: Equation) -> Iterator[tuple[int, int]]:
        """(outside, inside) of what goes into an equation's programs; the other way of what
        comes out."""
        regions = [self.program.regions[region] for region in equation.regions]
        for region in regions:
            given = equation.inputs
            if equation.primitive == "cond":
                given = given[1:]
            elif equation.primitive == "while":
                given = _of_while(equation, region.kind, [len(one.inputs) for one in regions])
            if len(given) == len(region.inputs):
                yield from zip(given, region.inputs, strict=True)
            if len(region.outputs) == len(equation.outputs) and region.kind != "cond_jaxpr":
                yield from zip(region.outputs, equation.outputs, strict=True)


def _of_while(equation: Equation, kind: str, counts: list[int]) -> tuple[int, ...]:
    """What the condition, or the body, of a `while` is given: its constants and the carry."""
    carried = len(equation.outputs)
    of_condition = counts[0] - carried
    carry = equation.inputs[len(equation.inputs) - carried :]
    constants = equation.inputs[: len(equation.inputs) - carried]
    if kind == "cond_jaxpr":
        return (*constants[:of_condition], *carry)
    return (*constants[of_condition:], *carry)
