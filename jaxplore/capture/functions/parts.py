"""A value that is read in whole, taken apart: containers, objects, functions, classes.

Each part has the path that the user would write to it. A part of a user's object counts
where some code that was met reads an attribute of its name.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from jaxplore.capture.functions import lookup
from jaxplore.capture.functions.leaves import (
    Leaf,
    code_leaf,
    container_leaf,
    is_enum,
    is_leaf,
    leaf_of,
    set_leaf,
)
from jaxplore.capture.functions.lookup import MISSING
from jaxplore.capture.source import files
from jaxplore.model.findings import Origin, PartKind

_MOST_PARTS: Final = 2_000
_MOST_DEPTH: Final = 40
_MOST_WRAPPERS: Final = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One value that a function depends on."""

    path: str
    """As the user wrote it: `cfg['lr']`."""
    reader: str
    """Name of the helper that reads it; `""` for the function itself."""
    leaf: Leaf
    kind: PartKind
    origin: Origin

    @property
    def root(self) -> str:
        """The name at the beginning of the path."""
        return re.split(r"\W", self.path, maxsplit=1)[0]


Parts = dict[tuple[str, str], Part]
"""Parts by where the name is looked up and the path from there."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was found."""

    space: str
    """Tells names of one module or function from those of another."""
    path: str
    reader: str
    origin: Origin
    depth: int = 0

    def then(self, text: str) -> "Place":
        return replace(self, path=self.path + text, depth=self.depth + 1)


Known = tuple[str, Any, Origin]
"""A name that code finds bound: the path to say, the value, where it comes from."""
Call = tuple[FunctionType, str, str, dict[str, Known]]
"""A function of the user's to read: itself, its path, what to call it, its known names."""


