"""Floating-point operations of one equation, counted from its types and parameters.

What is counted (n elements; a multiply-add is two operations; what is not named counts none):

| primitives | operations |
|---|---|
| add, mul, exp, tanh, max, clamp, ... | one per element of the result; a clamp two |
| integer_pow | one per multiplication by repeated squaring, one more to invert |
| polynomial | two per element and degree |
| dot_general | 2 x batch x free x free x contracted sizes |
| conv_general_dilated | 2 per multiplication with an input element: none for padding or dilation |
| reduce_*, argmax, cumsum, top_k | one per element of the input |
| reduce_window_*, select_and_* | window size per window |
| sort | elements x ceil(log2(length of the axis)): its comparisons |
| scatter-add and the like, addupdate | one per element that is added; a plain scatter none |
| psum, pmax, reduce_scatter | one per element of the input, on each device |
| fft | 5 n log2 n per transform; half of it from or to real numbers |
| cholesky, lu, geqrf, qr | n^3/3; m n^2 - n^3/3; 2 m n^2 - 2 n^3/3; twice that, with Q |
| triangular_solve | n x elements of the right side |
| eigh, svd, eig, schur | about 9 n^3, 4 m n^2 + 22 n^3, 25 n^3, 25 n^3: they iterate |
| comparisons, casts, select, gather, slices, layout | none |
| integers, booleans, keys | none |
| callbacks, custom and foreign calls | none: nobody can tell |

What nothing reads counts too, though JAX leaves it out of what it gives to XLA.

Complex numbers: 2 per addition, 6 per multiplication, 8 per multiply-add; else as above.
Transcendental functions count as one; real machines need more.

An equation that holds programs counts what they count: a scan its body times its length, a
Pallas call its kernel times its grid, a cond its dearest branch, a `custom_linear_solve` its
solve. A `while` counts its condition and body once, and so does a scan whose length is a name:
only a run can tell how often.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import jax.numpy as jnp
import numpy as np


def elements(aval: Any) -> int:
    """Number of elements; a symbolic dimension counts as one."""
    size = 1
    for dimension in getattr(aval, "shape", ()):
        if isinstance(dimension, int):
            size *= dimension
    return size


def own(equation: Any) -> int:
    """Operations of one of JAX's equations, without the programs it holds."""
    rule = _RULES.get(equation.primitive.name)
    return 0 if rule is None else rule(equation)


def times(equation: Any, position: int) -> int | None:
    """How often an equation runs one of the programs it holds, counted from 0.

    None where only a run can tell: for a `while`, and a scan whose length is a name. A
    branch of a cond counts as run.
    """
    name, params = equation.primitive.name, equation.params
    if name == "scan":
        length = params["length"]
        return length if isinstance(length, int) else None
    if name == "while":
        return None
    if name == "pallas_call":
        return math.prod(_size(size) for size in params["grid_mapping"].grid)
    if name == "custom_linear_solve":
        return int(position == _SOLVE)
    if name == "linear_call":
        return int(position == 0)
    combined = _COMBINE.get(name)
    return 1 if combined is None else combined(equation)


# The third of (matvec, vecmat, solve, transpose_solve); the others serve its derivative.
_SOLVE: Final = 2


def with_nested(equation: Any, nested: Sequence[int]) -> int:
    """Operations of an equation that holds programs which count `nested`, each run once."""
    if equation.primitive.name == "cond":
        return max(nested)
    runs = [times(equation, position) for position in range(len(nested))]
    return sum(work if n is None else work * n for work, n in zip(nested, runs, strict=True))


def _window_elements(equation: Any) -> int:
    return math.prod(equation.params["window_dimensions"]) * elements(equation.outvars[0].aval)


def _updates(equation: Any) -> int:
    return elements(equation.invars[2].aval)


# Their programs say how two elements become one.
_COMBINE: Final[dict[str, Callable[[Any], int]]] = {
    "reduce": lambda equation: elements(equation.invars[0].aval),
    "reduce_window": _window_elements,
    "select_and_scatter": _window_elements,
    "scatter": _updates,
    "scatter-add": _updates,
    "scatter-max": _updates,
    "scatter-min": _updates,
    "scatter-mul": _updates,
    "scatter-sub": _updates,
}


def _size(dimension: Any) -> int:
    return dimension if isinstance(dimension, int) else 1


@lru_cache(maxsize=64)
def _weight(dtype: Any, real: int, complex_: int) -> int:
    """Operations on one element of a type."""
    if jnp.issubdtype(dtype, np.complexfloating):
        return complex_
    return real if jnp.issubdtype(dtype, np.inexact) else 0


def _counted(aval: Any, real: int = 1, complex_: int | None = None) -> int:
    """Operations when each element of a type takes so many."""
    dtype = getattr(aval, "dtype", None)
    if dtype is None:
        return 0
    return elements(aval) * _weight(dtype, real, real if complex_ is None else complex_)


