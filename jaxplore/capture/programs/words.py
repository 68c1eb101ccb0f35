"""What an equation does, in words: its parameters told, with `{0}` for its first input.

Empty where the primitive's name says it all. What is said must be true for every parameter;
a parameter that no word is made of stands in the equation's parameters.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from jaxplore.capture.programs.indexwords import INDEX_WORDS
from jaxplore.capture.programs.linalgwords import LINALG_WORDS
from jaxplore.capture.programs.programwords import PROGRAM_WORDS
from jaxplore.capture.programs.randomwords import RANDOM_WORDS
from jaxplore.capture.programs.refwords import REF_WORDS
from jaxplore.capture.programs.wording import (
    axes_of,
    counted,
    dims,
    dtype_of,
    join,
    numbers,
    plain,
    rank,
    shape_of,
)


def meaning(equation: Any) -> str:
    """The words for one of JAX's equations."""
    name = equation.primitive.name
    tell = _ALL_WORDS.get(name)
    return "" if tell is None else tell(equation)


def _dot_general(equation: Any) -> str:
    (left, right), batch = equation.params["dimension_numbers"]
    return _product(equation, left, right, *batch)


def _product(
    equation: Any,
    left: Sequence[int],
    right: Sequence[int],
    left_batch: Sequence[int],
    right_batch: Sequence[int],
) -> str:
    if left:
        said = f"contracts {{0}} {axes_of(left)} with {{1}} {axes_of(right)}"
    else:
        said = "multiplies every element of {0} with every one of {1}"
    if left_batch:
        said += f", batch {axes_of(left_batch)}"
        if tuple(left_batch) != tuple(right_batch):
            said += f" of {{0}} and {axes_of(right_batch)} of {{1}}"
    return said + _result_type(equation)


def _result_type(equation: Any) -> str:
    wanted = equation.params.get("preferred_element_type")
    source = getattr(equation.invars[0].aval, "dtype", None)
    return "" if wanted is None or wanted == source else f", giving {dtype_of(wanted)}"


def _ragged_dot(equation: Any) -> str:
    (contracted, batch) = equation.params["ragged_dot_dimension_numbers"].dot_dimension_numbers
    return _product(equation, *contracted, *batch) + ", in groups of the lengths {2}"


def _convolution(equation: Any) -> str:
    params = equation.params
    kernel = equation.invars[1].aval.shape
    spatial = params["dimension_numbers"].rhs_spec[2:]
    said = f"slides {{1}} over {{0}}: window {dims(kernel[axis] for axis in spatial)}"
    for name, text in (
        ("window_strides", "strides"),
        ("lhs_dilation", "{0} spread by"),
        ("rhs_dilation", "window spread by"),
    ):
        if any(step != 1 for step in params[name]):
            said += f", {text} {dims(params[name])}"
    if any(low or high for low, high in params["padding"]):
        said += f", padded by {' x '.join(f'{low}+{high}' for low, high in params['padding'])}"
    for name, text in (("feature_group_count", "features"), ("batch_group_count", "batch")):
        if params[name] != 1:
            said += f", {text} in {params[name]} groups"
    return said + _result_type(equation)


def _reduces(verb: str) -> Callable[[Any], str]:
    def tell(equation: Any) -> str:
        params = equation.params
        axes = params["axes"] if "axes" in params else params["dimensions"]
        if not axes:
            return f"{verb} {{0}} over no axis"
        everything = len(axes) == rank(equation.invars[0]) > 1
        return f"{verb} {{0}} over {'all axes' if everything else axes_of(axes)}"

    return tell


def _argument(which: str) -> Callable[[Any], str]:
    return lambda equation: (
        f"the index of the {which} of {{0}} along {axes_of(equation.params['axes'])}"
    )


def _accumulates(what: str) -> Callable[[Any], str]:
    def tell(equation: Any) -> str:
        end = ", from its end" if equation.params["reverse"] else ""
        return f"the running {what} of {{0}} along axis {equation.params['axis']}{end}"

    return tell