class Takes:
    """Takes values apart. Whoever reads code fills in `names` and works off `calls`."""

    def __init__(self, *, values: bool) -> None:
        self.parts: Parts = {}
        self.reached: dict[int, Any] = {}
        """Functions of the user's and functions that are jitted, by identity."""
        self.wrapped: dict[int, FunctionType] = {}
        """Functions of the user's in a library's wrapper, by identity."""
        self.names: Final = set[str]()
        self.dynamic = False
        """Whether attributes may be read under names that are made up while running."""
        self.calls: Final = deque[Call]()
        self._values = values
        self._count = 0
        self._seen: set[tuple[int, int]] = set()
        self._objects: list[tuple[Place, Any]] = []
        self._done: set[tuple[int, str]] = set()

    def use(self, place: Place, value: Any) -> None:
        """Take a value that is read in whole."""
        self._count += 1
        if self._count > _MOST_PARTS or place.depth > _MOST_DEPTH or lookup.is_opaque(value):
            return
        kind = type(value)
        if is_leaf(value):
            if self._values:
                self.leaf(place, leaf_of(value))
        elif kind is FunctionType:
            self._function(place, value)
        elif kind is MethodType:
            self._bound(place, value)
        elif lookup.is_a(value, type):
            self._class(place, value)
        elif kind in (set, frozenset):
            if self._values:
                self.leaf(place, set_leaf(value))
        elif lookup.is_a(value, partial):
            self._partial(place, value)
        elif not self._container(place, value, kind):
            self._object(place, value, kind)

    def objects_again(self) -> tuple[int, bool, int]:
        """Take what is now known to be read of the objects; tells whether all is done."""
        state = len(self.names), self.dynamic, len(self._objects)
        for place, value in tuple(self._objects):
            self._attributes(place, value)
        return state

    def leaf(self, place: Place, leaf: Leaf | None, kind: PartKind = "value") -> None:
        # What a library holds has no name of the user's.
        if leaf is not None and place.path[:1].isidentifier():
            part = Part(place.path, place.reader, leaf, kind, place.origin)
            self.parts.setdefault((place.space, place.path), part)

    def method(self, place: Place, fun: FunctionType, receiver: Any, path: str) -> None:
        """A function of the user's that is called on `receiver`."""
        self._code(place, fun)
        bound: dict[str, Known] = {}
        if receiver is not MISSING and fun.__code__.co_argcount:
            bound[fun.__code__.co_varnames[0]] = path, receiver, "self"
        self.call(fun, place.path, fun.__name__, bound, id(receiver))

    def call(
        self, fun: FunctionType, path: str, reader: str, known: dict[str, Known], who: int = 0
    ) -> None:
        """Queue a function of the user's; `who` tells receivers of one method apart."""
        self.reached[id(fun)] = fun
        if (id(fun), who) not in self._seen:
            self._seen.add((id(fun), who))
            self.calls.append((fun, path, reader, known))

    def _enter(self, value: Any) -> bool:
        """Whether this is the first time that a value is read in whole."""
        key = id(value), -1
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _code(self, place: Place, fun: FunctionType) -> None:
        if self._values:
            code = fun.__code__
            where = f"{files.display_name(code.co_filename)}, line {code.co_firstlineno}"
            self.leaf(place, code_leaf(code, fun.__doc__, where), "code")

    def _function(self, place: Place, fun: FunctionType) -> None:
        if lookup.is_users(fun):
            self._code(place, fun)
            named = place.path[:1].isidentifier()
            self.call(fun, place.path, fun.__name__ if named else "", {})
            return
        self._library_function(place, fun)
        self._name(place, fun.__module__, fun.__qualname__)

    def _name(self, place: Place, module: object, name: str) -> None:
        """A library's function or class: it is what its name says."""
        if self._values and (place.space, place.path) not in self.parts:
            self.leaf(place, Leaf(("name", str(module), name), name.rsplit(".", 1)[-1]))

    def _library_function(self, place: Place, fun: FunctionType) -> None:
        """Of a library's function only what it was made with can change."""
        if not self._enter(fun):
            return
        for name, inner in closure(fun):
            plain = type(inner) is FunctionType or not place.path
            self.use(place if plain else place.then(f".{name}"), inner)
        wrapped = vars(fun).get("__wrapped__")
        if wrapped is not None:
            self.use(place, wrapped)

    def _bound(self, place: Place, method: MethodType) -> None:
        fun: Any = unjitted(method.__func__)
        if type(fun) is FunctionType and lookup.is_users(fun):
            self.method(place, fun, method.__self__, place.path)
        else:
            self.use(place, method.__self__)

    def _partial(self, place: Place, value: Any) -> None:
        held: Any = partial.__dict__
        self.use(place, held["func"].__get__(value))
        self.use(place.then(".args"), held["args"].__get__(value))
        self.use(place.then(".keywords"), held["keywords"].__get__(value))

    def _container(self, place: Place, value: Any, kind: type[Any]) -> bool:
        found = lookup.parts(value)
        if found is None:
            return False
        if self._enter(value):
            if self._values:
                self.leaf(place, container_leaf(value, [s for s, _ in found]))
            for subscript, part in found[: _MOST_PARTS + 1]:
                self.use(place.then(subscript), part)
        if lookup.is_user_class(kind):
            self._objects.append((place, value))
        return True

    def _class(self, place: Place, kind: Any) -> None:
        self._name(place, type.__getattribute__(kind, "__module__"), lookup.qualified_name(kind))
        if not lookup.is_user_class(kind) or is_enum(kind) or not self._enter(kind):
            return
        for name, held in tuple(vars(kind).items()):
            member = unjitted(unbound(held))
            plain = type(member) is FunctionType and lookup.is_users(member)
            if plain and name not in _HOUSEKEEPING:
                self.method(place.then(f".{name}"), member, MISSING, place.path)
        for base in type.__dict__["__bases__"].__get__(kind):
            self._class(place.then(f".{lookup.qualified_name(base)}"), base)

    def _object(self, place: Place, value: Any, kind: type[Any]) -> None:
        if lookup.from_package(kind, "jax", "jaxlib"):
            self._jax_object(place, value)
        elif kind is BuiltinFunctionType:
            if value.__self__ is None or type(value.__self__) is ModuleType:
                self._name(place, value.__module__, value.__qualname__)
        elif lookup.is_user_class(kind) or lookup.is_namespace(kind):
            if self._enter(value):
                self._objects.append((place, value))
        elif lookup.knows_jax(kind) and self._enter(value):
            self._library_object(place, value, kind)

    def _jax_object(self, place: Place, value: Any) -> None:
        """A jitted or custom function, or something that is fixed once it is made."""
        for name in _WRAPPED:
            inner = getattr(value, name, None)
            if callable(inner):
                self.reached[id(inner)] = inner
                self.use(place, inner)
        name = getattr(value, "__name__", None)
        if type(name) is str:
            self._name(place, getattr(value, "__module__", ""), name)

    def _library_object(self, place: Place, value: Any, kind: type[Any]) -> None:
        fields = lookup.field_names(kind)
        for name, part in lookup.contents(value):
            for fun in _functions_in(part):
                self.wrapped[id(fun)] = fun
                self.use(place, fun)
            if name in _HELD:
                self.use(place, part)
            elif not name.startswith("_") and (fields is None or name in fields):
                self.use(place.then(f".{name}"), part)

    def _attributes(self, place: Place, value: Any) -> None:
        """What code that was met reads of an object that was passed on."""
        for name, part in lookup.contents(value):
            if (self.dynamic or name in self.names) and (id(value), name) not in self._done:
                self._done.add((id(value), name))
                self.use(place.then(f".{name}"), part)
        for base in lookup.mro(type(value)):
            if lookup.is_user_class(base):
                self._members(place, value, base)

    def _members(self, place: Place, value: Any, base: type[Any]) -> None:
        """The methods of an object's class that are called, or that Python may call."""
        for name, held in lookup.members(base):
            special = name.startswith(("__", "tree_")) and name not in _HOUSEKEEPING
            if not (special or name in self.names) or (id(value), name) in self._done:
                continue
            self._done.add((id(value), name))
            fun = held.fget if type(held) is property else unjitted(unbound(held))
            if type(fun) is FunctionType and lookup.is_users(fun):
                self.method(place.then(f".{name}"), fun, value, place.path)
            elif lookup.is_plain(held) and not special:
                self.use(place.then(f".{name}"), held)


