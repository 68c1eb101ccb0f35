"""Jitted functions that a redefinition may be given again, and the watch over them.

A program is what the function's globals were when JAX traced it, not when it was defined,
so the key of a kept function is checked each time JAX is about to look for a trace. To get
to see that moment, a function that is handed out again first forgets its fast path; JAX
still has its trace and its executable, so nothing is traced or compiled.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Final

from jaxplore.capture import _hooks, files
from jaxplore.transforms.fingerprint import Unknowable, fingerprint

# Compiled functions kept for a later redefinition. Small: each holds its executables.
_MOST_KEPT: Final = 64


@dataclass(slots=True)
class _Entry:
    """A jitted function and what its traces depend on."""

    fun: FunctionType
    scope: dict[str, Any]
    """The function's globals."""
    jitted: Any
    key: Any
    options: Any
    traced: bool = False
    handed_out: bool = False
    """Given to a second definition: then old traces must not outlive a changed key."""


class Kept:
    """The most recently used jitted functions, by what they depend on."""

    def __init__(self) -> None:
        self._by_key: OrderedDict[Any, _Entry] = OrderedDict()
        self._by_function: dict[int, _Entry] = {}
        self._lock = threading.RLock()
        self._unwatch: Callable[[], None] | None = None

    def find(self, fun: FunctionType, key: Any, options: Any) -> Any | None:
        """The function that was compiled for an equal definition, or None."""
        with self._lock:
            entry = self._by_key.get((key, options))
            # A later retrace reads globals again, so they must be the same namespace.
            if entry is None or entry.scope is not fun.__globals__:
                return None
            entry.jitted._clear_cache()
            entry.handed_out = True
            files.moves.moved(entry.fun.__code__, fun.__code__)
            self._by_key.move_to_end((key, options))
            return entry.jitted

    def keep(self, fun: FunctionType, jitted: Any, key: Any, options: Any) -> None:
        """Remember a function that was just made. Does nothing where it cannot be watched."""
        if not hasattr(jitted, "_clear_cache") or not _hooks.can_watch_traces():
            return
        with self._lock:
            if self._unwatch is None:
                self._unwatch = _hooks.wrap_miss(_hooks.TRACE, self._before_trace, _nothing)
                _hooks.hide_frames_of(_hooks.__file__)
            entry = _Entry(fun, fun.__globals__, jitted, key, options)
            self._by_function[id(fun)] = entry
            self._file(entry)

    def clear(self) -> None:
        """Forget all functions and stop watching."""
        with self._lock:
            self._by_key.clear()
            self._by_function.clear()
            if self._unwatch is not None:
                self._unwatch()
                self._unwatch = None

    def _file(self, entry: _Entry) -> None:
        old = self._by_key.pop((entry.key, entry.options), None)
        if old is not None and old is not entry:
            self._by_function.pop(id(old.fun), None)
        self._by_key[entry.key, entry.options] = entry
        while len(self._by_key) > _MOST_KEPT:
            _, oldest = self._by_key.popitem(last=False)
            self._by_function.pop(id(oldest.fun), None)

    def _drop(self, entry: _Entry) -> None:
        self._by_function.pop(id(entry.fun), None)
        if self._by_key.get((entry.key, entry.options)) is entry:
            del self._by_key[entry.key, entry.options]

    def _before_trace(self, args: tuple[Any, ...], _: dict[str, Any]) -> None:
        """JAX is about to look for a trace of `args[0]`, or to make one."""
        with self._lock:
            entry = self._by_function.get(id(args[0]))
            if entry is None or entry.fun is not args[0]:
                return
            try:
                now = fingerprint(entry.fun)
            except (Unknowable, RecursionError):
                now = None
            if now != entry.key:
                self._rekey(entry, now)
            entry.traced = True

    def _rekey(self, entry: _Entry, now: Any) -> None:
        """What the function depends on has changed since its key was taken."""
        self._drop(entry)
        if entry.handed_out:
            # To the user this is a new function: JAX would have no trace of it.
            entry.jitted.clear_cache()
            entry.traced = entry.handed_out = False
        # Traces of two kinds in one function: it serves its owner, but nobody else.
        if now is None or entry.traced:
            return
        entry.key = now
        self._by_function[id(entry.fun)] = entry
        self._file(entry)


def _nothing(_args: tuple[Any, ...], _kwargs: dict[str, Any], _result: Any) -> None:
    return


kept: Final = Kept()
