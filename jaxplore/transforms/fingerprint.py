"""What a function's program depends on, as a key that can be compared.

Two functions with equal keys trace to the same program: same code, defaults, options and
referenced globals, helpers included. Where that cannot be known, `Unknowable` is raised
and the caller compiles again.
"""

import dataclasses
import enum
import functools
import weakref
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final

import jax
import numpy as np

from jaxplore.capture import files

_SCALARS: Final = (int, float, complex, str, bytes, bool, type(None), type(...), range)
_LARGEST_COPIED_BYTES: Final = 1 << 16


class Unknowable(Exception):
    """A value that a program may depend on in a way that cannot be compared."""


class Same:
    """Compares an object by identity, without keeping it alive."""

    __slots__ = ("_hash", "_ref")

    def __init__(self, value: object) -> None:
        try:
            self._ref = weakref.ref(value)
        except TypeError as fault:
            raise Unknowable(type(value).__name__) from fault
        self._hash = id(value)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Same):
            return False
        mine = self._ref()
        return mine is not None and mine is other._ref()


class SameCell:
    """Compares a closure cell by identity. Strong: whoever keeps the key keeps the function."""

    __slots__ = ("_cell",)

    def __init__(self, cell: object) -> None:
        self._cell = cell

    def __hash__(self) -> int:
        return id(self._cell)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameCell) and self._cell is other._cell


def fingerprint(fun: Callable[..., Any]) -> tuple[Any, ...]:
    """The key of a plain Python function.

    Raises:
        Unknowable: It depends on something that cannot be compared.
    """
    return _function(fun, set())


def freeze(value: Any) -> Any:
    """A value that a program was specialised on, as a hashable key.

    Raises:
        Unknowable: The value can change without its key changing.
    """
    return _freeze(value, set())


def _freeze(value: Any, active: set[int]) -> Any:
    if isinstance(value, enum.Enum):
        return Same(type(value)), value.name
    if isinstance(value, _SCALARS):
        # repr tells -0.0 from 0.0 and one nan from no nan; the type tells True from 1.
        return type(value).__name__, repr(value)
    if isinstance(value, np.dtype | np.generic):
        return type(value).__name__, repr(value)
    if id(value) in active:
        return ("cycle",)
    active.add(id(value))
    try:
        return _freeze_object(value, active)
    finally:
        active.discard(id(value))


def _freeze_object(value: Any, active: set[int]) -> Any:
    if isinstance(value, tuple | list):
        parts: list[Any] = [_freeze(part, active) for part in value]  # pyright: ignore
        return type(value).__name__, tuple(parts)  # pyright: ignore
    if isinstance(value, dict):
        rows = [(_freeze(k, active), _freeze(v, active)) for k, v in value.items()]  # pyright: ignore
        return "dict", tuple(rows)
    if isinstance(value, set | frozenset):
        return "set", frozenset(_freeze(part, active) for part in value)  # pyright: ignore
    if isinstance(value, jax.Array):
        return "array", Same(value)
    if isinstance(value, np.ndarray):
        return _numpy(value)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, functools.partial):
        inner = (value.func, value.args, value.keywords)  # pyright: ignore
        return "partial", _freeze(inner, active)
    if isinstance(value, FunctionType):
        return _function(value, active)
    if isinstance(value, ModuleType):
        return _module(value)
    if isinstance(value, BuiltinFunctionType):
        return "builtin", value.__module__, value.__qualname__
    if isinstance(value, type):
        return "class", Same(value)  # pyright: ignore[reportUnknownArgumentType]
    if dataclasses.is_dataclass(value) and value.__dataclass_params__.frozen:  # pyright: ignore
        fields = [(f.name, getattr(value, f.name)) for f in dataclasses.fields(value)]
        return "dataclass", Same(type(value)), _freeze(fields, active)
    if _made_by_jax(value):
        return "jax", Same(value)
    if _compares_by_value(value):
        return "value", type(value), value
    raise Unknowable(type(value).__name__)


def _made_by_jax(value: Any) -> bool:
    """Jitted functions, custom_jvp functions, ufuncs of jax.numpy: fixed once made."""
    module = type(value).__module__ or ""
    return callable(value) and module.split(".")[0] in ("jax", "jaxlib")


def _compares_by_value(value: Any) -> bool:
    """Whether its class says what equality means, and hashes accordingly."""
    kind = type(value)
    own = kind.__eq__ is not object.__eq__ and kind.__hash__ not in (None, object.__hash__)
    if not own:
        return False
    try:
        hash(value)
    except Exception:  # a hash that fails is as good as none
        return False
    return True


def _numpy(value: "np.ndarray[Any, Any]") -> Any:
    if value.nbytes > _LARGEST_COPIED_BYTES or value.dtype.hasobject:
        raise Unknowable("numpy array")
    return "numpy", str(value.dtype), value.shape, value.tobytes()


def _module(module: ModuleType) -> Any:
    file = getattr(module, "__file__", None)
    if file is None or files.owner(file) != "user":
        return "module", module.__name__, Same(module)
    # The user may set its globals, and edit and reload it: a reload makes a new spec.
    contents: list[Any] = []
    for name, value in vars(module).items():
        if not name.startswith("__"):
            known = isinstance(value, _SCALARS)
            contents.append((name, repr(value) if known else Same(value)))
    return "module", module.__name__, Same(module), Same(module.__spec__), tuple(contents)


def _function(fun: Callable[..., Any], active: set[int]) -> tuple[Any, ...]:
    if not isinstance(fun, FunctionType):
        raise Unknowable(type(fun).__name__)
    if files.owner(fun.__code__.co_filename) != "user":
        return "library", Same(fun)
    # Cells of enclosing functions can be rebound behind our back: only the very same will do.
    cells = tuple((SameCell(cell), _cell(cell, active)) for cell in fun.__closure__ or ())
    names = sorted(_global_names(fun.__code__))
    scope = fun.__globals__
    return (
        "function",
        fun.__qualname__,
        _code(fun.__code__),
        _freeze(fun.__defaults__, active),
        _freeze(fun.__kwdefaults__, active),
        cells,
        tuple((name, _freeze(scope[name], active)) for name in names if name in scope),
    )


def _cell(cell: Any, active: set[int]) -> Any:
    try:
        return _freeze(cell.cell_contents, active)
    except ValueError:  # not bound yet
        return ("empty",)


def _code(code: CodeType) -> tuple[Any, ...]:
    """Everything in a code object that decides what it does; not where it stands."""
    constants = tuple(
        _code(c) if isinstance(c, CodeType) else (type(c).__name__, repr(c)) for c in code.co_consts
    )
    return (
        code.co_code,
        constants,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_argcount,
        code.co_kwonlyargcount,
        code.co_posonlyargcount,
        code.co_flags,
    )


def _global_names(code: CodeType) -> set[str]:
    """Names that a function or a function inside it may read as globals."""
    return {name for inner in _codes(code) for name in inner.co_names}


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
