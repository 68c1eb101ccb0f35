"""`%hlo --passes f(x)`: what each of XLA's passes did, as an output of its own."""

import time
from typing import TYPE_CHECKING

from jaxplore.errors import JaxploreError, OptionError
from jaxplore.faults import contained
from jaxplore.magics import outputs
from jaxplore.magics.calls import call_of, number_of
from jaxplore.magics.progress import WrittenOver
from jaxplore.views.mode import deterministic

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook

_MAGIC = "hlo --passes"


def show_passes(notebook: "Notebook", line: str) -> None:
    """Let XLA compile a call once more, and show the passes that changed something.

    Raises:
        OptionError: The line is no call, or the number of a compile.
    """
    __tracebackhide__ = True
    from jaxplore.capture.passes.asking import asked
    from jaxplore.capture.passes.process import capture_passes
    from jaxplore.capture.programs.tracing import UserCodeFailed

    if number_of(line) is not None:
        raise OptionError.of(
            failed="XLA cannot compile a row of %ledger again: JAX keeps its jaxpr alone.",
            given=line.strip(),
            do=f"write the call: `%{_MAGIC} f(x)`.",
        )
    target, args, kwargs = call_of(notebook, line, _MAGIC)
    progress = _Progress()
    error: Exception | None = None
    try:
        with contained("show XLA's passes", passing=(UserCodeFailed, JaxploreError)):
            from jaxplore.views.programs import passes as view

            passes = capture_passes(asked(target, args, kwargs), say=progress)
            outputs.show(
                {"text/plain": view.text(passes), "text/html": view.html(passes)}, "passes"
            )
    except UserCodeFailed as failed:
        error = failed.original
    finally:
        progress.done()
    # Outside of the handler, where raising it does not rewrite its cause.
    if error is not None:
        raise error


class _Progress:
    """The step that XLA's process is at, and for how long it has run."""

    def __init__(self) -> None:
        self._line = WrittenOver()
        self._start_s = time.monotonic()

    def __call__(self, step: str) -> None:
        """Say that something new is known."""
        if not deterministic():
            with contained("show progress"):
                self._line.write(f"{step} · {self._seconds}")

    def done(self) -> None:
        """Say that XLA's process has ended."""
        if self._line.is_shown:
            with contained("show progress"):
                self._line.write(f"XLA, pass by pass: {self._seconds}")

    @property
    def _seconds(self) -> str:
        return f"{time.monotonic() - self._start_s:.1f} s"
