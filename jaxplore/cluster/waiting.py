"""Wait for what all processes were asked, and know who is lost.

A process is lost when it has ended, or does not even answer an interrupt: it waits in compiled
code for another one.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from jaxplore.cluster.local import exit_words
from jaxplore.model.processes import Failure, ProcessRun

_POLL_S: Final = 0.05
_QUIET_S: Final = 1.0
_EVERY_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds that are waited before somebody is given up."""

    after_loss: float = 1.0
    """For the others, when one has ended."""
    after_error: float = 20.0
    """For a process that stands still, when the cell has failed on another."""
    after_interrupt: float = 5.0
    together: float = 10.0
    """For a sum over all devices, after a cell that did not end alike on all of them."""


@dataclass(slots=True)
class Member:
    """One process, as the notebook reaches it."""

    process: int
    engine: int
    """Its number in ipyparallel."""
    popen: "subprocess.Popen[bytes] | None" = None


@dataclass(frozen=True, slots=True)
class Lost:
    """How a process was lost."""

    how: str
    """`"was killed (SIGKILL)"`."""
    has_ended: bool = False


@dataclass(slots=True)
class Answers:
    """What came of asking."""

    values: dict[int, Any] = field(default_factory=dict[int, Any])
    failures: dict[int, Failure] = field(default_factory=dict[int, Failure])
    """Of what was asked itself, not of a cell that ran."""
    lost: dict[int, Lost] = field(default_factory=dict[int, Lost])
    places: dict[int, str] = field(default_factory=dict[int, str])
    """Where those were that had to be interrupted."""
    interrupted: bool = False
    """By the user."""
    timed_out: bool = False
    apart: bool = False
    """Whether the processes do not compute together any more."""

    @property
    def ended_alike(self) -> bool:
        """Whether what was asked came to its end everywhere, or failed on all."""
        runs = [one[0] for one in self.values.values() if isinstance(one, tuple)]
        failed = [bool(run.failure) for run in runs if isinstance(run, ProcessRun)]
        return not (self.interrupted or self.timed_out or any(failed) != all(failed))


class Asking:
    """One question to every process."""

    def __init__(
        self,
        client: Any,
        members: Sequence[Member],
        patience: Patience,
        call: Callable[..., Any],
        arguments: Mapping[int, tuple[Any, ...]],
        *,
        broken: Callable[[], str],
    ) -> None:
        """Ask `call` of each, with the arguments under its number. `broken` says why none can
        be reached any more."""
        self._client = client
        self._broken = broken
        self._patience = patience
        self._began_s = time.monotonic()
        self._answers = Answers()
        self._asked = {
            one.process: (one, client[one.engine].apply_async(call, *arguments[one.process]))
            for one in members
        }
        self._moved_s = self._began_s
        self._last_places: dict[int, str] = {}

    def wait(
        self, *, timeout_s: float | None = None, progress: Callable[[str], None] | None = None
    ) -> Answers:
        """Wait until each process has answered or is lost.

        Args:
            timeout_s: After so long they are interrupted.
            progress: Given a line every half second once it lasts.
        """
        answers = self._answers
        try:
            self._until_done(timeout_s, progress)
        except KeyboardInterrupt:
            answers.interrupted = True
            with suppress(KeyboardInterrupt):  # a second one does not wait for any answer
                self._interrupt()
        for process in self._pending():
            place = self._place(process)
            # Its own end is found only now where an interrupt cut the waiting short.
            said = f"does not answer an interrupt, it is {place or 'running the cell'}"
            answers.lost.setdefault(process, Lost(said))
        return answers

    def _until_done(self, timeout_s: float | None, progress: Callable[[str], None] | None) -> None:
        said_s = self._began_s
        while self._pending():
            now_s = time.monotonic()
            if timeout_s is not None and now_s - self._began_s > timeout_s:
                self._answers.timed_out = True
                return self._interrupt()
            if self._answers.lost:
                self._settle(self._patience.after_loss)
                return self._give_up() if self._pending() else None
            if self._has_failed() and self._stands_still(now_s):
                return self._interrupt()
            if progress and now_s - self._began_s > _QUIET_S and now_s - said_s > _EVERY_S:
                said_s = now_s
                progress(self._line(now_s - self._began_s))
            time.sleep(_POLL_S)
        return None

    def _pending(self) -> list[int]:
        """Who has neither answered nor ended."""
        answers = self._answers
        for process, (member, asked) in self._asked.items():
            if process in answers.values or process in answers.failures or process in answers.lost:
                continue
            if asked.ready():
                self._take(process, member, asked)
            elif member.popen is not None and member.popen.poll() is not None:
                answers.lost[process] = Lost(exit_words(member.popen), has_ended=True)
            elif why := self._broken():
                answers.lost[process] = Lost(why)
        known = {*answers.values, *answers.failures, *answers.lost}
        return [process for process in self._asked if process not in known]

    def _take(self, process: int, member: Member, asked: Any) -> None:
        from ipyparallel.error import IPythonError, RemoteError

        try:
            self._answers.values[process] = asked.get(timeout=0)
        except RemoteError as error:
            if error.ename == "EngineError":
                how = "has ended"
                if member.popen is not None:
                    with suppress(subprocess.TimeoutExpired):
                        member.popen.wait(1.0)
                    how = exit_words(member.popen)
                self._answers.lost[process] = Lost(how, has_ended=True)
                return
            self._answers.failures[process] = Failure(
                name=str(error.ename),
                message=str(error.evalue),
                traceback=tuple(str(error.traceback or "").splitlines()),
            )
        except IPythonError as error:
            self._answers.lost[process] = Lost(f"is lost ({type(error).__name__}: {error})")

    def _has_failed(self) -> bool:
        """Whether the cell has failed on one process: then it cannot end well on the others."""
        if self._answers.failures:
            return True
        runs = [one[0] for one in self._answers.values.values() if isinstance(one, tuple)]
        return any(isinstance(run, ProcessRun) and run.failure for run in runs)

    def _stands_still(self, now_s: float) -> bool:
        places = {process: self._place(process) for process in self._pending()}
        if places != self._last_places:
            self._last_places, self._moved_s = places, now_s
        return now_s - self._moved_s > self._patience.after_error

    def _place(self, process: int) -> str:
        data: Any = self._asked[process][1].data
        return str(data.get("place", "")) if isinstance(data, dict) else ""

    def _interrupt(self) -> None:
        """Interrupt who has not answered, and give it time to say where it was."""
        for process in self._pending():
            self._answers.places[process] = self._place(process)
            member = self._asked[process][0]
            if member.popen is not None:
                member.popen.send_signal(signal.SIGINT)
            else:
                with suppress(Exception):
                    self._client.send_signal(signal.SIGINT, targets=member.engine, block=False)
        self._settle(self._patience.after_interrupt)

    def _settle(self, seconds: float) -> None:
        until_s = time.monotonic() + seconds
        while self._pending() and time.monotonic() < until_s:
            time.sleep(_POLL_S)

    def _give_up(self) -> None:
        """One has ended: the others may wait for it for ever, and JAX would end them."""
        gone = ", ".join(map(str, sorted(self._answers.lost)))
        for process in self._pending():
            place = self._place(process) or "running the cell"
            self._answers.lost[process] = Lost(f"was {place} when process {gone} had ended")

    def _line(self, seconds: float) -> str:
        pending = self._pending()
        done = [str(process) for process in self._asked if process not in pending]
        said = [f"process {process} {self._place(process)}".rstrip() for process in pending]
        if done:
            said.append(f"process {', '.join(done)} done")
        return f"{seconds:.0f} s: {'; '.join(said)}"
