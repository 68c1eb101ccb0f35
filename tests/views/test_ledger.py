"""Compiles as a line, a table and HTML, word for word."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from jaxplore.model.compiles import Compile
from jaxplore.model.findings import Finding
from jaxplore.model.ledger import Ledger
from jaxplore.views.compiles.ledger import cell_line, html, table, totals
from jaxplore.views.drawings import install

Make = Callable[..., Compile]
HOSTILE = "<script>alert('1')</script>\"&amp;"


def test_no_compile_is_no_line():
    assert (cell_line(()), table(())) == ("", "0 compiles")


def test_one_compile_in_a_line(compiled: Make):
    line = "1 compile · 143 ms (trace 12, lower 8, XLA 123) · f: first call"
    assert cell_line([compiled()]) == line
    assert cell_line([compiled()], times=False) == "1 compile · f: first call"


def test_equal_causes_are_said_once_and_only_three_are_said(compiled: Make):
    rows = [compiled(function=name) for name in "aabcde"]
    assert cell_line(rows, times=False) == (
        "6 compiles · a: first call (x2) · b: first call · c: first call · 2 more"
    )


def test_operations_outside_jit_are_counted_together(compiled: Make):
    rows = [compiled(kind="eager", function=name) for name in ("sin", "sin", "cos", "tan", "add")]
    assert cell_line(rows) == (
        "5 compiles · 715 ms (trace 60, lower 40, XLA 615) · 5 one-op compiles in `g`, 715 ms: wrap it in jit"
    )
    assert cell_line(rows, times=False) == ""


def test_few_operations_outside_jit_are_named(compiled: Make):
    rows = [compiled(kind="eager", function=name) for name in ("sin", "cos")]
    assert cell_line(rows).endswith(" · 2 operations outside jit: sin, cos")


def test_operations_of_one_line_are_one_row_of_the_table(compiled: Make):
    rows = [
        compiled(),
        *(
            compiled(kind="eager", function=n, cause="R21", advice="jit it")
            for n in ("sin", "sin", "cos")
        ),
        compiled(
            kind="eager",
            function="scan",
            cause="R12",
            body="b line 1",
            explanation="scan again",
            advice="",
        ),
    ]
    lines = table(rows, width=200).split("\n")
    assert [line.split("  ")[0] for line in lines[2:5]] == ["0", "1", "4"]
    assert "g         3 one-op compiles: sin, cos  R21    36 ms  24 ms  369 ms" in lines[3]
    assert lines[5:] == ["", "R21 operations: jit it"]


def test_what_is_wrong_and_no_compile_stands_below(compiled: Make):
    stale = Finding(
        id="S01",
        function="f",
        defined_at=None,
        call_site=None,
        cell=3,
        explanation="`k` was 2.0, is 3.0 now",
        advice="pass it",
        changes=(),
    )
    said = "S01 f: `k` was 2.0, is 3.0 now: pass it"
    assert table([compiled()], findings=[stale]).split("\n")[-2:] == ["", said]
    assert table([], findings=[stale]) == f"0 compiles\n\n{said}"
    assert said in Texts(html([compiled()], findings=[stale])).texts


def test_totals_say_what_was_avoidable_and_what_the_cache_gave(compiled: Make):
    rows = [compiled(), compiled(avoidable=True), compiled(persistent_cache="hit")]
    assert table(rows).split("\n")[0] == (
        "3 compiles · 429 ms (trace 36, lower 24, XLA 369) · 1 read from the persistent cache · "
        "143 ms avoidable"
    )


def test_a_stage_that_did_not_run_counts_nothing(compiled: Make):
    row = compiled(trace_s=None, lower_s=None)
    assert cell_line([row]).startswith("1 compile · 123 ms (trace 0, lower 0, XLA 123)")


def test_a_table_word_for_word(compiled: Make):
    rows = [
        compiled(),
        compiled(
            function="train_step",
            cell=None,
            cause="R02",
            explanation="x: f32[2] -> f32[3], compile 2",
            advice="pad `x`",
            trace_s=None,
            compile_s=12.34,
            temp_size_bytes=None,
            call_site=None,
        ),
    ]
    assert table(rows, times=True, width=160) == "\n".join(
        [
            "2 compiles · 12.5 s (trace 12, lower 16, XLA 12,463)",
            "#  cell  function    why                             cause  trace  lower     XLA  equations   "
            "memory  called at",
            "0     2  f           first call                      R01    12 ms   8 ms  123 ms     52,310  "
            "4.0 KiB  a.py line 7: f(x)",
            "1        train_step  x: f32[2] -> f32[3], compile 2  R02            8 ms  12.3 s     52,310",
            "",
            "R02 train_step: pad `x`",
        ]
    )


def test_a_table_without_times_has_nothing_that_differs_between_runs(compiled: Make):
    slow = compiled(trace_s=9.0, compile_s=8.0, temp_size_bytes=7)
    eager = compiled(kind="eager")
    assert table([slow, eager], times=False) == table([compiled()], times=False)
    assert table([compiled()], times=False) == (
        "1 compile\ncell  function  why         cause  called at\n"
        "   2  f         first call  R01    a.py line 7: f(x)"
    )


def test_a_table_reads_markup_in_names_as_text(compiled: Make):
    assert "[bold]f[/bold]" in table([compiled(function="[bold]f[/bold]")])
    assert ":smile:" in table([compiled(function=":smile:")])


@pytest.mark.parametrize("width", [40, 140])
def test_a_table_cuts_only_its_last_column(compiled: Make, width: int):
    said = f"static config: {'a' * 60} -> {'b' * 60}, compile 2"
    lines = table([compiled(explanation=said)], width=width).split("\n")
    assert len(lines) == 3
    assert f"0     2  f         {said}  R01" in lines[2]


class Texts(HTMLParser):
    """All text of an HTML document, and its tags."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_hostile_text_stays_text_in_html(compiled: Make):
    fields = ("function", "explanation", "cause", "advice")
    row = compiled(**dict.fromkeys(fields, HOSTILE))
    page = Texts(html([row]))
    assert page.tags <= {"details", "summary", "table", "thead", "tbody", "tr", "th", "td", "div"}
    assert page.texts.count(HOSTILE) == 3
    assert f"{HOSTILE} {HOSTILE}: {HOSTILE}" in page.texts
    assert Texts(html([compiled()], line=HOSTILE)).texts[0] == HOSTILE


