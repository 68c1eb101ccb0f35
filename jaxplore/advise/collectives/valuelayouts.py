"""How the values of a program are split, as far as the program says so.

Known are arguments, constraints and, with Explicit axes, everything. From there it is followed
through what keeps a layout: operations on elements, transposes, sums over other dimensions,
products. XLA may decide otherwise; what is said of a collective is checked against what it does.
"""

import ast
import re
from collections.abc import Sequence
from typing import Final

from jaxplore.advise.collectives.layoutwords import Partition
from jaxplore.advise.numbers.numberflow import NumberFlow
from jaxplore.model.collectives import Collectives
from jaxplore.model.program import Equation

_NUMBERS: Final = r"\(([\d, ]*)\)"
_PERMUTATION: Final = re.compile(r"\bpermutation=" + _NUMBERS)
_AXES: Final = re.compile(r"\baxes=" + _NUMBERS)
_BROADCAST: Final = re.compile(r"\bbroadcast_dimensions=" + _NUMBERS)
_PRODUCT: Final = re.compile(
    rf"\bdimension_numbers=\(\({_NUMBERS}, {_NUMBERS}\), \({_NUMBERS}, {_NUMBERS}\)\)"
)
_SPECS: Final = r"=(\(.*?\)) (?=\w+=|$)"
_IN_SPECS: Final = re.compile(r"\bin_specs" + _SPECS)
_OUT_SPECS: Final = re.compile(r"\bout_specs" + _SPECS)
_MOST_STEPS: Final = 64

# The result may have the operand's shape, and yet an element is made of others too.
_NOT_BY_ELEMENT_WORDS: Final = (
    "sort cumsum cumprod cummax cummin cumlogsumexp fft rev cholesky gather scatter scatter-add "
    "dynamic_update_slice broadcast_in_dim transpose dot_general conv_general_dilated "
    "triangular_solve pure_callback io_callback all_gather psum ppermute all_to_all"
)
_NOT_BY_ELEMENT: Final = frozenset(_NOT_BY_ELEMENT_WORDS.split())


