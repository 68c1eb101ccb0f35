"""A timeline as a picture, as HTML around it, and as text.

The picture needs no script and no other file. Each stage has a track of its own, so that
it is told by its place as well as by its colour.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from jaxplore.model.timeline import STAGES, Stretch, Timeline
from jaxplore.views import picture
from jaxplore.views.compiles.timelinelayout import (
    Box,
    Scale,
    boxes,
    rounded,
    scale_of,
    tick_step_us,
    tick_text,
    ticks,
)
from jaxplore.views.compiles.timelinetext import NAMES, box_text, head, pause_text, text
from jaxplore.views.htmlparts import themed
from jaxplore.views.mode import deterministic
from jaxplore.views.svgparts import xml
from jaxplore.views.units import milliseconds

# Above this, bars are drawn together: the picture must stay below 200 kB.
_MOST_BOXES: Final = 900
_LEFT, _RIGHT, _TOP, _FOOT = 44, 10, 44, 22
_TRACK, _LANE_GAP = 14, 8
_LANE = 3 * _TRACK + _LANE_GAP
# Of the font at 10 px; a little more than the average.
_LETTER = 5.8

_DARK = (
    "--jxp-tl-trace:#e69f00;--jxp-tl-lower:#2fb98a;--jxp-tl-compile:#56b4e9;--jxp-tl-on:#101418;"
    "--jxp-tl-text:#dfe3e8;--jxp-tl-quiet:#98a1ad;--jxp-tl-ground:#8b97a622"
)
_LIGHT = (
    "--jxp-tl-trace:#c24f00;--jxp-tl-lower:#00805c;--jxp-tl-compile:#0072b2;--jxp-tl-on:#fff;"
    "--jxp-tl-text:#1f2328;--jxp-tl-quiet:#5b636e;--jxp-tl-ground:#5c6b7f1c"
)
# An image does not know the page's theme.
_BOTH = (
    "--jxp-tl-trace:#c24f00;--jxp-tl-lower:#00805c;--jxp-tl-compile:#0072b2;--jxp-tl-on:#fff;"
    f"--jxp-tl-text:{picture.QUIET};--jxp-tl-quiet:{picture.QUIET};--jxp-tl-ground:#7d899a26"
)
_ROOT = ".jxp-timeline"
_THEMES = themed(_ROOT, _LIGHT, _DARK)
_STYLE = (
    f"{_ROOT} text{{font:10px system-ui,sans-serif;fill:var(--jxp-tl-quiet)}}"
    f"{_ROOT} .h{{font-size:12px;fill:var(--jxp-tl-text)}}"
    # Between bars that are drawn together there is time in which nothing was compiled.
    f"{_ROOT} .m{{fill-opacity:.7}}"
    f"{_ROOT} .n{{fill:var(--jxp-tl-on)}}"
    f"{_ROOT} .g{{fill:var(--jxp-tl-ground)}}"
    f"{_ROOT} .l{{stroke:var(--jxp-tl-quiet);fill:none}}"
    + "".join(f"{_ROOT} .{stage}{{fill:var(--jxp-tl-{stage})}}" for stage in STAGES)
)


def svg(timeline: Timeline, *, width: int = 960) -> str:
    """The picture: stages to scale, cell by cell. All text in it is escaped."""
    return _svg(timeline, width, _THEMES)


def _svg(timeline: Timeline, width: int, colors: str) -> str:
    lanes, height = max(1, timeline.lane_count), _height(timeline)
    scale = scale_of(timeline, width - _LEFT - _RIGHT)
    parts = [
        f"<style>{colors}{_STYLE}</style>",
        *_header(timeline, scale, width),
        *_stretches(timeline, scale, lanes),
        *_axis(timeline, scale, lanes),
        *_lane_names(lanes),
        *_bars(timeline, scale),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="jxp-timeline" role="img" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" '
        f'aria-label="{xml(_said(timeline))}">{"".join(parts)}</svg>'
    )


def _height(timeline: Timeline) -> int:
    return _TOP + max(1, timeline.lane_count) * _LANE + _FOOT


def _said(timeline: Timeline) -> str:
    return f"timeline of compiles: {head(timeline)}"


def html(timeline: Timeline, *, width: int = 960) -> str:
    """The picture for a notebook; scrolls where it is too wide, and has its text below.

    In deterministic mode it is the text without times.
    """
    if deterministic():
        return f"<pre>{escape(str(timeline))}</pre>"
    image = picture.img(
        _svg(timeline, width, f"{_ROOT}{{{_BOTH}}}"),
        said=_said(timeline),
        width=width,
        height=_height(timeline),
        places=_places(timeline, width),
    )
    return (
        f'<div style="overflow-x:auto;max-width:100%">{image}</div>'
        '<details style="font-size:12px"><summary style="cursor:pointer">timeline as text'
        f"</summary><pre>{escape(text(timeline))}</pre></details>"
    )


def _places(timeline: Timeline, width: int) -> Iterator[picture.Place]:
    """What a pointer is told, where the bars are."""
    for box in boxes(timeline, scale_of(timeline, width - _LEFT - _RIGHT), most=_MOST_BOXES):
        x, y = _LEFT + box.x, _top(box, STAGES.index(box.stage))
        yield x, y, x + box.width, y + _TRACK - 2, box_text(timeline, box)


def _top(box: Box, track: int) -> int:
    return _TOP + box.lane * _LANE + track * _TRACK


def plain(timeline: Timeline) -> str:
    """The text beside `html`: the picture in characters, or the text without times."""
    return str(timeline) if deterministic() else text(timeline)


def _text(x: float, y: float, said: str, kind: str = "", anchor: str = "") -> str:
    kind = f' class="{kind}"' if kind else ""
    anchor = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{rounded(x):g}" y="{y:g}"{kind}{anchor}>{xml(said)}</text>'


def _header(timeline: Timeline, scale: Scale, width: int) -> Iterator[str]:
    """Totals, which are the legend too, and a bar that shows the scale."""
    said = head(timeline, stages=False)
    yield _text(0, 13, said, "h")
    x = 7.0 * len(said) + 16
    for stage in STAGES:
        spent = sum(bar.end_us - bar.at_us for bar in timeline.bars if bar.stage == stage)
        label = f"{NAMES[stage]} {milliseconds(spent / 1e6)}"
        yield f'<rect x="{x:g}" y="4" width="10" height="10" rx="2" class="{stage}"/>'
        yield _text(x + 14, 13, label)
        x += 14 + _LETTER * len(label) + 14
    if timeline.bars:
        step = tick_step_us(scale)
        right, length = width - _RIGHT, step * scale.pixels_per_us
        if right - length > x + 60:
            yield f'<path class="l" d="M{rounded(right - length):g} 6v6m0 -3H{right:g}m0 -3v6"/>'
            yield _text(right - length - 5, 13, tick_text(step), anchor="end")


def _stretches(timeline: Timeline, scale: Scale, lanes: int) -> Iterator[str]:
    """The ground of each stretch with its cell, and a mark where time is cut out."""
    named = set(_named(timeline, scale))
    for index, (stretch, start) in enumerate(zip(timeline.stretches, scale.starts, strict=True)):
        x, length = _LEFT + start, (stretch.end_us - stretch.at_us) * scale.pixels_per_us
        if stretch.cut_us > 0 and scale.break_px >= 4:
            yield _break(x, scale.break_px, lanes, stretch)
        name = _cell_name(stretch)
        yield (
            f'<rect class="g" x="{rounded(x):g}" y="{_TOP - 4}" width="{max(1, rounded(length)):g}"'
            f' height="{lanes * _LANE}"><title>{xml(name)}</title></rect>'
        )
        if index in named:
            yield _text(x, _TOP - 10, name)


def _named(timeline: Timeline, scale: Scale) -> Iterator[int]:
    """The stretches above which there is room for a name; the longest are asked first."""
    stretches, taken = timeline.stretches, list[tuple[float, float]]()
    for index in sorted(
        range(len(stretches)), key=lambda i: stretches[i].at_us - stretches[i].end_us
    ):
        stretch = stretches[index]
        is_same_cell = index > 0 and stretches[index - 1].cell == stretch.cell
        if is_same_cell and stretch.since_us > 0:
            continue
        left = scale.starts[index]
        right = left + _LETTER * len(_cell_name(stretch)) + 8
        if all(right <= begin or left >= end for begin, end in taken):
            taken.append((left, right))
            yield index


def _cell_name(stretch: Stretch) -> str:
    # A script has none.
    name = "" if stretch.cell is None else f"cell {stretch.cell}"
    return f"{name} …" if stretch.running else name


def _break(x: float, width: float, lanes: int, stretch: Stretch) -> str:
    middle, bottom = rounded(x - width / 2), _TOP + lanes * _LANE - 8
    said = f"{pause_text(stretch.cut_us)} without a compile, not drawn"
    slopes = f"M{middle - 3:g} {bottom + 8}l3 -8M{middle:g} {bottom + 8}l3 -8"
    return f'<path class="l" d="{slopes}"><title>{said}</title></path>'


def _axis(timeline: Timeline, scale: Scale, lanes: int) -> Iterator[str]:
    bottom = _TOP + lanes * _LANE - 4
    marks = ticks(timeline, scale)
    line = "".join(f"M{rounded(_LEFT + tick.x):g} {bottom}v4" for tick in marks)
    if line:
        yield f'<path class="l" d="{line}"/>'
    free, width = 0.0, _axis_end(timeline, scale)
    for tick in marks:
        length = _LETTER * len(tick.label)
        # The last one would be cut off where the picture ends.
        is_last = tick.x + length > width + _RIGHT
        if tick.x - is_last * length >= free:
            anchor = "end" if is_last else ""
            yield _text(_LEFT + tick.x, bottom + 14, tick.label, anchor=anchor)
            free = tick.x + length + 8


def _axis_end(timeline: Timeline, scale: Scale) -> float:
    if not timeline.stretches:
        return 0.0
    last = timeline.stretches[-1]
    return scale.starts[-1] + (last.end_us - last.at_us) * scale.pixels_per_us


def _lane_names(lanes: int) -> Iterator[str]:
    for lane in range(lanes):
        for track, stage in enumerate(STAGES):
            y = _TOP + lane * _LANE + track * _TRACK + 9.5
            yield _text(_LEFT - 6, y, NAMES[stage], anchor="end")


def _bars(timeline: Timeline, scale: Scale) -> Iterator[str]:
    found = boxes(timeline, scale, most=_MOST_BOXES)
    for track, stage in enumerate(STAGES):
        mine = [box for box in found if box.stage == stage]
        shapes = "".join(_bar(timeline, box, track) for box in mine)
        yield f'<g class="{stage}">{shapes}</g>'
        yield from _bar_names(timeline, mine, track)


def _bar(timeline: Timeline, box: Box, track: int) -> str:
    y = _top(box, track)
    d = f"M{_LEFT + box.x:g} {y}h{box.width:g}v{_TRACK - 2}h-{box.width:g}z"
    many = ' class="m"' if len(box.bars) > 1 else ""
    return f'<path{many} d="{d}"><title>{xml(box_text(timeline, box))}</title></path>'


def _bar_names(timeline: Timeline, found: Sequence[Box], track: int) -> Iterator[str]:
    for box in found:
        room = int((box.width - 6) / _LETTER)
        if len(box.bars) == 1 and room >= 3:
            name = timeline.rows[timeline.bars[box.bars[0]].row].function
            shown = name if len(name) <= room else name[: room - 1] + "…"
            y = _top(box, track) + 9.5
            yield _text(_LEFT + box.x + 3, y, shown, "n")
