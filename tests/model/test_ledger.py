"""The ledger is a ring of compiles that can be counted, cut and grouped."""

import json
import pickle
from dataclasses import replace
from typing import Any

from jaxplore.model.compiles import Change, Compile, LineCount
from jaxplore.model.ledger import Ledger, SourceLine
from jaxplore.model.span import Span
from jaxplore.model.timeline import CellRun

SITE = Span(file="cell 2", line=1, column=0, end_line=1, end_column=4, function="g", text="f(x)")


def compiled(function: str = "f", **facts: Any) -> Compile:
    given = {
        "function": function,
        "defined_at": None,
        "call_site": SITE,
        "cell": 2,
        "kind": "trace",
        "cause": "R01",
        "explanation": "first call",
        "advice": "",
        "changes": (),
        "trace_s": 0.25,
        "lower_s": 0.25,
        "compile_s": 0.5,
        "persistent_cache": None,
        "equations": 1,
        "devices": ("cpu:0",),
        "temp_size_bytes": 0,
        "argument_size_bytes": 4,
        "output_size_bytes": 4,
    }
    return Compile(**{**given, **facts})


def test_a_stage_that_did_not_run_counts_no_seconds():
    assert compiled().total_s == 1.0
    assert compiled(trace_s=None, lower_s=None).total_s == 0.5


def test_a_compile_as_json_has_all_its_fields():
    row = compiled(changes=(Change(path="x", before="f32[2]", now="f32[3]"),))
    written = json.loads(json.dumps(row.to_json()))
    assert set(written) == set(Compile.__dataclass_fields__)
    assert written["changes"] == [{"path": "x", "before": "f32[2]", "now": "f32[3]"}]
    assert written["call_site"] == SITE.to_json()
    assert written["devices"] == ["cpu:0"]


def test_the_oldest_rows_are_forgotten_but_still_counted():
    ledger = Ledger(limit=2)
    for name in "abc":
        ledger.append(compiled(name))
    assert [row.function for row in ledger] == ["b", "c"]
    assert (len(ledger), ledger.total_count, ledger.total_s) == (2, 3, 3.0)
    assert str(ledger) == "3 compiles\n  b: first call\n  c: first call"


def test_a_ledger_is_a_sequence():
    a, b = compiled("a"), compiled("b")
    ledger = Ledger([a, b])
    assert (ledger[0], ledger[-1], tuple(ledger)) == (a, b, (a, b))
    assert isinstance(ledger[:1], Ledger)
    assert (tuple(ledger[:1]), tuple(ledger[::-1])) == ((a,), (b, a))
    assert a in ledger
    assert ledger.index(b) == 1


def test_since_takes_the_cell_and_later_ones_and_no_row_without_cell():
    rows = [compiled(cell=1), compiled(cell=3), compiled(cell=None), compiled(cell=2)]
    assert [row.cell for row in Ledger(rows).since(2)] == [3, 2]


def test_groups_stand_in_order_of_their_first_compile():
    rows = [compiled("b"), compiled("a", call_site=None), compiled("b")]
    ledger = Ledger(rows)
    by_function = ledger.by_function()
    assert {name: tuple(group) for name, group in by_function.items()} == {
        "b": (rows[0], rows[2]),
        "a": (rows[1],),
    }
    assert list(by_function) == ["b", "a"]
    assert {site: len(group) for site, group in ledger.by_call_site().items()} == {SITE: 2, None: 1}


def test_a_large_ledger_is_grouped_without_forgetting():
    rows = [compiled(str(i)) for i in range(5)]
    small = Ledger(rows, limit=3)
    assert [tuple(group) for group in small.by_function().values()] == [(row,) for row in rows[2:]]


def test_rows_may_be_added_while_a_ledger_is_read():
    ledger = Ledger([compiled("a")])
    for row in ledger:
        if len(ledger) < 3:
            ledger.append(row)
    assert len(ledger) == 2


def test_a_ledger_can_be_pickled():
    ledger = Ledger([compiled("a"), compiled("b")], limit=1)
    again = pickle.loads(pickle.dumps(ledger))
    assert (tuple(again), again.total_count, again.total_s) == (tuple(ledger), 2, 2.0)


def test_the_text_of_a_ledger_has_no_times():
    assert str(Ledger([compiled()])) == repr(Ledger([compiled()])) == "1 compile\n  f: first call"
    assert str(Ledger()) == "0 compiles"


def line(number: int, equations: int, text: str) -> LineCount:
    span = replace(SITE, file="cell 1", line=number, text=text)
    return LineCount(span=span, equations=equations)


def test_seconds_are_shared_among_source_lines_by_their_equations():
    rows = [
        compiled(equations=4, lines=(line(1, 3, "sin(x)"), line(2, 1, "y * 2"))),
        compiled(equations=4, lines=(line(1, 1, "cos(x)"),)),
        compiled(equations=None),
    ]
    assert Ledger(rows).by_source_line() == (
        SourceLine(span=line(1, 3, "sin(x)").span, equations=4, seconds=1.0, compiles=2),
        SourceLine(span=line(2, 1, "y * 2").span, equations=1, seconds=0.25, compiles=1),
    )


def test_avoidable_seconds_of_forgotten_rows_still_count():
    ledger = Ledger([compiled(avoidable=True), compiled(), compiled(avoidable=True)], limit=1)
    assert (len(ledger), ledger.total_s, ledger.avoidable_s) == (1, 3.0, 2.0)


def test_sizes_are_asked_for_when_a_row_is_read_and_only_then():
    asked: list[int] = []
    ledger = Ledger(limit=2)
    for number in range(3):
        ledger.append(
            compiled(temp_size_bytes=None), lambda n=number: (asked.append(n), n, n, n)[1:]
        )
    assert (ledger.total_s, ledger.newest(1)[0].temp_size_bytes, asked) == (3.0, None, [])
    assert [row.temp_size_bytes for row in ledger] == [1, 2]
    assert sorted(asked) == [1, 2]  # the first row was forgotten before anybody asked


def test_a_running_cell_is_replaced_by_its_end():
    ledger = Ledger()
    ledger.note_cell(CellRun(number=1, start_s=0.0, end_s=1.0))
    ledger.note_cell(CellRun(number=2, start_s=2.0, end_s=None))
    ledger.note_cell(CellRun(number=2, start_s=2.0, end_s=3.0))
    assert [(cell.number, cell.end_s) for cell in ledger.cells] == [(1, 1.0), (2, 3.0)]
