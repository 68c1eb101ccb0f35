"""The files that a run's processes append to, and how they are read afterwards.

One file per process, one line of JSON per entry, each written at once: what was written is
there however the process ends. `child.note` writes, and this says what.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from jaxplore.model.compiles import Compile
from jaxplore.model.run import Process, ProgramText, RunCompile, Started
from jaxplore.run import child

# As many as a ledger keeps: later compiles of a process are counted only.
MOST_ROWS: Final = 10_000
# All texts of programs of one process together.
MOST_PROGRAM_BYTES: Final = 8_000_000


class Journal:
    """Writes what happens in this process; after a fork, in the new process's own file."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._pid = os.getpid()
        self._program_bytes = 0
        self._rows = 0
        self._left_out_s = 0.0

    def jax(self, version: str) -> None:
        """Say which JAX was imported."""
        self._write({"jax": version})

    def fault(self, line: str) -> None:
        """Say what jaxplore could not do."""
        self._write({"fault": line})

    def compiled(self, row: Compile) -> int | None:
        """Add one compile; its number in this process, or None where it was only counted.

        The caller sees to it that one thread writes at a time.
        """
        self._change_process()
        self._rows += 1
        if self._rows > MOST_ROWS:
            self._left_out_s += row.total_s
            self._write_left_out()
            return None
        self._write({"compile": row.to_json()})
        return self._rows - 1

    def program(self, number: int, program: ProgramText) -> None:
        """Add the program of compile `number`."""
        written = program.to_json()
        size = len(json.dumps(written))
        if self._program_bytes + size > MOST_PROGRAM_BYTES:
            written = ProgramText(lines=(), note="left out: too much text in one run").to_json()
        else:
            self._program_bytes += size
        self._write({"program": written, "of": number})

    def _change_process(self) -> None:
        if os.getpid() != self._pid:
            self._pid, self._rows, self._left_out_s = os.getpid(), 0, 0.0
            child.note(self._folder, json.dumps({"started": "fork"}))

    def _write(self, entry: dict[str, Any]) -> None:
        self._change_process()
        child.note(self._folder, json.dumps(entry))

    def _write_left_out(self) -> None:
        facts = {"count": self._rows - MOST_ROWS, "seconds": self._left_out_s}
        path = Path(self._folder, f"{os.getpid()}.more")
        path.write_text(json.dumps(facts), encoding="ascii")


@dataclass(slots=True)
class _Found:
    pid: int
    started: Started = "program"
    jax: str = ""
    faults: list[str] = field(default_factory=list[str])
    compiles: list[Compile] = field(default_factory=list[Compile])
    programs: dict[int, ProgramText] = field(default_factory=dict[int, ProgramText])


def read(folder: Path) -> tuple[tuple[Process, ...], tuple[RunCompile, ...]]:
    """All processes, the program's own first, and all compiles in the order they ended."""
    processes: list[Process] = []
    compiles: list[RunCompile] = []
    for path in sorted(folder.glob("*.jsonl"), key=_first_written):
        found = _Found(pid=int(path.stem))
        for entry in _entries(path):
            _take(entry, found)
        count, seconds = _left_out(path.with_suffix(".more"))
        processes.append(
            Process(
                pid=found.pid,
                started=found.started,
                jax=found.jax,
                compiles_left_out=count,
                left_out_s=seconds,
                faults=tuple(dict.fromkeys(found.faults)),
            )
        )
        compiles += [
            RunCompile(pid=found.pid, compile=row, program=found.programs.get(number))
            for number, row in enumerate(found.compiles)
        ]
    processes.sort(key=_own_process_first)
    compiles.sort(key=_began)
    return tuple(processes), tuple(compiles)


def _first_written(path: Path) -> tuple[int, int]:
    return len(path.stem), int(path.stem)


def _own_process_first(process: Process) -> bool:
    return process.started != "program"


def _began(one: RunCompile) -> float:
    row = one.compile
    starts = (row.trace_at_s, row.lower_at_s, row.compile_at_s)
    return min((at for at in starts if at is not None), default=0.0)


def _take(entry: dict[str, Any], found: _Found) -> None:
    if "started" in entry:
        found.started = entry["started"]
    if "jax" in entry:
        found.jax = entry["jax"]
    if "fault" in entry:
        found.faults.append(entry["fault"])
    if "compile" in entry:
        found.compiles.append(read_record(Compile, entry["compile"]))
    if "program" in entry:
        found.programs[entry["of"]] = read_record(ProgramText, entry["program"])


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="ascii") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                continue  # the process ended in the middle of it


def _left_out(path: Path) -> tuple[int, float]:
    try:
        facts = json.loads(path.read_text(encoding="ascii"))
        return int(facts["count"]), float(facts["seconds"])
    except (OSError, ValueError):
        return 0, 0.0


def read_record(kind: Any, data: Any) -> Any:
    """A record from what its `to_json` gave.

    >>> from jaxplore.model.compiles import Change
    >>> change = Change(path="x", before="f32[2]", now="f32[3]")
    >>> read_record(Change, change.to_json()) == change
    True
    """
    if get_origin(kind) is tuple:
        return tuple(read_record(get_args(kind)[0], part) for part in data)
    if get_origin(kind) in (Union, UnionType):
        chosen = next(one for one in get_args(kind) if one is not type(None))
        return None if data is None else read_record(chosen, data)
    if isinstance(kind, type) and is_dataclass(kind):
        types = _types(kind)
        return kind(**{name: read_record(types[name], part) for name, part in data.items()})
    return data


@cache
def _types(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
