"""What happened when the first bad number was made, in words and with the numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from jaxplore.advise.numbers.badfixes import argument_of
from jaxplore.advise.numbers.badpoints import LARGEST, BadPoint, Operation, dtype_of, magnitude
from jaxplore.advise.numbers.rewriting import Expression
from jaxplore.model.numerics import FirstBad, Input

_QUOTED: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A cause in words."""

    kind: str
    explanation: str
    advice: str
    """What to do where the expression cannot be written anew."""


def told(bad: FirstBad, point: BadPoint) -> Words:
    """The words for what an operation did at a point."""
    text = "" if bad.span is None else bad.span.quoted(_QUOTED)
    expression = None if bad.span is None else Expression.of(bad.span.text)
    node = None if expression is None else argument_of(expression, point)
    part = expression.part(node) if expression is not None and node is not None else ""
    named = point.point.name if point.point is not None else ""
    # Of a derivative that JAX derived, it is the user's operation that counts.
    is_named = point.is_of_rule or not point.is_of_derivative
    facts = _Facts(
        bad=bad,
        point=point,
        text=text,
        argument=part or (named if named and is_named else "its argument"),
    )
    words = _SENTENCES[point.operation](facts)
    if not point.is_of_rule:
        return words
    kind = f"custom rule: {words.kind}" if words.kind else "custom rule"
    said = f"a rule of differentiation of {facts.what} made it, which JAX did not derive: "
    return Words(kind=kind, explanation=said + words.explanation, advice=words.advice)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    bad: FirstBad
    point: BadPoint
    text: str
    argument: str

    @property
    def what(self) -> str:
        """The expression, or what JAX calls the operation."""
        return f"`{self.text}`" if self.text else self.point.primitive or "an operation"

    @property
    def of(self) -> str:
        """The argument, quoted where it is one's own text."""
        return self.argument if self.argument == "its argument" else f"`{self.argument}`"

    @property
    def zeros(self) -> str:
        """`"`x` is zero in 1 of 3 elements"`."""
        given = self.point.point
        if given is None or not given.range.zero:
            return f"{self.of} is zero"
        if given.range.size == 1:
            return f"{self.of} is 0"
        return f"{self.of} has {given.range.zero:,} zero{_s(given.range.zero)} of " + (
            f"{given.range.size:,}"
        )


def _root(facts: _Facts) -> Words:
    given, name = facts.point.point, _called(facts.text, "sqrt")
    if not facts.point.is_of_derivative:
        return Words(
            kind="root of a negative number",
            explanation=f"{facts.what} is NaN below 0: {facts.of} reaches down to {_lowest(given)}",
            advice="keep the argument at 0 or above, as with jnp.maximum",
        )
    if name in ("norm", "std"):
        what = "vector of zeros" if name == "norm" else "set of equal numbers"
        noun = "norm" if name == "norm" else "standard deviation"
        return Words(
            kind=f"{noun} at zero",
            explanation=f"{facts.what} is 0{_how_often(given)}, which is right for a {what}, but "
            "its derivative divides by it: 0 / 0",
            advice="take the root of what is never zero: `jnp.sqrt(jnp.maximum(squares, 1e-12))`",
        )
    return Words(
        kind="root at zero",
        explanation=f"the derivative of a root at 0 is infinite, and {facts.what} is 0"
        f"{_how_often(given)}",
        advice="keep what the root is taken of above 0: `jnp.sqrt(jnp.maximum(x, 1e-12))`",
    )


def _log(facts: _Facts) -> Words:
    given = facts.point.point
    is_shifted = facts.point.primitive == "log1p"
    edge = "-1" if is_shifted else "0"
    advice = f"keep its argument above {edge}, or take a form that is stable: log_softmax, xlogy"
    if facts.point.is_of_derivative:
        return Words(
            kind="log at zero",
            explanation=f"the derivative of the log at {edge} is infinite: {facts.zeros}"
            if not is_shifted
            else f"the derivative of {facts.what} is infinite at -1",
            advice=advice,
        )
    lowest = None if given is None else given.range.minimum
    if lowest is not None and lowest < (-1 if is_shifted else 0):
        return Words(
            kind="log of a negative number",
            explanation=f"the log is NaN below {edge}: {facts.of} reaches down to {_lowest(given)}",
            advice=advice,
        )
    at = f"{facts.of} reaches down to -1" if is_shifted else facts.zeros
    return Words(
        kind="log at zero",
        explanation=f"the log of {'1 - 1' if is_shifted else '0'} is -inf: {at}",
        advice=advice,
    )


