"""How long a call takes: its first call in stages, then its runs, with their spread."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb
from typing import Final

from jaxplore.model.compiles import Compile
from jaxplore.model.record import Record, written

# Where times must not be shown the views write the text: among the drawings, under these names.

FEWEST_PAIRS: Final = 8
"""Fewer pairs never show a difference: chance alone is too likely."""
_CHANCE: Final = 0.01
_SHOWN_CAUSES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Timing(Record):
    """What a call cost when it was first made, and what each later run takes.

    A run lasts until its result is there: it includes the wait for the device.
    """

    function: str
    """What was timed: a function's name, or the expression."""
    first_call_s: float
    """The first call that was measured, until its result was there."""
    trace_s: float | None
    """Seconds of the first call, all its compiles together; None where the stage did not run."""
    lower_s: float | None
    compile_s: float | None
    dispatch_s: float
    """Median time until the call returned, with its result still being computed."""
    run_s: float
    """Median of `runs`."""
    runs: tuple[float, ...]
    """Seconds per run, one for each repeat: the mean of `number` runs."""
    number: int
    """Runs per repeat."""
    waited: bool
    """Whether the result held an array of JAX to wait for."""
    compiles: tuple[Compile, ...]
    """What the first call compiled."""
    recompiles: tuple[Compile, ...]
    """What later runs compiled, the newest of them: the times include these."""
    recompile_count: int

    @property
    def quartiles(self) -> tuple[float, float]:
        """A quarter of the runs took less than the first, a quarter more than the second."""
        return quartiles(self.runs)

    @property
    def spread_s(self) -> float:
        """The interquartile range of the runs."""
        low, high = self.quartiles
        return high - low

    def text(self, *, precision: int = 3) -> str:
        """All of it for a reader, with so many digits."""
        return "\n  ".join([self._runs(precision), self._first(precision), *self._notes()])

    def _runs(self, precision: int) -> str:
        said = f"{self.function}: {duration(self.run_s, precision)} per run"
        low, high = (duration(s, precision) for s in self.quartiles)
        count = len(self.runs)
        if self.number > 1:
            runs = f"{count} × {self.number:,} runs"
        else:
            runs = "1 run" if count == 1 else f"{count} runs"
        said += f" ({runs})" if count == 1 else f" (median; quartiles {low} to {high}; {runs})"
        return f"{said}, dispatch {duration(self.dispatch_s, precision)}" if self.waited else said

    def _first(self, precision: int) -> str:
        said = f"first call {duration(self.first_call_s, precision)}: "
        if not self.compiles:
            return f"{said}{'already compiled' if self.waited else 'nothing compiled'}"
        stages = (("trace", self.trace_s), ("lower", self.lower_s), ("XLA", self.compile_s))
        ran = [f"{name} {duration(s, precision)}" for name, s in stages if s is not None]
        hits = sum(row.persistent_cache == "hit" for row in self.compiles)
        cached = f", {hits:,} from the persistent cache" if hits else ""
        return f"{said}{', '.join(ran)} ({_compiles(len(self.compiles))}{cached})"

    def _notes(self) -> list[str]:
        notes: list[str] = []
        if not self.waited:
            notes.append("no array of JAX in the result: there was nothing to wait for")
        if self.recompile_count:
            count = _compiles(self.recompile_count)
            notes.append(f"warning: {count} in the runs, the times include them:")
            notes += [f"  {line}" for line in causes(self.recompiles)]
        return notes

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return written(self, str(self))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison(Record):
    """Two calls timed in turn, so that what else the machine does slows both alike."""

    first: Timing
    second: Timing
    ratio: float
    """How many times as long the second takes: the median of `ratios`."""
    ratios: tuple[float, ...]
    """One for each pair: a repeat of the second and the repeat of the first just before."""

    @property
    def quartiles(self) -> tuple[float, float]:
        """The quartiles of `ratios`."""
        return quartiles(self.ratios)

    @property
    def distinct(self) -> bool:
        """Whether so many pairs agree which call is faster that chance is no explanation.

        Were both equally fast, so many would agree less than once in a hundred times.
        """
        count = len(self.ratios)
        # A tie speaks against a difference, whichever way that is.
        fewer = count - max(sum(r > 1 for r in self.ratios), sum(r < 1 for r in self.ratios))
        chance = 2 * sum(comb(count, k) for k in range(fewer + 1)) / 2**count
        return count >= FEWEST_PAIRS and chance <= _CHANCE

    @property
    def verdict(self) -> str:
        """The difference in one sentence; says so where it may be noise."""
        count, (low, high) = len(self.ratios), self.quartiles
        slow, fast, ratio = "B", "A", self.ratio
        if self.distinct and ratio < 1:
            slow, fast, ratio, low, high = "A", "B", 1 / ratio, 1 / high, 1 / low
        pairs = f"{count:,} {'pair' if count == 1 else 'pairs'}"
        said = f"{slow} takes {ratio:.3g} times as long as {fast}"
        if count > 1:
            said += f" (median; quartiles {low:.3g} to {high:.3g}; {pairs})"
        if self.distinct:
            return said
        if count < FEWEST_PAIRS:
            return f"{pairs}, too few to tell a difference from noise (ask for 8 or more): {said}"
        return f"no difference beyond the noise: {said}"

    def text(self, *, precision: int = 3) -> str:
        """Both timings and the difference, with so many digits."""
        first, second = (t.text(precision=precision) for t in (self.first, self.second))
        return f"A  {_indented(first)}\nB  {_indented(second)}\n{self.verdict}"

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return written(self, str(self))


