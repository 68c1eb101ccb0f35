"""The timeline as SVG, HTML and text: true to scale, escaped, small, readable without script."""

import base64
import dataclasses
import re
import runpy
from collections.abc import Iterable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from jaxplore.model.timeline import Timeline
from jaxplore.views.compiles.timeline import html, svg
from jaxplore.views.compiles.timelinelayout import boxes, scale_of, tick_text, ticks
from jaxplore.views.compiles.timelinetext import text

FACTS: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[1] / "records/timeline/write.py"))
row, cell, operations = (FACTS[name] for name in ("row", "cell", "operations"))
NAMESPACE = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert('1')</script>\"&amp;]]>"


def session(**facts: Any) -> Timeline:
    rows, cells, _ = FACTS["CASES_OF"]["session"]
    first = dataclasses.replace(row("f", 0.01, 0.01, 0.01, 0.01), **facts)
    return Timeline.of([first, *rows], cells)


def many() -> Timeline:
    """10,000 compiles that are as hard to draw together as can be."""
    rows = [one for i in range(100) for one in operations(i * 5, 100, 0.003 + i % 7 * 0.004)]
    return Timeline.of(rows, [cell(i, i * 5, i * 5 + 4) for i in range(100)])


def picture(timeline: Timeline, width: int = 960) -> ElementTree.Element:
    return ElementTree.fromstring(svg(timeline, width=width))


def image(shown: str) -> str:
    """The picture in the address of an image."""
    [encoded] = re.findall(r'<img src="data:image/svg\+xml;base64,([^"]+)"', shown)
    return base64.b64decode(encoded).decode()


def titles(root: ElementTree.Element) -> list[str]:
    return [title.text or "" for title in root.iter(f"{NAMESPACE}title")]


def texts(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{NAMESPACE}text")]


def test_each_bar_says_what_it_is():
    found = titles(picture(session()))
    assert "train_step · XLA 600 ms · R01 first call" in found
    assert "inner · trace 4 ms · R02 x: f32[2] -> f32[3]" in found
    assert "59.6 s without a compile, not drawn" in found
    # 40 operations that are narrower than a pixel are drawn together, and counted.
    together = [title for title in found if " compiles · XLA" in title]
    assert together and all(", op" in title for title in together)


def test_the_picture_has_a_name_a_legend_cells_and_an_axis():
    root = picture(session())
    assert root.get("role") == "img"
    assert root.get("aria-label") == (
        "timeline of compiles: 47 compiles in 4 cells · trace 246 ms, lower 109 ms, XLA 1,272 ms"
    )
    said = texts(root)
    assert said[:5] == [
        "47 compiles in 4 cells",
        "trace 246 ms",
        "lower 109 ms",
        "XLA 1,272 ms",
        "500 ms",
    ]
    assert [name for name in said if "cell " in name] == [
        *("cell 1", "cell 3", "cell 4", "cell 7 …")
    ]
    assert {"0", "500 ms", "1 s"} <= set(said)
    # Two lanes, for one compile was made inside another.
    assert [said.count(stage) for stage in ("trace", "lower", "XLA")] == [2, 2, 2]


def test_the_picture_is_self_contained_and_has_both_themes():
    drawn = svg(session())
    names = {element.tag.removeprefix(NAMESPACE) for element in picture(session()).iter()}
    assert names == {"svg", "style", "title", "text", "rect", "path", "g"}
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "") and "url(" not in drawn
    assert "prefers-color-scheme:dark" in drawn and "data-jp-theme-light=false" in drawn
    # The style sheet of an output is that of the whole page: it must touch nothing else.
    style = drawn.split("<style>")[1].split("</style>")[0]
    rules = [rule.rsplit("}", 1)[-1] for rule in style.split("{")[:-1]]
    assert all(".jxp-timeline" in rule or rule.startswith("@media") for rule in rules)


def test_bars_are_to_scale_within_and_across_cells():
    timeline = session()
    scale = scale_of(timeline, 900)
    for box in boxes(timeline, scale, most=900):
        if len(box.bars) == 1:
            bar = timeline.bars[box.bars[0]]
            expected = (bar.end_us - bar.at_us) * scale.pixels_per_us
            assert box.width == pytest.approx(max(1, expected), abs=0.006)
    drawn = sum(s.end_us - s.at_us for s in timeline.stretches) * scale.pixels_per_us
    breaks = sum(1 for s in timeline.stretches if s.cut_us)
    assert drawn + breaks * scale.break_px == pytest.approx(900)


def test_many_compiles_are_drawn_together_and_each_is_counted():
    timeline = many()
    assert len(timeline.rows) == 10_000
    drawn = svg(timeline)
    assert len(drawn) < 200_000
    found = boxes(timeline, scale_of(timeline, 906), most=100)
    assert len(found) <= 100
    assert sorted(index for box in found for index in box.bars) == list(range(30_000))


def test_what_xml_cannot_hold_is_left_out():
    root = picture(session(function="a\x00\x0b\ud800\uffffb"))
    assert any(title.startswith("a b · trace 10 ms") for title in titles(root))


def test_hostile_text_stays_text():
    timeline = session(function=HOSTILE, explanation=HOSTILE, cause=HOSTILE)
    root = picture(timeline)
    assert f"{HOSTILE} · trace 10 ms · {HOSTILE} {HOSTILE}" in titles(root)
    assert not list(root.iter(f"{NAMESPACE}script"))

    class Tags(HTMLParser):
        seen: Iterable[str] = ()

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.seen = {*self.seen, tag}

    page = Tags()
    page.feed(html(timeline))
    assert "script" not in page.seen


