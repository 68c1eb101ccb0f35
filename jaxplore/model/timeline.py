"""When things were compiled: the stages of each compile on one clock, cell by cell.

Time in which nothing was compiled is cut out: between cells all of it, within a cell what
is longer than ten seconds. What is left keeps its scale. `extension/src/layout/timeline.ts`
has the same rules; `tests/records/timeline/cases.json` holds both to them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal, NamedTuple

from jaxplore.model.compiles import Compile
from jaxplore.model.record import Record

CompileStage = Literal["trace", "lower", "compile"]
STAGES: Final[tuple[CompileStage, ...]] = ("trace", "lower", "compile")

# More compiles than this at one time share the last lane.
_MOST_LANES: Final = 16
_LONG_US: Final = 10_000_000
# What is left of a long pause within a cell, at its begin and at its end.
_KEPT_US: Final = 1_000_000
_NEVER: Final = 2**53
# Two clock readings that mean the same moment may be this far apart.
_SAME_US: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRun(Record):
    """One run of a cell."""

    number: int
    start_s: float
    """Seconds since 1970."""
    end_s: float | None
    """None while it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar(Record):
    """One stage of one compile."""

    row: int
    """Index into `Timeline.rows`."""
    stage: CompileStage
    at_us: int
    """Microseconds since the start of the timeline."""
    end_us: int
    lane: int
    """Bars of one lane do not overlap."""

    @property
    def at_s(self) -> float:
        """Seconds since the start of the timeline."""
        return self.at_us / 1e6

    @property
    def seconds(self) -> float:
        return (self.end_us - self.at_us) / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch(Record):
    """Time that is drawn: a run of a cell or a part of one, or a time outside all cells."""

    cell: int | None
    at_us: int
    end_us: int
    since_us: int
    """How long the cell had been running when the stretch begins."""
    cut_us: int
    """How much time is left out before it."""
    running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline(Record):
    """All compiles with their places in time."""

    start_s: float
    """Where the timeline starts, in seconds since 1970."""
    rows: tuple[Compile, ...]
    bars: tuple[Bar, ...]
    """In order of their begin."""
    stretches: tuple[Stretch, ...]

    @classmethod
    def of(cls, rows: Iterable[Compile], cells: Iterable[CellRun] = ()) -> "Timeline":
        """The timeline of compiles and of the cells that ran meanwhile.

        Args:
            rows: Compiles; a stage of which nobody knows when it began has no bar.
            cells: Runs of cells. A cell that compiled nothing is left out.
        """
        rows, cells = tuple(rows), tuple(cells)
        start_s = start_of(rows, cells)
        placed = [
            _Placed(*times, index, stage)
            for index, row in enumerate(rows)
            for stage, times in enumerate(stage_times(row, start_s))
            if times is not None
        ]
        # Of bars that begin together the outermost is the longest.
        placed.sort(key=lambda bar: (bar.at_us, -bar.end_us, bar.row, bar.stage))
        return cls(
            start_s=start_s,
            rows=rows,
            bars=tuple(
                Bar(row=b.row, stage=STAGES[b.stage], at_us=b.at_us, end_us=b.end_us, lane=lane)
                for b, lane in zip(placed, _lanes(placed), strict=True)
            ),
            stretches=tuple(_stretches(_busy(placed), _runs(cells, start_s))),
        )

    @property
    def lane_count(self) -> int:
        return max((bar.lane for bar in self.bars), default=-1) + 1

    def __str__(self) -> str:
        """How often each function went through each stage; nothing that differs between runs."""
        # What JAX compiles for itself outside jit depends on what the process did before.
        rows = [row for row in self.rows if not row.is_operation]
        head = f"{len(rows):,} {'compile' if len(rows) == 1 else 'compiles'}"
        counts: dict[str, Counter[str]] = {}
        for row in rows:
            stages = counts.setdefault(row.function, Counter())
            stages["traced"] += row.trace_s is not None
            stages["lowered"] += row.lower_s is not None
            stages["compiled"] += row.compile_s is not None
        return "\n".join([head, *(f"  {f}: {_counted(c)}" for f, c in counts.items())])


def _counted(stages: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in stages.items() if count)


class _Placed(NamedTuple):
    """A stage of a row, in microseconds."""

    at_us: int
    end_us: int
    row: int
    stage: int


class _Run(NamedTuple):
    cell: int
    at_us: int
    end_us: int
    """`_NEVER` while it runs."""


class _Piece(NamedTuple):
    """A time in which something was compiled, within one run (an index) or outside (-1)."""

    run: int
    at_us: int
    end_us: int


