"""Which parameters an equation of a backward pass makes the gradient of."""

from collections.abc import Iterable, Sequence
from typing import Final

from jaxplore.advise.valuelayouts import ValueLayouts
from jaxplore.model.program import Equation, Program
from jaxplore.model.span import Span

_MOST_STEPS: Final = 32
_SAME_WORDS: Final = (
    "transpose reshape squeeze broadcast_in_dim expand_dims convert_element_type copy pvary pcast "
    "pbroadcast sharding_constraint reshard"
)
_SAME: Final = frozenset(_SAME_WORDS.split())


class ParameterGradients:
    """Finds the program's inputs whose gradients are computed."""

    def __init__(self, layouts: ValueLayouts) -> None:
        self._layouts = layouts
        self._program: Program = layouts.program
        self._forward: dict[Span, list[int]] = {}
        for index, equation in enumerate(self._program.equations):
            if equation.span is not None and equation.phase == "forward":
                self._forward.setdefault(equation.span, []).append(index)
        self._arguments = {v: i for i, v in enumerate(self._program.regions[0].inputs)}

    def of(self, equations: Iterable[int], axes: Sequence[str]) -> dict[int, int]:
        """Places among the program's inputs, in order, with the equation that makes the gradient
        of each, for gradients that are summed along some axes.

        An input that these axes split themselves is data, unless no other fits.
        """
        found: dict[int, int] = {}
        for index in equations:
            equation = self._program.equations[index]
            if equation.phase == "backward":
                fitting = self._targets(equation)
                whole = [place for place in fitting if not self._is_split(place, axes)]
                found.update(dict.fromkeys(whole or fitting, index))
        return dict(sorted(found.items()))

    def _targets(self, equation: Equation) -> list[int]:
        if equation.span is None or not equation.outputs:
            return []
        shape = self._sizes(equation.outputs[0])
        # The gradient of one factor is made of the other.
        read = {self._layouts.flow.origin(value) for value in equation.inputs}
        found: list[int] = []
        for index in self._forward.get(equation.span, ()):
            for value in self._program.equations[index].inputs:
                origin = self._layouts.flow.origin(value)
                if origin not in read and self._sizes(value) == shape:
                    place = self._argument(value)
                    found += [] if place is None or place in found else [place]
        return found

    def _argument(self, value: int) -> int | None:
        """The input that a value is: itself, or in another type, order or shape."""
        for _ in range(_MOST_STEPS):
            value = self._layouts.flow.origin(value)
            if value in self._arguments:
                return self._arguments[value]
            maker = self._layouts.flow.maker(value)
            if maker is None or self._program.equations[maker].primitive not in _SAME:
                return None
            value = self._program.equations[maker].inputs[0]
        return None

    def _sizes(self, value: int) -> list[int | str]:
        return sorted((n for n in self._layouts.shape(value) if n != 1), key=str)

    def _is_split(self, place: int, axes: Sequence[str]) -> bool:
        partition = self._layouts.of(self._program.regions[0].inputs[place]) or ()
        return any(axis in used for used in partition for axis in axes)
