"""Floating-point operations and bytes of one equation, counted from its types.

A multiply-add is two operations. Rules, per primitive:

- `dot_general`: 2 x batch x free x free x contracted dimensions.
- `conv_general_dilated`: 2 x outputs x kernel size per output feature.
- reductions, cumulative operations, sorts: one per input element.
- data movement (reshape, slice, gather, cast, compare, select, ...): none.
- everything else on floating types: one per output element. Transcendental
  functions count as one too; real machines need more.
- an equation that holds programs counts what they count: a loop its body times its
  length (once where the length is not known, as in `while`), a cond its dearest branch.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

_REDUCTIONS: Final = ("reduce", "cum", "argm", "sort", "top_k")
_FREE: Final = frozenset(
    [
        "reshape",
        "squeeze",
        "expand_dims",
        "broadcast_in_dim",
        "transpose",
        "slice",
        "dynamic_slice",
        "concatenate",
        "dynamic_update_slice",
        "gather",
        "pad",
        "rev",
        "iota",
        "copy",
        "copy_p",
        "convert_element_type",
        "select_n",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "and",
        "or",
        "not",
        "xor",
        "stop_gradient",
        "device_put",
        "sharding_constraint",
        "split",
        "bitcast_convert_type",
        "is_finite",
        "random_bits",
        "random_wrap",
        "random_unwrap",
        "random_seed",
        "random_split",
        "random_fold_in",
        "shift_left",
        "shift_right_logical",
        "optimization_barrier",
    ]
)


def elements(aval: Any) -> int:
    """Number of elements; a symbolic dimension counts as one."""
    size = 1
    for dimension in getattr(aval, "shape", ()):
        if isinstance(dimension, int):
            size *= dimension
    return size


def count(primitive: str, equation: Any, nested: Sequence[int]) -> int:
    """Floating-point operations of one equation.

    Args:
        primitive: Its name.
        equation: JAX's equation: `invars`, `outvars` with types, `params`.
        nested: Operations of the programs it holds, each counted once.
    """
    if nested:
        if primitive == "cond":
            return max(nested)
        length = equation.params.get("length", 1) if primitive == "scan" else 1
        return sum(nested) * (length if isinstance(length, int) else 1)
    if primitive in _FREE or not equation.outvars:
        return 0
    output = equation.outvars[0].aval
    if primitive == "dot_general":
        return _dot_general(equation.invars[0].aval, output, equation.params)
    if primitive == "conv_general_dilated":
        return _convolution(equation.invars[1].aval, output, equation.params)
    if primitive.startswith(_REDUCTIONS):
        return elements(equation.invars[0].aval) if equation.invars else 0
    kind = getattr(getattr(output, "dtype", None), "kind", "f")
    return elements(output) if kind in "fcV" else 0


def _dot_general(left: Any, output: Any, params: dict[str, Any]) -> int:
    (contracted, _), _ = params["dimension_numbers"]
    sizes = [left.shape[axis] for axis in contracted]
    return 2 * elements(output) * math.prod(s for s in sizes if isinstance(s, int))


def _convolution(kernel: Any, output: Any, params: dict[str, Any]) -> int:
    features = kernel.shape[params["dimension_numbers"].rhs_spec[0]]
    return 2 * elements(output) * (elements(kernel) // max(features, 1))
