"""Where everything of a timeline is drawn, in pixels.

`extension/src/layout/timeline.ts` has the same rules; `tests/records/timeline/cases.json` holds
both to them.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jaxplore.model.timeline import CompileStage, Timeline

# Bars narrower than this share a box with those of the same columns.
_GRAIN_PX: Final = 2.0
_BREAK_PX: Final = 10.0
# All breaks together take at most this part of the width.
_BREAKS: Final = 0.25
_TICK_PX: Final = 64.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A bar, or several that are too narrow to be drawn apart."""

    lane: int
    stage: CompileStage
    x: float
    width: float
    bars: tuple[int, ...]
    """Indices into `Timeline.bars`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on the axis. Time counts from the begin of its cell."""

    x: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """One scale for all stretches, and where each begins."""

    pixels_per_us: float
    starts: tuple[float, ...]
    break_px: float
    """Width of the mark where time is cut out."""


def scale_of(timeline: Timeline, width: float) -> Scale:
    """The scale at which all stretches and breaks fill `width`."""
    stretches = timeline.stretches
    breaks = sum(1 for stretch in stretches if stretch.cut_us > 0)
    break_px = min(_BREAK_PX, width * _BREAKS / breaks) if breaks else 0.0
    shown_us = sum(stretch.end_us - stretch.at_us for stretch in stretches)
    pixels_per_us = (width - breaks * break_px) / max(1, shown_us)
    starts: list[float] = []
    x = 0.0
    for stretch in stretches:
        x += break_px if stretch.cut_us > 0 else 0.0
        starts.append(x)
        x += (stretch.end_us - stretch.at_us) * pixels_per_us
    return Scale(pixels_per_us=pixels_per_us, starts=tuple(starts), break_px=break_px)


def boxes(timeline: Timeline, scale: Scale, *, most: int) -> tuple[Box, ...]:
    """What is drawn for the bars: at most about `most` boxes, merged as coarsely as needed."""
    places = list(_places(timeline, scale))
    grain = _GRAIN_PX
    while True:
        groups: dict[tuple[int, ...], list[int]] = {}
        for index, (bar, (x, right)) in enumerate(zip(timeline.bars, places, strict=True)):
            is_narrow = right - x < grain
            key = (bar.lane, _ORDER[bar.stage], math.floor(x / grain)) if is_narrow else (index,)
            groups.setdefault(key, []).append(index)
        if len(groups) <= most or grain > 1e6:
            return tuple(_box(timeline, places, bars) for bars in groups.values())
        grain *= 2


_ORDER: Final[dict[CompileStage, int]] = {"trace": 0, "lower": 1, "compile": 2}


def _places(timeline: Timeline, scale: Scale) -> Iterator[tuple[float, float]]:
    begins = [stretch.at_us for stretch in timeline.stretches]

    def x_of(at_us: int) -> float:
        index = max(0, bisect_right(begins, at_us) - 1)
        stretch = timeline.stretches[index]
        inside = min(at_us, stretch.end_us) - stretch.at_us
        return scale.starts[index] + inside * scale.pixels_per_us

    for bar in timeline.bars:
        # A bar ends within its stretch, not at the begin of the next one.
        yield x_of(bar.at_us), x_of(bar.end_us - 1) + scale.pixels_per_us


def _box(timeline: Timeline, places: list[tuple[float, float]], bars: list[int]) -> Box:
    x = min(places[index][0] for index in bars)
    right = max(places[index][1] for index in bars)
    first = timeline.bars[bars[0]]
    return Box(
        lane=first.lane,
        stage=first.stage,
        x=rounded(x),
        width=rounded(max(1.0, right - x)),
        bars=tuple(bars),
    )


def tick_step_us(scale: Scale) -> int:
    """The round time between two ticks: 1, 2 or 5 times a power of ten microseconds."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor * scale.pixels_per_us >= _TICK_PX or step >= 10**15:
                return step * factor
        step *= 10


def ticks(timeline: Timeline, scale: Scale) -> tuple[Tick, ...]:
    """The marks on the axis, in order."""
    step = tick_step_us(scale)
    found: list[Tick] = []
    for stretch, start in zip(timeline.stretches, scale.starts, strict=True):
        last = stretch.since_us + stretch.end_us - stretch.at_us
        at = -(-stretch.since_us // step) * step
        while at <= last:
            x = start + (at - stretch.since_us) * scale.pixels_per_us
            found.append(Tick(x=rounded(x), label=tick_text(at)))
            at += step
    return tuple(found)


def tick_text(us: int) -> str:
    """A time on the axis.

    >>> tick_text(0), tick_text(1500), tick_text(250_000), tick_text(61_500_000)
    ('0', '1.5 ms', '250 ms', '61.5 s')
    """
    for unit_us, unit in ((1_000_000, "s"), (1_000, "ms")):
        if us >= unit_us:
            return f"{us / unit_us:.6f}".rstrip("0").rstrip(".") + f" {unit}"
    return f"{us} µs" if us else "0"


def rounded(pixels: float) -> float:
    """To a hundredth; halves go up, as in the browser."""
    return math.floor(pixels * 100 + 0.5) / 100
