"""What processes showed, once or side by side; clusters and their ledgers."""

import re
from dataclasses import replace

import pytest

from jaxplore.model.placement import Device
from jaxplore.model.processes import (
    ClusterLedger,
    Failure,
    Output,
    Process,
    ProcessCompiles,
    ProcessRun,
    SpmdRun,
)
from jaxplore.views.processes import cluster, outputs

SITE = "a.py line 7: f(x)"
HOSTILE = "</pre><script>alert(1)</script>"


def said(text):
    return Output(kind="stream", data={"stdout": text}, metadata={})


def result(text, **forms):
    return Output(kind="result", data={"text/plain": text, **forms}, metadata={})


def runs(*outputs):
    return [
        ProcessRun(process=n, outputs=tuple(one), failure=None, compiles=())
        for n, one in enumerate(outputs)
    ]


def test_equal_outputs_are_there_once_and_addresses_make_no_difference():
    a, b = result("<f at 0x7f00aa11bb22>"), result("<f at 0x7f00aa11bb33>")
    assert outputs.aligned(runs([said("x"), a], [said("x"), b])) == [said("x"), a]


def test_only_the_middle_that_differs_is_apart():
    first, last = said("begin"), result("same")
    found = outputs.aligned(
        runs([first, result("1"), last], [first, last], [first, result("1"), last])
    )
    apart = outputs.Apart((("processes 0, 2", (result("1"),)), ("process 1", ())))
    assert found == [first, apart, last]
    assert outputs.apart_text(apart) == "processes 0, 2:\n    1\nprocess 1:\n    (nothing)"


def test_nothing_shown_is_nothing():
    assert outputs.aligned(runs([], [])) == []


def test_text_is_escaped_and_pictures_are_images():
    picture = Output(kind="display", data={"image/png": "aGk=", "text/plain": "p"}, metadata={})
    html = outputs.apart_html(
        outputs.Apart((("process 0", (said(HOSTILE), picture)), ("process 1", ())))
    )
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert 'src="data:image/png;base64,aGk="' in html
    assert html.count("<section aria-label=") == 2


def test_a_run_as_text_names_who_failed():
    failed = Failure(name="ValueError", message="no", traceback=())
    one, two = runs([said("x\n")], [said("x\n")])
    run = SpmdRun(processes=(one, replace(two, failure=failed)), values=(1, object()))
    assert outputs.run_text(run) == "x\nprocess 1: ValueError: no"
    assert str(run) == "process 0: 1 outputs\nprocess 1: 1 outputs, ValueError: no"
    assert run.to_json()["processes"][1]["failure"]["name"] == "ValueError"
    assert "values" not in run.to_json()


def process(number, count=2):
    devices = [
        Device(name=f"cpu:{n}", id=n, platform="cpu", kind="cpu", process=number)
        for n in range(count)
    ]
    return Process(process=number, host=HOSTILE, pid=7, devices=tuple(devices))


def test_a_cluster_as_text_and_html(monkeypatch):
    assert cluster.text([process(0), process(1, 9)], "it was stopped") == (
        "cluster: 2 processes, 11 devices; ended: it was stopped\n"
        f"  process 0 · cpu:0, cpu:1 · pid 7 on {HOSTILE}\n"
        f"  process 1 · cpu:0 to cpu:8 · pid 7 on {HOSTILE}"
    )
    html = cluster.html([process(0)])
    assert "<script>" not in html and "1 process, 2 devices" in html
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    assert cluster.text([process(0)]) == (
        "cluster: 1 process, 2 devices\n  process 0 · cpu:0, cpu:1"
    )


@pytest.fixture
def ledger(compiled):
    step, other = compiled(function="step"), compiled(function=HOSTILE)
    assert step.call_site.described(40) == SITE
    return ClusterLedger(
        processes=(
            ProcessCompiles(process=0, compiles=(step, step)),
            ProcessCompiles(process=1, compiles=(step, other)),
        )
    )


def test_a_ledger_has_a_column_for_each_process(ledger, monkeypatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    assert [re.split("  +", line) for line in cluster.ledger_text(ledger).splitlines()] == [
        ["process 0: 2 compiles · process 1: 2 compiles"],
        ["function", "why", "cause", "called at", "process 0", "process 1"],
        ["step", "first call", "R01", SITE, "compiled (x2)", "compiled"],
        [HOSTILE, "first call", "R01", SITE, "not compiled", "compiled"],
    ]
    html = cluster.ledger_html(ledger)
    assert "<script>" not in html
    assert html.count("not compiled</td>") == html.count(cluster._LACKS) == 1


def test_the_line_under_a_cell(ledger, monkeypatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    one = ledger.processes[0]
    same = [one, replace(one, process=1)]
    assert cluster.cell_line(same).startswith("on each of 2 processes: 2 compiles · step: ")
    apart = [one, ProcessCompiles(process=1, compiles=())]
    assert cluster.cell_line(apart).splitlines()[1] == "process 1: no compile"
    assert cluster.cell_line([replace(one, compiles=())]) == ""
    assert cluster.cell_html(apart).count("<details") == 3