def test_html_has_the_picture_as_an_image_that_reads_on_both_themes():
    shown = html(session(function=HOSTILE))
    # What is not trusted loses `<svg>` and `<style>` and keeps the text in them.
    assert "<svg" not in shown and "<style" not in shown
    drawn = image(shown)
    themes, plain = svg(session(function=HOSTILE)).split("<style>")[1], drawn.split("<style>")[1]
    untitled = re.sub("<title>.*?</title>", "", themes)
    assert plain.split("</style>")[1] == untitled.split("</style>")[1]
    # An image sees the system's theme, not the page's.
    assert "prefers-color-scheme" not in drawn and "data-" not in drawn
    colors = dict(re.findall(r"--jxp-tl-(\w+):#([0-9a-f]{6});", drawn))
    assert colors.keys() == {"trace", "lower", "compile", "text", "quiet"}
    for color in colors.values():
        assert contrast(color, "ffffff") > 3 and contrast(color, "111111") > 3
    assert contrast(colors["text"], "ffffff") > 4 and contrast(colors["text"], "111111") > 4
    assert 'alt="timeline of compiles: 47 compiles in 4 cells · trace' in shown


def test_a_pointer_is_told_what_each_bar_is():
    shown = html(session())
    [used] = re.findall(r'usemap="#(jxp-[0-9a-f]{8})"', shown)
    assert f'<map name="{used}">' in shown
    areas = re.findall(r'<area coords="([\d,]+)" title="([^"]+)">', shown)
    bars = [title for title in titles(picture(session())) if " · " in title]
    assert sorted(unescape(title) for _, title in areas) == sorted(bars)
    for coords, _ in areas:
        left, top, right, bottom = map(int, coords.split(","))
        assert 44 <= left < right <= 951 and 44 <= top < bottom
    assert len(html(many())) < 300_000


def contrast(color: str, ground: str) -> float:
    """As WCAG has it."""
    low, high = sorted(light(one) + 0.05 for one in (color, ground))
    return high / low


def light(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_longest_cells_have_their_names():
    rows = [row("f", i, 0.005, 0.005, 0.01) for i in range(2)] + [row("g", 5, 1, 1, 8)]
    cells = [cell(1, 0, 0.02), cell(2, 1, 1.02), cell(3, 5, 15)]
    said = texts(picture(Timeline.of(rows, cells)))
    assert [name for name in said if name.startswith("cell ")] == ["cell 3"]


def test_the_last_tick_is_not_cut_off():
    rows = [row("f", 0, 1, 1, 2.0)]
    root = picture(Timeline.of(rows, [cell(1, 0, 4)]))
    axis = [t for t in root.iter(f"{NAMESPACE}text") if t.text in ("3.5 s", "4 s")]
    assert [(t.text, t.get("text-anchor")) for t in axis] == [("3.5 s", None), ("4 s", "end")]


def test_html_scrolls_and_has_the_text_for_readers_without_pictures():
    shown = html(session(), width=700)
    assert shown.startswith('<div style="overflow-x:auto') and 'width="700"' in shown
    assert "<summary" in shown and "train_step" in shown.split("<pre>")[1]
    assert session()._repr_html_() == html(session())


def test_under_test_there_is_no_picture_and_no_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    timeline = Timeline.of([row("f<g>", 0, 0.1, 0.1, 0.1), *operations(1, 2, 1)])
    said = "<pre>1 compile\n  f&lt;g&gt;: traced 1, lowered 1, compiled 1</pre>"
    assert timeline._repr_html_() == said


def test_nothing_compiled_can_be_drawn():
    empty = Timeline.of([])
    assert texts(picture(empty))[0] == "0 compiles"
    assert text(empty) == "0 compiles · trace 0.0 ms, lower 0.0 ms, XLA 0.0 ms"


def test_a_picture_without_room_is_still_drawn():
    assert titles(picture(session(), width=100))


def test_the_text_word_for_word():
    rows = [
        row("train_step", 0.1, 0.2, 0.1, 0.4),
        row("a_function_with_a_very_long_name", 60.1, 0.06, 0.04, 0.2),
        *operations(60.8, 60, 0.003),
        *[row("f", 60.51 + i * 0.02, 0.001, 0.001, 0.003) for i in range(11)],
    ]
    cells = [cell(1, 0, 30), cell(2, 60, None)]
    assert text(Timeline.of(rows, cells), width=123) == "\n".join(
        [
            "73 compiles in 2 cells · trace 289 ms, lower 175 ms, XLA 771 ms",
            "t trace, l lower, X XLA; 90 characters are 1,800 ms",
            "cell 1 · 1,800 ms",
            "  train_step             700 ms       ttttttttttlllllXXXXXXXXXXXXXXXXXXXX",
            "~ 27.2 s without a compile ~",
            "cell 1, after 29.0 s · 1,000 ms",
            "~ 30.0 s without a compile ~",
            "cell 2 · 980 ms, still running",
            "  a_function_with_a_v…   300 ms       tttllXXXXXXXXXX",
            *[f"  f                        5 ms  {' ' * n}X" for n in range(25, 33)],
            "  60 operations          180 ms  " + " " * 40 + "X" * 9,
            "  3 more                  15 ms",
        ]
    )


def test_ticks_count_from_the_begin_of_their_cell():
    rows = [row("f", 1, 1, 1, 1), row("g", 101, 1, 1, 1)]
    timeline = Timeline.of(rows, [cell(1, 0, 200)])
    labels = [tick.label for tick in ticks(timeline, scale_of(timeline, 900))]
    assert labels == [
        *(f"{s} s" if s else "0" for s in range(6)),
        *(f"{s} s" for s in range(100, 106)),
        "199 s",
        "200 s",
    ]
    assert [tick_text(us) for us in (0, 3, 1_500, 61_500_000)] == ["0", "3 µs", "1.5 ms", "61.5 s"]
