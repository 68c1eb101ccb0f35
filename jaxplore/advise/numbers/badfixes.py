"""A bad number mended: the user's own expression, written so that it stays finite."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jaxplore.advise.numbers.badpoints import BadPoint, Operation, dtype_of
from jaxplore.advise.numbers.numberflow import NumberFlow
from jaxplore.advise.numbers.rewriting import Expression, exchanged, inside, wrapped
from jaxplore.model.numerics import FirstBad, Numerics
from jaxplore.model.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What to write, and for what."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A `where` that hides the bad number of the forward pass."""

    equation: int
    span: Span
    condition: str
    """As the user wrote it."""
    is_true_case: bool
    """Whether the bad number stands where the condition is true."""


_LENGTHS: Final = ("norm", "std")
# A point at which the operation and its derivative are finite.
_SAFE: Final[dict[Operation, str]] = {"edge": "0.0", "exp": "0.0"}


def argument_of(expression: Expression, point: BadPoint) -> ast.expr | None:
    """The part of the expression that stood at the bad point."""
    tree = expression.tree
    if isinstance(tree, ast.BinOp):
        if isinstance(tree.op, ast.Div | ast.Mod | ast.FloorDiv):
            return tree.right if point.operation == "division" else None
        return tree.left if isinstance(tree.op, ast.Pow) else None
    wanted = _ARGUMENTS.get(expression.function)
    given = expression.arguments
    return given[wanted] if wanted is not None and wanted < len(given) else None


_FIRST: Final = (
    "sqrt rsqrt cbrt log log2 log10 log1p exp exp2 expm1 sinh cosh arccos arcsin arctanh acos asin "
    "atanh arccosh acosh erfinv erf_inv power pow float_power reciprocal norm std logit integer_pow"
)
_SECOND: Final = "divide true_divide div arctan2 atan2 mod remainder"
_ARGUMENTS: Final = {
    **dict.fromkeys(_FIRST.split(), 0),
    **dict.fromkeys(_SECOND.split(), 1),
}


# A `where`.


def where_about(record: Numerics, flow: NumberFlow, bad: FirstBad, point: BadPoint) -> Where | None:
    """The nearest `where` of the user's that hides what was made."""
    if point.result is None:
        return None
    for index, case in flow.choosers(point.result):
        equation = flow.program.equations[index]
        if equation.span is None:
            continue
        written = Expression.of(equation.span.text)
        if written is None or written.function not in ("where", "select"):
            continue
        given = [*written.arguments, *_keyword_values(written)]
        if len(given) != 3 or not _hides(record, index, equation.span):
            continue
        read = _read(flow, bad, point)
        condition = _condition(flow, equation.inputs[0], point, read, written.part(given[0]))
        return Where(
            equation=index,
            span=equation.span,
            condition=condition,
            is_true_case=case == 1,
        )
    return None


def _keyword_values(written: Expression) -> list[ast.expr]:
    tree = written.tree
    return [k.value for k in tree.keywords] if isinstance(tree, ast.Call) else []


def _hides(record: Numerics, chooser: int, span: Span) -> bool:
    """Whether what it gives is finite, and it gives nothing back for what it leaves out."""
    equations = record.program.equations
    backward: list[int] = []
    for row in record.rows:
        if row.equation == chooser and (row.nan or row.inf):
            return False
        equation = equations[row.equation]
        if equation.primitive == "select_n" and row.phase == "backward" and row.span == span:
            backward.append(row.zero)
    return not backward or any(backward)


def _read(flow: NumberFlow, bad: FirstBad, point: BadPoint) -> int | None:
    """The value that the expression reads: of a norm not what the root in it is taken of."""
    expression = None if bad.span is None else Expression.of(bad.span.text)
    if expression is not None and bad.span is not None and expression.function in _LENGTHS:
        first = next((one for _, one in flow.of_span(bad.span) if one.inputs), None)
        return point.operand if first is None else first.inputs[0]
    return point.operand


def _condition(flow: NumberFlow, value: int, point: BadPoint, read: int | None, text: str) -> str:
    """The condition in words that hold at the bad operation; empty where there are none."""
    if point.result is not None and flow.depends_on(value, point.result):
        return ""  # It is computed from the very result.
    maker = flow.maker(value)
    span = None if maker is None else flow.program.equations[maker].span
    if span is not None and text.isidentifier() and Expression.of(span.text) is not None:
        text = span.text
    shape = flow.program.values[value].shape
    if read is not None and _needs_axis(shape, flow.program.values[read].shape):
        return wrapped(text) + "[..., None]"
    return text


