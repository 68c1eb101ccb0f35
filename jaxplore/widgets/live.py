"""The explorer as an ordinary ipywidget, for those who have a kernel."""

import atexit
import time
from threading import Event, Thread
from typing import Any, Final, Protocol

import anywidget
import traitlets

from jaxplore.model.passes import Passes
from jaxplore.views import passes as passes_view
from jaxplore.widgets.assets import script

_TIMEOUT_S: Final = 120


class Say(Protocol):
    """Told a few words whenever there is something new."""

    def __call__(self, step: str, /) -> None: ...


class CompilePasses(Protocol):
    """Compiles the program once more, in a process of its own."""

    def __call__(
        self, *, timeout_s: float, say: Say | None = None, stop: Event | None = None
    ) -> Passes: ...


class ExplorerWidget(anywidget.AnyWidget):
    """Shows one program. `selected` follows the page, and the page follows `selected`."""

    _esm = traitlets.Unicode().tag(sync=True)
    payload = traitlets.Dict().tag(sync=True)
    selected = traitlets.Int(None, allow_none=True).tag(sync=True)
    request = traitlets.Dict().tag(sync=True)
    """What the page asks for: `{"what": "passes", "serial": 1}`, or `"cancel"`."""
    passes = traitlets.Dict().tag(sync=True)
    """How XLA's passes stand: `state` is none, ready, running, done or failed; with it go
    `step` and `elapsed_s` while they run, `error` when they failed, and `data`."""

    def __init__(
        self,
        payload: dict[str, Any],
        equations: int,
        compile_passes: CompilePasses | None = None,
    ) -> None:
        """Show a payload.

        Args:
            payload: What `jaxplore.views.page.payload` gave.
            equations: How many the program has.
            compile_passes: What runs when the page asks for XLA's passes; without it the
                page says how to get them.
        """
        self._equations = equations
        self._compile_passes = compile_passes
        self._stop = Event()
        self._thread: Thread | None = None
        known = payload.get("passes")
        state = "ready" if known is None and compile_passes is not None else "none"
        # In a box of widgets an element without a width of its own has none at all.
        super().__init__(
            _esm=script("widget.js"),
            payload=payload,
            passes={"state": state} if known is None else {"state": "done", "data": known},
            layout={"width": "100%"},
        )

    @traitlets.validate("selected")
    def _is_an_equation(self, proposal: Any) -> int | None:
        value = proposal["value"]
        if value is not None and not 0 <= value < self._equations:
            raise traitlets.TraitError(
                f"Cannot select this equation.\nGot: {value}\n"
                f"Do: give an index from 0 to {self._equations - 1}, or None."
            )
        return value

    @traitlets.observe("request")
    def _answer(self, change: Any) -> None:
        what = change["new"].get("what")
        if what == "cancel":
            self._stop.set()
        running = self._thread is not None and self._thread.is_alive()
        if what == "passes" and self._compile_passes is not None and not running:
            self._stop = Event()
            self.passes = self._known("running", step="starting", elapsed_s=0.0)
            # Not in the kernel's own thread: it stays free for cells.
            self._thread = Thread(target=self._work, name="jaxplore passes", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        compile_passes = self._compile_passes
        if compile_passes is None:
            return
        start = time.monotonic()

        def say(step: str) -> None:
            elapsed_s = round(time.monotonic() - start, 1)
            self.passes = self._known("running", step=step, elapsed_s=elapsed_s)

        # A kernel that ends must not leave XLA's process behind.
        atexit.register(self._end)
        try:
            found = compile_passes(timeout_s=_TIMEOUT_S, say=say, stop=self._stop)
            if found.passes or found.error is None:
                self.passes = {"state": "done", "data": passes_view.payload(found)}
            else:
                self.passes = self._known("failed", error=found.error)
        except Exception as fault:
            self.passes = self._known("failed", error=str(fault))
        finally:
            atexit.unregister(self._end)

    def _known(self, state: str, **fields: Any) -> dict[str, Any]:
        """A state that keeps the passes that are there already."""
        data = self.passes.get("data")
        return {"state": state, **fields, **({} if data is None else {"data": data})}

    def _end(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)

    def close(self) -> None:
        """Remove the widget from the page; XLA's process, if there is one, ends."""
        self._stop.set()
        super().close()
