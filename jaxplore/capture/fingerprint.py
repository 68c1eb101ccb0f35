"""What a program depends on, as a key that can be compared.

Two functions with equal keys trace to the same program: same code, defaults, closure and
referenced globals, helpers and classes included. A key is made of contents, so a value
that was changed in place has another key. What cannot be compared raises `Unknowable`, and
the caller traces again.
"""

import dis
import enum
import functools
import struct
import sys
import weakref
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterator
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MethodType,
    ModuleType,
)
from typing import Any, Final

import jax
import numpy as np
from jax.core import Tracer

from jaxplore.capture import files

_SCALARS: Final = (int, float, complex, str, bytes, bool, type(None), type(...), range)
_LARGEST_COPIED_BYTES: Final = 1 << 16
# An object that reaches more than this (a whole library, a data set) is not compared.
_MOST_PARTS: Final = 5_000


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
    return freeze(fun)


def freeze(value: Any) -> Any:
    """A value that a program was specialised on, as a hashable key.

    Raises:
        Unknowable: The value can change without its key changing.
    """
    try:
        return _Freezer().freeze(value)
    except Unknowable:
        raise
    except Exception as fault:  # the user's own __eq__, __hash__ or properties
        raise Unknowable(type(value).__name__) from fault


class _Freezer:
    """One key in the making. Functions, classes and modules are written out once."""

    def __init__(self) -> None:
        self._active: dict[int, int] = {}
        self._seen: dict[int, int] = {}
        self._parts = 0

    def freeze(self, value: Any) -> Any:
        kind = type(value)
        if kind in _SCALARS:
            # repr tells -0.0 from 0.0 and one nan from no nan; the type tells True from 1.
            return kind.__name__, repr(value)
        if id(value) in self._active:
            return "cycle", self._active[id(value)]
        if isinstance(value, FunctionType | type | ModuleType):
            if id(value) in self._seen:
                return "seen", self._seen[id(value)]
            self._seen[id(value)] = len(self._seen)
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise Unknowable("too many parts")
        self._active[id(value)] = len(self._active)
        try:
            return self._frozen(value, kind)
        finally:
            del self._active[id(value)]

    def _frozen(self, value: Any, kind: type[Any]) -> Any:
        if kind in (tuple, list):
            return kind.__name__, tuple([self.freeze(part) for part in value])
        if kind in (dict, OrderedDict, MappingProxyType):
            return kind.__name__, tuple(
                [(self.freeze(k), self.freeze(v)) for k, v in value.items()]
            )
        if kind in (set, frozenset):
            return kind.__name__, frozenset([self.freeze(part) for part in value])
        if isinstance(value, Tracer):
            raise Unknowable("value of a running trace")
        if isinstance(value, jax.Array):
            return "array", Same(value)
        if isinstance(value, np.ndarray | np.generic | np.dtype):
            return _numpy(value)
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, MethodType):
            return "method", self.freeze(value.__self__), self.freeze(value.__func__)
        if isinstance(value, BuiltinFunctionType):
            return self._builtin(value)
        if isinstance(value, ModuleType):
            return self._module(value)
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, enum.Enum):
            return "enum", self.freeze(kind), value.name, self.freeze(value.value)
        if isinstance(value, functools.partial):
            inner = (value.func, value.args, value.keywords, vars(value))
            return "partial", self.freeze(inner)
        return self._object(value, kind)

    def _object(self, value: Any, kind: type[Any]) -> Any:
        """An instance, by its class and its contents."""
        if (kind.__module__ or "").split(".")[0] in ("jax", "jaxlib"):
            if not callable(value) and _compares_by_value(kind):
                hash(value)
                return "value", kind, value  # shardings, meshes, partition specs
            # Jitted and custom functions: fixed once made, but for the user's in them.
            inner = [getattr(value, n, None) for n in ("__wrapped__", "fun", "jvp", "fwd", "bwd")]
            return "jax", Same(value), self.freeze([f for f in inner if callable(f)])
        if kind.__flags__ & _HEAP_TYPE == 0 and _compares_by_value(kind):
            hash(value)
            return "value", kind, value  # dates and the like: they hold nothing else
        contents = contents_of(value)
        if isinstance(value, defaultdict):
            contents["<default>"] = value.default_factory
        if isinstance(value, tuple | list):
            contents["<items>"] = list(value)
        elif isinstance(value, set | frozenset):
            contents["<items>"] = frozenset(value)
        elif isinstance(value, dict):
            contents["<items>"] = list(value.items())
        elif isinstance(value, int | float | complex | str | bytes):
            contents["<value>"] = repr(value)
        elif _hides_state(kind):
            raise Unknowable(kind.__name__)
        return "object", self.freeze(kind), self.freeze(contents)

    def _function(self, fun: FunctionType) -> tuple[Any, ...]:
        # Cells can be rebound behind our back, so equal contents are not enough.
        cells = tuple([(SameCell(cell), self._cell(cell)) for cell in fun.__closure__ or ()])
        attributes = self.freeze(vars(fun)) if vars(fun) else ()
        if files.owner(fun.__code__.co_filename) != "user":
            return "library", Same(fun), cells, attributes
        scope, names = fun.__globals__, _global_names(fun.__code__)
        # Where names are looked up by text, any attribute of a module may be read.
        named = None if names & _DYNAMIC else names
        return (
            "function",
            fun.__qualname__,
            _code(fun.__code__),
            self.freeze(fun.__defaults__),
            self.freeze(fun.__kwdefaults__),
            cells,
            attributes,
            tuple([(n, self._global(scope[n], named)) for n in sorted(names) if n in scope]),
            tuple([(n, self._global(m, None)) for n, m in _imported(fun.__code__)]),
        )

    def _global(self, value: Any, names: Collection[str] | None) -> Any:
        """A global; of a module only the attributes that are named, or all."""
        return self._module(value, names) if isinstance(value, ModuleType) else self.freeze(value)

    def _cell(self, cell: Any) -> Any:
        try:
            contents = cell.cell_contents
        except ValueError:  # not bound yet
            return ("empty",)
        return self.freeze(contents)

    def _builtin(self, value: BuiltinFunctionType) -> Any:
        owner = value.__self__
        key = "builtin", value.__module__, value.__qualname__
        if owner is None or isinstance(owner, ModuleType):
            return key
        return (*key, self.freeze(owner))

    def _module(self, module: ModuleType, names: Collection[str] | None = None) -> Any:
        if not _is_user_module(module.__name__):
            return "module", module.__name__, Same(module)
        # The user may set its globals, and edit and reload it.
        contents = [
            (name, self.freeze(value))
            for name, value in vars(module).items()
            if not name.startswith("__") and (names is None or name in names)
        ]
        return "module", module.__name__, Same(module), tuple(contents)

    def _class(self, kind: type[Any]) -> Any:
        if not is_user_class(kind):
            return "class", Same(kind)
        # Of the names that Python keeps for itself only methods do anything.
        members = [
            (name, self._member(value))
            for name, value in vars(kind).items()
            if not name.startswith("__") or isinstance(value, _METHODS)
        ]
        bases = [self.freeze(base) for base in kind.__bases__]
        return "class", Same(kind), tuple(members), tuple(bases)

    def _member(self, value: Any) -> Any:
        """An attribute of a class: functions and scalars by content, machinery by identity."""
        if isinstance(value, staticmethod | classmethod):
            return self.freeze(value.__func__)
        if isinstance(value, property):
            return self.freeze((value.fget, value.fset))
        if isinstance(value, FunctionType | type | tuple | list | dict | set) or type(value) in (
            _SCALARS
        ):
            return self.freeze(value)
        # Wrappers that libraries put about methods.
        inner = [getattr(value, n, None) for n in ("__wrapped__", "method", "func", "fget")]
        functions = [f for f in inner if isinstance(f, FunctionType)]
        try:
            identity: Any = Same(value)
        except Unknowable:
            identity = type(value).__name__
        return identity, self.freeze(functions)