def _needs_axis(condition: tuple[int | str, ...], operand: tuple[int | str, ...]) -> bool:
    return len(condition) + 1 == len(operand) and condition == operand[:-1]


def strict(condition: str) -> str:
    """A condition that leaves zero out, where it let it in.

    >>> strict("x >= 0"), strict("x < 0.0"), strict("x > 0"), strict("mask")
    ('x > 0', 'x <= 0.0', 'x > 0', 'mask')
    """
    parsed = Expression.of(condition)
    if parsed is None or not isinstance(parsed.tree, ast.Compare) or len(parsed.tree.ops) != 1:
        return condition
    left, right = parsed.tree.left, parsed.tree.comparators[0]
    if not isinstance(right, ast.Constant) or right.value != 0:
        return condition
    signs: dict[type[ast.cmpop], str] = {ast.GtE: ">", ast.Lt: "<="}
    sign = signs.get(type(parsed.tree.ops[0]))
    return f"{parsed.part(left)} {sign} {parsed.part(right)}" if sign else condition


def double_where(flow: NumberFlow, bad: FirstBad, point: BadPoint, where: Where) -> Fix | None:
    """The user's expression with a `where` of its own around what it reads."""
    expression = None if bad.span is None else Expression.of(bad.span.text)
    if expression is None or bad.span is None or not where.condition:
        return None
    node = argument_of(expression, point)
    if node is None or where.span.function != bad.span.function:
        return None
    safe = _SAFE.get(point.operation, "1.0")
    part = expression.part(node)
    condition = where.condition
    zeros = point.is_of_derivative or (point.point is not None and point.point.range.zero)
    if zeros and point.operation in ("root", "power"):
        condition = strict(condition)
    cases = f"{part}, {safe}" if where.is_true_case else f"{safe}, {part}"
    new = expression.with_part(node, f"{expression.numpy}.where({condition}, {cases})")
    if inside(where.span, bad.span):
        return Fix(span=where.span, text=exchanged(where.span, bad.span, new))
    return Fix(span=bad.span, text=new)


# Without a `where`.


def single(record: Numerics, flow: NumberFlow, point: BadPoint) -> Fix | None:
    """The user's expression with its argument kept away from the bad point."""
    bad = record.first_bad
    if bad is None:
        return None
    expression = None if bad.span is None else Expression.of(bad.span.text)
    if expression is None or bad.span is None:
        return None
    node = argument_of(expression, point)
    if node is None:
        return None
    text = _kept_away(expression, node, point, is_positive=_is_positive(record, flow, point))
    return Fix(span=bad.span, text=text) if text else None


def _is_positive(record: Numerics, flow: NumberFlow, point: BadPoint) -> bool:
    """Whether what was divided by was never negative, in any iteration."""
    lowest = None if point.point is None else point.point.range.minimum
    maker = None if point.operand is None else flow.maker(point.operand)
    every = [row.minimum for row in record.rows if row.equation == maker]
    return all(one is None or one >= 0 for one in [lowest, *every])


def _kept_away(
    expression: Expression, node: ast.expr, point: BadPoint, *, is_positive: bool
) -> str:
    if dtype_of(point.point).startswith("c") or point.is_by_exponent:
        return ""  # Complex numbers have no order.
    jnp, part = expression.numpy, expression.part(node)
    small = "1e-4" if dtype_of(point.point) == "f16" else "1e-12"
    if expression.function in _LENGTHS:
        return _length(expression, part, small)
    if expression.function == "log1p":
        return expression.with_part(node, f"{jnp}.maximum({part}, -0.999999)")
    if point.operation in ("root", "log", "power"):
        return expression.with_part(node, f"{jnp}.maximum({part}, {small})")
    if point.operation == "division":
        if is_positive:
            return expression.with_part(node, f"{jnp}.maximum({part}, {small})")
        return expression.with_part(node, f"{jnp}.where({part} == 0, 1.0, {part})")
    if point.operation == "edge":
        limit = "0.999" if dtype_of(point.point) in ("f16", "bf16") else "0.999999"
        if expression.function in ("arccosh", "acosh"):
            return expression.with_part(node, f"{jnp}.maximum({part}, 1.000001)")
        return expression.with_part(node, f"{jnp}.clip({part}, -{limit}, {limit})")
    if point.operation == "angle":
        other = expression.part(expression.arguments[0])
        test = f"({wrapped(part)} == 0) & ({wrapped(other)} == 0)"
        return expression.with_part(node, f"{jnp}.where({test}, 1.0, {part})")
    return ""


