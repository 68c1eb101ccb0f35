"""A cluster, and what its processes compiled, as text and as HTML."""

from collections.abc import Sequence
from html import escape
from typing import Final

from jaxplore.model.compiles import Compile
from jaxplore.model.processes import ClusterLedger, Process, ProcessCompiles
from jaxplore.views.compiles import ledger
from jaxplore.views.mode import deterministic
from jaxplore.views.processes.outputs import EDGES
from jaxplore.views.units import counted, milliseconds

_STYLE: Final = (
    "font-family:var(--jp-content-font-family,system-ui,sans-serif);font-size:12px;margin:2px 0"
)
_CELL: Final = "text-align:left;vertical-align:top;padding:1px 12px 1px 0"
_LACKS: Final = "background:rgba(208,128,0,.18)"
_LACKING: Final = "not compiled"


def text(processes: Sequence[Process], ended: str = "") -> str:
    """Its processes and their devices; why it has ended, where it has."""
    lines = [_head(processes, ended)]
    lines += [f"  {' · '.join(_cells(one))}" for one in processes]
    return "\n".join(lines)


def html(processes: Sequence[Process], ended: str = "") -> str:
    """The same as a table."""
    rows = "".join(
        f'<tr style="border-left:3px solid {_edge(one.process)}">'
        + "".join(f'<td style="{_CELL};padding-left:6px">{escape(c)}</td>' for c in _cells(one))
        + "</tr>"
        for one in processes
    )
    return (
        f'<div class="jaxplore-cluster" style="{_STYLE}"><div>{escape(_head(processes, ended))}'
        f'</div><table style="border-collapse:collapse;font-size:12px"><tbody>{rows}</tbody>'
        "</table></div>"
    )


def _edge(process: int) -> str:
    return EDGES[process % len(EDGES)]


def _head(processes: Sequence[Process], ended: str) -> str:
    count = sum(len(one.devices) for one in processes)
    noun = counted(len(processes), "process").replace("processs", "processes")
    said = f"cluster: {noun}, {counted(count, 'device')}"
    return f"{said}; ended: {ended}" if ended else said


def _cells(one: Process) -> list[str]:
    names = [device.name for device in one.devices]
    shown = ", ".join(names) if len(names) <= 8 else f"{names[0]} to {names[-1]}"
    cells = [f"process {one.process}", shown]
    # Both differ between two runs.
    return cells if deterministic() else [*cells, f"pid {one.pid} on {one.host}"]


def ledger_text(record: ClusterLedger) -> str:
    """A row for each function and cause, a column for each process."""
    head, rows = _table(record)
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [_sums(record)]
    for row in [head, *rows] if rows else []:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def ledger_html(record: ClusterLedger) -> str:
    """The same as a table; what a process has not compiled is tinted, and says so."""
    head, rows = _table(record)
    titles = "".join(f'<th scope="col" style="{_CELL}">{escape(name)}</th>' for name in head)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL}{";" + _LACKS if cell == _LACKING else ""}">{escape(cell)}</td>'
            for cell in row
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="jaxplore-cluster-ledger" style="{_STYLE}"><div>{escape(_sums(record))}</div>'
        f'<table style="border-collapse:collapse;font-size:11px"><thead><tr>{titles}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _sums(record: ClusterLedger) -> str:
    times = not deterministic()
    parts: list[str] = []
    for one in record.processes:
        rows = ledger.shown_rows(one.compiles, times=times)
        took = f", {milliseconds(sum(row.total_s for row in rows))}" if times and rows else ""
        parts.append(f"process {one.process}: {counted(len(rows), 'compile')}{took}")
    return " · ".join(parts)


def _table(record: ClusterLedger) -> tuple[list[str], list[list[str]]]:
    """The functions in the order in which any process compiled them first."""
    times = not deterministic()
    found: dict[tuple[str, str, str, str], list[list[Compile]]] = {}
    for place, one in enumerate(record.processes):
        for row in ledger.shown_rows(one.compiles, times=times):
            site = "" if row.call_site is None else row.call_site.described(40)
            key = (row.function, row.explanation, row.cause, site)
            found.setdefault(key, [[] for _ in record.processes])[place].append(row)
    head = ["function", "why", "cause", "called at"]
    head += [f"process {one.process}" for one in record.processes]
    rows = [[*key, *(_compiled(rows, times) for rows in columns)] for key, columns in found.items()]
    return head, rows


def _compiled(rows: Sequence[Compile], times: bool) -> str:
    if not rows:
        return _LACKING
    count = "" if len(rows) == 1 else f" (x{len(rows)})"
    return (milliseconds(sum(row.total_s for row in rows)) if times else "compiled") + count


def cell_line(runs: Sequence[ProcessCompiles]) -> str:
    """The line under a cell that compiled something on any process; `""` where none did."""
    times = not deterministic()
    rows = [ledger.shown_rows(one.compiles, times=times) for one in runs]
    if not any(rows):
        return ""
    same = {tuple((row.function, row.variant, row.explanation) for row in one) for one in rows}
    if len(same) == 1:
        longest = max(rows, key=lambda one: sum(row.total_s for row in one))
        return f"on each of {len(rows)} processes: {ledger.cell_line(longest, times=times)}"
    return "\n".join(
        f"process {one.process}: {ledger.cell_line(one.compiles, times=times) or 'no compile'}"
        for one in runs
    )


def cell_html(runs: Sequence[ProcessCompiles]) -> str:
    """The line, which opens into the rows of each process."""
    times = not deterministic()
    inner = "".join(
        f'<div style="border-left:3px solid {_edge(one.process)};padding-left:8px">'
        + ledger.html(
            one.compiles,
            times=times,
            line=f"process {one.process}: "
            + (ledger.cell_line(one.compiles, times=times) or "no compile"),
            first=None,
        )
        + "</div>"
        for one in runs
    )
    summary = "<br>".join(escape(line) for line in cell_line(runs).split("\n"))
    return (
        f'<details class="jaxplore-ledger" style="{_STYLE};opacity:.85">'
        f'<summary style="cursor:pointer;overflow-wrap:anywhere">{summary}</summary>{inner}'
        "</details>"
    )
