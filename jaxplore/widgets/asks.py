"""What the pages of this kernel may still ask for, long after their cells ran.

A page that is no widget has no connection of its own: it opens a comm when its reader
clicks, and names the program by a serial that its output holds. The answers are the states
of a `PassesJob`; then the comm is closed. One that is closed without an answer is of a page
whose program is not here.
"""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol
from uuid import uuid4

from jaxplore.widgets.passesjob import CompilePasses, PassesJob, State

TARGET: Final = "jaxplore.ask"
_MOST_KEPT: Final = 8
_ENDS: Final = ("done", "failed")


class Comm(Protocol):
    """A page that asked."""

    def send(self, data: dict[str, Any]) -> None: ...
    def close(self) -> None: ...
    def on_close(self, callback: Callable[[Any], None]) -> None: ...


class CommManager(Protocol):
    """The kernel, as far as pages go."""

    def register_target(self, target_name: str, f: Callable[[Any, Any], None]) -> None: ...
    def unregister_target(self, target_name: str, f: Callable[[Any, Any], None]) -> Any: ...


class Asks:
    """The programs that were shown last, by the serials of their outputs."""

    def __init__(self) -> None:
        # A notebook that is opened again, with another kernel, must find nothing.
        self._session = uuid4().hex[:12]
        self._count = 0
        self._manager: CommManager | None = None
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def connect(self, manager: CommManager) -> None:
        """Hear the pages of a kernel. Twice is once."""
        if manager is not self._manager:
            self.disconnect()
            manager.register_target(TARGET, self._hear)
            self._manager = manager

    def disconnect(self) -> None:
        """Hear no page any more, end what runs for one, and forget all programs."""
        if self._manager is not None:
            with suppress(KeyError):
                self._manager.unregister_target(TARGET, self._hear)
        self._manager = None
        for kept in self._kept.values():
            kept.job.cancel()
        self._kept.clear()

    def serial_of(self, compile_passes: CompilePasses) -> str | None:
        """What an output names its program by; None where no page could ask."""
        if self._manager is None:
            return None
        for serial, kept in self._kept.items():
            if kept.compile_passes is compile_passes:
                return serial
        self._count += 1
        serial = f"{self._session}-{self._count}"
        self._kept[serial] = _Kept(compile_passes)
        idle = [one for one, kept in self._kept.items() if not kept.job.is_running]
        for old in idle[: max(0, len(self._kept) - _MOST_KEPT)]:
            del self._kept[old]
        return serial

    def _hear(self, comm: Comm, message: dict[str, Any]) -> None:
        asked = message["content"]["data"]
        kept = self._kept.get(str(asked.get("serial")))
        what = asked.get("what")
        if kept is not None and what == "passes":
            kept.answer(comm)
            return
        if kept is not None and what == "cancel":
            kept.job.cancel()
        comm.close()


class _Kept:
    """A program, and the pages that wait for its passes."""

    def __init__(self, compile_passes: CompilePasses) -> None:
        self.compile_passes = compile_passes
        self.job = PassesJob(compile_passes, self._tell)
        self._pages: list[Comm] = []

    def answer(self, page: Comm) -> None:
        """Tell a page how it stands from now on, and begin where nothing was found yet."""
        page.on_close(lambda _: self._gone(page))
        self._pages.append(page)
        if self.job.is_running or self.job.state["state"] == "done":
            self._tell_one(page, self.job.state)
        else:
            self.job.start()

    def _gone(self, page: Comm) -> None:
        if page in self._pages:
            self._pages.remove(page)
            if not self._pages:
                self.job.cancel()

    def _tell(self, state: State) -> None:
        for page in tuple(self._pages):
            self._tell_one(page, state)

    def _tell_one(self, page: Comm, state: State) -> None:
        with suppress(Exception):  # a page that is gone is no reason to stop for the others
            page.send(state)
            if state["state"] in _ENDS:
                self._pages.remove(page)
                page.close()


asks: Final = Asks()
