"""How XLA's passes of one program stand, and the thread that finds them out when asked."""

import atexit
import time
from collections.abc import Callable
from contextvars import copy_context
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from jaxplore.model.passes import Passes

State = dict[str, Any]
"""How it stands, as the page reads it: `state` is none, ready, running, done or failed; with
it go `step` and `elapsed_s` while it runs, `error` when it failed, and `data`."""

_TIMEOUT_S: Final = 120


class Say(Protocol):
    """Told a few words whenever there is something new."""

    def __call__(self, step: str, /) -> None: ...


class CompilePasses(Protocol):
    """Compiles the program once more, in a process of its own."""

    def __call__(
        self, *, timeout_s: float, say: Say | None = None, stop: Event | None = None
    ) -> "Passes": ...


class PassesJob:
    """Lets XLA compile one program again, and tells each new state."""

    def __init__(
        self,
        compile_passes: CompilePasses | None,
        tell: Callable[[State], None],
        known: dict[str, Any] | None = None,
    ) -> None:
        """Prepare, and do nothing.

        Args:
            compile_passes: What runs when it is asked for; nothing runs without it.
            tell: Called with each state, also from another thread.
            known: The passes that are there already, as they travel.
        """
        self._compile_passes = compile_passes
        self._tell = tell
        self._stop = Event()
        self._lock = Lock()
        self._thread: Thread | None = None
        first = "ready" if known is None and compile_passes is not None else "none"
        self.state: State = {"state": first} if known is None else {"state": "done", "data": known}

    @property
    def is_running(self) -> bool:
        """Whether XLA is at work."""
        return self.state["state"] == "running"

    def start(self) -> None:
        """Begin, unless it has begun."""
        with self._lock:
            if self._compile_passes is None or self.is_running:
                return
            self._stop = Event()
            self._enter(self._known("running", step="starting", elapsed_s=0.0))
            # Not in the kernel's own thread: that stays free for cells. In its context: a
            # kernel of several shells sends what is said to the one that asked.
            run = copy_context().run
            work = self._compile_passes
            self._thread = Thread(target=run, args=(self._work, work), name="jaxplore passes")
            self._thread.daemon = True
            self._thread.start()

    def cancel(self) -> None:
        """End XLA's process, if there is one."""
        self._stop.set()

    def wait(self, timeout_s: float) -> None:
        """Until XLA's process has ended."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _work(self, compile_passes: CompilePasses) -> None:
        from jaxplore.views.programs import passes as passes_view

        start = time.monotonic()

        def say(step: str) -> None:
            elapsed_s = round(time.monotonic() - start, 1)
            self._enter(self._known("running", step=step, elapsed_s=elapsed_s))

        # A kernel that ends must not leave XLA's process behind.
        atexit.register(self._end)
        try:
            found = compile_passes(timeout_s=_TIMEOUT_S, say=say, stop=self._stop)
            if found.passes or found.error is None:
                self._enter({"state": "done", "data": passes_view.payload(found)})
            else:
                self._enter(self._known("failed", error=found.error))
        except Exception as fault:
            self._enter(self._known("failed", error=str(fault)))
        finally:
            atexit.unregister(self._end)

    def _enter(self, state: State) -> None:
        self.state = state
        self._tell(state)

    def _known(self, state: str, **fields: Any) -> State:
        """A state that keeps the passes that are there already."""
        data = self.state.get("data")
        return {"state": state, **fields, **({} if data is None else {"data": data})}

    def _end(self) -> None:
        self.cancel()
        self.wait(5)