def _broadcast(equation: Any) -> str:
    shape = equation.params["shape"]
    kept = [int(axis) for axis in equation.params["broadcast_dimensions"]]
    source = shape_of(equation.invars[0])
    new = [axis for axis in range(len(shape)) if axis not in kept]
    stretched = [axis for axis, size in zip(kept, source, strict=True) if shape[axis] != size]
    if not source:
        return f"repeats {{0}} to shape {plain(list(shape))}" if shape else ""
    parts: list[str] = []
    if ones := [axis for axis in new if shape[axis] == 1]:
        parts.append(f"gives {{0}} new {axes_of(ones)} of size 1")
    if repeated := [axis for axis in new if shape[axis] != 1] + stretched:
        along = "along new" if not stretched else "along"
        parts.append(f"repeats {{0}} {along} {axes_of(sorted(repeated))}")
    return ", ".join(parts)


def _transpose(equation: Any) -> str:
    order = equation.params["permutation"]
    if tuple(order) == (1, 0):
        return "swaps the axes of {0}"
    return f"puts the axes of {{0}} in the order {numbers(order)}"


def _reshape(equation: Any) -> str:
    return f"reads {{0}} as shape {plain(list(equation.params['new_sizes']))}"


def _concatenate(equation: Any) -> str:
    count = len(equation.invars)
    parts = join([f"{{{i}}}" for i in range(count)]) if count <= 6 else f"its {count} inputs"
    return f"joins {parts} along axis {equation.params['dimension']}"


def _pad(equation: Any) -> str:
    added: list[str] = []
    cut: list[str] = []
    for axis, (low, high, inner) in enumerate(equation.params["padding_config"]):
        ends = [(low, "before"), (high, "after"), (inner, "between the elements of")]
        for size, where in ends:
            if size > 0:
                added.append(f"{size} {where} axis {axis}")
            elif size < 0:
                end = "start" if where == "before" else "end"
                cut.append(f"{-size} from the {end} of axis {axis}")
    said = "a copy of {0}"
    if added:
        said += f" with {{1}} added: {', '.join(added)}"
    if cut:
        said += f"{';' if added else ','} cut off: {', '.join(cut)}"
    return said


def _convert(equation: Any) -> str:
    wanted, source = equation.params["new_dtype"], equation.invars[0].aval.dtype
    if wanted == source:
        # JAX writes such a cast to make a type strong or weak, or for nothing.
        weak = bool(equation.params.get("weak_type"))
        changed = weak != bool(getattr(equation.invars[0].aval, "weak_type", False))
        return "{0} unchanged" + (f", its type made {_STRENGTH[weak]}" if changed else "")
    cut = source.kind == "f" and wanted.kind in "iu"
    return f"casts {{0}} to {dtype_of(wanted)}{', rounded towards zero' if cut else ''}"


_STRENGTH: Final = ("strong", "weak")


def _select(equation: Any) -> str:
    cases = len(equation.invars) - 1
    if cases == 2 and equation.invars[0].aval.dtype.name == "bool":
        return "{2} where {0} is true, else {1}"
    if cases > 6:
        return f"one of the {cases} others, as {{0}} says"
    options = [f"{{{i}}} where {{0}} is {i - 1}" for i in range(1, cases + 1)]
    return ", ".join(options)


def _sort(equation: Any) -> str:
    params = equation.params
    keys, count = params["num_keys"], len(equation.invars)
    said = f"sorts {{0}} along axis {params['dimension']}"
    if keys > 1:
        said += f", equal ones by {join([f'{{{i}}}' for i in range(1, keys)])}"
    if count > keys:
        said += f", and with it {join([f'{{{i}}}' for i in range(keys, count)])}"
    return said + ("" if params["is_stable"] or count == 1 else "; equal ones in any order")


def _top_k(equation: Any) -> str:
    axis = equation.params.get("axis", -1)
    axis = axis % max(rank(equation.invars[0]), 1)
    return f"the {equation.params['k']} largest of {{0}} along axis {axis}, and their indices"