def _per_result(real: int, complex_: int) -> Callable[[Any], int]:
    return lambda equation: _counted(equation.outvars[0].aval, real, complex_)


def _per_input(real: int, complex_: int, position: int = 0) -> Callable[[Any], int]:
    return lambda equation: _counted(equation.invars[position].aval, real, complex_)


def _all_inputs(equation: Any) -> int:
    return sum(_counted(var.aval, 1, 2) for var in equation.invars)


def _integer_pow(equation: Any) -> int:
    power = equation.params["y"]
    squarings = max(abs(power).bit_length() - 1, 0)
    products = squarings + max(abs(power).bit_count() - 1, 0)
    return _counted(equation.outvars[0].aval, products + (power < 0), 6 * products + (power < 0))


def _polynomial(equation: Any) -> int:
    # Horner's rule: one multiplication and one addition for each coefficient but the last.
    steps = len(equation.invars) - 2
    return steps * _counted(equation.outvars[0].aval, 2, 8)


def _dot_general(equation: Any) -> int:
    (contracted, _), _ = equation.params["dimension_numbers"]
    left = equation.invars[0].aval
    depth = math.prod(_size(left.shape[axis]) for axis in contracted)
    return depth * _counted(equation.outvars[0].aval, 2, 8)


def _ragged_dot(equation: Any) -> int:
    numbers = equation.params["ragged_dot_dimension_numbers"]
    (contracted, _), _ = numbers.dot_dimension_numbers
    left, result = equation.invars[0].aval, equation.outvars[0].aval
    depth = math.prod(_size(left.shape[axis]) for axis in contracted)
    work = depth * _counted(result, 2, 8)
    # Groups that divide the contracted axis share its length among them.
    shared = set(numbers.lhs_ragged_dimensions) & set(contracted)
    return work // max(_size(result.shape[0]), 1) if shared else work


def _convolution(equation: Any) -> int:
    params = equation.params
    numbers = params["dimension_numbers"]
    image, kernel, result = (v.aval for v in (*equation.invars[:2], equation.outvars[0]))
    pairs = 1
    for axis, (low, _) in enumerate(params["padding"]):
        pairs *= _meetings(
            _size(image.shape[numbers.lhs_spec[2 + axis]]),
            _size(kernel.shape[numbers.rhs_spec[2 + axis]]),
            _size(result.shape[numbers.out_spec[2 + axis]]),
            (params["window_strides"][axis], params["lhs_dilation"][axis]),
            (params["rhs_dilation"][axis], _size(low)),
        )
    # The kernel has only the inputs of one group; each output has one group.
    depth = _size(kernel.shape[numbers.rhs_spec[1]])
    outer = [_size(result.shape[axis]) for axis in numbers.out_spec[:2]]
    return pairs * depth * math.prod(outer) * _weight(result.dtype, 2, 8)


@lru_cache(maxsize=4096)
def _meetings(
    image: int, kernel: int, result: int, steps: tuple[int, int], rest: tuple[int, int]
) -> int:
    """How many (output, kernel element) pairs of one axis meet an element of the image."""
    (stride, spread), (dilation, low) = steps, rest
    last = (image - 1) * spread
    total = 0
    few, many = sorted([(kernel, dilation), (result, stride)])
    positions = np.arange(many[0]) * many[1] - low
    for index in range(few[0]):
        at = positions + index * few[1]
        total += int(((at >= 0) & (at <= last) & (at % spread == 0)).sum())
    return total


def _windows(equation: Any) -> int:
    window = math.prod(equation.params["window_dimensions"])
    return window * _counted(equation.outvars[0].aval, 1, 2)


def _select_and_scatter(equation: Any) -> int:
    # Per window: a comparison for each of its elements, and one addition.
    window = math.prod(equation.params["window_dimensions"])
    return (window + 1) * _counted(equation.invars[0].aval)


def _sort(equation: Any) -> int:
    key = equation.invars[0].aval
    length = _size(key.shape[equation.params["dimension"]])
    return _counted(key) * max(length - 1, 0).bit_length()


def _fft(equation: Any) -> int:
    source, result = equation.invars[0].aval, equation.outvars[0].aval
    points = math.prod(_size(length) for length in equation.params["fft_lengths"])
    is_real = [jnp.issubdtype(aval.dtype, np.floating) for aval in (source, result)]
    transforms = elements(result if is_real[1] else source) // max(points, 1)
    work = 5 * points * math.log2(max(points, 1)) * transforms
    return round(work / 2 if any(is_real) else work)


def _of_matrices(count: Callable[[int, int], float]) -> Callable[[Any], int]:
    """A rule for matrices in the last two axes; `count` is asked (larger, smaller) size."""

    def rule(equation: Any) -> int:
        aval = equation.invars[0].aval
        small, large = sorted(_size(size) for size in aval.shape[-2:])
        matrices = elements(aval) // max(small * large, 1)
        return matrices * round(count(large, small)) * _weight(aval.dtype, 1, 4)

    return rule


