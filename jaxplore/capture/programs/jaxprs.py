"""Small questions to a jaxpr: its types, its nested programs, its size."""

import functools
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from jaxplore.capture import _hooks
from jaxplore.model.types import short_type

_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
_NUMPY_SCALAR: Final = re.compile(r"\bnp\.\w+\(([^()]*)\)")
# `<function f.<locals>.g>`, `<class 'a.B'>`, `<ufunc 'sin'>`: their last name says it.
_OBJECT: Final = re.compile(r"<(?:function|class|ufunc|built-in function) '?((?:<\w+>|[\w.])+)'?>")
_LONGEST: Final = 240
_JAXPRS: Final = (_hooks.Jaxpr, _hooks.ClosedJaxpr)


def opened(jaxpr: Any) -> Any:
    """The jaxpr without its constants (JAX 0.10 closes over them in a second object)."""
    return getattr(jaxpr, "jaxpr", jaxpr)


def is_jaxpr(value: object) -> bool:
    return isinstance(value, _JAXPRS)


def nested(params: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(parameter, jaxpr) of every program that an equation holds, whatever its primitive."""
    for name, value in params.items():
        if isinstance(value, _JAXPRS):
            yield name, value
        elif isinstance(value, tuple | list):
            for part in value:  # pyright: ignore[reportUnknownVariableType]
                if isinstance(part, _JAXPRS):
                    yield name, part


def count_equations(jaxpr: Any) -> int:
    """Equations of a program with those of its nested programs, each use counted."""
    # A jaxpr used in several places is read once: counting must not be exponential. And
    # with a stack of our own: programs may be nested deeper than Python calls may be.
    known: dict[int, int] = {}
    inner: dict[int, list[Any]] = {}
    open_: list[Any] = [opened(jaxpr)]
    while open_:
        current = open_[-1]
        key = id(current)
        if key in known:
            open_.pop()
        elif key not in inner:
            inner[key] = [opened(part) for part in held(current)]
            open_.extend(part for part in inner[key] if id(part) not in inner)
        else:
            open_.pop()
            known[key] = len(current.eqns) + sum(known[id(part)] for part in inner[key])
    return known[id(opened(jaxpr))]


def held(jaxpr: Any) -> list[Any]:
    """The programs that a program's equations hold, one entry per use."""
    found: list[Any] = []
    for equation in opened(jaxpr).eqns:
        params = equation.params
        # Most equations have no other parameters than these.
        if params and not _PLAIN.issuperset(map(type, params.values())):
            found += [part for _, part in nested(params)]
    return found


_PLAIN: Final = frozenset([int, bool, float, str, type(None)])


def dimensions(aval: Any) -> tuple[int | str, ...]:
    shape = getattr(aval, "shape", None)
    if shape is None:
        return ()
    return tuple(size if isinstance(size, int) else str(size) for size in shape)


def named_sizes(jaxpr: Any) -> tuple[str, ...]:
    """The dimensions of a program's inputs that are names, not numbers."""
    sizes = [size for var in opened(jaxpr).invars for size in dimensions(var.aval)]
    return tuple(dict.fromkeys(size for size in sizes if isinstance(size, str)))


def dtype_name(aval: Any) -> str:
    """`"float32"`, `"key<fry>"`, `"token"`, `"Ref{float32}"`, ..."""
    inner = getattr(aval, "inner_aval", None)
    if inner is not None:
        return f"Ref{{{dtype_name(inner)}}}"
    dtype = getattr(aval, "dtype", None)
    if dtype is not None:
        return _dtype_text(dtype)
    name = type(aval).__name__
    return "token" if name == "AbstractToken" else name


@lru_cache(maxsize=256)
def _dtype_text(dtype: Any) -> str:
    return str(dtype)  # numpy makes it anew each time


def type_text(aval: Any) -> str:
    """`"f32[2,3]"`."""
    return short_type(dtype_name(aval), dimensions(aval))


def size_bytes(aval: Any) -> int:
    """Bytes of an array of this type; 0 where that means nothing."""
    dtype = getattr(aval, "dtype", None)
    size = getattr(dtype, "itemsize", 0)
    for dimension in getattr(aval, "shape", ()):
        size *= dimension if isinstance(dimension, int) else 1
    return size if isinstance(size, int) else 0


def sharding_text(aval: Any) -> str | None:
    """The partition spec in a type, where one says anything."""
    spec = getattr(getattr(aval, "sharding", None), "spec", None)
    return str(spec) if spec is not None and any(axis is not None for axis in spec) else None


def parameters_text(params: dict[str, Any]) -> str:
    """Parameters as short text: no nested programs, no defaults of None, no addresses."""
    parts: list[str] = []
    for name, value in params.items():
        if value is None or is_jaxpr(value) or name in _UNSAID:
            continue
        text = _parameter(value)
        if text:
            parts.append(f"{name}={text}")
    return " ".join(parts)


# Said by the equation's inputs, its nested program, or nothing a reader needs.
_UNSAID: Final = frozenset(
    [
        "in_shardings",
        "out_shardings",
        "in_layouts",
        "out_layouts",
        "donated_invars",
        "keep_unused",
        "inline",
        "ctx_mesh",
        "compiler_options_kvs",
        "ft_in",
        "ft_out",
        "resource_env",
        "result_avals",
        "out_trees",
        "in_tree",
        "treedef",
        "tree",
    ]
)


def _parameter(value: Any) -> str:
    if isinstance(value, tuple | list):
        if any(is_jaxpr(part) for part in value):  # pyright: ignore[reportUnknownVariableType]
            return ""
        if not value:
            return "()"
    try:
        return function_name(value) or shortened(str(value))
    except Exception:  # a parameter's own repr is not ours to trust
        return f"<{type(value).__name__}>"


def function_name(value: Any) -> str:
    """The name of a function that a parameter holds, plain or wrapped; "" where it is none."""
    inner = getattr(value, "callback_func", None)  # of a callback
    if inner is not None:
        value = inner
    elif (known := traced_name(value)) and not is_jaxpr(value):
        return known
    while isinstance(value, functools.partial):
        value = value.func
    name = getattr(value, "__name__", "") if callable(value) else ""
    return name if isinstance(name, str) else ""


def called_name(primitive: str, params: dict[str, Any]) -> str:
    """What an equation that holds programs calls: the function's name where it calls one."""
    name = params.get("name")
    if isinstance(name, str):
        return name
    if primitive in _CUSTOM_CALLS:
        name = traced_name(params.get("call_jaxpr"))
        return primitive if name in ("", "<lambda>") else name
    return primitive


_CUSTOM_CALLS: Final = frozenset(["custom_jvp_call", "custom_vjp_call"])


def traced_name(value: Any) -> str:
    """The name of the function that something was traced from; "" where JAX knows none."""
    info = getattr(opened(value), "debug_info", None)
    name = getattr(info, "func_name", None)
    return name if isinstance(name, str) and name != "<unnamed function>" else ""


def shortened(text: str) -> str:
    """A parameter's text on one line, without addresses, and not too long.

    >>> shortened("axes=(np.int64(1),) f=<function a.<locals>.b at 0x7f00>")
    'axes=(1,) f=b'
    """
    text = _ADDRESS.sub("", " ".join(text.split()))
    if "np." in text:
        text = _NUMPY_SCALAR.sub(r"\1", text)
    if "<" in text:
        text = _OBJECT.sub(lambda found: _last_name(found[1]), text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _last_name(path: str) -> str:
    return path.rpartition(".")[2]
