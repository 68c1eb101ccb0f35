"""A timeline: what is drawn together, what is cut out, and what a browser gets."""

import json
import pickle
import runpy
from pathlib import Path
from typing import Any

import pytest

from jaxplore.model.compiles import Compile
from jaxplore.model.timeline import Bar, CellRun, Stretch, Timeline
from jaxplore.model.wire.timeline import TimelineWriter
from jaxplore.model.wire.typescript import typescript

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests/records/timeline"
FACTS: dict[str, Any] = runpy.run_path(str(CASES / "write.py"))
row, cell, operations, START_S = (FACTS[n] for n in ("row", "cell", "operations", "START_S"))


def spans(timeline: Timeline) -> list[tuple[int | None, float, float, float]]:
    """(cell, begin, end, cut before) of each stretch, in seconds."""
    return [(s.cell, s.at_us / 1e6, s.end_us / 1e6, s.cut_us / 1e6) for s in timeline.stretches]


def lanes(timeline: Timeline) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for bar in timeline.bars:
        found.setdefault(timeline.rows[bar.row].function, set()).add(bar.lane)
    return found


def test_the_golden_cases_are_what_is_laid_out_now():
    written = (CASES / "cases.json").read_text(encoding="utf-8")
    assert written == FACTS["cases"](), "run `make records`, and look at the difference"


def test_the_browsers_types_are_up_to_date():
    text = (ROOT / "extension/src/wire/timeline.ts").read_text(encoding="utf-8")
    assert text == typescript("timeline"), "run `make wire`"


def test_a_timeline_is_a_record_of_stages_in_microseconds():
    one = row("f", 1, 0.25, 0.125, 0.5)
    timeline = Timeline.of([one], [cell(3, 0.5, 2)])
    assert timeline == Timeline(
        start_s=START_S + 0.5,
        rows=(one,),
        bars=(
            Bar(row=0, stage="trace", at_us=500_000, end_us=750_000, lane=0),
            Bar(row=0, stage="lower", at_us=750_000, end_us=875_000, lane=0),
            Bar(row=0, stage="compile", at_us=875_000, end_us=1_375_000, lane=0),
        ),
        stretches=(
            Stretch(cell=3, at_us=0, end_us=1_500_000, since_us=0, cut_us=0, running=False),
        ),
    )
    assert (timeline.bars[0].at_s, timeline.bars[2].seconds, timeline.lane_count) == (0.5, 0.5, 1)
    assert pickle.loads(pickle.dumps(timeline)) == timeline
    assert json.loads(json.dumps(timeline.to_json()))["bars"][1] == {
        "row": 0,
        "stage": "lower",
        "at_us": 750_000,
        "end_us": 875_000,
        "lane": 0,
    }


def test_stages_that_did_not_run_or_have_no_time_have_no_bar():
    rows = [row("f", 1, None, None, 0.5), row("g", 2, None, 0.5, 1.0, compile_at_s=None)]
    assert [(bar.row, bar.stage) for bar in Timeline.of(rows).bars] == [
        (0, "compile"),
        (1, "lower"),
    ]
    assert Timeline.of([row("f", 1, None, None, 1.0, compile_at_s=None)]).stretches == ()


def test_a_compile_inside_another_has_a_lane_of_its_own():
    inner, innermost = row("inner", 1.1, 0.3, 0.01, 0.1), row("innermost", 1.15, 0.01, 0.01, 0.1)
    timeline = Timeline.of(
        [innermost, inner, row("outer", 1, 1, 0.1, 0.5), row("after", 3, 1, 1, 1)]
    )
    assert lanes(timeline) == {"outer": {0}, "inner": {1}, "innermost": {2}, "after": {0}}


def test_a_row_keeps_its_lane_while_that_is_free():
    # On another thread: when `slow` goes on, lane 0 is free again.
    rows = [row("quick", 0, 0.1, 0.1, 0.1), row("slow", 0.05, 0.3, 0.3, 0.3)]
    assert lanes(Timeline.of(rows)) == {"quick": {0}, "slow": {1}}


def test_a_row_leaves_its_lane_when_that_was_taken():
    first = row("first", 0, 1, 1, 1, lower_at_s=START_S + 2, compile_at_s=START_S + 3)
    timeline = Timeline.of([first, row("second", 1, 1.5, 1, 1)])
    assert [(bar.row, bar.stage, bar.lane) for bar in timeline.bars] == [
        (0, "trace", 0),
        (1, "trace", 0),
        (0, "lower", 1),
        (1, "lower", 0),
        (0, "compile", 1),
        (1, "compile", 0),
    ]


def test_lanes_are_bounded():
    timeline = Timeline.of([row("f", 0, 1, 1, 1) for _ in range(40)])
    assert timeline.lane_count == 16


def test_between_cells_idle_time_is_cut_out_and_cells_without_compiles_are_left_out():
    timeline = Timeline.of(
        [row("f", 1, 0.1, 0.1, 0.1), row("g", 3600, 0.1, 0.1, 0.1)],
        [cell(1, 0.5, 2), cell(2, 100, 200), cell(3, 3599, 3601)],
    )
    assert spans(timeline) == [(1, 0.0, 1.5, 0.0), (3, 3598.5, 3600.5, 3597.0)]