def duration(seconds: float, precision: int = 3) -> str:
    """A duration in the unit that suits it, to so many digits.

    >>> duration(0.00123456), duration(0.9996), duration(4.2e-7), duration(0.0), duration(75)
    ('1.23 ms', '1 s', '420 ns', '0 ns', '75 s')
    """
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("µs", 1e6), ("ns", 1e9)):
        # Rounded first: 999.6 µs is 1 ms.
        value = float(f"{seconds * scale:.{precision}g}")
        if value >= 1 or unit == "ns":
            shown = f"{value:.{precision}g}"
            return f"{value:,.0f} {unit}" if "e" in shown else f"{shown} {unit}"
    raise AssertionError  # the last unit takes what is left


def median(values: Iterable[float]) -> float:
    """The middle value.

    >>> median([4, 1, 2]), median([1, 2])
    (2.0, 1.5)
    """
    return _quantile(sorted(values), 0.5)


def quartiles(values: Iterable[float]) -> tuple[float, float]:
    """The first and the third quartile.

    >>> quartiles([5, 1, 2, 3, 4]), quartiles([7])
    ((2.0, 4.0), (7.0, 7.0))
    """
    ordered = sorted(values)
    return _quantile(ordered, 0.25), _quantile(ordered, 0.75)


def _quantile(ordered: Sequence[float], part: float) -> float:
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * float(ordered[above] - ordered[below])


def stage_sums(rows: Iterable[Compile]) -> tuple[float | None, float | None, float | None]:
    """Seconds of tracing, of lowering and of XLA; None where no row has the stage.

    What was compiled while another function was traced is inside the time of that trace:
    it counts once, as what it is.
    """
    sums: list[float | None] = [None, None, None]
    placed: list[tuple[float, float, int]] = []
    for row in rows:
        stages = (row.trace_s, row.lower_s, row.compile_s)
        starts = (row.trace_at_s, row.lower_at_s, row.compile_at_s)
        for stage, (seconds, start) in enumerate(zip(stages, starts, strict=True)):
            if seconds is not None:
                sums[stage] = (sums[stage] or 0.0) + seconds
                if start is not None:
                    placed.append((start, start + seconds, stage))
    around: list[tuple[float, int]] = []
    for start, end, stage in sorted(placed, key=lambda place: (place[0], -place[1])):
        while around and around[-1][0] < end:
            around.pop()
        if around:
            outer = around[-1][1]
            sums[outer] = (sums[outer] or 0.0) - (end - start)
        around.append((end, stage))
    return sums[0], sums[1], sums[2]


def causes(rows: Sequence[Compile]) -> list[str]:
    """Why these were compiled: a line per function and cause, with the newest explanation."""
    newest: dict[tuple[str, str], str] = {}
    for row in rows:
        newest[row.function, row.cause] = f"{row.cause} {row}".strip()
    lines = list(newest.values())
    more = len(lines) - _SHOWN_CAUSES
    return [*lines[:_SHOWN_CAUSES], *([f"{more} more"] if more > 0 else [])]


def _compiles(count: int) -> str:
    return f"{count:,} {'compile' if count == 1 else 'compiles'}"


def _indented(text: str) -> str:
    return text.replace("\n", "\n   ")