def _functions_in(part: Any) -> Iterator[FunctionType]:
    """The user's functions that a library's object holds, in tuples too."""
    if type(part) is tuple:
        for inner in part:  # pyright: ignore[reportUnknownVariableType]
            yield from _functions_in(inner)
    elif type(part) is FunctionType and lookup.is_users(part):
        yield part


def unbound(held: Any) -> Any:
    """The function in a staticmethod or classmethod."""
    return held.__func__ if type(held) in (staticmethod, classmethod) else held


def unjitted(held: Any) -> Any:
    """The user's function in a jitted method, or in one that a library has wrapped."""
    for _ in range(_MOST_WRAPPERS):
        if lookup.from_package(type(held), "jax", "jaxlib"):
            inner = getattr(held, "__wrapped__", None)
        elif type(held) is FunctionType and not lookup.is_users(held):
            inner = vars(held).get("__wrapped__")
        else:
            inner = None
        if inner is None:
            break
        held = inner
    return held


def closure(fun: FunctionType) -> Iterator[tuple[str, Any]]:
    """The names a function closes over, as far as they are bound."""
    for name, cell in zip(fun.__code__.co_freevars, fun.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:
            continue


def defaults(fun: FunctionType) -> Iterable[tuple[str, Any]]:
    """The parameters that have a default value."""
    code = fun.__code__
    names = code.co_varnames[: code.co_argcount]
    positional = fun.__defaults__ or ()
    yield from zip(names[len(names) - len(positional) :], positional, strict=True)
    yield from (fun.__kwdefaults__ or {}).items()


_WRAPPED: Final = ("__wrapped__", "fun", "jvp", "fwd", "bwd")
# How libraries call the one thing that a wrapper holds.
_HELD: Final = ("_value", "_raw_value", "raw_value", "_dict")
# What making, showing or comparing an object runs; tracing does not.
_HOUSEKEEPING: Final = (
    frozenset(
        ("__init__", "__new__", "__post_init__", "__del__", "__repr__", "__str__", "__format__")
    )
    | frozenset(
        ("__eq__", "__hash__", "__setattr__", "__delattr__", "__getattr__", "__getattribute__")
    )
    | frozenset(
        ("__init_subclass__", "__class_getitem__", "__set_name__", "__reduce__", "__getstate__")
    )
    | frozenset(
        ("__setstate__", "__replace__", "__annotate__", "__annotate_func__", "tree_unflatten")
    )
)
