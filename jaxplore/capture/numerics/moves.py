"""Which equations only move numbers about, so that what is known of them stays known.

A reshape has the numbers of its operand; a broadcast has each of them several times.
Measuring them again would cost a pass over memory and tell nothing.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from jaxplore.capture import _hooks
from jaxplore.capture.numerics.statistics import Statistic, broadcast, negative

# One operand, one result, the same elements in another order or place.
_SAME: Final = frozenset(
    [
        "reshape",
        "transpose",
        "squeeze",
        "expand_dims",
        "rev",
        "copy",
        "copy_p",
        "name",
        "sharding_constraint",
        "reshard",
        "stop_gradient",
        "pvary",
    ]
)
# As many results as operands, each with the elements of its own.
_EACH: Final = frozenset(["optimization_barrier", "device_put"])


def moved(equation: Any, known: Sequence[Statistic | None]) -> list[Statistic | None] | None:
    """What is known of each result without measuring it; None where nothing is."""
    name = equation.primitive.name
    if name in _SAME and len(equation.outvars) == 1:
        return [known[0]]
    if name == "broadcast_in_dim":
        sizes = [int(np.prod(v.aval.shape)) for v in (equation.invars[0], equation.outvars[0])]
        return [None if known[0] is None else broadcast(known[0], *sizes)]
    if name == "neg":
        return [None if known[0] is None else negative(known[0])]
    if name in _EACH and len(equation.outvars) == len(known):
        return list(known)
    if name == "convert_element_type" and _is_wider(equation):
        return [known[0]]
    return None


def _is_wider(equation: Any) -> bool:
    """Whether each number of one type is a number of the other."""
    before, after = equation.invars[0].aval.dtype, equation.outvars[0].aval.dtype
    return before == after or _WIDTH.get(str(before), 9) < _WIDTH.get(str(after), 0)


_WIDTH: Final = {"bfloat16": 1, "float16": 1, "float32": 2, "float64": 3}


def saturation(equation: Any) -> str | None:
    """How to count the elements of an activation's result that stand where its derivative is
    nearly zero; None where the equation is no activation."""
    name = equation.primitive.name
    if name in ("tanh", "logistic"):
        return name
    if name == "max" and any(_is_zero(atom) for atom in equation.invars):
        return "max"
    return None


def _is_zero(atom: Any) -> bool:
    return isinstance(atom, _hooks.Literal) and np.shape(atom.val) == () and atom.val == 0