def _approx_top_k(equation: Any) -> str:
    params = equation.params
    which = "largest" if params["is_max_k"] else "smallest"
    axis = params["reduction_dimension"] % max(rank(equation.invars[0]), 1)
    recall = f"{100 * params['recall_target']:g} % of them found"
    return f"about the {params['k']} {which} of {{0}} along axis {axis}: {recall}"


def _windows(what: str) -> Callable[[Any], str]:
    return lambda equation: f"the {what} of {_each_window(equation, '{0}')}"


def _each_window(equation: Any, source: str) -> str:
    params = equation.params
    said = f"each window of {dims(params['window_dimensions'])} of {source}"
    for name, text in (
        ("window_strides", "strides"),
        ("base_dilation", f"{source} spread by"),
        ("window_dilation", "window spread by"),
    ):
        if any(step != 1 for step in params.get(name) or ()):
            said += f", {text} {dims(params[name])}"
    if any(low or high for low, high in params["padding"]):
        said += f", padded by {' x '.join(f'{low}+{high}' for low, high in params['padding'])}"
    return said


_SELECTED: Final = {"ge": "largest", "le": "smallest"}


def _select_and_scatter_add(equation: Any) -> str:
    which = _SELECTED.get(str(equation.params["select_prim"]), "selected")
    return f"zeros with {{0}} added at the {which} element of {_each_window(equation, '{1}')}"


def _iota(equation: Any) -> str:
    shape = equation.params["shape"]
    axis = f" along axis {equation.params['dimension']}" if len(shape) > 1 else ""
    return f"counts 0, 1, 2, ...{axis}"


def _power(equation: Any) -> str:
    return f"{{0}} to the power {equation.params['y']}"


def _reduce_precision(equation: Any) -> str:
    params = equation.params
    bits = f"{params['exponent_bits']} bits of exponent and {params['mantissa_bits']} of mantissa"
    return f"rounds {{0}} to {bits}"


def _split(equation: Any) -> str:
    params = equation.params
    sizes = params["sizes"]
    if len(set(sizes)) == 1 and len(sizes) > 2:
        parts = f"{len(sizes)} parts of {plain(sizes[0])}"
    else:
        parts = f"parts of {numbers(sizes)}"
    return f"splits {{0}} along axis {params['axis']} into {parts}"


def _fft(equation: Any) -> str:
    lengths = equation.params["fft_lengths"]
    kind = str(getattr(equation.params["fft_type"], "name", "")).lower()
    last = "the last axis" if len(lengths) == 1 else f"the last {len(lengths)} axes"
    return f"the Fourier transform ({kind}) of {{0}} over {last}, of length {dims(lengths)}"


def _sharded(verb: str, parameter: str) -> Callable[[Any], str]:
    def tell(equation: Any) -> str:
        sharding = equation.params[parameter]
        spec = getattr(sharding, "spec", None)
        return f"{verb} sharded as {plain(sharding if spec is None else spec)}"

    return tell


def _flips(equation: Any) -> str:
    return f"reverses {{0}} along {axes_of(equation.params['dimensions'])}"


def _drops(equation: Any) -> str:
    return f"drops {axes_of(equation.params['dimensions'])} of {{0}}, of size 1"


def _bitcast(equation: Any) -> str:
    return f"reads the bits of {{0}} as {dtype_of(equation.params['new_dtype'])}"


def _names(equation: Any) -> str:
    return f"{{0}}, named {plain(equation.params['name'])!r} for checkpoint policies"


def _round(equation: Any) -> str:
    to_even = int(equation.params["rounding_method"]) == 1
    return f"{{0}} to the nearest whole number, halves {'to even' if to_even else 'away from 0'}"


def _stack(equation: Any) -> str:
    inputs = counted(len(equation.invars), "input")
    return f"stacks its {inputs} along new axis {equation.params['axis']}"


def _unstack(equation: Any) -> str:
    return f"the slices of {{0}} along axis {equation.params['axis']}, without it"


def _tile(equation: Any) -> str:
    return f"copies of {{0}} side by side, {dims(equation.params['reps'])}"