def test_html_without_tags_still_reads(compiled: Make):
    page = Texts(html([compiled()], times=False))
    assert page.texts == [
        "1 compile · f: first call",
        *("cell", "function", "why", "cause", "called at"),
        *("2", "f", "first call", "R01", "a.py line 7: f(x)"),
    ]


def test_a_long_explanation_is_cut_and_breaks_within_its_cell(compiled: Make):
    said = f"static config: {'a' * 200} -> {'b' * 200}, compile 2"
    cut = f"static config: {'a' * 144}…"
    assert cut in Texts(html([compiled(explanation=said)])).texts
    assert f"f         {cut}  R01" in table([compiled(explanation=said)])
    [style] = re.findall(r'<td style="([^"]*)">static', html([compiled(explanation=said)]))
    assert "overflow-wrap:anywhere" in style and "max-width:40em" in style


def test_the_totals_of_the_html_are_those_of_the_text(compiled: Make):
    rows = [compiled(), compiled(avoidable=True), compiled(kind="eager")]
    assert totals(rows) == table(rows).split("\n")[0]
    assert totals(rows, times=False) == table(rows, times=False).split("\n")[0] == "2 compiles"
    assert totals([]) == "0 compiles"


def test_a_record_as_html_has_no_number_and_a_ledger_has_totals(
    compiled: Make, monkeypatch: pytest.MonkeyPatch
):
    install()
    monkeypatch.delenv("JAXPLORE_DETERMINISTIC", raising=False)
    assert Texts(compiled()._repr_html_()).texts[:3] == ["f: first call", "cell", "function"]
    rows = [compiled(avoidable=True)]
    assert Texts(Ledger(rows)._repr_html_()).texts[:2] == [totals(rows), "#"]