_METHODS: Final = (FunctionType, staticmethod, classmethod, property)
_POINTER: Final = struct.calcsize("P")
_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made by a class statement


def _is_user_module(name: str | None) -> bool:
    """Whether a module's code is the user's own: a notebook, a script, their packages."""
    if name == "__main__":
        return True
    if (name or "").split(".")[0] in sys.stdlib_module_names:
        return False
    file = getattr(sys.modules.get(name or ""), "__file__", None)
    return file is None or files.owner(file) == "user"


def is_user_class(kind: type[Any]) -> bool:
    """Whether a class statement of the user's made it."""
    if kind.__flags__ & _HEAP_TYPE == 0:
        return False
    # Code that is run without a module name makes classes of the module "builtins".
    return kind.__module__ == "builtins" or _is_user_module(kind.__module__)


def _compares_by_value(kind: type[Any]) -> bool:
    """Whether a library's class says what equality means, and hashes accordingly."""
    return kind.__eq__ is not object.__eq__ and kind.__hash__ not in (None, object.__hash__)


def _hides_state(kind: type[Any]) -> bool:
    """Whether instances have room for more than attributes: C code keeps its state there."""
    if kind.__flags__ & _HEAP_TYPE == 0:
        return True
    slots = sum(len(_slots(base)) for base in kind.__mro__)
    # A dictionary, a list of weak references, and a pointer per slot.
    return kind.__basicsize__ > object.__basicsize__ + (2 + slots) * _POINTER


def _slots(kind: type[Any]) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def contents_of(value: Any) -> dict[str, Any]:
    """An object's attributes, those in slots too."""
    contents: dict[str, Any] = dict(getattr(value, "__dict__", {}))
    for base in type(value).__mro__:
        for name in _slots(base):
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                contents[name] = getattr(value, name)
    return contents


def _numpy(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        if value.nbytes > _LARGEST_COPIED_BYTES or value.dtype.hasobject:
            raise Unknowable("numpy array")
        return "numpy", str(value.dtype), value.shape, value.tobytes()
    return type(value).__name__, repr(value)


def _code(code: CodeType) -> tuple[Any, ...]:
    """Everything in a code object that decides what it does, and how its text is laid out:
    a program points at the columns it was compiled from. Not where in a file it begins."""
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
        code.co_linetable,
    )


def _global_names(code: CodeType) -> set[str]:
    """Names that a function or a function inside it may read as globals."""
    return {name for inner in _codes(code) for name in inner.co_names}


_DYNAMIC: Final = frozenset(("getattr", "vars", "__dict__", "globals"))
_IMPORT: Final = dis.opmap["IMPORT_NAME"]


def _imported(code: CodeType) -> Iterator[tuple[str, ModuleType]]:
    """Modules that a function imports itself, as far as they are loaded."""
    for inner in _codes(code):
        if _IMPORT in inner.co_code[::2]:
            for name in inner.co_names:
                if name in sys.modules:
                    yield name, sys.modules[name]


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
