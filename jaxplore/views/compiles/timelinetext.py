"""A timeline in characters: one line per compile, its stages to scale."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from jaxplore.model.compiles import Compile
from jaxplore.model.timeline import STAGES, Bar, CompileStage, Stretch, Timeline
from jaxplore.views.compiles.timelinelayout import Box
from jaxplore.views.units import counted, milliseconds

NAMES: Final[dict[CompileStage, str]] = {"trace": "trace", "lower": "lower", "compile": "XLA"}
_LETTERS: Final[dict[CompileStage, str]] = {"trace": "t", "lower": "l", "compile": "X"}

_MOST_STRETCHES = 20
_MOST_ROWS = 10
_NAME = 20


def head(timeline: Timeline, *, stages: bool = True) -> str:
    """How many compiles, in how many cells, and how long they took."""
    cells = {(s.cell, s.at_us - s.since_us) for s in timeline.stretches if s.cell is not None}
    said = counted(len(timeline.rows), "compile")
    if cells:
        said += f" in {counted(len(cells), 'cell')}"
    if not stages:
        return said
    spent = [f"{NAMES[stage]} {_spent(timeline, stage)}" for stage in STAGES]
    return f"{said} · {', '.join(spent)}"


def _spent(timeline: Timeline, stage: CompileStage) -> str:
    return milliseconds(sum(bar.seconds for bar in timeline.bars if bar.stage == stage))


def box_text(timeline: Timeline, box: Box) -> str:
    """What a reader of a box is told: `train_step · XLA 123 ms · R02 x: f32[2] -> f32[3]`."""
    bars = [timeline.bars[index] for index in box.bars]
    spent = f"{NAMES[box.stage]} {milliseconds(sum(bar.seconds for bar in bars))}"
    if len(bars) == 1:
        row = timeline.rows[bars[0].row]
        return " · ".join(part for part in (row.function, spent, _why(row)) if part)
    names = list(dict.fromkeys(timeline.rows[bar.row].function for bar in bars))
    more = ", ..." if len(names) > 3 else ""
    return f"{counted(len(bars), 'compile')} · {spent} · {', '.join(names[:3])}{more}"


def _why(row: Compile) -> str:
    return f"{row.cause} {row.explanation}".strip()


def text(timeline: Timeline, *, width: int = 100) -> str:
    """The picture in characters: `t` trace, `l` lower, `X` XLA; one scale for all cells."""
    lines = [head(timeline)]
    shown = timeline.stretches[-_MOST_STRETCHES:]
    if len(shown) < len(timeline.stretches):
        lines.append(f"{counted(len(timeline.stretches) - len(shown), 'earlier part')} not shown")
    room = max(20, width - _NAME - 13)
    longest = max((s.end_us - s.at_us for s in shown), default=1)
    if shown:
        lines.append(
            f"t trace, l lower, X XLA; {room} characters are {milliseconds(longest / 1e6)}"
        )
    groups = _by_stretch(timeline)
    for stretch in shown:
        lines += _stretch_lines(timeline, stretch, groups.get(stretch.at_us, []), room / longest)
    return "\n".join(lines)


def _by_stretch(timeline: Timeline) -> dict[int, list[Bar]]:
    """The bars that begin in each stretch, by the begin of the stretch."""
    groups: dict[int, list[Bar]] = {}
    index = 0
    for bar in timeline.bars:
        while (
            index + 1 < len(timeline.stretches) and timeline.stretches[index + 1].at_us <= bar.at_us
        ):
            index += 1
        groups.setdefault(timeline.stretches[index].at_us, []).append(bar)
    return groups


def _stretch_lines(
    timeline: Timeline, stretch: Stretch, bars: Sequence[Bar], per_us: float
) -> Iterator[str]:
    if stretch.cut_us > 0:
        yield f"~ {pause_text(stretch.cut_us)} without a compile ~"
    cell = "outside cells" if stretch.cell is None else f"cell {stretch.cell}"
    since = f", after {pause_text(stretch.since_us)}" if stretch.since_us else ""
    running = ", still running" if stretch.running else ""
    yield f"{cell}{since} · {milliseconds((stretch.end_us - stretch.at_us) / 1e6)}{running}"
    rows: dict[int, list[Bar]] = {}
    for bar in bars:
        rows.setdefault(_line_of(timeline, bar), []).append(bar)
    spent = {row: sum(bar.seconds for bar in mine) for row, mine in rows.items()}
    longest = set(sorted(rows, key=lambda row: (-spent[row], row))[:_MOST_ROWS])
    for row, mine in rows.items():
        if row in longest:
            name = timeline.rows[row].function if row >= 0 else _operations(mine)
            chart = _chart(mine, stretch.at_us, per_us)
            yield f"  {_name(name):<{_NAME}} {milliseconds(spent[row]):>8}  {chart}"
    others = [row for row in rows if row not in longest]
    if others:
        total = milliseconds(sum(spent[row] for row in others))
        yield f"  {f'{len(others):,} more':<{_NAME}} {total:>8}"


def _line_of(timeline: Timeline, bar: Bar) -> int:
    """Its row; -1 for operations outside jit, which are many and share a line."""
    return -1 if timeline.rows[bar.row].is_operation else bar.row


def _operations(bars: Sequence[Bar]) -> str:
    return counted(len({bar.row for bar in bars}), "operation")


def _name(function: str) -> str:
    name = " ".join(function.split())
    return name if len(name) <= _NAME else name[: _NAME - 1] + "…"


def _chart(bars: Sequence[Bar], start_us: int, per_us: float) -> str:
    """Each column that is filled by half or more, as the letter of what took most of it. A
    compile that fills none has one letter, that of its longest stage."""
    columns: dict[int, dict[CompileStage, float]] = {}
    for bar in bars:
        left, right = (bar.at_us - start_us) * per_us, (bar.end_us - start_us) * per_us
        for column in range(math.floor(left), math.ceil(right)):
            filled = min(right, column + 1) - max(left, column)
            stages = columns.setdefault(column, dict.fromkeys(STAGES, 0.0))
            stages[bar.stage] += filled
    filled = {column: round(sum(stages.values()), 6) for column, stages in columns.items()}
    chart = [" "] * (max(columns) + 1)
    for column, stages in columns.items():
        if filled[column] >= 0.5:
            chart[column] = _LETTERS[_longest(stages)]
    if not "".join(chart).strip():
        spent = dict.fromkeys(STAGES, 0.0)
        for bar in bars:
            spent[bar.stage] += bar.seconds
        chart[max(filled, key=lambda column: filled[column])] = _LETTERS[_longest(spent)]
    return "".join(chart).rstrip()


def _longest(spent: Mapping[CompileStage, float]) -> CompileStage:
    return max(STAGES, key=lambda stage: spent[stage])


def pause_text(us: int) -> str:
    """How much time is left out.

    >>> pause_text(1_400), pause_text(61_000_000), pause_text(720_000_000)
    ('1 ms', '61.0 s', '12 min')
    >>> pause_text(9_000_000_000)
    '2.5 h'
    """
    minutes = us / 60e6
    if minutes < 2:
        return milliseconds(us / 1e6)
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
