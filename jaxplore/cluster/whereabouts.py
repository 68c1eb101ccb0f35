"""Where this process is, told to the others and to the notebook while a cell runs.

The main thread may be in compiled code, waiting for a process that never comes: another thread
says so.
"""

import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

from jaxplore.capture.source import files
from jaxplore.capture.source.spans import SpanTable
from jaxplore.faults import contained

_INTERVAL_S: Final = 0.5


class Whereabouts:
    """The thread that tells."""

    def __init__(self, tell: Callable[[str], None], waits_for: Callable[[], str]) -> None:
        """`tell` is given each new place; `waits_for` says what the process itself knows."""
        self._tell = tell
        self._waits_for = waits_for
        self._running = threading.Event()
        self._main = threading.main_thread().ident or 0
        self._thread: threading.Thread | None = None
        self._told = ""

    def begin(self) -> None:
        """A cell begins."""
        self._told = ""
        self._running.set()
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._look, name="jaxplore-whereabouts", daemon=True
            )
            self._thread.start()

    def end(self) -> None:
        """The cell has ended."""
        self._running.clear()

    def _look(self) -> None:
        while self._running.wait():
            time.sleep(_INTERVAL_S)
            if self._running.is_set():
                with contained("say where a process is"):
                    self._look_once()

    def _look_once(self) -> None:
        place = self._waits_for() or place_of(sys._current_frames().get(self._main))  # pyright: ignore[reportPrivateUsage]
        if place != self._told:
            self._told = place
            self._tell(place)


def place_of(frame: FrameType | None) -> str:
    """The innermost expression of the user's on a stack: `"at cell 3 line 4: y.sum()"`."""
    while frame is not None and files.owner(frame.f_code.co_filename) != "user":
        frame = frame.f_back
    span = None if frame is None else SpanTable().of_frame(frame)
    return "in no code of yours" if span is None else f"at {span.described(60)}"
