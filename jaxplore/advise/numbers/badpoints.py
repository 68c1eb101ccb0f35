"""Which operation made a bad number, and at which point: decided from what it read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from jaxplore.advise.numbers.numberflow import NumberFlow
from jaxplore.model.numerics import FirstBad, Input
from jaxplore.model.program import Equation

Operation = Literal[
    "root", "log", "division", "power", "edge", "angle", "exp", "overflow", "cast",
    "infinities", "zero times infinity", "cholesky", "solve", "unknown",
]  # fmt: skip

_ROOTS: Final = ("sqrt", "rsqrt", "cbrt")
_LOGS: Final = ("log", "log1p")
_EDGES: Final = ("acos", "asin", "acosh", "atanh", "erf_inv")
_SOLVES: Final = ("custom_linear_solve", "triangular_solve", "lu")
_EXPS: Final = ("exp", "exp2", "expm1", "sinh", "cosh")
_GROWING_WORDS: Final = (
    "add add_any sub mul square integer_pow pow dot_general reduce_sum reduce_prod cumsum cumprod "
    "conv_general_dilated div scatter-add scatter_add"
)
_GROWING: Final = frozenset(_GROWING_WORDS.split())

# The largest number of a type, and the largest whose exp is one.
LARGEST: Final = {
    "f16": ("65,504", 65504.0, "11.1"),
    "bf16": ("3.39e+38", 3.39e38, "88.7"),
    "f32": ("3.4e+38", 3.4e38, "88.7"),
    "f64": ("1.8e+308", 1.79e308, "710"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BadPoint:
    """What was computed, and what it was computed of."""

    operation: Operation
    is_of_derivative: bool
    is_of_rule: bool = False
    point: Input | None = None
    """The operand that stood where the operation, or its derivative, has no finite value."""
    other: Input | None = None
    """What a division divides, or the exponent of a power."""
    operand: int | None = None
    """The value whose element was at the bad point: what a `where` must replace."""
    result: int | None = None
    """What the operation gave in the forward pass."""
    primitive: str = ""
    is_by_exponent: bool = False
    """Whether it is the derivative of a power by its exponent."""


def bad_point(flow: NumberFlow, bad: FirstBad) -> BadPoint:
    """The operation that made the first bad number."""
    equation = flow.program.equations[bad.equation]
    given = _inputs(flow, equation, bad.inputs)
    if is_of_derivative(flow, bad):
        return _of_derivative(flow, bad, equation, given)
    return _of_value(flow, bad, equation, given)


def is_of_derivative(flow: NumberFlow, bad: FirstBad) -> bool:
    """Whether a rule of differentiation made the first bad number."""
    return (
        bad.phase == "backward"
        or bad.is_of_derivative
        or flow.is_only_for_backward(bad.equation)
        or _is_half_by_root(flow, flow.program.equations[bad.equation])
    )


def _is_half_by_root(flow: NumberFlow, equation: Equation) -> bool:
    """Whether it is what JAX writes for the derivative of a root, on its way forward too."""
    if equation.primitive != "div" or equation.span is None:
        return False
    maker = flow.maker(equation.inputs[1])
    root = None if maker is None else flow.program.equations[maker]
    is_half = flow.program.values[flow.origin(equation.inputs[0])].name == "0.5"
    return is_half and root is not None and root.primitive == "sqrt" and root.span == equation.span


def is_of_rule(flow: NumberFlow, bad: FirstBad) -> bool:
    """Whether an expression computes nothing of the forward pass: a rule of the user's own,
    or a library's, that JAX did not derive from it."""
    return (
        bad.phase == "backward"
        and bad.span is not None
        and all(one.phase == "backward" for _, one in flow.of_span(bad.span))
    )


_Wanted = tuple[tuple[tuple[str, ...], Operation], ...]
_Given = Sequence[tuple[int, Input | None]]
"""Each input of the equation with what it held."""


def _inputs(flow: NumberFlow, equation: Equation, inputs: Sequence[Input]) -> _Given:
    if len(inputs) == len(equation.inputs):
        return list(zip(equation.inputs, inputs, strict=True))
    # Those that are no floating numbers have no range.
    rest = iter(inputs)
    floating = ("float", "bfloat", "complex")
    return [
        (value, next(rest, None) if flow.program.values[value].dtype.startswith(floating) else None)
        for value in equation.inputs
    ]


def _of_value(flow: NumberFlow, bad: FirstBad, equation: Equation, given: _Given) -> BadPoint:
    name = equation.primitive
    first, second = _at(given, 0), _at(given, 1)
    operation = _operation(name, equation, given, bad)
    is_division = operation == "division" and name in ("div", "rem")
    point = second if is_division else first
    if operation in ("overflow", "infinities"):
        point = max((one for _, one in given if one is not None), key=_largest, default=None)
    return BadPoint(
        operation=operation,
        is_of_derivative=False,
        point=point,
        other=first if is_division else second,
        operand=given[1 if is_division else 0][0] if given else None,
        result=equation.outputs[0] if equation.outputs else None,
        primitive=name,
    )