def _length(expression: Expression, part: str, small: str) -> str:
    """A norm or a standard deviation as the root of something that is never zero."""
    jnp = expression.numpy
    if expression.function == "norm":
        known = expression.is_of_numpy and not expression.has_only - {"axis", "keepdims"}
        if not known or len(expression.arguments) != 1:
            return ""
        squares = f"{jnp}.sum({wrapped(part)} ** 2{expression.keywords})"
    else:
        if expression.has_only - {"axis", "keepdims", "ddof"} or len(expression.arguments) != 1:
            return ""
        squares = f"{jnp}.var({part}{expression.keywords})"
    return f"{jnp}.sqrt({jnp}.maximum({squares}, {small}))"


# Forms that JAX has in a stable way.


def known_form(flow: NumberFlow, bad: FirstBad) -> Fix | None:
    """An expression about the bad one that JAX computes stably under a name."""
    if bad.span is None:
        return None
    for span in _about(flow, bad.span):
        expression = Expression.of(span.text)
        text = None if expression is None else stable_form(expression)
        if text:
            return Fix(span=span, text=text)
    return None


def _about(flow: NumberFlow, inner: Span) -> Iterator[Span]:
    """The expressions that hold one, smallest first, itself among them."""
    spans = dict.fromkeys(e.span for e in flow.program.equations if e.span is not None)
    holding = [span for span in spans if span.text and inside(span, inner)]
    yield from sorted(holding, key=lambda span: len(span.text))


def stable_form(expression: Expression) -> str:
    """What JAX computes stably under a name; empty where it has none for the expression."""
    tree = expression.tree
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Div):
        return _softmax(expression, tree) or _sigmoid(expression, tree)
    if expression.function in ("log", "log1p") and len(expression.arguments) == 1:
        return _of_log(expression, expression.arguments[0])
    return ""


def _softmax(expression: Expression, tree: ast.BinOp) -> str:
    """`exp(z) / sum(exp(z))`."""
    above, below = _called(tree.left, "exp"), _called(tree.right, "sum")
    if above is None or below is None:
        return ""
    summed = _called(below[0], "exp")
    if summed is None or ast.dump(summed[0]) != ast.dump(above[0]):
        return ""
    given = {k.arg: expression.part(k.value) for k in below[1]}
    axis = given.pop("axis", "None")
    # Without its axis the sum stands beside other numbers than those it is of.
    keeps = given.pop("keepdims", "False") == "True" or axis == "None"
    return "" if given or not keeps else f"jax.nn.softmax({expression.part(above[0])}, axis={axis})"


def _sigmoid(expression: Expression, tree: ast.BinOp) -> str:
    """`1 / (1 + exp(-z))`."""
    added = _one_plus(tree.right)
    raised = None if added is None else _called(added, "exp")
    is_one = isinstance(tree.left, ast.Constant) and tree.left.value == 1
    if raised is None or not is_one or not isinstance(raised[0], ast.UnaryOp):
        return ""
    if not isinstance(raised[0].op, ast.USub):
        return ""
    return f"jax.nn.sigmoid({expression.part(raised[0].operand)})"


def _of_log(expression: Expression, inner: ast.expr) -> str:
    for name, stable in (("softmax", "log_softmax"), ("sigmoid", "log_sigmoid")):
        found = _called(inner, name)
        if found is not None:
            axis = "".join(f", {k.arg}={expression.part(k.value)}" for k in found[1] if k.arg)
            return f"jax.nn.{stable}({expression.part(found[0])}{axis})"
    summed = _called(inner, "sum")
    raised = None if summed is None else _called(summed[0], "exp")
    if summed is not None and raised is not None:
        keywords = "".join(f", {k.arg}={expression.part(k.value)}" for k in summed[1] if k.arg)
        return f"jax.nn.logsumexp({expression.part(raised[0])}{keywords})"
    added = inner if expression.function == "log1p" else _one_plus(inner)
    raised = None if added is None else _called(added, "exp")
    return "" if raised is None else f"jax.nn.softplus({expression.part(raised[0])})"


def _called(node: ast.expr, name: str) -> tuple[ast.expr, list[ast.keyword]] | None:
    """The first argument and the keywords of a call of `name`, also as a method; an axis that
    is given by position is among the keywords."""
    call = Expression("", node)
    given = call.arguments
    if not isinstance(node, ast.Call) or call.function != name or not 1 <= len(given) <= 2:
        return None
    axis = [ast.keyword("axis", value) for value in given[1:]]
    return given[0], [*axis, *node.keywords]


def _one_plus(node: ast.expr) -> ast.expr | None:
    """What 1 is added to."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add):
        return None
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(one, ast.Constant) and one.value == 1:
            return other
    return None
