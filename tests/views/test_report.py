"""The report of a run: its words, its size, and that nothing of the program's is code in it."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from jaxplore.advise.compiles.summary import Summary
from jaxplore.model.compiles import Compile, LineCount
from jaxplore.model.run import Process, ProgramLine, ProgramText, Run, RunCompile
from jaxplore.model.span import Span
from jaxplore.views.report import asjson, page

Make = Callable[..., Compile]
HOSTILE = "</pre></script><script>alert('1')</script><img src=x onerror=alert(2)>\"&amp;'"


def span(line: int, text: str = "f(x)", file: str = "/home/me/a.py") -> Span:
    return Span(
        file=file, line=line, column=0, end_line=line, end_column=4, function="g", text=text
    )


def run_of(*rows: Compile, program: ProgramText | None = None, **facts: Any) -> Run:
    given: dict[str, Any] = {
        "command": ("train.py", "--steps", "3"),
        "folder": "/home/me",
        "started_at_s": 1000.0,
        "wall_s": 10.0,
        "status": 0,
        "python": "3.11.7",
        "processes": (Process(pid=7, started="program", jax="0.10.2"),),
        "compiles": tuple(RunCompile(pid=7, compile=row, program=program) for row in rows),
    }
    return Run(**{**given, **facts})


@pytest.fixture
def rows(compiled: Make) -> list[Compile]:
    """A function that is called with three shapes, and operations on one line."""
    again = {"cause": "R02", "explanation": "x: f32[2] -> f32[3]", "advice": "pad `x`"}
    made = {"kind": "eager", "cause": "R21", "explanation": "one op", "advice": "jit"}
    return [
        compiled(compile_at_s=1001.0, compile_s=2.0),
        compiled(compile_at_s=1004.0, compile_s=1.0, **again),
        compiled(compile_at_s=1004.5, compile_s=1.0, avoidable=True, **again),
        *(
            compiled(function=name, call_site=span(12, "init()"), compile_s=0.1, **made)
            for name in ("add", "add", "mul")
        ),
    ]


def words(html: str) -> str:
    """The text that a reader sees, without markup, script and style."""
    html = re.sub(r"<(style|script|svg)\b.*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_sums_of_a_run(rows: list[Compile]):
    summary = Summary.of(rows)
    assert (summary.compiles, summary.busy_s, summary.avoidable_s) == (6, 3.5, 1.02)
    assert [(t.cause, t.function, t.compiles, t.explanation) for t in summary.todos] == [
        ("R02", "f", 2, "x: f32[2] -> f32[3]"),
        ("R21", "", 3, "3 one-op compiles: add, mul"),
    ]
    assert [(w.span.line, w.compiles) for w in summary.waits] == [(7, 3), (12, 3)]
    (function,) = summary.functions
    assert [(c.cause, c.compiles) for c in function.causes] == [("R02", 2), ("R01", 1)]


def test_a_report_says_what_to_do_first(rows: list[Compile]):
    text = words(page.page(run_of(*rows)))
    assert text.startswith(
        "jaxplore run: train.py --steps 3 train.py --steps 3 ended with status 0 · "
        "after 10.0 s · 1970-01-01 00:16:40 UTC · Python 3.11.7 · JAX 0.10.2 · cpu:0 · in /home/me "
        "6 compiles 4,420 ms spent on them 35% of 10.0 s had a compile going on "
        "1,020 ms avoidable: compiled before for the same types"
    )
    assert (
        "What to do first f R02 x: f32[2] -&gt; f32[3] pad `x` a.py:7 f(x) 2,040 ms "
        "2 compiles, 1,020 ms for types it had "
        "R21 3 one-op compiles: add, mul wrap it in jit a.py:12 init() 360 ms 3 compiles"
    ) in text


def test_one_operation_alone_needs_no_advice(compiled: Make):
    row = compiled(kind="eager", cause="R21", advice="jit")
    assert Summary.of([row]).todos == ()
    assert "Nothing: everything was compiled once" in words(page.page(run_of(row)))


@pytest.mark.parametrize(
    ("processes", "said"),
    [
        ((), "The program was not observed: its Python did not begin the observation."),
        (
            (Process(pid=7, started="program"),),
            "The program did not import JAX: there is nothing to report.",
        ),
        (
            (Process(pid=7, started="program", jax="0.1"),),
            "The program imported JAX, and nothing was compiled.",
        ),
    ],
)
def test_a_report_of_nothing_says_why(processes: tuple[Process, ...], said: str):
    text = words(page.page(run_of(processes=processes, status=137, signal="SIGKILL")))
    assert text.endswith(said)
    assert "ended by SIGKILL, status 137" in text


def test_notes_name_processes_rows_left_out_and_faults(compiled: Make):
    run = run_of(
        compiled(),
        processes=(
            Process(pid=7, started="program", jax="0.1", compiles_left_out=2, left_out_s=1.5),
            Process(pid=8, started="fork", faults=("jaxplore could not draw <b>",)),
            Process(pid=9, started="spawn"),
        ),
    )
    text = words(page.page(run))
    assert (
        "With 1 process that was forked: 8. With 1 process that was spawned: 9. "
        "2 compiles beyond the first of their process, 1,500 ms, are counted in the totals only. "
        "jaxplore could not draw &lt;b&gt;"
    ) in text
    assert "3 compiles 1,643 ms spent on them" in text


def test_a_function_leads_to_its_program(compiled: Make):
    program = ProgramText(
        lines=(ProgramLine(text="b = sin a", place="a.py:3  sin(x)"),),
        lines_left_out=5,
        note="not all",
    )
    html = page.page(run_of(compiled(), program=program))
    assert '<a href="#program-1">f</a>' in html
    assert re.search(
        '<details><summary>1 · f, 52,310 equations</summary><pre id="program-1">', html
    )
    assert "b = sin a # a.py:3 sin(x) … 5 more lines not all" in words(html)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_hostile_names_are_text(compiled: Make):
    row = compiled(
        function=HOSTILE,
        cause=HOSTILE,
        explanation=HOSTILE,
        advice=HOSTILE,
        devices=(HOSTILE,),
        call_site=span(3, HOSTILE, HOSTILE),
        defined_at=span(3, HOSTILE, HOSTILE),
        lines=(LineCount(span=span(3, HOSTILE, HOSTILE), equations=3),),
        compile_at_s=1001.0,
    )
    program = ProgramText(lines=(ProgramLine(text=HOSTILE, place=HOSTILE),), note=HOSTILE)
    eager = compiled(kind="eager", function=HOSTILE, call_site=span(4, HOSTILE, HOSTILE))
    html = page.page(
        run_of(
            row,
            eager,
            program=program,
            command=(HOSTILE,),
            folder=HOSTILE,
            python=HOSTILE,
            signal=HOSTILE,
            processes=(
                Process(pid=7, started="program", jax=HOSTILE, faults=(HOSTILE,)),
                Process(pid=8, started="fork"),
            ),
        )
    )
    tags = _Tags()
    tags.feed(html)
    assert tags.open == []
    assert tags.found.count("script") == 1
    assert "img" not in tags.found
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")


def test_ten_thousand_compiles_fit_into_two_megabytes(compiled: Make):
    program = ProgramText(lines=(ProgramLine(text="a" * 200, place="b" * 80),) * 400)
    rows = [
        compiled(
            function=f"{'function' * 8}_{n % 3000}",
            kind="eager" if n % 3 == 0 else "trace",
            cause="R02",
            explanation="x" * 400,
            call_site=span(n % 4000, "y" * 400),
            compile_s=n / 1e4,
            compile_at_s=1000.0 + n,
        )
        for n in range(10_000)
    ]
    html = page.page(run_of(*rows, program=program, wall_s=20_000.0))
    assert len(html.encode()) < 2_000_000
    assert html.count('<tr id="compile-') == 1_000
    assert "5,666 shorter compiles" in html


def test_the_json_has_the_same_facts(rows: list[Compile]):
    program = ProgramText(lines=(ProgramLine(text="a", place=""), ProgramLine(text="b", place="")))
    found = json.loads(asjson.written(run_of(*rows, program=program)))
    assert list(found) == [
        *("format", "command", "folder", "started_at_s", "wall_s", "status", "signal"),
        *("python", "jax", "devices", "totals", "todos", "functions", "operations", "waits"),
        *("lines", "processes", "compiles"),
    ]
    assert found["totals"]["compiles"] == len(found["compiles"]) == 6
    first = json.loads(json.dumps(rows[0].to_json()))
    assert found["compiles"][0] == {"number": 1, "pid": 7, **first, "program": "a\nb"}