def _triangular_solve(equation: Any) -> int:
    matrix, right = (var.aval for var in equation.invars)
    return _size(matrix.shape[-1]) * _counted(right, 1, 4)


def _svd(equation: Any) -> int:
    if equation.params.get("compute_uv", True):
        return _of_matrices(lambda m, n: 4 * m * n**2 + 22 * n**3)(equation)
    return _of_matrices(lambda m, n: 4 * m * n**2 - 4 * n**3 / 3)(equation)


def _householder_product(equation: Any) -> int:
    aval, taus = (var.aval for var in equation.invars)
    m, n, k = _size(aval.shape[-2]), _size(aval.shape[-1]), _size(taus.shape[-1])
    each = 4 * m * n * k - 2 * (m + n) * k**2 + 4 * k**3 / 3
    return (elements(aval) // max(m * n, 1)) * round(each) * _weight(aval.dtype, 1, 4)


_ELEMENTWISE: Final = (
    "abs acos acosh asin asinh atan atan2 atanh bessel_i0e bessel_i1e cbrt ceil cos cosh "
    "digamma erf erf_inv erfc exp exp2 expm1 floor igamma igamma_grad_a igammac lgamma log "
    "log1p log2 logistic max min nextafter polygamma pow random_gamma "
    "reciprocal regularized_incomplete_beta rem round rsqrt sign sin sinh sqrt square tan tanh zeta"
)
_REDUCTIONS: Final = (
    "argmax argmin cumlogsumexp cummax cummin reduce reduce_max reduce_min top_k approx_top_k"
)
_OVER_DEVICES: Final = (
    "psum psum_invariant pmax pmin reduce_scatter psum_start psum_invariant_start "
    "reduce_scatter_start unreduced_psum unreduced_pmax unreduced_pmin unreduced_psum_start "
    "unreduced_reduce_scatter unreduced_reduce_scatter_start"
)

_RULES: Final[dict[str, Callable[[Any], int]]] = {
    **dict.fromkeys(_ELEMENTWISE.split(), _per_result(1, 1)),
    **dict.fromkeys(("add", "sub", "add_any", "neg"), _per_result(1, 2)),
    "one_minus_square": _per_result(2, 8),
    "polynomial": _polynomial,
    "mul": _per_result(1, 6),
    "div": _per_result(1, 11),
    "clamp": _per_result(2, 2),
    "integer_pow": _integer_pow,
    "dot_general": _dot_general,
    "scaled_dot": _dot_general,
    "ragged_dot_general": _ragged_dot,
    "conv_general_dilated": _convolution,
    **dict.fromkeys(_REDUCTIONS.split(), _per_input(1, 1)),
    **dict.fromkeys(("reduce_sum", "cumsum"), _per_input(1, 2)),
    **dict.fromkeys(("reduce_prod", "cumprod"), _per_input(1, 6)),
    **dict.fromkeys(_OVER_DEVICES.split(), _all_inputs),
    **dict.fromkeys(("reduce_window", "select_and_gather_add"), _windows),
    **dict.fromkeys(("reduce_window_sum", "reduce_window_max", "reduce_window_min"), _windows),
    **dict.fromkeys(("select_and_scatter", "select_and_scatter_add"), _select_and_scatter),
    **dict.fromkeys(("scatter-add", "scatter-sub"), _per_input(1, 2, 2)),
    **dict.fromkeys(("scatter-max", "scatter-min"), _per_input(1, 1, 2)),
    "scatter-mul": _per_input(1, 6, 2),
    **dict.fromkeys(("addupdate", "accum_grad_in_ref"), _per_input(1, 2, 1)),
    "sort": _sort,
    "fft": _fft,
    "cholesky": _of_matrices(lambda _, n: n**3 / 3),
    "lu": _of_matrices(lambda m, n: m * n**2 - n**3 / 3),
    **dict.fromkeys(("geqrf", "geqp3"), _of_matrices(lambda m, n: 2 * m * n**2 - 2 * n**3 / 3)),
    "qr": _of_matrices(lambda m, n: 4 * m * n**2 - 4 * n**3 / 3),
    "householder_product": _householder_product,
    "triangular_solve": _triangular_solve,
    "eigh": _of_matrices(lambda _, n: 9 * n**3),
    "svd": _svd,
    "eig": _of_matrices(lambda _, n: 25 * n**3),
    "schur": _of_matrices(lambda _, n: 25 * n**3),
    "hessenberg": _of_matrices(lambda _, n: 10 * n**3 / 3),
    "tridiagonal": _of_matrices(lambda _, n: 4 * n**3 / 3),
    "tridiagonal_solve": _per_input(8, 32, 3),
}
