"""Observe every compile of the process, without touching any callable.

A jitted function's hot path is C++ and never enters Python. A cache miss does, through
two private functions of JAX that `_hooks` wraps; `jax.monitoring` gives the stage
times. A compile that reaches neither function (ahead-of-time `.compile()`, or a JAX
without them) is still seen through monitoring alone.

Several observations may be open at once; the hooks go in with the first and out with
the last.
"""

import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import jax.monitoring

from jaxplore.capture import _hooks
from jaxplore.capture.compiles.alive import alive
from jaxplore.capture.compiles.times import Times
from jaxplore.faults import contained, reporter

if TYPE_CHECKING:
    from jaxplore.capture.compiles.miss import MissBuilder
    from jaxplore.model.compiles import CacheOutcome, LineCount, Miss

Sink = Callable[["Miss"], None]
ProgramSink = Callable[["Miss", Any], None]
TraceSink = Callable[[Any, tuple[Any, ...], dict[str, Any], Any], None]
BeginSink = Callable[["Running"], None]

TRACE: Final = "/jax/core/compile/jaxpr_trace_duration"
LOWER: Final = "/jax/core/compile/jaxpr_to_mlir_module_duration"
COMPILE: Final = "/jax/core/compile/backend_compile_duration"
_CACHE: Final = "/jax/compilation_cache/"
_RETRIEVAL: Final = f"{_CACHE}cache_retrieval_time_sec"
_SAVED: Final = f"{_CACHE}compile_time_saved_sec"
# Smaller programs compile before anybody could read about it.
_LARGE_EQUATIONS: Final = 1_000
_CACHE_OUTCOMES: Final["dict[str, CacheOutcome]"] = {
    # Asked for, then neither found nor written: it compiled faster than the threshold.
    "compile_requests_use_cache": "not stored",
    "cache_hits": "hit",
    "cache_misses": "miss",
}


@dataclass(frozen=True, slots=True)
class Running:
    """A compile that is going on."""

    function: str
    equations: int
    lines: "tuple[LineCount, ...]" = ()
    """The source lines with most equations, of a large program."""


@dataclass(slots=True)
class _Thread:
    """What is going on in one thread."""

    runs: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    """(fun, args, kwargs, params) of the misses in progress, outermost first."""
    impls: list[Times] = field(default_factory=list[Times])
    """The compiles in progress, outermost first."""
    loose: Times = field(default_factory=Times)
    """Stages that no compile in progress accounts for."""
    traces: deque[tuple[str, float, float]] = field(
        default_factory=lambda: deque[tuple[str, float, float]](maxlen=64)
    )
    """(function, start, seconds) of traces not yet claimed by a compile."""
    paused: int = 0


class _Local(threading.local):
    def __init__(self) -> None:
        self.thread = _Thread()


