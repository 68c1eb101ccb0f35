"""Words for equations that hold programs, talk to other devices, or leave JAX."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from jaxplore.capture.programs import jaxprs
from jaxplore.capture.programs.wording import counted, dims, join, plain, shape_of


def _scan(equation: Any) -> str:
    params = equation.params
    body = jaxprs.opened(params["jaxpr"])
    # What is read or stacked row by row has one axis more outside than in the body.
    rows = _with_one_axis_more(equation.invars, body.invars)
    stacked = _with_one_axis_more(equation.outvars, body.outvars)
    carried = len(equation.outvars) - stacked
    parts: list[str] = []
    if carried:
        parts.append(f"carries {counted(carried, 'value')}")
    if rows:
        parts.append(f"reads {rows:,} per step")
    if stacked:
        parts.append(f"stacks {stacked:,}")
    order = ", last step first" if params["reverse"] else ""
    return _told(f"runs its body {_often(params['length'])}{order}", parts)


def _with_one_axis_more(outside: Sequence[Any], inside: Sequence[Any]) -> int:
    pairs = zip(outside, inside, strict=True)
    return sum(len(shape_of(one)) == len(shape_of(other)) + 1 for one, other in pairs)


def _often(length: Any) -> str:
    if not isinstance(length, int):
        return f"{plain(length)} times"
    return "once" if length == 1 else f"{length:,} times"


def _while(equation: Any) -> str:
    carried = len(equation.outvars)
    parts = [f"carries {counted(carried, 'value')}"] if carried else []
    return _told("runs its body as long as its condition holds", parts)


def _cond(equation: Any) -> str:
    count = len(equation.params["branches"])
    if count == 2:
        return "runs its second branch if {0}, else its first"
    return f"runs one of its {count:,} branches, as {{0}} says"


def _told(said: str, parts: Sequence[str]) -> str:
    return f"{said}; {', '.join(parts)}" if parts else said


def _custom(what: str) -> Callable[[Any], str]:
    def tell(equation: Any) -> str:
        primitive = equation.primitive.name
        name = jaxprs.called_name(primitive, equation.params)
        callee = "a function" if name == primitive else plain(name)
        return f"calls {callee}, which has its own rule for {what}"

    return tell


def _remat(equation: Any) -> str:
    if equation.params.get("differentiated"):
        return "computes again what the forward pass did not keep, then the gradient"
    said = "computes values that the backward pass will compute again rather than keep"
    return said if equation.params.get("policy") is None else f"{said}, but for its policy's"


def _axis_names(value: Any) -> str:
    names = value if isinstance(value, tuple | list) else (value,)
    said = [f"axis {plain(n)}" if isinstance(n, int) else repr(plain(n)) for n in names]  # pyright: ignore[reportUnknownVariableType]
    return join(said) if said else "no axis"


def _over_devices(verb: str) -> Callable[[Any], str]:
    def tell(equation: Any) -> str:
        params = equation.params
        axes = params["axes"] if "axes" in params else params["axis_name"]
        what = "{0}" if len(equation.invars) == 1 else "each input"
        grouped = ", in groups" if params.get("axis_index_groups") else ""
        return f"{verb.format(what)} over {_axis_names(axes)}{grouped}"

    return tell


def _along(verb: str, parameter: str, new: str, old: str) -> Callable[[Any], str]:
    """Words that end in an axis of the array: one more or less where it is not tiled."""

    def tell(equation: Any) -> str:
        end = old if equation.params.get("tiled") else new
        return _over_devices(verb)(equation) + end.format(equation.params[parameter])

    return tell


def _permute(equation: Any) -> str:
    pairs = list(equation.params["perm"])
    shown = ", ".join(f"{source}→{target}" for source, target in pairs[:4])
    more = ", ..." if len(pairs) > 4 else ""
    return f"sends {{0}} along {_axis_names(equation.params['axis_name'])}: {shown}{more}"


def _all_to_all(equation: Any) -> str:
    params = equation.params
    said = f"splits {{0}} along axis {params['split_axis']} and sends the parts over "
    # Its shapes are those of `tiled`, whatever that parameter says: JAX adds and drops the axes.
    return said + f"{_axis_names(params['axis_name'])}, joined along axis {params['concat_axis']}"


def _pallas(equation: Any) -> str:
    grid = equation.params["grid_mapping"].grid
    return f"runs its kernel on a grid of {dims(grid)}" if grid else "runs its kernel once"


def _shard_map(equation: Any) -> str:
    shape = getattr(equation.params.get("mesh"), "shape", None) or {}
    axes = ", ".join(f"{plain(name)}={size}" for name, size in shape.items())
    return f"runs its program on each device of the mesh {axes}"


def _named_call(kind: str, parameter: str) -> Callable[[Any], str]:
    return lambda equation: f"calls {kind} {plain(equation.params[parameter])}"


def _callback(equation: Any) -> str:
    name = jaxprs.function_name(equation.params.get("callback"))
    # What JAX wraps such a function in has a name of JAX's own.
    callee = (
        f"the Python function {plain(name)}" if name.lstrip("_") != "flat_callback" else "Python"
    )
    ordered = ", in order with other effects" if equation.params.get("ordered") else ""
    return f"calls {callee}{ordered}"


def _high(equation: Any) -> str:
    return f"runs what {type(equation.params['_prim']).__name__} stands for"


def _always(text: str) -> Callable[[Any], str]:
    return lambda _: text


_GATHERS: Final = _along(
    "gathers {}", "all_gather_dimension", ", stacked along new axis {}", ", joined along axis {}"
)

PROGRAM_WORDS: Final[dict[str, Callable[[Any], str]]] = {
    "scan": _scan,
    "while": _while,
    "cond": _cond,
    "remat2": _remat,
    "checkpoint": _remat,
    "custom_jvp_call": _custom("derivatives"),
    "custom_vjp_call": _custom("gradients"),
    "call_hi_primitive": _high,
    "custom_linear_solve": _always("solves a linear system by its program `solve`"),
    "shard_map": _shard_map,
    "pallas_call": _pallas,
    "composite": _named_call("the composite operation", "name"),
    "ffi_call": _named_call("the foreign function", "target_name"),
    "pure_callback": _callback,
    "io_callback": _callback,
    "debug_callback": _callback,
    "debug_print": _always("prints when it runs"),
    "psum": _over_devices("sums {}"),
    "psum_invariant": _over_devices("sums {}"),
    "pmax": _over_devices("takes the maximum of {}"),
    "pmin": _over_devices("takes the minimum of {}"),
    "all_gather": _GATHERS,
    "all_gather_invariant": _GATHERS,
    "reduce_scatter": _along(
        "sums {}",
        "scatter_dimension",
        ", each device keeps its slice of axis {}",
        ", each device keeps its part of axis {}",
    ),
    "axis_index": lambda equation: (
        f"the device's place along {_axis_names(equation.params['axis_name'])}"
    ),
    "ppermute": _permute,
    "all_to_all": _all_to_all,
    "pvary": _over_devices("marks {} as different on each device"),
}