def _operation(name: str, equation: Equation, given: _Given, bad: FirstBad) -> Operation:
    first, second = _at(given, 0), _at(given, 1)
    if name in ("add", "sub", "add_any") and _has_inf(given):
        return "infinities"
    if name == "mul" and _has_inf(given) and bad.nan:
        return "zero times infinity"
    if name in _LOGS:
        return "log"
    if name in _EDGES:
        return "edge"
    if name in _EXPS:
        return "exp"
    if name == "cholesky":
        return "cholesky"
    if name in _SOLVES:
        return "solve"
    if name in ("convert_element_type", "reduce_precision"):
        return "cast"
    if name in _ROOTS:
        return "division" if name == "rsqrt" and _zeros(first) else "root"
    if name in ("div", "rem") and _zeros(second):
        return "division"
    if name == "pow" and first is not None and (_is_negative(first) or _zeros(first)):
        return "power"
    if name == "integer_pow" and _zeros(first) and "y=-" in equation.parameters:
        return "division"
    return "overflow" if name in _GROWING else "unknown"


def _of_derivative(flow: NumberFlow, bad: FirstBad, equation: Equation, given: _Given) -> BadPoint:
    """Which operation's derivative it is: that of the same expression that could be."""
    name = equation.primitive
    family = _family(flow, bad, name, given)
    at = 1 if name == "div" and len(given) > 1 else 0
    point, value = _at(given, at), given[at][0] if given else None
    if family is None:
        made = _of_value(flow, bad, equation, given)
        return BadPoint(
            operation=made.operation,
            is_of_derivative=True,
            is_of_rule=is_of_rule(flow, bad),
            point=made.point,
            other=made.other,
            primitive=name,
        )
    operation, index = family
    forward = flow.program.equations[index]
    operand = forward.inputs[1 if forward.primitive == "div" else 0]
    return BadPoint(
        operation=operation,
        is_of_derivative=True,
        point=point if value is not None else None,
        operand=operand,
        result=forward.outputs[0],
        primitive=forward.primitive,
        is_by_exponent=operation == "power" and name == "log",
    )


def _family(
    flow: NumberFlow, bad: FirstBad, name: str, given: _Given
) -> tuple[Operation, int] | None:
    """The operation of the forward pass, and its equation."""
    if bad.span is None:
        return None
    own = [
        (index, one)
        for index, one in flow.of_span(bad.span)
        if one.phase == "forward" and index != bad.equation
    ]

    def of(*names: str) -> int | None:
        return next((index for index, one in own if one.primitive in names), None)

    if name == "div" and len(given) > 1:
        return _of_division(flow, own, given[1][0], of)
    wanted_first: _Wanted = ((_EDGES, "edge"), (("pow",), "power"), (("atan2",), "angle"))
    for wanted, operation in wanted_first:
        index = of(*wanted)
        if index is not None and name in _DERIVED[operation]:
            return operation, index
    if name == "integer_pow" and (index := of("div")) is not None:
        return "division", index
    if name in _ROOTS and (index := of(*_ROOTS)) is not None:
        return "root", index
    return None


_DERIVED: Final[dict[str, tuple[str, ...]]] = {
    "edge": ("rsqrt", "div", "mul", "integer_pow"),
    "power": ("pow", "log", "mul", "integer_pow"),
    "angle": ("div", "integer_pow"),
}


def _of_division(
    flow: NumberFlow,
    own: Sequence[tuple[int, Equation]],
    divisor: int,
    of: Callable[..., int | None],
) -> tuple[Operation, int] | None:
    maker = flow.maker(divisor)
    if any(index == maker and one.primitive in _ROOTS for index, one in own):
        return "root", maker or 0
    special: _Wanted = ((_EDGES, "edge"), (("atan2",), "angle"))
    for wanted, operation in special:
        index = of(*wanted)
        if index is not None:
            return operation, index
    source = flow.origin(divisor)
    for index, one in own:
        read = [flow.origin(value) for value in one.inputs]
        if one.primitive in _LOGS and source in read:
            return "log", index
        if one.primitive == "div" and source == read[-1]:
            return "division", index
    if (index := of("log1p")) is not None:
        return "log", index
    # A saved value reaches the backward pass of a loop by other ways.
    rest: _Wanted = ((_LOGS, "log"), (_ROOTS, "root"), (("div",), "division"))
    for wanted, operation in rest:
        index = of(*wanted)
        if index is not None:
            return operation, index
    return None


def _at(given: _Given, position: int) -> Input | None:
    return given[position][1] if position < len(given) else None


def _zeros(one: Input | None) -> int:
    return 0 if one is None else one.range.zero


def _is_negative(one: Input) -> bool:
    return one.range.minimum is not None and one.range.minimum < 0


def _has_inf(given: _Given) -> bool:
    return any(one is not None and one.range.inf for _, one in given)


def _largest(one: Input) -> float:
    return magnitude(one.range.minimum, one.range.maximum)


def magnitude(minimum: float | None, maximum: float | None) -> float:
    """The largest modulus of numbers between two."""
    return max(abs(minimum or 0.0), abs(maximum or 0.0))


def dtype_of(one: Input | None) -> str:
    """`"f32"` of `"f32[3]"`."""
    return "f32" if one is None else one.type.split("[")[0]