class Observer:
    """The hooks, the listeners, and whoever wants to know."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._sinks: list[Sink] = []
        self.program_sinks: Final[list[ProgramSink]] = []
        """Called with each compile and its jaxpr, which is not to be kept."""
        self.trace_sinks: Final[list[TraceSink]] = []
        """Called with each function that missed JAX's caches, also inside others and inside
        transformations: (function, arguments, keyword arguments, JAX's own record)."""
        self.begin_sinks: Final[list[BeginSink]] = []
        """Called before a large program is lowered and compiled."""
        self._running: dict[int, Running] = {}
        self._undo: list[Callable[[], None]] = []
        self._local = _Local()
        self._made: MissBuilder | None = None
        self._installed = False
        self._compiled: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        """Programs that were compiled, by identity."""

    def add(self, sink: Sink) -> None:
        """Begin to call `sink`. Where observing fails, it is said and nothing is called."""
        with self._lock:
            self._sinks.append(sink)
            if self._installed:
                return
            try:
                with contained("observe compiles"):
                    self._install()
                    self._installed = True
            finally:
                if not self._installed:
                    self._uninstall()

    def remove(self, sink: Sink) -> None:
        with self._lock:
            if sink not in self._sinks:
                return
            self._sinks.remove(sink)
            if not self._sinks:
                self._uninstall()
                self._installed = False

    @contextmanager
    def paused(self) -> Generator[None]:
        """Do jaxplore's own tracing and compiling unseen, on this thread."""
        thread = self._local.thread
        thread.paused += 1
        try:
            yield
        finally:
            thread.paused -= 1

    @property
    def in_call(self) -> bool:
        """Whether a call of the user's, in this thread, is what compiles now: not an
        ahead-of-time `.compile()`, and nothing of jaxplore's own."""
        thread = self._local.thread
        return bool(thread.impls) and not thread.paused

    def running(self, thread_id: int) -> Running | None:
        """What is being lowered or compiled in a thread."""
        return self._running.get(thread_id)

    def after_fork(self) -> None:
        """In a forked process: what other threads held or were doing is not there."""
        self._lock = threading.RLock()
        alive.after_fork()
        self._local = _Local()
        self._running.clear()

    def end_cell(self, cell: int) -> None:
        """Note what the cell that ends has changed."""
        self._builder.end_cell(cell)

    @property
    def _builder(self) -> "MissBuilder":
        """Imported with the first compile: loading the extension stays quick."""
        if self._made is None:
            from jaxplore.capture.compiles.miss import MissBuilder

            self._made = MissBuilder()
        return self._made

    def _install(self) -> None:
        self._made = None
        self._running.clear()
        # What was in progress when an earlier observation ended is nobody's now.
        self._local = _Local()
        if _hooks.can_observe_misses():
            _hooks.hide_frames_of(_hooks.__file__)
            self._undo.append(_hooks.wrap_miss(_hooks.RUN, self._enter_run, self._leave_run))
            self._undo.append(_hooks.wrap_miss(_hooks.IMPL, self._enter_impl, self._leave_impl))
        else:
            reporter.report(
                "jaxplore: this JAX has no cache-miss function to observe; compiles are "
                "seen through jax.monitoring alone (times and names, no argument types)"
            )
        monitoring = jax.monitoring
        monitoring.register_event_time_span_listener(self._on_stage)
        monitoring.register_event_listener(self._on_event)
        monitoring.register_event_duration_secs_listener(self._on_duration)
        self._undo.append(lambda: monitoring.unregister_event_time_span_listener(self._on_stage))
        self._undo.append(lambda: monitoring.unregister_event_listener(self._on_event))
        self._undo.append(lambda: monitoring.unregister_event_duration_listener(self._on_duration))
        self._undo.append(_hooks.on_caches_emptied(self._on_caches_emptied))

    def _uninstall(self) -> None:
        while self._undo:
            # Somebody may have called jax.monitoring.clear_event_listeners meanwhile.
            with contained("remove one of its observers"):
                self._undo.pop()()
        self._made = None

    def _enter_run(self, args: tuple[Any, ...], _: dict[str, Any]) -> None:
        params, _flat, fun, call_args, call_kwargs = args
        thread = self._local.thread
        thread.runs.append((fun, call_args, call_kwargs, params))
        if not thread.impls:
            thread.loose = Times()

    def _leave_run(self, _args: tuple[Any, ...], _kwargs: dict[str, Any], result: Any) -> None:
        thread = self._local.thread
        fun, args, kwargs, params = thread.runs.pop()
        if thread.paused or result is None:
            return
        for sink in tuple(self.trace_sinks):
            with contained("look at what was traced"):
                sink(fun, args, kwargs, params)

    def _enter_impl(self, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        thread, times = self._local.thread, Times()
        thread.impls.append(times)
        # A fault in looking must not keep the end of this compile from being seen.
        with contained("observe a cache miss"):
            self._begin(thread, times, kwargs)

    def _begin(self, thread: _Thread, times: Times, kwargs: dict[str, Any]) -> None:
        from jaxplore.capture.programs.jaxprs import count_equations
        from jaxplore.capture.programs.linecounts import line_counts
        from jaxplore.capture.source.spans import SpanTable

        jaxpr = kwargs["jaxpr"]
        # A program that was compiled before was not traced for this call: a trace that is
        # still unclaimed was made for something else (eval_shape, say).
        if thread.paused or self._compiled.get(id(jaxpr)) is jaxpr:
            return
        # Before anything that compiles inside of this compile.
        self._claim_trace(thread, times, str(kwargs.get("name", "")))
        times.equations = count_equations(jaxpr)
        large = times.equations >= _LARGE_EQUATIONS
        running = Running(
            function=str(kwargs.get("name", "")),
            equations=times.equations,
            lines=line_counts(jaxpr, SpanTable()) if large else (),
        )
        self._running[threading.get_ident()] = running
        # Only what was just traced is sure to be compiled now.
        if large and times.trace_s is not None:
            for sink in tuple(self.begin_sinks):
                with contained("say that a compile begins"):
                    sink(running)

    def _leave_impl(self, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        thread = self._local.thread
        times = thread.impls.pop()
        self._running.pop(threading.get_ident(), None)
        # Every use of a compiled function from Python comes here; only a compile counts.
        if times.compile_s is None or thread.paused or result is None:
            return
        jaxpr = kwargs["jaxpr"]
        if self._compiled.get(id(jaxpr)) is not jaxpr:
            self._compiled[id(jaxpr)] = jaxpr
        run = thread.runs[-1] if thread.runs else None
        miss = self._builder.of_miss(times, run, args, kwargs, result[1], _caller())
        # Before anybody is told of the compile, who may ask for its program.
        with contained("note a compiled program"):
            alive.put(miss.compile_at_s, jaxpr, result[1])
        self._emit(miss)
        for sink in tuple(self.program_sinks):
            with contained("look at what was compiled"):
                sink(miss, jaxpr)

    def _claim_trace(self, thread: _Thread, times: Times, name: str) -> None:
        """Take the trace that made this program; nested traces are inside its time."""
        while thread.traces:
            traced, start, seconds = thread.traces.pop()
            if traced == name:
                times.trace_s, times.trace_at_s = seconds, start
                break
        thread.traces.clear()

    def _on_stage(self, event: str, start_time: float, end_time: float, **facts: Any) -> None:
        if event not in (TRACE, LOWER, COMPILE):
            return
        with contained("time a stage"):
            self._note_stage(
                event, start_time, end_time - start_time, str(facts.get("fun_name", ""))
            )

    def _note_stage(self, event: str, start: float, seconds: float, name: str) -> None:
        thread = self._local.thread
        if event == TRACE:
            thread.traces.append((name, start, seconds))
            return
        times = thread.impls[-1] if thread.impls else thread.loose
        if event == LOWER:
            times.lower_s, times.lower_at_s = seconds, start
            return
        times.compile_s, times.compile_at_s = seconds, start
        if times is thread.loose:
            self._finish_loose(thread, name)

    def _finish_loose(self, thread: _Thread, name: str) -> None:
        times, thread.loose = thread.loose, Times()
        plain = name.removeprefix("jit(").removesuffix(")")
        self._claim_trace(thread, times, plain)
        if not thread.paused:
            self._emit(self._builder.of_stage(times, plain, _caller()))

    def _on_event(self, event: str, **_: Any) -> None:
        if not event.startswith(_CACHE):
            return
        with contained("read a cache event"):
            outcome = _CACHE_OUTCOMES.get(event.removeprefix(_CACHE))
            thread = self._local.thread
            times = thread.impls[-1] if thread.impls else thread.loose
            if outcome is not None:
                times.persistent_cache = outcome

    def _on_duration(self, event: str, duration_secs: float, **_: Any) -> None:
        if event not in (_RETRIEVAL, _SAVED):
            return
        with contained("time the persistent cache"):
            thread = self._local.thread
            times = thread.impls[-1] if thread.impls else thread.loose
            if event == _RETRIEVAL:
                times.persistent_cache_s = duration_secs
            else:
                times.saved_s = max(duration_secs, 0.0)

    def _on_caches_emptied(self) -> None:
        self._compiled.clear()
        self._builder.caches_emptied(_caller())

    def _emit(self, miss: "Miss") -> None:
        with self._lock:
            sinks = tuple(self._sinks)
        for sink in sinks:
            with contained("record a compile"):
                sink(miss)


def _caller() -> FrameType | None:
    """The frame of whoever calls our method. It is no local of any frame, which would hold
    itself, and the user's arrays with it, until garbage is collected."""
    return sys._getframe(2)  # pyright: ignore[reportPrivateUsage]


observer: Final = Observer()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=observer.after_fork)
