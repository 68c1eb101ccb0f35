"""The stage that JAX is in while a long cell runs: one line, written over by another thread.

XLA compiles outside Python's lock and ignores interrupts, so only another thread can say
how long it has been at it. When JAX is done, and when the cell ends, the line is empty.
"""

import contextvars
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from IPython.core.interactiveshell import InteractiveShell

from jaxplore.advise.compiles import longcompile
from jaxplore.capture.compiles.running import Doing, Stage, doing
from jaxplore.faults import contained
from jaxplore.model.compiles import LineCount
from jaxplore.views.mode import deterministic

_INTERVAL_S: Final = 0.25
# A shorter cell shows nothing, and a stage must last to be worth a line.
_QUIET_CELL_S: Final = 1.0
_QUIET_STAGE_S: Final = 0.5
_WORDS: Final[dict[Stage, str]] = {
    "trace": "JAX traces",
    "lower": "JAX lowers",
    "compile": "XLA compiles",
}


class Compiling(Protocol):
    """What is known of a compile that is going on."""

    @property
    def function(self) -> str: ...
    @property
    def equations(self) -> int: ...
    @property
    def lines(self) -> tuple[LineCount, ...]: ...


class LiveStage:
    """The line of one shell; at most one cell has it."""

    def __init__(self, shell: InteractiveShell, running: Callable[[int], Compiling | None]) -> None:
        """`running` says what is compiled in a thread, by the thread's number."""
        self._shell = shell
        self._running = running
        self._watch: _Watch | None = None
        self._publisher: Any = None

    def begin(self) -> None:
        """A cell begins, in this thread."""
        self.end()
        if not deterministic():
            self._publisher = self._shell.display_pub
            self._watch = _Watch(_Line(self._shell, self._publisher), self._running)
            self._watch.start()

    def end(self) -> None:
        """The cell has ended: the line is empty, and nothing is written after this."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.end()

    def warn(self, compiling: Compiling) -> None:
        """Say that a compile which begins now will take long, if it will."""
        if self._watch is None:
            return
        text = longcompile.warning(compiling.function, compiling.equations, compiling.lines)
        if text is not None:
            from jaxplore.views.compiles import findings

            data = {"text/plain": text, "text/html": findings.notice(text)}
            _Line(self._shell, self._publisher).write(data, "warning")


class _Watch:
    """Looks at the thread of one cell until the cell ends."""

    def __init__(self, line: "_Line", running: Callable[[int], Compiling | None]) -> None:
        self._line = line
        self._running = running
        self._thread_id = threading.get_ident()
        self._ended = threading.Event()
        self._writing = threading.Lock()
        self._began_s = time.monotonic()
        self._stage = _StageSeen()
        # The thread must not outlive an interpreter that waits for it.
        self._thread = threading.Thread(target=self._look, name="jaxplore-stage", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        with self._writing:  # what is being written is written
            self._line.clear()

    def _look(self) -> None:
        while not self._ended.wait(_INTERVAL_S):
            with contained("show what JAX is doing"):
                self._look_once(time.monotonic())

    def _look_once(self, now_s: float) -> None:
        now = doing(self._thread_id)
        self._stage.see(now, now_s)
        if now_s - self._began_s < _QUIET_CELL_S:
            return
        text = self._stage.text(self._running(self._thread_id), now_s)
        with self._writing:
            if self._ended.is_set():
                return
            if text:
                self._line.write({"text/plain": text}, "stage")
            elif now is None:
                self._line.clear()


class _StageSeen:
    """The stage that was seen last, and since when."""

    def __init__(self) -> None:
        self._doing: Doing | None = None
        self._function = ""
        self._since_s = 0.0

    def see(self, now: Doing | None, at_s: float) -> None:
        before, self._doing = self._doing, now
        if now is None:
            return
        other = bool(now.function) and now.function != self._function
        if before is None or before.stage != now.stage or other:
            self._since_s = at_s
            self._function = now.function

    def text(self, compiling: Compiling | None, now_s: float) -> str:
        """The line; `""` where there is nothing to say."""
        now = self._doing
        elapsed_s = now_s - self._since_s
        if now is None or elapsed_s < _QUIET_STAGE_S:
            return ""
        parts = [f"{_WORDS[now.stage]} {self._what(now, compiling)}: {elapsed_s:.0f} s"]
        if now.stage == "trace" and now.line:
            parts.append(f"at {now.file.rsplit('/', 1)[-1]} line {now.line}")
        if now.stage == "compile":
            parts.append("an interrupt waits until it ends")
        return ", ".join(parts)

    def _what(self, now: Doing, compiling: Compiling | None) -> str:
        if now.stage == "trace":
            return self._function or "a function"
        if compiling is None:
            return "a function"
        return f"{compiling.function} ({compiling.equations:,} equations)"


class _Line:
    """One line of the cell that is running, whichever thread writes it."""

    def __init__(self, shell: InteractiveShell, publisher: Any) -> None:
        """`publisher` is the shell's own; another one captures the outputs."""
        self._shell = shell
        self._publisher = publisher
        # A kernel knows by context which cell an output belongs to.
        self._context = contextvars.copy_context()
        self._in_notebook = hasattr(shell, "kernel")
        self._display_id: str | None = None
        self._text = ""

    def write(self, data: dict[str, Any], view: str) -> None:
        """Show it, or show it instead of what was shown."""
        text = str(data.get("text/plain", ""))
        if text == self._text:
            return
        if not self._in_notebook:
            if view == "stage":
                self._write_over(text)
            else:
                print(text)
        # An output that the user captures is not ours to add to, and a widget that captures
        # the page's outputs would keep the line for ever.
        elif self._shell.display_pub is not self._publisher or (
            view == "stage" and _goes_to_a_widget()
        ):
            return
        else:
            self._context.run(self._publish, data, view)
        self._text = text

    def clear(self) -> None:
        """Leave it empty, for nothing can take an output away."""
        if not self._text:
            return
        if not self._in_notebook:
            self._write_over("")
        elif _goes_to_a_widget():
            return
        else:
            self._context.run(self._publish, {}, "stage")
        self._text = ""

    def _publish(self, data: dict[str, Any], view: str) -> None:
        update = self._display_id is not None
        if self._display_id is None:
            self._display_id = f"jaxplore-{id(self):x}-{time.time_ns():x}"
        self._publisher.publish(
            data,
            {"jaxplore": {"view": view}},
            transient={"display_id": self._display_id},
            update=update,
        )

    def _write_over(self, text: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()


def _goes_to_a_widget() -> bool:
    """Whether an `ipywidgets.Output` captures now what is displayed: it cannot update it."""
    output = getattr(sys.modules.get("ipywidgets.widgets.widget_output"), "Output", None)
    widgets: Mapping[str, Any] = getattr(
        sys.modules.get("ipywidgets.widgets.widget"), "_instances", {}
    )
    return output is not None and any(
        isinstance(one, output) and one.msg_id for one in tuple(widgets.values())
    )