def _division(facts: _Facts) -> Words:
    other = facts.point.other
    both = bool(
        not facts.point.is_of_derivative
        and other is not None
        and other.range.zero
        and facts.bad.nan
        and not facts.bad.inf
    )
    says = "0 / 0 is NaN" if both else "a division by 0 is infinite"
    if facts.point.is_of_derivative and not facts.point.is_of_rule:
        if _called(facts.text, "") in ("eigh", "eig", "svd"):
            return _EQUAL_EIGENVALUES
        if facts.point.result is None:
            return Words(
                kind="division by zero",
                explanation=f"the derivative of {facts.what} divides by 0",
                advice="find out where it has no derivative, and keep its argument away from it",
            )
        says = f"{facts.what} divides by 0, and so does its derivative"
    if facts.argument.replace(".", "").isdecimal():
        return Words(
            kind="division by zero",
            explanation=f"{says}: the divisor is the number {facts.argument}",
            advice="look at where that number comes from: a mean of no elements divides by 0",
        )
    return Words(
        kind="division by zero",
        explanation=f"{says}: {facts.zeros}",
        advice="keep the divisor away from 0: `jnp.where(d == 0, 1.0, d)`",
    )


_EQUAL_EIGENVALUES: Final = Words(
    kind="equal eigenvalues",
    explanation="the derivative of eigenvectors divides by the differences of the eigenvalues, and "
    "two of them are equal",
    advice="where only the eigenvalues are wanted take jnp.linalg.eigvalsh; else make them differ "
    "a little",
)


def _power(facts: _Facts) -> Words:
    given = facts.point.point
    if facts.point.is_by_exponent:
        return Words(
            kind="power by its exponent",
            explanation=f"the derivative of {facts.what} by its exponent takes the log of "
            f"{facts.of}, which reaches down to {_lowest(given)}",
            advice="where the exponent is no parameter to learn, hold it: "
            "`jax.lax.stop_gradient(exponent)`",
        )
    if given is not None and (given.range.minimum or 0.0) < 0.0:
        return Words(
            kind="power of a negative number",
            explanation=f"a power that is no whole number is NaN below 0: {facts.of} reaches down "
            f"to {_lowest(given)}",
            advice="keep the base above 0, or make the exponent a Python integer",
        )
    said = (
        "the derivative of a power below 1" if facts.point.is_of_derivative else "a power below 0"
    )
    return Words(
        kind="power at zero",
        explanation=f"{said} is infinite at 0: {facts.zeros}",
        advice="keep the base above 0: `jnp.maximum(x, 1e-12)`",
    )


def _edge(facts: _Facts) -> Words:
    given, name = facts.point.point, _called(facts.text, facts.point.primitive)
    if facts.point.is_of_derivative:
        return Words(
            kind="derivative at the end of a domain",
            explanation=f"the derivative of {name} is infinite where its domain ends, and "
            f"{facts.of} gets there",
            advice="keep its argument inside: `jnp.clip(x, -0.999999, 0.999999)`",
        )
    low, high = ("?", "?") if given is None else (_lowest(given), _highest(given))
    return Words(
        kind="outside of a domain",
        explanation=f"{name} has no finite value for all of {facts.of}, which goes from {low} to "
        f"{high}",
        advice="keep its argument inside: `jnp.clip(x, -0.999999, 0.999999)`",
    )


def _angle(facts: _Facts) -> Words:
    return Words(
        kind="angle at the origin",
        explanation=f"the point (0, 0) has no angle: there the derivative of {facts.what} is 0 / 0",
        advice="choose another point there: `jnp.where((x == 0) & (y == 0), 1.0, x)` for x",
    )


def _exp(facts: _Facts) -> Words:
    given = facts.point.point
    dtype = dtype_of(given)
    limit = LARGEST.get(dtype, LARGEST["f32"])[2]
    return Words(
        kind="overflow in exp",
        explanation=f"{facts.what} is too large for {_long(dtype)}: {facts.of} reaches "
        f"{_highest(given)}, and exp overflows above {limit}",
        advice="subtract the maximum first, or take a stable form: jax.nn.softmax, "
        "jax.nn.logsumexp, jax.nn.softplus, jnp.log1p, jnp.expm1",
    )


