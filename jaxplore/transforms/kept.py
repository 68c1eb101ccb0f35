"""Jitted functions that a redefinition may be given again, and the watch over them.

A program is what the function's globals were when JAX traced it, not when it was defined,
so the key of a kept function is checked each time JAX is about to look for a trace. To get
to see that moment, a function that is handed out again first forgets its fast path; JAX
still has its trace and its executable, so nothing is traced or compiled.

Nothing is kept alive: a function that its owner drops is gone, and so is its key. (When a
cell runs again, the old function still has its name while the new one is being made.)
"""

import threading
import weakref
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final

from jaxplore.capture import _hooks
from jaxplore.capture.functions.fingerprint import Unknowable, fingerprint
from jaxplore.capture.source import files
from jaxplore.transforms.owned import holds_nothing


class _Entry:
    """A jitted function and what its traces depend on."""

    __slots__ = ("_jitted", "fun_id", "handed_out", "key", "options", "traced")

    def __init__(self, jitted: Any, key: Any, options: Any, gone: Callable[[Any], None]) -> None:
        self._jitted = weakref.ref(jitted, gone)
        self.fun_id = id(jitted.__wrapped__)
        self.key = key
        self.options = options
        self.traced = False
        self.handed_out = False
        """Given to a second definition: then old traces must not outlive a changed key."""

    @property
    def jitted(self) -> Any | None:
        return self._jitted()

    @property
    def fun(self) -> Any | None:
        jitted = self._jitted()
        return None if jitted is None else jitted.__wrapped__


class _Local(threading.local):
    """One thread's way through nested traces."""

    depth = 0

    def __init__(self) -> None:
        self.met: dict[int, list[Any]] = {}
        """Entries met in the outermost trace, each with how often: [entry, count]."""


class Kept:
    """The jitted functions that are alive, by what they depend on."""

    def __init__(self) -> None:
        self._by_key: dict[Any, _Entry] = {}
        self._by_function: dict[int, _Entry] = {}
        self._lock = threading.RLock()
        self._local = _Local()
        self._unwatch: Callable[[], None] | None = None

    def find(self, fun: FunctionType, key: Any, options: Any) -> Any | None:
        """The function that was compiled for an equal definition, or None."""
        with self._lock:
            entry = self._by_key.get((key, options))
            jitted = None if entry is None else entry.jitted
            if entry is None or jitted is None:
                return None
            # A later retrace reads globals again, so they must be the same namespace.
            if jitted.__wrapped__.__globals__ is not fun.__globals__:
                return None
            # What it holds by itself may have changed since; globals are those of `key`.
            if not holds_nothing(jitted.__wrapped__) and _key_of(jitted.__wrapped__) != key:
                return None
            jitted._clear_cache()
            entry.handed_out = True
            files.moves.moved(jitted.__wrapped__.__code__, fun.__code__)
            return jitted

    def keep(self, fun: FunctionType, jitted: Any, key: Any, options: Any) -> None:
        """Remember a function that was just made. Does nothing where it cannot be watched."""
        if not hasattr(jitted, "_clear_cache") or not _hooks.can_watch_traces():
            return
        if getattr(jitted, "__wrapped__", None) is not fun:
            return
        with self._lock:
            if self._unwatch is None:
                _hooks.hide_frames_of(_hooks.__file__)
                self._unwatch = _hooks.wrap_miss(
                    _hooks.TRACE, self._before_trace, self._after_trace
                )
            entry = _Entry(jitted, key, options, lambda _: self._drop(entry))
            self._file(entry)

    def clear(self) -> None:
        """Forget all functions and stop watching."""
        with self._lock:
            self._by_key.clear()
            self._by_function.clear()
            if self._unwatch is not None:
                self._unwatch()
                self._unwatch = None
                self._local = _Local()

    def _file(self, entry: _Entry) -> None:
        old = self._by_key.get((entry.key, entry.options))
        if old is not None:
            self._drop(old)
        self._by_key[entry.key, entry.options] = entry
        self._by_function[entry.fun_id] = entry

    def _drop(self, entry: _Entry) -> None:
        with self._lock:
            if self._by_function.get(entry.fun_id) is entry:
                del self._by_function[entry.fun_id]
            if self._by_key.get((entry.key, entry.options)) is entry:
                del self._by_key[entry.key, entry.options]

    def _before_trace(self, args: tuple[Any, ...], _: dict[str, Any]) -> None:
        """JAX is about to look for a trace of `args[0]`, or to make one."""
        local = self._local
        local.depth += 1
        if local.depth == 1:
            local.met.clear()
        entry = self._by_function.get(id(args[0]))
        if entry is None or entry.fun is not args[0]:
            return
        met = local.met.setdefault(id(entry), [entry, 0])
        met[1] += 1
        # An inner function may be called a thousand times in one trace: once is enough.
        if met[1] == 1:
            self._check(entry)

    def _after_trace(self, _args: tuple[Any, ...], _kwargs: dict[str, Any], _: Any) -> None:
        local = self._local
        local.depth -= 1
        if local.depth == 0:
            # ... but once more at the end, in case the trace itself changed a global.
            for entry, times in local.met.values():
                if times > 1:
                    self._check(entry)
            local.met.clear()

    def _check(self, entry: _Entry) -> None:
        """Compare what the function depends on now with its key."""
        now = None if entry.fun is None else _key_of(entry.fun)
        with self._lock:
            if now != entry.key:
                self._rekey(entry, now)
            entry.traced = True

    def _rekey(self, entry: _Entry, now: Any) -> None:
        self._drop(entry)
        jitted = entry.jitted
        if entry.handed_out and jitted is not None:
            # To the user this is a new function: JAX would have no trace of it.
            jitted.clear_cache()
            entry.traced = entry.handed_out = False
        # Traces of two kinds in one function: it serves its owner, but nobody else.
        if now is None or entry.traced:
            return
        entry.key = now
        self._file(entry)


def _key_of(fun: Any) -> Any | None:
    try:
        return fingerprint(fun)
    except (Unknowable, RecursionError):
        return None


kept: Final = Kept()
