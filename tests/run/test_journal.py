"""What is written in one process is read in another."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from jaxplore.model.compiles import Change, Compile, LineCount
from jaxplore.model.run import Process, ProgramLine, ProgramText, RunCompile
from jaxplore.model.span import Span
from jaxplore.run import journal
from jaxplore.run.journal import Journal, read

SPAN = Span(
    file="a\udc80.py", line=1, column=0, end_line=1, end_column=2, function="ü", text="f(x)"
)


def row(**facts: Any) -> Compile:
    given: dict[str, Any] = {
        "function": "f",
        "defined_at": None,
        "call_site": SPAN,
        "cell": None,
        "kind": "trace",
        "cause": "R02",
        "explanation": "x: f32[2] -> f32[3]",
        "advice": "pad",
        "changes": (Change(path="x", before="f32[2]", now="f32[3]"),),
        "trace_s": 0.25,
        "lower_s": 0.25,
        "compile_s": 0.5,
        "compile_at_s": 5.0,
        "persistent_cache": None,
        "equations": 3,
        "lines": (LineCount(span=SPAN, equations=3),),
        "devices": ("cpu:0",),
        "temp_size_bytes": None,
        "argument_size_bytes": 4,
        "output_size_bytes": 4,
    }
    return Compile(**{**given, **facts})


def process(pid: int, **facts: Any) -> Process:
    return Process(**{"pid": pid, "started": "program", **facts})


def test_what_was_written_is_read_back_whole(tmp_path: Path):
    writer = Journal(str(tmp_path))
    program = ProgramText(lines=(ProgramLine(text="a", place="b"),), lines_left_out=2)
    writer.jax("0.1")
    writer.fault("could not")
    writer.fault("could not")
    number = writer.compiled(row(compile_at_s=7.0))
    assert number == 0
    writer.compiled(row(function="g"))
    writer.program(number, program)
    pid = os.getpid()
    assert read(tmp_path) == (
        (process(pid, jax="0.1", faults=("could not",)),),
        (
            RunCompile(pid=pid, compile=row(function="g")),
            RunCompile(pid=pid, compile=row(compile_at_s=7.0), program=program),
        ),
    )


def test_a_line_that_was_cut_off_loses_only_itself(tmp_path: Path):
    Journal(str(tmp_path)).compiled(row())
    path = tmp_path / f"{os.getpid()}.jsonl"
    text = path.read_text()
    path.write_text(text + text[: len(text) // 2])
    assert [one.compile for one in read(tmp_path)[1]] == [row()]


def test_beyond_the_limit_compiles_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal, "MOST_ROWS", 2)
    writer = Journal(str(tmp_path))
    assert [writer.compiled(row()) for _ in range(5)] == [0, 1, None, None, None]
    processes, compiles = read(tmp_path)
    assert processes == (process(os.getpid(), compiles_left_out=3, left_out_s=3.0),)
    assert len(compiles) == 2


def test_beyond_the_limit_programs_are_named_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal, "MOST_PROGRAM_BYTES", 200)
    writer = Journal(str(tmp_path))
    for number in range(2):
        writer.compiled(row())
        writer.program(number, ProgramText(lines=(ProgramLine(text="a" * 80, place=""),)))
    _, (first, second) = read(tmp_path)
    assert first.program is not None and first.program.note == ""
    assert second.program == ProgramText(lines=(), note="left out: too much text in one run")


def test_the_programs_own_process_comes_first(tmp_path: Path):
    (tmp_path / "30.jsonl").write_text(json.dumps({"started": "spawn"}) + "\n")
    (tmp_path / "400.jsonl").write_text(json.dumps({"started": "program"}) + "\n")
    (tmp_path / "5.jsonl").write_text(json.dumps({"started": "fork"}) + "\n")
    found = [(one.pid, one.started) for one in read(tmp_path)[0]]
    assert found == [(400, "program"), (5, "fork"), (30, "spawn")]
