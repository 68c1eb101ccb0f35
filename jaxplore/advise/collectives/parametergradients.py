"""Which parameters an equation of a backward pass makes the gradient of."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

from jaxplore.advise.collectives.layoutwords import axis_size
from jaxplore.advise.collectives.valuelayouts import ValueLayouts
from jaxplore.model.placement import Mesh
from jaxplore.model.program import Equation, Program
from jaxplore.model.span import Span

_MOST_STEPS: Final = 32
_SAME_WORDS: Final = (
    "transpose reshape squeeze broadcast_in_dim expand_dims convert_element_type copy pvary pcast "
    "pbroadcast sharding_constraint reshard"
)
_SAME: Final = frozenset(_SAME_WORDS.split())
_PRODUCTS: Final = frozenset(["dot_general", "conv_general_dilated", "ragged_dot_general"])


@dataclass(frozen=True, slots=True)
class Gradients:
    """Of some equations of a backward pass."""

    arguments: tuple[int, ...]
    """Places among the program's inputs, in order."""
    equations: tuple[int, ...]
    """Those that make a gradient."""

    @property
    def are_all_meant(self) -> bool:
        """Whether there is one equation for each; otherwise it is some of the arguments."""
        return len(self.equations) >= len(self.arguments)


class ParameterGradients:
    """Finds the program's inputs whose gradients are computed."""

    def __init__(self, layouts: ValueLayouts, mesh: Mesh | None) -> None:
        self._layouts = layouts
        self._mesh = mesh
        self._program: Program = layouts.program
        self._arguments = {v: i for i, v in enumerate(self._program.regions[0].inputs)}
        self._bases: dict[int, int] = {}
        self._forward: dict[Span, list[int]] = {}
        self._readers: dict[tuple[Span, int], list[int]] = {}
        """The products of an expression by what they read, those computed again included."""
        for index, equation in enumerate(self._program.equations):
            if equation.span is None:
                continue
            if equation.phase == "forward":
                self._forward.setdefault(equation.span, []).append(index)
            if equation.primitive in _PRODUCTS:
                for value in equation.inputs:
                    key = equation.span, self._base(value)
                    self._readers.setdefault(key, []).append(index)

    def of(
        self, equations: Iterable[int], axes: Sequence[str], operands: Iterable[str]
    ) -> Gradients | None:
        """The gradients that are summed along some axes; None where there are none.

        An input that these axes split themselves is data, unless no other fits.

        Args:
            equations: That may make them.
            axes: Of the mesh.
            operands: Types of what each device gives: a gradient is as large as its parameter
                there.
        """
        counts = {_elements(text) for text in operands}
        arguments: set[int] = set()
        makers: list[int] = []
        for index in dict.fromkeys(equations):
            equation = self._program.equations[index]
            if equation.phase != "backward" or equation.span is None or not equation.outputs:
                continue
            targets = self._targets(equation, equation.span)
            elements = prod(n for n in self._sizes(equation.outputs[0]) if isinstance(n, int))
            fitting = {p for p in targets if self._is_as_large(p, elements, counts, axes)}
            whole = {place for place in fitting if not self._is_split(place, axes)}
            if fitting:
                arguments |= whole or fitting
                makers.append(index)
        return Gradients(tuple(sorted(arguments)), tuple(makers)) if makers else None

    def _targets(self, equation: Equation, span: Span) -> set[int]:
        shape = self._sizes(equation.outputs[0])
        read = {self._base(value) for value in equation.inputs}
        if equation.primitive in _PRODUCTS:
            # The gradient of one factor is made of the other: this tells the rounds of an
            # unrolled loop apart, which share their expression.
            partners = [i for base in read for i in self._readers.get((span, base), ())]
        else:
            partners = self._forward.get(span, [])
        found: set[int] = set()
        for index in partners:
            for value in self._program.equations[index].inputs:
                base = self._base(value)
                if base in self._arguments and base not in read and self._sizes(value) == shape:
                    found.add(self._arguments[base])
        return found

    def _base(self, value: int) -> int:
        """The value as it was before it got another type, order or shape."""
        known = self._bases.get(value)
        if known is not None:
            return known
        at = value
        for _ in range(_MOST_STEPS):
            at = self._layouts.flow.origin(at)
            maker = None if at in self._arguments else self._layouts.flow.maker(at)
            if maker is None or self._program.equations[maker].primitive not in _SAME:
                break
            at = self._program.equations[maker].inputs[0]
        self._bases[value] = at
        return at

    def _sizes(self, value: int) -> list[int | str]:
        return sorted((n for n in self._layouts.shape(value) if n != 1), key=str)

    def _is_as_large(
        self, place: int, elements: int, counts: Collection[int], axes: Sequence[str]
    ) -> bool:
        partition = self._layouts.of(self._program.regions[0].inputs[place])
        if partition is None:
            return True
        # Along the axes of the sum each device has all of it, before the sum or after.
        kept = [axis for used in partition for axis in used if axis not in axes]
        return elements // axis_size(kept, self._mesh) in counts

    def _is_split(self, place: int, axes: Sequence[str]) -> bool:
        partition = self._layouts.of(self._program.regions[0].inputs[place]) or ()
        return any(axis in used for used in partition for axis in axes)


def _elements(text: str) -> int:
    """Elements of an array's type as XLA writes it.

    >>> _elements("f32[4,32]"), _elements("f32[]")
    (128, 1)
    """
    return prod(int(number) for number in re.findall(r"\d+", text.partition("[")[2]))