def _overflow(facts: _Facts) -> Words:
    given, bad = facts.point.point, facts.bad
    dtype = dtype_of(given)
    largest = LARGEST.get(dtype, LARGEST["f32"])[0]
    read = "" if given is None else f": it read numbers up to {number(_magnitude(given))}"
    advice = "scale the numbers down before they are squared or summed"
    if dtype in ("f16", "bf16"):
        advice = "scale the numbers down, or compute this in float32: `.astype(jnp.float32)`"
    when = ""
    if bad.iteration is not None:
        when = f" in iteration {bad.iteration:,}, not before"
        advice = (
            "where numbers grow from iteration to iteration, clip what is carried, scale the "
            "weights down, or take smaller steps"
        )
    return Words(
        kind="overflow",
        explanation=f"{facts.what} is too large for {_long(dtype)}, which ends at {largest}{read}"
        f"{when}",
        advice=advice,
    )


def _cast(facts: _Facts) -> Words:
    given = facts.point.point
    read = "numbers" if given is None else f"numbers up to {number(_magnitude(given))}"
    return Words(
        kind="too low precision",
        explanation=f"{facts.what} converts {read}, more than the new type holds (float16 ends at "
        "65,504)",
        advice="use bfloat16, which has the range of float32, or scale the numbers down first",
    )


def _infinities(facts: _Facts) -> Words:
    function = _called(facts.text, "")
    if function in ("softmax", "log_softmax", "logsumexp"):
        return Words(
            kind="a row of -inf",
            explanation=f"{facts.what} subtracts the maximum, and where all of a row are -inf that "
            "is inf - inf, which is NaN",
            advice="mask with a large number that is finite, such as -1e9 instead of -inf",
        )
    return Words(
        kind="inf - inf",
        explanation=f"{facts.what} is inf - inf, which is NaN",
        advice="keep infinities out: use a large number that is finite, such as 1e9",
    )


def _zero_times_infinity(facts: _Facts) -> Words:
    return Words(
        kind="0 * inf",
        explanation=f"{facts.what} multiplies 0 by inf, which is NaN",
        advice="do not mask by multiplying with 0: choose with jnp.where, and give the operation "
        "before it a safe argument",
    )


def _cholesky(facts: _Facts) -> Words:
    return Words(
        kind="not positive definite",
        explanation=f"{facts.what} is NaN: the matrix is not positive definite",
        advice="add a little to its diagonal: `a + 1e-6 * jnp.eye(n)`",
    )


def _solve(facts: _Facts) -> Words:
    return Words(
        kind="singular matrix",
        explanation=f"{facts.what} has no finite result: the matrix is singular, or nearly so",
        advice="add a little to its diagonal, or take jnp.linalg.lstsq or jnp.linalg.pinv",
    )


def _unknown(facts: _Facts) -> Words:
    return Words(
        kind="",
        explanation=f"{facts.what} read finite numbers and made "
        f"{counted(facts.bad.nan, facts.bad.inf)}",
        advice="look at the ranges that went in",
    )


_SENTENCES: Final[dict[Operation, Callable[[_Facts], Words]]] = {
    "root": _root,
    "log": _log,
    "division": _division,
    "power": _power,
    "edge": _edge,
    "angle": _angle,
    "exp": _exp,
    "overflow": _overflow,
    "cast": _cast,
    "infinities": _infinities,
    "zero times infinity": _zero_times_infinity,
    "cholesky": _cholesky,
    "solve": _solve,
    "unknown": _unknown,
}


def number(value: float | None) -> str:
    """A number to three significant digits.

    >>> number(0.0), number(65504.0), number(float("nan")), number(None)
    ('0', '6.55e+04', 'NaN', '-')
    """
    if value is None:
        return "-"
    return "NaN" if value != value else f"{value:.3g}"


def counted(nan: int, inf: int) -> str:
    """How many bad numbers, by kind.

    >>> counted(2, 0), counted(1, 3)
    ('2 NaN', '1 NaN and 3 Inf')
    """
    parts = [f"{count:,} {name}" for count, name in ((nan, "NaN"), (inf, "Inf")) if count]
    return " and ".join(parts)


def _called(text: str, otherwise: str) -> str:
    expression = Expression.of(text)
    return (expression.function if expression is not None else "") or otherwise


def _how_often(given: Input | None) -> str:
    if given is None or given.range.size == 1:
        return ""
    return f" in {given.range.zero:,} of {given.range.size:,} elements"


def _lowest(given: Input | None) -> str:
    return number(None if given is None else given.range.minimum)


def _highest(given: Input | None) -> str:
    return number(None if given is None else given.range.maximum)


def _magnitude(given: Input) -> float:
    return magnitude(given.range.minimum, given.range.maximum)


def _long(dtype: str) -> str:
    return {"f16": "float16", "bf16": "bfloat16", "f32": "float32", "f64": "float64"}.get(
        dtype, dtype
    )


def _s(count: int) -> str:
    return "" if count == 1 else "s"
