"""The rules that are one line each: slopes, linear functions, and what has no derivative."""

from dataclasses import dataclass
from typing import Final

# Primitive -> (how it is written, its slope, in words); x is what goes in, y what comes out.
SLOPES: Final[dict[str, tuple[str, str, str]]] = {
    "sin": ("sin({x})", "cos({x})", "the slope of sin is cos"),
    "cos": ("cos({x})", "-sin({x})", "the slope of cos is -sin"),
    "tan": ("tan({x})", "1 + {y}**2", "the slope of tan is 1 + tan**2"),
    "asin": ("asin({x})", "1 / sqrt(1 - {x}**2)", "the slope of asin"),
    "acos": ("acos({x})", "-1 / sqrt(1 - {x}**2)", "the slope of acos"),
    "atan": ("atan({x})", "1 / (1 + {x}**2)", "the slope of atan"),
    "sinh": ("sinh({x})", "cosh({x})", "the slope of sinh is cosh"),
    "cosh": ("cosh({x})", "sinh({x})", "the slope of cosh is sinh"),
    "tanh": ("tanh({x})", "1 - {y}**2", "the slope of tanh is 1 - tanh**2"),
    "exp": ("exp({x})", "{y}", "the slope of exp is exp itself"),
    "exp2": ("2**{x}", "log(2) * {y}", "the slope of 2**x is log(2) * 2**x"),
    "expm1": ("exp({x}) - 1", "{y} + 1", "the slope of exp is exp itself"),
    "log": ("log({x})", "1 / {x}", "the slope of log is 1 / x"),
    "log1p": ("log(1 + {x})", "1 / (1 + {x})", "the slope of log is 1 / x"),
    "sqrt": ("sqrt({x})", "1 / (2 * {y})", "the slope of sqrt is 1 / (2 * sqrt)"),
    "rsqrt": ("1 / sqrt({x})", "-{y} / (2 * {x})", "the slope of x**-0.5"),
    "cbrt": ("cbrt({x})", "{y} / (3 * {x})", "the slope of x**(1/3)"),
    "logistic": ("sigmoid({x})", "{y} * (1 - {y})", "the slope of sigmoid is s * (1 - s)"),
    "square": ("{x}**2", "2 * {x}", "the slope of x**2 is 2 * x"),
    "abs": ("abs({x})", "sign({x})", "the slope of abs is the sign"),
    "erf": ("erf({x})", "2 / sqrt(pi) * exp(-{x}**2)", "the slope of erf is a bell curve"),
    "lgamma": ("lgamma({x})", "digamma({x})", "the slope of lgamma is digamma"),
}


@dataclass(frozen=True, slots=True)
class Linear:
    """A function that is linear in its first input."""

    forward: str
    """What the change becomes."""
    back: str
    """What the gradient becomes on its way back."""
    words: str


def _same(call: str, back: str, words: str) -> Linear:
    return Linear(f"{call}({{x}}{{rest}})", back, f"linear: {words}")


LINEAR: Final[dict[str, Linear]] = {
    "reduce_sum": _same("sum", "{y}, repeated for each element", "a sum of changes"),
    "broadcast_in_dim": _same("broadcast", "sum({y}) over the new axes", "the change is repeated"),
    "reshape": _same("reshape", "reshape({y})", "numbers stay as they are"),
    "squeeze": _same("squeeze", "reshape({y})", "numbers stay as they are"),
    "expand_dims": _same("expand_dims", "reshape({y})", "numbers stay as they are"),
    "transpose": _same("transpose", "transpose({y})", "numbers change their places"),
    "rev": _same("rev", "rev({y})", "numbers change their places"),
    "convert_element_type": _same("convert", "convert({y})", "the same numbers in another type"),
    "reduce_precision": _same("reduce_precision", "reduce_precision({y})", "the same numbers"),
    "copy": Linear("{x}", "{y}", "linear: a copy"),
    "real": _same("real", "{y}", "one part of the number"),
    "imag": _same("imag", "1j * {y}", "one part of the number"),
    "slice": _same("slice", "zeros, with {y} in its place", "some of the numbers"),
    "dynamic_slice": _same("slice", "zeros, with {y} in its place", "some of the numbers"),
    "gather": _same("gather", "zeros, with {y} added where it came from", "some of the numbers"),
    "pad": _same("pad", "the part of {y} that is {x}", "numbers with zeros about them"),
    "cumsum": _same("cumsum", "cumsum({y}) from the end", "sums of changes"),
}

# Of several arrays, element by element; one of them may be a single number.
BY_ELEMENT: Final = frozenset(["add", "sub", "mul", "div", "pow", "max", "min", "select_n"])

COMPARED: Final = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}

_FLAGS: Final = "true or false: no derivative"
_STEPS: Final = "constant between steps: its slope is 0"
_WHOLE: Final = "whole numbers: no derivative"

NO_DERIVATIVE: Final[dict[str, str]] = {
    **dict.fromkeys((*COMPARED, "and", "or", "not", "is_finite"), _FLAGS),
    **dict.fromkeys(("round", "floor", "ceil", "sign"), _STEPS),
    **dict.fromkeys(("argmax", "argmin", "iota"), _WHOLE),
    "stop_gradient": "the gradient is stopped on purpose",
    "custom_jvp_call": "its own rule is run (custom_jvp)",
    "custom_vjp_call": "its own fwd is run forward, its bwd on the way back (custom_vjp)",
    "scan": "a loop: its body is differentiated, and run backwards",
    "while": "a loop: its body is differentiated",
    "cond": "branches: each is differentiated, one is taken",
    "checkpoint": "computed again on the way back (checkpoint)",
    "remat": "computed again on the way back (checkpoint)",
    "remat2": "computed again on the way back (checkpoint)",
}