def start_of(rows: Iterable[Compile], cells: Iterable[CellRun]) -> float:
    """The earliest time known, in seconds since 1970; 0 where none is."""
    starts = [at for row in rows for at in (row.trace_at_s, row.lower_at_s, row.compile_at_s)]
    known = [at for at in starts if at is not None]
    return min([*known, *(cell.start_s for cell in cells)], default=0.0)


def stage_times(row: Compile, start_s: float) -> tuple[tuple[int, int] | None, ...]:
    """Begin and end of each stage in microseconds, or None where one is not known."""
    times = (
        (row.trace_at_s, row.trace_s),
        (row.lower_at_s, row.lower_s),
        (row.compile_at_s, row.compile_s),
    )
    return tuple(
        None if at_s is None or seconds is None else _times(at_s - start_s, seconds)
        for at_s, seconds in times
    )


def _times(at_s: float, seconds: float) -> tuple[int, int]:
    at = round(at_s * 1e6)
    return at, at + max(1, round(seconds * 1e6))


def cell_times(cell: CellRun, start_s: float) -> tuple[int, int | None]:
    """Begin and end of a run of a cell in microseconds; no end while it runs."""
    at = round((cell.start_s - start_s) * 1e6)
    if cell.end_s is None:
        return at, None
    return at, max(at, round((cell.end_s - start_s) * 1e6))


def _lanes(bars: Iterable[_Placed]) -> Iterator[int]:
    """For each bar its row's lane when that is free, or the first free one."""
    free_at: list[int] = []
    lane_of: dict[int, int] = {}
    for bar in bars:
        lane = lane_of.get(bar.row, -1)
        if lane < 0 or free_at[lane] > bar.at_us + _SAME_US:
            free = (i for i, at in enumerate(free_at) if at <= bar.at_us + _SAME_US)
            lane = next(free, min(len(free_at), _MOST_LANES - 1))
        if lane == len(free_at):
            free_at.append(bar.end_us)
        free_at[lane] = max(free_at[lane], bar.end_us)
        lane_of[bar.row] = lane
        yield lane


def _busy(bars: Iterable[_Placed]) -> list[tuple[int, int]]:
    """The times in which something was compiled, apart from each other, in order."""
    times: list[tuple[int, int]] = []
    for bar in bars:
        if times and bar.at_us <= times[-1][1]:
            times[-1] = (times[-1][0], max(times[-1][1], bar.end_us))
        else:
            times.append((bar.at_us, bar.end_us))
    return times


def _runs(cells: Iterable[CellRun], start_s: float) -> list[_Run]:
    """Runs in order; each ends at the latest where the next begins."""
    found = sorted(
        ((cell.number, *cell_times(cell, start_s)) for cell in cells), key=lambda run: run[1]
    )
    nexts = [*(at for _, at, _ in found[1:]), _NEVER]
    return [
        _Run(cell, at, after if end is None else min(end, after))
        for (cell, at, end), after in zip(found, nexts, strict=False)
    ]


def _pieces(busy: Iterable[tuple[int, int]], runs: Sequence[_Run]) -> Iterator[_Piece]:
    """Busy times, cut where runs begin and end."""
    index = 0
    for at, end in busy:
        while at < end:
            while index < len(runs) and runs[index].end_us <= at:
                index += 1
            if index == len(runs):
                run, stop = -1, end
            elif at < runs[index].at_us:
                run, stop = -1, min(end, runs[index].at_us)
            else:
                run, stop = index, min(end, runs[index].end_us)
            yield _Piece(run, at, stop)
            at = stop


def _stretches(busy: Iterable[tuple[int, int]], runs: Sequence[_Run]) -> Iterator[Stretch]:
    """What is drawn: the runs that compiled something and the times outside, pauses cut."""
    before: int | None = None
    for index, group in groupby(_pieces(busy, runs), key=lambda piece: piece.run):
        pieces = [(piece.at_us, piece.end_us) for piece in group]
        begin, end = pieces[0][0], pieces[-1][1]
        running = False
        if index >= 0:
            running = runs[index].end_us == _NEVER
            begin, end = runs[index].at_us, end if running else runs[index].end_us
        at = begin
        for start, stop in _without_pauses(begin, end, pieces):
            yield Stretch(
                cell=runs[index].cell if index >= 0 else None,
                at_us=start,
                end_us=stop,
                since_us=start - at,
                cut_us=0 if before is None else start - before,
                running=running and stop == end,
            )
            before = stop


def _without_pauses(
    begin: int, end: int, pieces: Iterable[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """The time from `begin` to `end` without the middle of each long pause."""
    idle_since = begin
    for at, stop in [*pieces, (end, end)]:
        if at - idle_since > _LONG_US:
            yield begin, idle_since + _KEPT_US
            begin = at - _KEPT_US
        idle_since = stop
    yield begin, end
