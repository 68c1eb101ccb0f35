"""What a traced function depends on, as named values.

`Walk` goes from a function through everything its code reads: globals and attributes of
them (`cfg.k`, `module.SCALE`), closures, defaults, `self`, static arguments, and the
user's own helpers likewise. Each value has the path that the user wrote.

A value that is read in one chain of names counts alone: of `cfg.k` nothing but `k`. One
that is passed on counts in whole (`parts`).
"""

import sys
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from jaxplore.capture.functions import lookup
from jaxplore.capture.functions.accesses import Access, Accesses, Step, accesses_of, step_text
from jaxplore.capture.functions.leaves import is_leaf
from jaxplore.capture.functions.lookup import MISSING
from jaxplore.capture.functions.parts import (
    Known,
    Place,
    Takes,
    closure,
    defaults,
    unbound,
    unjitted,
)
from jaxplore.model.findings import Origin


@dataclass(frozen=True, slots=True)
class _Frame:
    """Code that is read: where its names are looked up."""

    globals: Mapping[str, Any]
    space: str
    """Tells globals of one module from those of another."""
    owner: str
    """Tells closures of one function from those of another."""
    reader: str
    known: Mapping[str, Known]
    """Parameters and closed-over names that are known."""


class Walk(Takes):
    """One walk. `parts`, `reached` and `wrapped` hold what it found."""

    def __init__(self, *, values: bool = True) -> None:
        """Without `values` it only finds functions, and reads no contents."""
        super().__init__(values=values)
        self._written: set[str] = set()

    def function(self, fun: Any, statics: Iterable[tuple[str, Any]] = ()) -> None:
        """Walk what was passed to `jit`, with what was compiled into it.

        Args:
            fun: The function, a bound method, or a library's callable around one.
            statics: Names and values of the arguments that were static.
        """
        self.reached[id(fun)] = fun
        plain: Any = fun.__func__ if type(fun) is MethodType else fun
        if type(plain) is FunctionType and lookup.is_users(plain):
            own = dict(defaults(plain))
            known: dict[str, Known] = {
                n: (n, v, _origin(v, own.get(n, MISSING))) for n, v in statics
            }
            if type(fun) is MethodType and plain.__code__.co_argcount:
                first = plain.__code__.co_varnames[0]
                known[first] = first, fun.__self__, "self"
            self.call(plain, "", "", known)
        else:
            self.use(Place("", "", "", "closure"), fun)
            for name, value in statics:
                self.use(Place("static", _HIDDEN.get(name, name), "", "static"), value)
        self._finish()

    def chain(self, access: Access, code: CodeType, scope: Mapping[str, Any]) -> None:
        """Walk one chain of names that a cell reads."""
        self._learn(accesses_of(code))
        self._resolve(access, _Frame(scope, "", "", "", {}))
        self._finish()

    def _finish(self) -> None:
        """Read all that is queued, until no more is known to be read."""
        before: object = None
        while True:
            while self.calls:
                self._run(*self.calls.popleft())
            now = self.objects_again()
            if now == before and not self.calls:
                break
            before = now
        if self._written:
            for key in [key for key in self.parts if self._is_written(key[1])]:
                del self.parts[key]

    def _is_written(self, path: str) -> bool:
        """Whether the code itself changes the value: a counter of traces, a log."""
        return any(
            path == name or path.startswith((f"{name}.", f"{name}[")) for name in self._written
        )

    def _run(self, fun: FunctionType, path: str, reader: str, known: dict[str, Known]) -> None:
        code = fun.__code__
        names: dict[str, Known] = {n: (n, v, "default") for n, v in defaults(fun)}
        names |= {name: (name, value, "closure") for name, value in closure(fun)}
        space = str(fun.__globals__.get("__name__", ""))
        owner = f"{space}:{path or code.co_qualname}"
        frame = _Frame(fun.__globals__, space, owner, reader, names | known)
        self._read(accesses_of(code), frame)

    def _learn(self, accesses: Accesses) -> None:
        self.names.update(accesses.attributes)
        self.dynamic |= not accesses.attributes.isdisjoint(_DYNAMIC)

    def _read(self, accesses: Accesses, frame: _Frame) -> None:
        self._learn(accesses)
        for access in accesses.writes:
            path = self._root(access, frame)[0].path
            self._written.add(path + "".join(map(step_text, access.steps)))
        for access in accesses.reads:
            self._resolve(access, frame)

    def _root(self, access: Access, frame: _Frame) -> tuple[Place, Any]:
        """What to call the name at the beginning of a chain, and its value."""
        name, reader = access.name, frame.reader
        if access.scope == "local":
            nothing: Known = name, MISSING, "closure"
            path, value, origin = frame.known.get(name, nothing)
            return Place(frame.owner, path, reader, origin), value
        if access.scope == "module":
            value = sys.modules.get(name, MISSING)
            return Place("module", name, reader, "global"), value
        self.dynamic |= name in _DYNAMIC
        value = frame.globals.get(name, MISSING)
        return Place(frame.space, name, reader, "global"), value

    def _resolve(self, access: Access, frame: _Frame) -> None:
        """Follow a chain as far as nothing of the user's has to run."""
        place, value = self._root(access, frame)
        if value is MISSING:
            return
        for index, step in enumerate(access.steps):
            found = self._step(place, value, step, last=index == len(access.steps) - 1)
            if found is _HANDLED:
                return
            if found is MISSING:
                break
            place, value = place.then(step_text(step)), found
        if not (access.called and self._call_object(place, value)):
            self.use(place, value)

    def _call_object(self, place: Place, value: Any) -> bool:
        """An object of the user's that is called: that reads what its `__call__` reads."""
        if type(value) is FunctionType or lookup.is_opaque(value):
            return False
        fun = unjitted(lookup.class_attribute(type(value), "__call__"))
        if type(fun) is not FunctionType:
            return False
        if not lookup.is_users(fun):
            return False
        self.method(place.then(".__call__"), fun, value, place.path)
        return True

    def _step(self, place: Place, value: Any, step: Step, *, last: bool) -> Any:
        """What one more name leads to; MISSING where only the whole value can be told."""
        kind, name = step
        if lookup.is_opaque(value):
            return _HANDLED
        if kind == "[]":
            return lookup.item(value, name)
        if type(value) is ModuleType:
            return vars(value).get(name, _HANDLED) if lookup.is_user_module(value) else _HANDLED
        if type(value) is FunctionType:
            return vars(value).get(name, MISSING)
        if is_leaf(value):
            return MISSING
        if lookup.is_a(value, type):
            held = unbound(lookup.class_attribute(value, name))
            return held if lookup.is_plain(held) else MISSING
        if last and name in _MUTATORS and type(value) in _MUTABLE:
            self._written.add(place.path)
            return _HANDLED
        return self._attribute(place, value, name)

    def _attribute(self, place: Place, value: Any, name: str) -> Any:
        held = unbound(lookup.class_attribute(type(value), name))
        method = held.fget if type(held) is property else unjitted(held)
        if type(method) is not FunctionType or name in lookup.instance_dict(value):
            return lookup.attribute(value, name)
        if not lookup.is_users(method):
            return MISSING  # a library's method: it may read all of the object
        self.method(place.then(f".{name}"), method, value, place.path)
        return _HANDLED


def _origin(static: Any, default: Any) -> Origin:
    """Where a static argument comes from. A function cannot be changed, but what it reads."""
    if type(static) is FunctionType:
        return "global"
    return "default" if static is default else "static"


_HANDLED: Final = object()
# The arguments in which libraries hand over the user's function say nothing to the user.
_HIDDEN: Final[dict[str, str]] = {"static": "", "statics": ""}
_DYNAMIC: Final = frozenset(
    ("getattr", "vars", "__dict__", "asdict", "astuple", "fields", "attrgetter", "replace")
)
_MUTATORS: Final = frozenset(
    ("append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "clear")
) | frozenset(("remove", "discard", "appendleft", "popleft", "sort", "reverse"))
_MUTABLE: Final = (list, dict, set, *lookup.DICTS, deque)