def test_within_a_cell_the_scale_is_kept_but_long_pauses_are_cut():
    short = Timeline.of([row("f", 1, 0.1, 0.1, 0.1), row("g", 11, 0.1, 0.1, 0.1)], [cell(1, 0, 21)])
    assert spans(short) == [(1, 0.0, 21.0, 0.0)]
    long = Timeline.of([row("f", 60, 1, 1, 1), row("g", 600, 1, 1, 1)], [cell(1, 0, 3600)])
    assert spans(long) == [
        (1, 0.0, 1.0, 0.0),
        (1, 59.0, 64.0, 58.0),
        (1, 599.0, 604.0, 535.0),
        (1, 3599.0, 3600.0, 2995.0),
    ]
    assert [s.since_us for s in long.stretches] == [0, 59_000_000, 599_000_000, 3_599_000_000]


def test_a_cell_that_runs_ends_at_its_last_compile():
    timeline = Timeline.of([row("f", 1, 0.5, 0.5, 1)], [cell(1, 0, None)])
    assert [(s.end_us, s.running) for s in timeline.stretches] == [(3_000_000, True)]
    paused = Timeline.of([row("f", t, 1, 1, 1) for t in (1, 99)], [cell(1, 0, None)])
    assert [(s.end_us, s.running) for s in paused.stretches] == [
        (5_000_000, False),
        (102_000_000, True),
    ]
    # Its end was never told, but another cell has begun.
    later = Timeline.of([row("f", 1, 0.5, 0.5, 1)], [cell(1, 0, None), cell(2, 4, None)])
    assert [(s.end_us, s.running) for s in later.stretches] == [(4_000_000, False)]


def test_time_outside_cells_and_beyond_their_end_is_drawn_too():
    rows = [row("thread", 1.5, 0.5, 0.5, 1), row("late", 5, 0.1, 0.1, 0.1)]
    assert spans(Timeline.of(rows, [cell(1, 1, 2)])) == [
        (1, 0.0, 1.0, 0.0),
        (None, 1.0, 4.3, 0.0),
    ]
    assert spans(Timeline.of(rows)) == [(None, 0.0, 3.8, 0.0)]


def test_a_cell_ends_where_the_next_one_begins():
    rows = [row("f", 1, 1, 1, 1), row("g", 6, 1, 1, 1)]
    assert spans(Timeline.of(rows, [cell(1, 0, 9.5), cell(2, 5, 10)])) == [
        (1, 0.0, 5.0, 0.0),
        (2, 5.0, 10.0, 0.0),
    ]


def test_every_bar_lies_within_the_stretches():
    rows = [*operations(0, 40, 0.7), row("f", 29, 3, 2, 1)]
    timeline = Timeline.of(rows, [cell(n, n * 2.5, n * 2.5 + 1) for n in range(20)])
    drawn = sum(s.end_us - s.at_us for s in timeline.stretches)
    for bar in timeline.bars:
        inside = sum(
            max(0, min(bar.end_us, s.end_us) - max(bar.at_us, s.at_us)) for s in timeline.stretches
        )
        assert inside == bar.end_us - bar.at_us
    assert drawn <= max(s.end_us for s in timeline.stretches)


def test_a_timeline_does_not_depend_on_the_order_of_its_cells():
    rows, cells = operations(0, 20, 0.7), [cell(n, n * 2.5, n * 2.5 + 1) for n in range(8)]
    assert Timeline.of(rows, cells[::-1]).stretches == Timeline.of(rows, cells).stretches


def test_the_text_has_no_times_and_no_operations_outside_jit():
    rows = [row("f", 0, 0.1, 0.1, 0.1), row("f", 1, None, 0.1, 0.1), *operations(2, 3, 0.1)]
    said = "2 compiles\n  f: traced 1, lowered 2, compiled 2"
    assert str(Timeline.of(rows, [cell(1, 0, 9)])) == said
    assert str(Timeline.of([])) == "0 compiles"


@pytest.mark.parametrize("name", list(FACTS["CASES_OF"]))
def test_what_is_written_in_parts_is_what_is_written_at_once(name: str):
    rows, cells, _ = FACTS["CASES_OF"][name]
    writer = TimelineWriter(rows[:1], cells[:1])
    for count in range(2, max(len(rows), len(cells)) + 1):
        writer.add(rows[count - 1 : count], cells[:count])
    whole = TimelineWriter(rows, cells).whole
    assert writer.whole == {**whole, "start_s": writer.whole["start_s"]}


def test_only_what_is_new_is_written():
    writer = TimelineWriter(operations(0, 5, 0.1), [cell(1, 0, None)])
    new = writer.add([row("op4", 9, None, None, 1)], [cell(1, 0, 1), cell(2, 8, None)])
    assert (new["first_string"], new["first_row"], new["first_cell"]) == (9, 5, 0)
    assert new["strings"] == ["trace", "R01"]
    assert new["cells"] == {"number": [1, 2], "at_us": [0, 8_000_000], "end_us": [1_000_000, None]}
    assert new["rows"]["function"] == [writer.whole["strings"].index("op4")]
    assert (new["rows"]["lower_at_us"], new["rows"]["compile_end_us"]) == ([None], [10_000_000])
    again = writer.add((), [cell(1, 0, 1), cell(2, 8, 9)])
    assert (again["first_cell"], again["cells"]["end_us"]) == (1, [9_000_000])
    assert (again["first_row"], again["rows"]["function"], again["strings"]) == (6, [], [])


def test_a_run_of_a_cell_is_a_record():
    run = CellRun(number=1, start_s=2.0, end_s=None)
    assert run.to_json() == {"number": 1, "start_s": 2.0, "end_s": None}
    assert isinstance(row("f", 0, 1, 1, 1), Compile)
