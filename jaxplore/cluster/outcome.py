"""What a cell on all processes came to: what is to be shown, and what is to be raised."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jaxplore.cluster.waiting import Answers
from jaxplore.errors import ClusterError, SpmdError
from jaxplore.model.processes import Failure, ProcessRun, SpmdRun
from jaxplore.views.processes.outputs import named

_ADDRESS: Final = re.compile(r"0x[0-9a-f]+")


class FailedError(SpmdError):
    """The user's own exception, on one process or more."""

    def __init__(self, failures: Mapping[int, Failure], processes: int) -> None:
        self.failures: Final = dict(sorted(failures.items()))
        """By process."""
        self._same = _all_equal(failures, processes)
        super().__init__(self._text())

    def _text(self) -> str:
        if self._same:
            first = next(iter(self.failures.values()))
            return f"{first.name}: {first.message}\n(on every process)"
        return "\n".join(
            f"process {process}: {one.name}: {one.message}"
            for process, one in self.failures.items()
        )

    def _render_traceback_(self) -> list[str]:
        """The tracebacks as the processes wrote them, once where they are equal."""
        if self._same:
            first = next(iter(self.failures.values()))
            return [*first.traceback, "(on every process)"]
        lines: list[str] = []
        for process, one in self.failures.items():
            lines += [f"process {process}:", *one.traceback]
        return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it."""

    run: SpmdRun
    error: BaseException | None

    @classmethod
    def of(cls, answers: Answers, processes: int, timeout_s: float | None) -> "Outcome":
        """Read the answers of so many processes, which had so many seconds."""
        runs: list[ProcessRun] = []
        packed: list[bytes] = []
        for _, value in sorted(answers.values.items()):
            if isinstance(value, tuple) and isinstance(value[0], ProcessRun):
                runs.append(value[0])
                packed += [value[1]] if value[1] is not None else []
        values = ()
        if packed:
            from jaxplore.cluster.values import unpack

            values = unpack(packed)
        failures = {run.process: run.failure for run in runs if run.failure is not None}
        failures |= answers.failures
        run = SpmdRun(processes=tuple(runs), values=values)
        return cls(run=run, error=_error(answers, failures, processes, timeout_s))


def _error(
    answers: Answers, failures: Mapping[int, Failure], processes: int, timeout_s: float | None
) -> BaseException | None:
    if answers.lost:
        return _lost(answers, failures)
    if answers.apart:
        return _apart(answers, failures)
    if answers.interrupted:
        return KeyboardInterrupt()
    if answers.timed_out:
        return SpmdError.of(
            failed=f"The cell took longer than {timeout_s:g} s and was interrupted.",
            given=_places(answers),
            do="give it more time, `%%spmd --timeout 600`, or look at the lines named: a process "
            "that waits for another one there has run other programs, or in another order.",
        )
    # Whom an interrupt of ours ended says nothing that the first failure does not.
    own = {p: one for p, one in failures.items() if p not in answers.places} or failures
    return FailedError(own, processes) if own else None


def _lost(answers: Answers, failures: Mapping[int, Failure]) -> ClusterError:
    lost = sorted(answers.lost.items(), key=lambda one: (not one[1].has_ended, one[0]))
    ended = [process for process, one in lost if one.has_ended]
    given = [f"{named([p for p, other in lost if other == one])} {one.how}" for _, one in lost]
    given = list(dict.fromkeys(given))
    given += [f"process {p} failed: {one.name}: {one.message}" for p, one in failures.items()]
    if ended:
        have = "has" if len(ended) == 1 else "have"
        failed = f"{named(ended).capitalize()} {have} died, and the cluster with it."
        do = (
            "start it again with `jaxplore.cluster()`; its variables are gone. Where the machine "
            "is out of memory, use fewer processes or smaller arrays."
        )
    else:
        do_not = "does not" if len(lost) == 1 else "do not"
        names = named([process for process, _ in lost]).capitalize()
        failed = f"{names} {do_not} answer any more: the cluster has ended."
        do = (
            "start it again with `jaxplore.cluster()`, and let every process run the same programs "
            "in the same order."
        )
    return ClusterError.of(failed=failed, given="; ".join(given), do=do)


def _apart(answers: Answers, failures: Mapping[int, Failure]) -> ClusterError:
    own = {p: one for p, one in failures.items() if p not in answers.places}
    given = [_places(answers)] if answers.places else []
    given += [f"process {p} failed: {one.name}: {one.message}" for p, one in own.items()]
    return ClusterError.of(
        failed="The processes do not compute together any more: one waits, in compiled code, for a "
        "program that another did not run. The cluster has ended.",
        given="; ".join(given) or "the cell was interrupted",
        do="start it again with `jaxplore.cluster()`, and let every process run the same programs "
        "in the same order, also outside of `if jax.process_index() == ...:`.",
    )


def _places(answers: Answers) -> str:
    said = [f"process {p} was {place}" for p, place in sorted(answers.places.items()) if place]
    said += [f"process {p} had finished" for p in sorted(answers.values) if p not in answers.places]
    return "; ".join(said) or "no process said where it was"


def _all_equal(failures: Mapping[int, Failure], processes: int) -> bool:
    said = {_ADDRESS.sub("0x", f"{one.name}: {one.message}") for one in failures.values()}
    return len(said) == 1 and len(failures) == processes
