"""What a program depends on, as a key that can be compared.

Two functions with equal keys trace to the same program: same code, defaults, closure and
referenced globals, helpers and classes included. A key is made of contents, so a value
that was changed in place has another key. What cannot be compared raises `Unknowable`, and
the caller traces again.
"""

import builtins
import enum
import functools
import weakref
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterable
from types import (
    BuiltinFunctionType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any, Final

import jax
import numpy as np
from jax.core import Tracer

from jaxplore.capture.functions import coderead, outside
from jaxplore.capture.functions.contents import (
    SCALARS,
    Unknowable,
    compares_by_value,
    contents_of,
    hides_state,
    is_made_by_class,
    numpy_key,
    value_key,
)
from jaxplore.capture.functions.userparts import (
    MACHINERY,
    annotations,
    imported,
    is_stateful,
    is_user_class,
    is_user_module,
    is_users,
)
from jaxplore.capture.source import files

__all__ = ["Same", "Unknowable", "contents_of", "fingerprint", "freeze", "is_user_class"]

# An object that reaches more than this (a whole library, a data set) is not compared.
_MOST_PARTS: Final = 5_000


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
    """One key in the making. What can be met twice is written out once."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        # An id says who somebody is for as long as he lives.
        self._alive: list[Any] = []
        self._parts = 0

    def freeze(self, value: Any) -> Any:
        kind = type(value)
        if kind in SCALARS:
            # repr tells -0.0 from 0.0 and one nan from no nan; the type tells True from 1.
            return kind.__name__, repr(value)
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise Unknowable("too many parts")
        # Equal tuples may or may not be one: that is Python's own affair.
        if kind in (tuple, frozenset):
            return kind.__name__, tuple([self.freeze(part) for part in value])
        # Who is who is part of the key: `a is b`.
        number = self._seen.setdefault(id(value), len(self._seen))
        if number != len(self._alive):
            return "seen", number
        self._alive.append(value)
        return self._frozen(value, kind)

    def _frozen(self, value: Any, kind: type[Any]) -> Any:
        if kind in (list, set):
            # Sets too have an order, and programs are unrolled in it.
            return kind.__name__, tuple([self.freeze(part) for part in value])
        if kind in (dict, OrderedDict, MappingProxyType):
            return kind.__name__, self._items(value.items())
        if isinstance(value, Tracer):
            raise Unknowable("value of a running trace")
        if isinstance(value, jax.Array):
            return "array", Same(value), _is_deleted(value)
        if isinstance(value, np.ndarray | np.generic | np.dtype):
            key = numpy_key(value)
            if kind is np.ndarray or kind.__module__ in _NUMPY:
                return key
            return key, self.freeze(kind), self._items(contents_of(value).items())
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, MethodType):
            return "method", self.freeze(value.__self__), self.freeze(value.__func__)
        if isinstance(value, BuiltinFunctionType | MethodWrapperType):
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

    def _items(self, items: Iterable[tuple[Any, Any]]) -> Any:
        return tuple([(self.freeze(k), self.freeze(v)) for k, v in items])

    def _object(self, value: Any, kind: type[Any]) -> Any:
        """An instance, by its class and its contents."""
        if (kind.__module__ or "").split(".")[0] in ("jax", "jaxlib"):
            return self._of_jax(value, kind)
        if (key := value_key(value, kind)) is not None:
            return key
        if kind is object:
            return "mark", value  # compares by identity; kept alive, but it holds nothing
        if kind is slice:
            return "slice", self.freeze((value.start, value.stop, value.step))
        contents = contents_of(value)
        contents.update(
            {"<default>": value.default_factory} if issubclass(kind, defaultdict) else {}
        )
        # By the base's own methods: the class may have others.
        base: Any = next((b for b in _BASES if issubclass(kind, b)), None)
        if base in _NUMBERS:
            contents["<value>"] = base.__repr__(value)
        elif base is not None:
            contents["<items>"] = list((dict.items if base is dict else base.__iter__)(value))
        elif kind is not SimpleNamespace and hides_state(kind):
            raise Unknowable(kind.__name__)
        return "object", self.freeze(kind), self._items(contents.items())

    def _of_jax(self, value: Any, kind: type[Any]) -> Any:
        if not callable(value) and compares_by_value(kind):
            hash(value)
            return "value", kind, value  # shardings, meshes, partition specs
        if kind.__name__ == "Config":
            raise Unknowable("jax.config")
        # Jitted and custom functions: fixed once made, but for the user's in them.
        inner = [getattr(value, name, None) for name in _RULES]
        return "jax", Same(value), self.freeze(tuple([f for f in inner if callable(f)]))

    def _function(self, fun: FunctionType) -> tuple[Any, ...]:
        cells = tuple([self._cell(cell) for cell in fun.__closure__ or ()])
        attributes = self._items(vars(fun).items()) if vars(fun) else ()
        scope, code = fun.__globals__, fun.__code__
        if files.owner(code.co_filename) != "user":
            return self._library_function(fun, cells, attributes)
        reads = coderead.reads(code)
        if outside.reads_outside(reads, scope):
            raise Unknowable(fun.__qualname__)
        return (
            "function",
            (fun.__qualname__, fun.__name__, self.freeze(fun.__doc__), annotations(fun)),
            _reload(scope),
            coderead.key_of(code),
            self.freeze(fun.__defaults__),
            self._items(fun.__kwdefaults__.items()) if fun.__kwdefaults__ else (),
            cells,
            attributes,
            tuple(
                [(n, self._global(n, scope[n], reads)) for n in sorted(reads.names) if n in scope]
            ),
            self._builtins(reads.names, scope),
            tuple([self._import(module, reads) for module in imported(reads, scope)]),
        )

    def _library_function(self, fun: FunctionType, cells: Any, attributes: Any) -> Any:
        scope = fun.__globals__
        if outside.is_outside(scope.get("__name__") or "", None):
            raise Unknowable(fun.__qualname__)
        if not cells and "<locals>" not in fun.__qualname__:
            return "library", Same(fun), Same(fun.__code__), _reload(scope), attributes
        # Made anew by each call of what wraps a function: `jax.grad`, `jax.vmap`.
        defaults = self.freeze((fun.__defaults__, fun.__kwdefaults__))
        return "wrapper", Same(fun.__code__), _reload(scope), defaults, cells, attributes

    def _global(self, name: str, value: Any, reads: coderead.Reads) -> Any:
        """A global; of a module only the attributes that are read, or all."""
        if not isinstance(value, ModuleType):
            return self.freeze(value)
        attributes = reads.attributes.get(name, frozenset())
        is_whole = name in reads.whole or "__dict__" in attributes
        if is_whole and is_user_module(value.__name__):
            return self._module(value)
        return self._module(value, attributes)

    def _import(self, module: ModuleType, reads: coderead.Reads) -> Any:
        """A module that a function imports itself."""
        if is_user_module(module.__name__):
            return self._module(module)
        return self._module(module, reads.every)

    def _builtins(self, names: frozenset[str], scope: dict[str, Any]) -> Any:
        """Names that are no globals, as far as they are none of Python's own either."""
        own = vars(builtins)
        return tuple(
            [
                (name, self.freeze(own[name]))
                for name in sorted(names)
                if name not in scope and name in own and own[name] is not _BUILTINS.get(name)
            ]
        )

    def _cell(self, cell: Any) -> Any:
        try:
            contents = cell.cell_contents
        except ValueError:  # not bound yet
            return ("empty",)
        return self.freeze(contents)

    def _builtin(self, value: Any) -> Any:
        owner = value.__self__
        module = getattr(value, "__module__", None)
        key = "builtin", module, value.__qualname__
        if owner is None or isinstance(owner, ModuleType):
            if outside.is_outside(module or "", None):
                raise Unknowable(value.__qualname__)
            return key
        return (*key, self.freeze(owner))

    def _module(self, module: ModuleType, names: Collection[str] | None = None) -> Any:
        key = "module", module.__name__, Same(module), _reload(vars(module))
        if not is_user_module(module.__name__):
            if names is None:
                return key
            if outside.is_outside(module.__name__, frozenset(names)):
                raise Unknowable(module.__name__)
            return (*key, self._library_attributes(module, names))
        # The user may set its globals, and edit and reload it.
        contents = [
            (name, self.freeze(value))
            for name, value in list(vars(module).items())
            if name == "__getattr__"
            or (not name.startswith("__") if names is None else name in names)
        ]
        return (*key, tuple(contents))

    def _library_attributes(self, module: ModuleType, names: Collection[str]) -> Any:
        """What a library's module holds under these names, which others may have set.

        Some libraries load a part of theirs when it is first asked for: no change.
        """
        found: list[Any] = []
        for name in sorted(names):
            value = vars(module).get(name, module)
            if not isinstance(value, ModuleType):
                found.append((name, self.freeze(value) if is_users(value) else _identity(value)))
        return tuple(found)

    def _class(self, kind: type[Any]) -> Any:
        if not is_user_class(kind):
            patched = [
                (name, self.freeze(value))
                for name, value in (list(vars(kind).items()) if is_made_by_class(kind) else ())
                if type(value) is FunctionType and is_users(value)
            ]
            return "class", Same(kind), tuple(patched)
        members = [
            (name, self._member(value))
            for name, value in list(vars(kind).items())
            if name not in MACHINERY
        ]
        bases = [self.freeze(base) for base in (*kind.__bases__, type(kind))]
        return "class", Same(kind), tuple(members), tuple(bases)

    def _member(self, value: Any) -> Any:
        """An attribute of a class, by content; of libraries' machinery the functions."""
        kind = type(value)
        if isinstance(value, staticmethod | classmethod):
            return kind.__name__, self.freeze(value.__func__)
        if isinstance(value, property):
            return "property", self.freeze((value.fget, value.fset))
        if isinstance(value, MemberDescriptorType | GetSetDescriptorType):
            return kind.__name__  # slots
        if isinstance(value, functools.cached_property):
            return "cached property", self.freeze(value.func)
        met = len(self._alive)
        try:
            return self.freeze(value)
        except Unknowable:
            if is_stateful(kind):
                raise
        # What was met on that way is written out nowhere.
        for part in self._alive[met:]:
            del self._seen[id(part)]
        del self._alive[met:]
        # Wrappers that libraries put about methods.
        inner = [getattr(value, name, None) for name in ("__wrapped__", "method", "func", "fget")]
        return _identity(value), self.freeze(tuple([f for f in inner if callable(f)]))


_NUMBERS: Final = (int, float, complex, str, bytes)
_BASES: Final = (*_NUMBERS, tuple, list, dict, set, frozenset)
_NUMPY: Final = frozenset(("numpy", "ml_dtypes", "numpy.dtypes"))
_RULES: Final = ("__wrapped__", "fun", "jvp", "fwd", "bwd", "vmap_rule")
_BUILTINS: Final = dict(vars(builtins))


def _identity(value: Any) -> Any:
    if type(value) in SCALARS:
        return type(value).__name__, repr(value)
    try:
        return Same(value)
    except Unknowable:
        return type(value).__name__


def _is_deleted(array: Any) -> bool:
    try:
        return bool(array.is_deleted())
    except (AttributeError, NotImplementedError):
        return False


def _reload(scope: dict[str, Any]) -> Any:
    """Says which loading of a module these are the globals of."""
    spec = scope.get("__spec__")
    return None if spec is None else Same(spec)
