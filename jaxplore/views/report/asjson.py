"""The report of a run as JSON, for programs to read.

format              "jaxplore.run/1"
command folder      what was run, and where
started_at_s wall_s seconds since 1970, and of the run
status signal       what a shell sees; the name of the signal that ended it, or ""
python jax devices  versions; the names of the devices compiled for
totals              compiles, trace_s, lower_s, compile_s, total_s, busy_s (any compile was
                    going on), avoidable_s (same function, same types as before),
                    cache_hits, left_out (compiles that were counted only)
todos functions lines operations
                    the tables of the page, most seconds first
processes           one entry each: pid, started, jax, faults, ...
compiles            one entry each: number, pid, the fields of `Compile`, and program
                    (its text, or null)
"""

import json
from typing import Any, Final

from jaxplore.advise.compiles.summary import Summary
from jaxplore.model.record import plain
from jaxplore.model.run import Run, RunCompile

FORMAT: Final = "jaxplore.run/1"


def written(run: Run) -> str:
    """The JSON text."""
    return json.dumps(facts(run), indent=1)


def facts(run: Run) -> dict[str, Any]:
    """The report as plain values."""
    summary = Summary.of(run.rows)
    versions = [process.jax for process in run.processes if process.jax]
    return {
        "format": FORMAT,
        "command": list(run.command),
        "folder": run.folder,
        "started_at_s": run.started_at_s,
        "wall_s": run.wall_s,
        "status": run.status,
        "signal": run.signal,
        "python": run.python,
        "jax": versions[0] if versions else "",
        "devices": list(dict.fromkeys(name for row in run.rows for name in row.devices)),
        "totals": {
            "compiles": summary.compiles + run.left_out,
            "trace_s": summary.trace_s,
            "lower_s": summary.lower_s,
            "compile_s": summary.compile_s,
            "total_s": summary.total_s + run.left_out_s,
            "busy_s": summary.busy_s,
            "avoidable_s": summary.avoidable_s,
            "cache_hits": summary.cache_hits,
            "left_out": run.left_out,
        },
        "todos": plain(summary.todos),
        "functions": [{**one.to_json(), "total_s": one.total_s} for one in summary.functions],
        "operations": plain(summary.operations),
        "waits": plain(summary.waits),
        "lines": plain(summary.lines),
        "processes": plain(run.processes),
        "compiles": [_compile(number, one) for number, one in enumerate(run.compiles, 1)],
    }


def _compile(number: int, one: RunCompile) -> dict[str, Any]:
    program = None
    if one.program is not None:
        program = "\n".join(line.text for line in one.program.lines)
    return {"number": number, "pid": one.pid, **one.compile.to_json(), "program": program}
