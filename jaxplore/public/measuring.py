"""Measure calls in turn: how often each is made, and what the record says.

`capture.timing` makes the calls by the clock.
"""

import gc
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from jaxplore import session
from jaxplore.capture import _hooks
from jaxplore.capture.compiles.timing import Lent, TimedCall, drain
from jaxplore.errors import JaxploreError
from jaxplore.model.compiles import Compile
from jaxplore.model.ledger import Ledger
from jaxplore.model.timing import Comparison, Timing, median, stage_sums

Progress = Callable[[int, int], None]
"""Told between runs how many repeats are done, and of how many."""

_REPEATS: Final = 7
# With so many pairs a real difference shows although one of them is disturbed.
_PAIRS: Final = 12
_TOTAL_S: Final = 2.0
_REPEAT_S: Final = 0.2
# Long enough that one reading of the clock is nothing beside it.
_TRIAL_S: Final = 0.01
_DISPATCHES: Final = 10
_WARM_UPS: Final = 2
_KEPT_ROWS: Final = 100


@dataclass(slots=True)
class Timed:
    """A call that is being measured, and what was measured so far."""

    name: str
    call: TimedCall
    lent: Lent
    number: int = 1
    first_call_s: float = 0.0
    compiles: list[Compile] = field(default_factory=list[Compile])
    runs: list[float] = field(default_factory=list[float])
    dispatches: list[float] = field(default_factory=list[float])
    recompiles: list[Compile] = field(default_factory=list[Compile])
    recompile_count: int = 0

    @classmethod
    def of(cls, f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> "Timed":
        """The call of a function."""
        values = {**{f"args[{i}]": a for i, a in enumerate(args)}, **kwargs}
        return cls.made(_name_of(f), partial(f, *args, **kwargs), values)

    @classmethod
    def made(cls, name: str, call: Callable[[], Any], values: Mapping[str, Any]) -> "Timed":
        """A call that uses these values."""
        return cls(name, TimedCall(call), Lent(values))

    def first(self, ledger: Ledger) -> None:
        """Make the first call."""
        __tracebackhide__ = True
        drain()
        mark = ledger.total_count
        self.first_call_s = self.call.first()
        self.compiles = _since(ledger, mark)
        gone = self.lent.gone()
        if gone:
            raise JaxploreError.of(
                failed=f"Cannot time {self.name}: a call takes an argument's memory (donation), "
                "so it cannot be made twice.",
                given=f"{gone} was donated and is deleted now",
                do="time a version without donation, or one that makes the array anew each time.",
            )

    def plan(self, ledger: Ledger, number: int | None, goal_s: float) -> float:
        """Choose how many runs make a repeat; gives the seconds that it will take."""
        __tracebackhide__ = True
        run_s = self.once(ledger)
        for _ in range(_WARM_UPS):
            if not self.recompile_count:
                break
            run_s = self.once(ledger)
        if number is None:
            number = 1
            while run_s * number < min(_TRIAL_S, goal_s):
                number *= 10
                run_s = self.call.often(number)
            number = _round_number(goal_s / max(run_s, 1e-9))
        self.number = number
        return run_s * number

    def once(self, ledger: Ledger) -> float:
        """One run, as the only one that was measured so far."""
        __tracebackhide__ = True
        self.forget()
        self.repeat(ledger)
        return self.runs[0]

    def forget(self) -> None:
        """Let go of the runs so far."""
        self.runs, self.dispatches = [], []
        self.recompiles, self.recompile_count = [], 0

    def repeat(self, ledger: Ledger) -> None:
        """Measure `number` runs."""
        __tracebackhide__ = True
        drain()
        mark = ledger.total_count
        if self.number == 1:
            dispatch_s, run_s = self.call.once()
            self.dispatches.append(dispatch_s)
        else:
            run_s = self.call.often(self.number)
            singles = range(min(self.number, _DISPATCHES))
            self.dispatches += [self.call.once()[0] for _ in singles]
        self.runs.append(run_s)
        self.recompile_count += ledger.total_count - mark
        self.recompiles = [*self.recompiles, *_since(ledger, mark)][-_KEPT_ROWS:]

    def record(self) -> Timing:
        """What was measured."""
        trace_s, lower_s, compile_s = stage_sums(self.compiles)
        return Timing(
            function=self.name,
            first_call_s=self.first_call_s,
            trace_s=trace_s,
            lower_s=lower_s,
            compile_s=compile_s,
            dispatch_s=median(self.dispatches),
            run_s=median(self.runs),
            runs=tuple(self.runs),
            number=self.number,
            waited=self.call.waited,
            compiles=tuple(self.compiles),
            recompiles=tuple(self.recompiles),
            recompile_count=self.recompile_count,
        )


def measure(
    calls: Sequence[Timed],
    *,
    repeat: int | None = None,
    number: int | None = None,
    progress: Progress | None = None,
) -> list[Timing]:
    """Measure calls in turn: the first call of each, then a repeat of each, and so on."""
    __tracebackhide__ = True
    _hooks.hide_frames_of(__file__)
    most = _REPEATS if len(calls) == 1 else _PAIRS
    with _watching() as ledger:
        for timed in calls:
            timed.first(ledger)
        with _no_garbage_collection():
            if repeat is not None and number is not None:
                for timed in calls:
                    timed.number = number
            else:
                goal_s = min(_REPEAT_S, _TOTAL_S / most / len(calls))
                round_s = sum([timed.plan(ledger, number, goal_s) for timed in calls])
                if any(timed.number > 1 for timed in calls):
                    for timed in calls:
                        timed.forget()
                # Else the runs that it was planned by are as good as any.
                repeat = repeat or max(1, min(most, int(_TOTAL_S / max(round_s, 1e-9))))
            for done in range(len(calls[0].runs), repeat):
                for timed in calls:
                    timed.repeat(ledger)
                if progress is not None:
                    progress(done + 1, repeat)
    return [timed.record() for timed in calls]


def compared(timings: Sequence[Timing]) -> Comparison:
    """The comparison of two calls that were measured in turn."""
    first, second = timings
    # A clock that stood still must not divide by zero.
    ratios = tuple(b / max(a, 1e-9) for a, b in zip(first.runs, second.runs, strict=True))
    return Comparison(first=first, second=second, ratio=median(ratios), ratios=ratios)


@contextmanager
def _watching() -> Generator[Ledger]:
    """The open ledger, which knows what was compiled before; a new one where none is open."""
    try:
        opened = session.ledger()
    except JaxploreError:
        opened = None
    if opened is not None:
        yield opened
        return
    with session.observe() as ledger:
        yield ledger


def _since(ledger: Ledger, mark: int) -> list[Compile]:
    new = ledger.total_count - mark
    return list(ledger)[-new:] if new else []


@contextmanager
def _no_garbage_collection() -> Generator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _round_number(number: float) -> int:
    """The next lower of 1, 2, 5, 10, 20, 50, ..."""
    power = 1
    while power * 10 <= number:
        power *= 10
    return power * max([step for step in (1, 2, 5) if power * step <= number], default=1)


def _name_of(f: Any) -> str:
    for _ in range(20):
        name = getattr(f, "__name__", None)
        if isinstance(name, str):
            return name
        if not isinstance(f, partial):
            break
        f = f.func
    return type(f).__name__