def _divides(equation: Any) -> str:
    return "{0} / {1}, rounded towards zero" if _whole(equation) else ""


def _whole(equation: Any) -> bool:
    return equation.invars[0].aval.dtype.kind in "iu"


def _polynomial(equation: Any) -> str:
    last = len(equation.invars) - 1
    return f"the polynomial in {{0}} with the coefficients {{1}}, the constant, to {{{last}}}"


def _always(text: str) -> Callable[[Any], str]:
    return lambda _: text


_WORDS: Final[dict[str, Callable[[Any], str]]] = {
    "dot_general": _dot_general,
    "ragged_dot_general": _ragged_dot,
    "conv_general_dilated": _convolution,
    "reduce_sum": _reduces("sums"),
    "reduce_prod": _reduces("multiplies"),
    "reduce_max": _reduces("takes the maximum of"),
    "reduce_min": _reduces("takes the minimum of"),
    "reduce_and": _reduces("joins by and"),
    "reduce_or": _reduces("joins by or"),
    "reduce_xor": _reduces("joins by xor"),
    "reduce": _reduces("joins by its program"),
    "argmax": _argument("maximum"),
    "argmin": _argument("minimum"),
    "cumsum": _accumulates("sum"),
    "cumprod": _accumulates("product"),
    "cummax": _accumulates("maximum"),
    "cummin": _accumulates("minimum"),
    "cumlogsumexp": _accumulates("log of the sum of exponentials"),
    "broadcast_in_dim": _broadcast,
    "transpose": _transpose,
    "reshape": _reshape,
    "squeeze": _drops,
    "rev": _flips,
    "concatenate": _concatenate,
    "pad": _pad,
    "convert_element_type": _convert,
    "bitcast_convert_type": _bitcast,
    "select_n": _select,
    "sort": _sort,
    "top_k": _top_k,
    "approx_top_k": _approx_top_k,
    "reduce_window_sum": _windows("sum"),
    "reduce_window_max": _windows("maximum"),
    "reduce_window_min": _windows("minimum"),
    "reduce_window": _windows("reduction by its program"),
    "select_and_scatter_add": _select_and_scatter_add,
    "iota": _iota,
    "integer_pow": _power,
    "reduce_precision": _reduce_precision,
    "split": _split,
    "fft": _fft,
    "clamp": _always("{1}, but at least {0} and at most {2}"),
    "add_any": _always("adds two parts of one derivative"),
    "rsqrt": _always("1 / sqrt({0})"),
    "logistic": _always("1 / (1 + exp(-{0}))"),
    "log1p": _always("log(1 + {0})"),
    "expm1": _always("exp({0}) - 1"),
    "stop_gradient": _always("{0}, through which no gradient flows"),
    "optimization_barrier": _always("keeps XLA from moving work across it"),
    "sharding_constraint": _sharded("asks for {0} to be", "sharding"),
    "reshard": _sharded("{0},", "dst_sharding"),
    "name": _names,
    "round": _round,
    "stack": _stack,
    "unstack": _unstack,
    "tile": _tile,
    "div": _divides,
    "rem": _always("what is left of {0} / {1}, with the sign of {0}"),
    "pow": _always("{0} to the power {1}"),
    "nextafter": _always("the next number after {0} towards {1}"),
    "atan2": _always("the angle of the point with x = {1}, y = {0}"),
    "complex": _always("{0} + i {1}"),
    "clz": _always("the leading zero bits of {0}, counted"),
    "le_to": _always("{0} <= {1}, in an order that has a place for every NaN and -0"),
    "lt_to": _always("{0} < {1}, in an order that has a place for every NaN and -0"),
    "one_minus_square": _always("1 - {0}²"),
    "polynomial": _polynomial,
    "empty2": _always("an array that nothing was written into"),
    "platform_index": _always("the place of the platform it is compiled for"),
}

_ALL_WORDS: Final = {
    **_WORDS,
    **INDEX_WORDS,
    **LINALG_WORDS,
    **PROGRAM_WORDS,
    **RANDOM_WORDS,
    **REF_WORDS,
}
