"""The record of passes: texts by their changes, and what travels to a browser."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxplore.model.passes import Pass, Passes
from jaxplore.model.program import Link, Stage
from jaxplore.model.span import Span
from jaxplore.model.textdiff import applied, unified
from jaxplore.model.wire.passes import encode_passes
from jaxplore.views.programs import passes as passes_view

SPAN = Span(file="cell 1", line=2, column=4, end_line=2, end_column=9, function="f", text="x * 2")
FIRST = Pass(
    name="algsimp",
    words="simplify algebra",
    pipeline="simplification",
    before_instructions=4,
    after_instructions=2,
    diff=Stage(
        text="@@ -1,3 +1,2 @@\n a\n-b\n-c\n+d",
        links=(
            Link(first_line=3, last_line=3, equations=(0, 1), spans=(SPAN,)),
            Link(first_line=5, last_line=5, equations=(), spans=(SPAN,)),
        ),
    ),
)
SECOND = replace(
    FIRST,
    name="schedule",
    words="put the instructions in order",
    before_instructions=2,
    diff=Stage(text="@@ -1,2 +1,2 @@\n-a\n d\n+a", links=()),
)
WHOLE = Passes(
    name="f",
    first=Stage(text="a\nb\nc", links=()),
    passes=(FIRST, SECOND),
    llvm=Stage(text="define @f()", links=()),
    seconds=1.25,
)

TEXT = """\
f: 2 passes changed it, 4 -> 2 instructions
  1  simplify algebra (algsimp): 4 -> 2 instructions, +1 -2
  2  put the instructions in order (schedule): 2 instructions, +1 -1"""


def test_the_texts_come_from_the_changes():
    assert [WHOLE.text_after(count) for count in range(3)] == ["a\nb\nc", "a\nd", "d\na"]


def test_the_text_form_lists_the_passes():
    assert str(WHOLE) == TEXT
    assert str(replace(WHOLE, error="XLA was stopped: cancelled")) == (
        f"{TEXT}\nXLA was stopped: cancelled"
    )


def test_the_long_text_has_each_change_with_its_expression():
    whole = passes_view.text(WHOLE).split("\n")
    at = whole.index("1  simplify algebra (algsimp): 4 -> 2 instructions, +1 -2")
    assert whole[at + 1 : at + 6] == [
        "@@ -1,3 +1,2 @@",
        " a",
        f"{'-b':<100}  # cell 1 line 2: x * 2",
        "-c",
        f"{'+d':<100}  # cell 1 line 2: x * 2",
    ]


def test_the_html_reads_without_script_and_escapes_everything():
    hostile = "<img src=x onerror=alert(1)>"
    diff = Stage(text=f"@@ -1,1 +1,1 @@\n-{hostile}\n+b", links=())
    passes = Passes(
        name=hostile,
        first=Stage(text=hostile, links=()),
        passes=(replace(FIRST, name=hostile, words=hostile, diff=diff),),
        llvm=Stage(text=hostile, links=(), error=hostile),
        error=hostile,
    )
    html = passes_view.html(passes)
    assert "<img" not in html and "<script" not in html
    assert html.count("&lt;img") == 6


def test_what_travels_has_equations_and_the_expressions_that_have_none():
    wire = encode_passes(WHOLE)
    assert wire["strings"] == [
        "algsimp",
        "schedule",
        "simplify algebra",
        "put the instructions in order",
        "simplification",
        "cell 1",
    ]
    assert wire["passes"] == {
        "name": [0, 1],
        "words": [2, 3],
        "pipeline": [4, 4],
        "before": [4, 2],
        "after": [2, 2],
        "added": [1, 1],
        "removed": [2, 1],
    }
    assert wire["places"] == {
        "file": [5],
        "line": [2],
        "column": [4],
        "end_line": [2],
        "end_column": [9],
    }
    assert wire["diffs"][0] == {
        "name": "",
        "text": FIRST.diff.text,
        "error": None,
        "left_out": 0,
        "first_line": [3, 5],
        "last_line": [3, 5],
        "equation_count": [2, 0],
        "equations": [0, 1],
        "span_count": [0, 1],
        "spans": [0],
    }
    assert [code["name"] for code in wire["code"]] == ["LLVM IR"]


def test_what_travels_is_bounded_and_says_what_is_left_out():
    lines = ["@@ -1,0 +1,9000 @@", *[f"+{number} {'x' * 3000}" for number in range(9000)]]
    link = Link(first_line=9000, last_line=9001, equations=(1,), spans=())
    long = replace(FIRST, diff=Stage(text="\n".join(lines), links=(link,)))
    wire = encode_passes(replace(WHOLE, passes=(long,) * 20))
    kept = wire["diffs"][0]["text"].split("\n")
    assert len(kept) + wire["diffs"][0]["left_out"] == 9001
    assert wire["diffs"][0]["equations"] == []
    assert {len(line) for line in kept[1:]} == {2000}
    assert len(json.dumps(wire)) < 2_000_000


LINES = st.lists(st.sampled_from("ab}+- "), max_size=12)
BLOCKS = st.lists(st.tuples(LINES, LINES), max_size=5)


@given(BLOCKS, st.integers(0, 3))
def test_a_diff_applied_gives_the_text_after(blocks: list[tuple[list[str], list[str]]], more: int):
    before = [line for block, _ in blocks for line in block]
    after = [line for _, block in blocks for line in block]
    diff = unified(blocks, context=more)
    if before and after:
        text = "\n".join(line.text for line in diff)
        assert applied("\n".join(before), text).split("\n") == after
    for line in diff:
        if line.before is not None:
            assert before[line.before] == line.text[1:]
        if line.after is not None:
            assert after[line.after] == line.text[1:]


def test_equal_texts_have_no_diff():
    assert unified([(["a", "b"], ["a", "b"])]) == []


@pytest.mark.parametrize("count", [0, 1])
def test_few_passes_are_said_in_words(count: int):
    said = replace(WHOLE, passes=WHOLE.passes[:count]).summary()
    assert (
        said
        == [
            "f: no pass changed anything",
            "f: 1 pass changed it, 4 -> 2 instructions",
        ][count]
    )
