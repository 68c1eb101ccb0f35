"""A cluster as people hold it: run code on all its processes, ask what they compiled."""

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from jaxplore.cluster import engine
from jaxplore.cluster.local import LocalEngines
from jaxplore.cluster.outcome import Outcome
from jaxplore.cluster.waiting import Answers, Asking, Lost, Member, Patience
from jaxplore.errors import ClusterError
from jaxplore.model.placement import Device
from jaxplore.model.processes import ClusterLedger, Process

if TYPE_CHECKING:
    from jaxplore.model.placement import Placement
    from jaxplore.model.processes import SpmdRun

_ANSWER_S: Final = 60.0
"""For questions that cost a process nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a cluster was asked to be."""

    processes: int
    devices: int
    client: Any


class Cluster:
    """Processes that JAX has joined: their devices are one set, every program runs on all.

    Made by `jaxplore.cluster`; a context manager, which stops it.
    """

    def __init__(
        self,
        settings: Settings,
        client: Any,
        members: tuple[Member, ...],
        processes: tuple[Process, ...],
        engines: LocalEngines | None,
    ) -> None:
        """`engines` are those that were started for it; they end with it."""
        self.settings: Final = settings
        self.processes: Final = processes
        """Who they are, by number."""
        self.patience = Patience()
        self._client = client
        self._members = members
        self._engines = engines
        self._ended = ""
        self._runs = itertools.count(1)
        self._name = f"{os.getpid()}-{id(self):x}"

    @property
    def devices(self) -> tuple[Device, ...]:
        """All devices, those of process 0 first."""
        return tuple(device for one in self.processes for device in one.devices)

    @property
    def is_running(self) -> bool:
        """Whether it can still be used."""
        return not self._ended

    def run(self, code: str, *, timeout: float | None = None) -> "SpmdRun":
        """Run code on every process, as a cell of its own; names it sets stay there.

        Args:
            code: Python, as in a cell; what its last expression gives is in `.values`.
            timeout: Seconds after which it is interrupted.

        Raises:
            SpmdError: It failed on a process, or took too long.
            ClusterError: A process is lost; then the cluster has ended.
        """
        __tracebackhide__ = True
        outcome = self.execute(code, code, 1, 1, timeout=timeout, wants_value=True)
        if outcome.error is not None:
            raise outcome.error
        return outcome.run

    def execute(
        self,
        raw: str,
        body: str,
        first_line: int,
        number: int,
        *,
        timeout: float | None = None,
        wants_value: bool = False,
        progress: Callable[[str], None] | None = None,
    ) -> Outcome:
        """Run a cell on every process: what it showed, and what is to be raised.

        Args:
            raw: The cell as the user sees it.
            body: What of it is run, from its line `first_line` on.
            first_line: From 1.
            number: The cell's number in the notebook.
            timeout: Seconds after which it is interrupted.
            wants_value: Whether the last expression's value is to come here.
            progress: Given a line every half second, once the cell lasts.
        """
        __tracebackhide__ = True
        cell = engine.Cell(
            run=f"{self._name}-{next(self._runs)}",
            raw=raw,
            body=body,
            first_line=first_line,
            number=number,
            wants_value=wants_value,
        )
        answers = self._ask(engine.run, cell, timeout=timeout, progress=progress)
        if not answers.lost and not answers.ended_alike:
            answers.apart = not self._compute_together()
        outcome = Outcome.of(answers, len(self._members), timeout)
        if answers.lost:
            self._end(answers.lost)
        elif answers.apart:
            self._close("the processes did not compute together any more")
        return outcome

    def _compute_together(self) -> bool:
        number = float(next(self._runs) % 1000 + 1)
        answers = self._ask(engine.add_up, number, timeout=self.patience.together)
        return list(answers.values.values()) == [number * len(self.devices)] * len(self._members)

    def ledger(self) -> ClusterLedger:
        """What each process compiled since it was joined."""
        __tracebackhide__ = True
        found = self._values(self._ask(engine.compiled, timeout=_ANSWER_S))
        return ClusterLedger(processes=tuple(found))

    def placement(self, name: str) -> "Placement":
        """Which device of which process holds what.

        Args:
            name: A variable of the processes, or an expression of theirs.
        """
        __tracebackhide__ = True
        from jaxplore.cluster.placements import joined_placement

        found = self._values(self._ask(engine.placement, name, timeout=_ANSWER_S))
        return joined_placement(found)

    def stop(self) -> None:
        """End it. Engines that were started for it end; those of a client that was given go on
        as they are, joined by JAX, and are observed no more."""
        if self._ended:
            return
        if self._engines is None:
            self._ask(engine.leave, timeout=_ANSWER_S)
        self._close("it was stopped")

    def _end(self, lost: dict[int, Lost]) -> None:
        process, first = min(lost.items(), key=lambda one: (not one[1].has_ended, one[0]))
        self._close(f"process {process} {first.how}")

    def _close(self, why: str) -> None:
        self._ended = why
        if self._engines is not None:
            self._engines.stop()

    def _ask(
        self,
        call: Callable[..., Any],
        *arguments: Any,
        timeout: float | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> Answers:
        __tracebackhide__ = True
        if self._ended:
            raise ClusterError.of(
                failed="This cluster has ended.",
                given=self._ended,
                do="make another: `jaxplore.cluster()`.",
            )
        asked = {member.process: arguments for member in self._members}
        asking = Asking(
            self._client, self._members, self.patience, call, asked, broken=self._broken
        )
        return asking.wait(timeout_s=timeout, progress=progress)

    def _broken(self) -> str:
        return "" if self._engines is None else self._engines.broken()

    def _values(self, answers: Answers) -> list[Any]:
        __tracebackhide__ = True
        if answers.lost:
            self._end(answers.lost)
        error = Outcome.of(answers, len(self._members), None).error
        if error is not None:
            raise error
        return [answers.values[process] for process in sorted(answers.values)]

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        from jaxplore.views.processes import cluster

        return cluster.text(self.processes, self._ended)

    def _repr_html_(self) -> str:
        from jaxplore.views.processes import cluster

        return cluster.html(self.processes, self._ended)