class ValueLayouts:
    """The layouts of a program's values."""

    def __init__(self, record: Collectives) -> None:
        self.program = record.program
        self.flow = NumberFlow(record.program)
        said = [one for one in record.layouts if one.role != "output"]
        self._known: dict[int, Partition] = {one.value: one.partition for one in said}
        self.outputs = [one for one in record.layouts if one.role == "output"]
        regions = self.program.regions
        self._in_loop = {v for one in regions if one.runs != 1 for v in one.inputs}
        for equation in self.program.equations:
            if regions[equation.region].runs != 1:
                self._in_loop.update(equation.outputs)
        for index, equation in enumerate(self.program.equations):
            self._follow(index, equation)

    def of(self, value: int) -> Partition | None:
        """How a value is split; None where nobody says."""
        known = self._known.get(value)
        if known is not None:
            return known
        source = self.flow.origin(value)
        known = self._known.get(source)
        if known is None or source == value:
            return known
        shape, before = self.shape(value), self.shape(source)
        if shape == before:
            return known
        # One round of a loop over the first dimension.
        return known[1:] if before[1:] == shape else None

    def argument(self, value: int) -> int | None:
        """The argument that a value is, as a place among the program's inputs; None for others,
        and in a loop, where a value is the argument in the first round at most."""
        inputs = self.program.regions[0].inputs
        origin = self.flow.origin(value)
        if origin not in inputs or (value in self._in_loop and origin != value):
            return None
        return inputs.index(origin)

    def is_in_loop(self, value: int) -> bool:
        """Whether a value has one content in each round of a loop."""
        return value in self._in_loop

    def permutation(self, equation: Equation) -> list[int] | None:
        """The dimensions of a transpose's operand, in the order of its result's."""
        found = _PERMUTATION.search(equation.parameters)
        return _numbers(found[1]) if equation.primitive == "transpose" and found else None

    def shape(self, value: int) -> tuple[int | str, ...]:
        """A value's whole shape."""
        return self.program.values[value].shape

    def source(self, value: int) -> tuple[int | None, set[int]]:
        """The argument that a value is made of by operations on its elements alone, as a place
        among the program's inputs; and the equations on the way, other layouts than its own
        left behind. None where another array takes part."""
        passed: set[int] = set()
        for _ in range(_MOST_STEPS):
            argument = self.argument(value)
            if argument is not None:
                return argument, passed
            maker = self.flow.maker(value)
            if maker is None:
                return None, passed
            passed.add(maker)
            equation = self.program.equations[maker]
            whole = self.whole_operands(equation)
            if equation.primitive in ("sharding_constraint", "reshard") or len(whole) != 1:
                return None, passed
            value = whole[0]
        return None, passed

    def readers(self, value: int) -> set[int]:
        """Equations that read a value or what is made of its elements."""
        found: set[int] = set()
        waiting = [value]
        for _ in range(_MOST_STEPS):
            if not waiting:
                break
            for index, _position in self.flow.readers(waiting.pop()):
                equation = self.program.equations[index]
                if index not in found and self.whole_operands(equation):
                    waiting += equation.outputs
                found.add(index)
        return found

    def in_specs(self, equation: Equation) -> tuple[Partition | None, ...]:
        """What a shard_map asks its inputs to be; None for what is no array."""
        return self._specs(_IN_SPECS, equation.parameters, equation.inputs)

    def whole_operands(self, equation: Equation) -> list[int]:
        """Operands of the result's shape, where the equation works element by element."""
        if equation.regions or len(equation.outputs) != 1:
            return []
        if equation.primitive in _NOT_BY_ELEMENT:
            return []
        shape = self.shape(equation.outputs[0])
        values = self.program.values
        given = [v for v in equation.inputs if values[v].kind != "literal"]
        whole = [v for v in given if self.shape(v) == shape]
        rest = [v for v in given if self.shape(v) not in (shape, ())]
        return [] if rest else whole

    def _follow(self, index: int, equation: Equation) -> None:
        if equation.primitive == "shard_map":
            specs = self._specs(_OUT_SPECS, equation.parameters, equation.outputs)
            for value, said in zip(equation.outputs, specs, strict=False):
                if said is not None:
                    self._known.setdefault(value, said)
            return
        if equation.regions or len(equation.outputs) != 1 or equation.outputs[0] in self._known:
            return
        found = self._of_result(equation)
        if found is not None and len(found) == len(self.shape(equation.outputs[0])):
            self._known[equation.outputs[0]] = found

    def _of_result(self, equation: Equation) -> Partition | None:
        whole = self.whole_operands(equation)
        if whole:
            said = [known for value in whole if (known := self.of(value)) is not None]
            return max(said, key=lambda one: sum(map(len, one)), default=None)
        if not equation.inputs or (first := self.of(equation.inputs[0])) is None:
            return None
        if order := self.permutation(equation):
            return tuple(first[place] for place in order)
        if found := _BROADCAST.search(equation.parameters):
            return self._broadcast(equation, first, _numbers(found[1]))
        if found := _PRODUCT.search(equation.parameters):
            return self._product(equation, first, [_numbers(part) for part in found.groups()])
        if equation.primitive.startswith("reduce_") and (
            found := _AXES.search(equation.parameters)
        ):
            gone = _numbers(found[1])
            return tuple(axes for place, axes in enumerate(first) if place not in gone)
        return None

    def _broadcast(
        self, equation: Equation, first: Partition, places: Sequence[int]
    ) -> Partition | None:
        shape, before = self.shape(equation.outputs[0]), self.shape(equation.inputs[0])
        found: list[tuple[str, ...]] = [()] * len(shape)
        for place, axes, size in zip(places, first, before, strict=False):
            found[place] = axes if shape[place] == size else ()
        return tuple(found)

    def _product(
        self, equation: Equation, left: Partition, numbers: Sequence[Sequence[int]]
    ) -> Partition | None:
        right = self.of(equation.inputs[1]) or ((),) * len(self.shape(equation.inputs[1]))
        left_sum, right_sum, left_batch, right_batch = numbers
        pairs = zip(left_batch, right_batch, strict=True)
        found = [left[place] or right[other] for place, other in pairs]
        found += _without(left, (*left_sum, *left_batch))
        used = {axis for axes in found for axis in axes}
        for axes in _without(right, (*right_sum, *right_batch)):
            # An axis splits one dimension only.
            found.append(() if used.intersection(axes) else axes)
        return tuple(found)

    def _specs(
        self, pattern: re.Pattern[str], text: str, values: Sequence[int]
    ) -> tuple[Partition | None, ...]:
        found = pattern.search(text)
        try:
            tree = ast.parse(found[1], mode="eval").body if found else None
        except SyntaxError:
            return ()
        calls = tree.elts if isinstance(tree, ast.Tuple) else []
        if len(calls) != len(values):
            return ()
        ranks = [len(self.shape(value)) for value in values]
        return tuple(_spec(call, rank) for call, rank in zip(calls, ranks, strict=True))


def _spec(tree: ast.expr, rank: int) -> Partition | None:
    """A spec as JAX prints it: `P('a', None, ('b', 'c'))`."""
    if not isinstance(tree, ast.Call):
        return None
    try:
        given = [ast.literal_eval(part) for part in tree.args]
    except ValueError:
        return None
    axes = [() if one is None else (one,) if isinstance(one, str) else tuple(one) for one in given]
    return tuple(axes + [()] * (rank - len(axes))) if len(axes) <= rank else None


def _without(partition: Partition, gone: Sequence[int]) -> list[tuple[str, ...]]:
    return [axes for place, axes in enumerate(partition) if place not in gone]


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]
