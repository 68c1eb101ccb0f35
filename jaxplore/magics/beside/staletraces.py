"""A trace that JAX made, with what the function depended on; weakly, but for digests."""

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType, MethodType
from typing import Any, Final

from jaxplore.capture.functions import lookup
from jaxplore.capture.functions.dependencies import Walk
from jaxplore.capture.functions.leaves import Leaf
from jaxplore.capture.functions.parts import Part, Parts
from jaxplore.capture.source import files

Weak = Callable[[], Any]
Differing = list[tuple[tuple[str, str], Part, Part]]
"""Parts that are not what they were: where they are looked up, then, now."""


@dataclass(slots=True, eq=False)
class Trace:
    """One trace that JAX made, and what it was made with."""

    fun: Weak
    owner: "weakref.ref[FunctionType] | None"
    """The user's function in it."""
    by_wrapper: bool
    """Whether a library made the function that was traced, around the user's."""
    statics: tuple[tuple[str, Weak], ...]
    jaxpr: Weak | None
    cell: int | None
    parts: Parts
    settled: bool = False
    told: dict[tuple[str, str], Leaf] = field(default_factory=dict[tuple[str, str], Leaf])
    """Changes that were reported: what the value was then."""

    def is_alive(self) -> bool:
        """Whether JAX can still use it."""
        if self.fun() is None or (self.jaxpr is not None and self.jaxpr() is None):
            return False
        return all(value() is not None for _, value in self.statics)

    def is_news(self, differing: Differing) -> bool:
        """Whether something has changed that was not told."""
        told = self.told
        return any(key not in told or told[key].differs(now.leaf) for key, _, now in differing)

    def tell(self, differing: Differing) -> None:
        """Remember what is told."""
        self.told |= {key: now.leaf for key, _, now in differing}

    def forget_told(self, differing: Differing) -> None:
        """What changed back is told again when it changes once more."""
        keys = {key for key, _, _ in differing}
        self.told = {key: leaf for key, leaf in self.told.items() if key in keys}

    def is_used(self, walk: Walk) -> bool:
        """Whether code that was walked uses it."""
        if walk.reached.get(id(self.fun())) is not None:
            return True
        owner = None if self.owner is None else self.owner()
        return self.by_wrapper and owner is not None and id(owner) in walk.wrapped


def trace_of(
    fun: Any, statics: Sequence[tuple[str, object]], cell: int | None, jaxpr: Any
) -> Trace | None:
    """Note what a function was just traced with; None where that is nothing of the user's."""
    held = [(name, _weak(value)) for name, value in statics if _is_watchable(value)]
    walk = Walk()
    walk.function(fun, [(name, value()) for name, value in held])
    if not walk.parts:
        return None
    owner = _owner(fun, walk)
    return Trace(
        fun=weakref.ref(fun),
        owner=None if owner is None else weakref.ref(owner),
        by_wrapper=_is_library(fun),
        statics=tuple(held),
        jaxpr=None if jaxpr is None else weakref.ref(jaxpr),
        cell=cell,
        parts=walk.parts,
    )


class Now:
    """What functions depend on now, each walked once."""

    def __init__(self) -> None:
        self._parts: dict[int, Parts] = {}
        self._reached: dict[int, set[int]] = {}

    def of(self, trace: Trace) -> Parts:
        fun = trace.fun()
        known = None if trace.statics else self._parts.get(id(fun))
        if known is not None:
            return known
        walk = Walk()
        walk.function(fun, [(name, value()) for name, value in trace.statics])
        self._reached.setdefault(id(fun), set()).update(walk.reached)
        if not trace.statics:
            self._parts[id(fun)] = walk.parts
        return walk.parts

    def is_told_by_another(
        self, fun: int, by_function: Mapping[int, Mapping[Trace, Differing]]
    ) -> bool:
        """Whether a function that uses this one is stale in the same ways, and more."""
        keys = _keys(by_function[fun])
        return any(
            other != fun
            and fun in self._reached[other]
            and other not in self._reached[fun]
            and keys <= _keys(traces)
            for other, traces in by_function.items()
        )


def _keys(traces: Mapping[Trace, Differing]) -> set[tuple[str, str]]:
    return {key for differing in traces.values() for key, _, _ in differing}


def differing_parts(trace: Trace, now: Parts) -> Differing:
    return [
        (key, before, now[key])
        for key, before in trace.parts.items()
        if key in now and before.leaf.differs(now[key].leaf)
    ]


def equal_parts(one: Parts, other: Parts) -> bool:
    """Whether two traces were made with the same values, as far as is known without cost."""
    if one.keys() != other.keys():
        return False
    return all(part.leaf.equals(other[key].leaf) for key, part in one.items())


def owner_of(trace: Trace) -> FunctionType | None:
    return None if trace.owner is None else trace.owner()


def name_of(trace: Trace) -> str:
    owner = owner_of(trace)
    return getattr(trace.fun(), "__name__", "function") if owner is None else owner.__name__


def unwrapped(fun: Any) -> Any:
    """What a jitted function was made from."""
    if lookup.from_package(type(fun), "jax", "jaxlib"):
        return getattr(fun, "__wrapped__", None)
    return fun


def may_depend(fun: Any, statics: Sequence[tuple[str, object]]) -> bool:
    """Whether a function can depend on anything of the user's: JAX's own seldom do."""
    if type(fun) is not FunctionType or fun.__closure__ or vars(fun).get("__wrapped__"):
        return True
    if files.owner(fun.__code__.co_filename) == "user":
        return True
    return any(_is_watchable(value) for _, value in statics)


_PLAIN: Final = (int, float, complex, bool, str, bytes, type(None))


def _is_library(fun: Any) -> bool:
    plain = fun.__func__ if type(fun) is MethodType else fun
    if type(plain) is FunctionType:
        return files.owner(plain.__code__.co_filename) == "library"
    return not lookup.from_package(type(plain), "jax", "jaxlib")


def _owner(fun: Any, walk: Walk) -> FunctionType | None:
    """The user's function, where `fun` is a library's wrapper of it."""
    plain = fun.__func__ if type(fun) is MethodType else fun
    for candidate in (plain, *walk.reached.values()):
        if type(candidate) is FunctionType and lookup.is_users(candidate):
            return candidate
    return None


def _is_watchable(value: object) -> bool:
    """Whether a static argument can change and JAX still takes it for the same."""
    kind = type(value)
    if kind is tuple:
        return True
    if lookup.is_opaque(value) or kind in _PLAIN or not kind.__weakrefoffset__:
        return False
    # Where the user says what equal means, JAX asks and traces again.
    return kind is FunctionType or lookup.class_attribute(kind, "__hash__") is object.__hash__


def _weak(value: object) -> Weak:
    """A weak reference, into tuples too; what cannot change stands for itself as `()`."""
    if type(value) is tuple:
        inner = [_weak(part) for part in value]  # pyright: ignore
        return lambda: tuple([part() for part in inner])
    return weakref.ref(value) if _is_watchable(value) else tuple
