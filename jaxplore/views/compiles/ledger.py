"""Compiles as text and as HTML: the line under a cell, and the table it opens into.

With `times=False` nothing is shown that differs between two runs of the same code: no
times, and no operations that JAX compiled for itself outside jit (which ones depends on
what the process did before).
"""

from collections import Counter
from collections.abc import Sequence
from html import escape

from jaxplore.model.compiles import Compile
from jaxplore.model.findings import Finding
from jaxplore.views.compiles.rollup import Entry, names, rolled, where
from jaxplore.views.units import counted, cut, milliseconds, size

_SHOWN_CAUSES = 3
_MANY_OPERATIONS = 5
# A notebook must stay small: older rows are counted, and are in the ledger.
_MOST_ROWS = 100
# `%why` has the whole.
_MOST_WHY = 160


def shown_rows(rows: Sequence[Compile], *, times: bool) -> list[Compile]:
    """The rows that are shown."""
    return [row for row in rows if times or not row.is_operation]


def cell_line(rows: Sequence[Compile], *, times: bool = True) -> str:
    """One line for the compiles of one cell; `""` when nothing is to be shown.

    Example: `2 compiles · 143 ms (trace 12, lower 8, XLA 123) · train_step: first call`.
    """
    rows = shown_rows(rows, times=times)
    if not rows:
        return ""
    parts = [counted(len(rows), "compile")]
    if times:
        parts.append(f"{milliseconds(sum(row.total_s for row in rows))} ({_stages(rows)})")
    parts += _causes(rows)
    return " · ".join(parts)


def _stages(rows: Sequence[Compile]) -> str:
    sums = {
        "trace": sum(row.trace_s or 0 for row in rows),
        "lower": sum(row.lower_s or 0 for row in rows),
        "XLA": sum(row.compile_s or 0 for row in rows),
    }
    return ", ".join(f"{name} {seconds * 1e3:,.0f}" for name, seconds in sums.items())


def _causes(rows: Sequence[Compile]) -> list[str]:
    # One part per function and cause, with the newest explanation: it has the count so far.
    functions = [row for row in rows if not row.is_operation]
    newest = {_kind(row): f"{row.function}: {row.explanation}" for row in functions}
    times = Counter(_kind(row) for row in functions)
    lines = [t if times[key] == 1 else f"{t} (x{times[key]})" for key, t in newest.items()]
    parts = lines[:_SHOWN_CAUSES]
    if len(lines) > _SHOWN_CAUSES:
        parts.append(f"{len(lines) - _SHOWN_CAUSES} more")
    operations = [row for row in rows if row.is_operation]
    return [*parts, _operations(operations)] if operations else parts


def _kind(row: Compile) -> tuple[str, str, str]:
    return row.function, row.cause, row.variant


def _operations(rows: Sequence[Compile]) -> str:
    if len(rows) < _MANY_OPERATIONS:
        return f"{counted(len(rows), 'operation')} outside jit: {names(rows)}"
    places = Counter(where(row.call_site) for row in rows)
    place, count = places.most_common(1)[0]
    elsewhere = f", {len(rows) - count} elsewhere" if len(rows) > count else ""
    took = milliseconds(sum(row.total_s for row in rows if where(row.call_site) == place))
    return f"{counted(count, 'one-op compile')} in `{place}`, {took}: wrap it in jit{elsewhere}"


_COLUMNS = ("cell", "function", "why", "cause")
_TIME_COLUMNS = ("trace", "lower", "XLA", "equations", "memory")
_NUMBERS = ("#", "cell", *_TIME_COLUMNS)


def _columns(*, times: bool, numbered: bool = True) -> tuple[str, ...]:
    # Numbers count operations too, so they differ between runs.
    number = ("#",) if times and numbered else ()
    return (*number, *_COLUMNS, *(_TIME_COLUMNS if times else ()), "called at")


def _cells(entry: Entry, *, times: bool, numbered: bool = True) -> list[str]:
    row = entry.first
    cell = "" if row.cell is None else str(row.cell)
    cells = [cell, entry.name, cut(entry.explanation, _MOST_WHY), row.cause]
    if times:
        used = (row.temp_size_bytes, row.argument_size_bytes, row.output_size_bytes)
        memory = None if None in used or entry.is_roll else sum(part or 0 for part in used)
        counts = [one.equations for one in entry.rows if one.equations is not None]
        cells = [
            *([str(entry.number)] if numbered else []),
            *cells,
            _duration(entry.seconds("trace_s")),
            _duration(entry.seconds("lower_s")),
            _duration(entry.seconds("compile_s")),
            f"{sum(counts):,}" if counts else "",
            size(memory),
        ]
    return [*cells, "" if row.call_site is None else row.call_site.described(48)]


def _duration(seconds: float | None) -> str:
    return "" if seconds is None else milliseconds(seconds)


def table(
    rows: Sequence[Compile],
    *,
    times: bool = True,
    width: int = 140,
    first: int = 0,
    findings: Sequence[Finding] = (),
) -> str:
    """All rows as a text table under a line of totals, advice below the row it is for.

    Args:
        rows: The compiles, oldest first.
        times: Whether to show what differs between two runs.
        width: Columns of the terminal; the last column gives way.
        first: The number in the ledger of the first row.
        findings: What is wrong and is no compile.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = shown_rows(rows, times=times)
    head = totals(rows, times=times)
    if not shown:
        return "\n".join([head, *_found(findings)])
    grid = Table(box=None, pad_edge=False, header_style="bold")
    rows_of_text = [_cells(entry, times=times) for entry in _entries(rows, times, first)]
    names = _columns(times=times)
    widths = [max(map(len, column)) for column in zip(names, *rows_of_text, strict=True)]
    # Only the last column gives way where the table is too wide.
    others = sum(width + 2 for width in widths[:-1])
    last = min(widths[-1], max(width - others, 32))
    for name in names:
        grid.add_column(name, justify="right" if name in _NUMBERS else "left", no_wrap=True)
    for cells in rows_of_text:
        grid.add_row(*(Text(cell) for cell in [*cells[:-1], cut(cells[-1], last)]))
    console = Console(
        width=others + last, color_system=None, legacy_windows=False, force_jupyter=False
    )
    with console.capture() as captured:
        console.print(grid)
    lines = [line.rstrip() for line in captured.get().splitlines()]
    return "\n".join([head, *lines, *_advice(shown), *_found(findings)])


def _entries(rows: Sequence[Compile], times: bool, first: int) -> list[Entry]:
    return [e for e in rolled(rows, first) if times or not e.is_roll]


def totals(rows: Sequence[Compile], *, times: bool = True) -> str:
    """How many compiles, how long they took, what of it was read or avoidable."""
    rows = shown_rows(rows, times=times)
    said = counted(len(rows), "compile")
    return " · ".join([said, *_totals(rows)]) if times and rows else said


def _totals(rows: Sequence[Compile]) -> list[str]:
    parts = [f"{milliseconds(sum(row.total_s for row in rows))} ({_stages(rows)})"]
    read = [row.persistent_cache_s or 0.0 for row in rows if row.persistent_cache == "hit"]
    if read:
        parts.append(f"{counted(len(read), 'read')} from the persistent cache")
    avoidable = sum(row.total_s for row in rows if row.avoidable)
    if avoidable:
        parts.append(f"{milliseconds(avoidable)} avoidable")
    return parts


def _found(findings: Sequence[Finding]) -> list[str]:
    lines = [f"{one.id} {one}: {one.advice}" for one in findings]
    return ["", *lines] if lines else []


def _advice(rows: Sequence[Compile]) -> list[str]:
    """What to do, the newest once per cause and function; nothing for first calls."""
    said: dict[tuple[str, str], str] = {}
    for entry in rolled(rows):
        row = entry.first
        if entry.is_roll:
            said[row.cause, "operations"] = f"R21 operations: {row.advice}"
        elif row.advice and row.cause != "R01":
            said[row.cause, row.function] = f"{row.cause} {row.function}: {row.advice}"
    return [""] * bool(said) + list(said.values())


_STYLE = (
    "font-family:var(--jp-content-font-family,system-ui,sans-serif);font-size:12px;"
    "opacity:.85;margin:2px 0"
)
_NO_WRAP = ";white-space:nowrap"
# A text without blanks would make the table wider than the page.
_BREAKS = "overflow-wrap:anywhere"
_WHY = f";{_BREAKS};min-width:14em;max-width:40em"
_CELL = "text-align:left;vertical-align:top;padding:1px 10px 1px 0"


def html(
    rows: Sequence[Compile],
    *,
    times: bool = True,
    line: str | None = None,
    opened: bool = False,
    first: int | None = 0,
    findings: Sequence[Finding] = (),
) -> str:
    """The line as HTML that opens into the rows. Needs no script; all text is escaped.

    `first` is the number in the ledger of the first row; without it rows have no number.
    """
    shown = shown_rows(rows, times=times)
    summary = cell_line(rows, times=times) if line is None else line
    columns = _columns(times=times, numbered=first is not None)
    head = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in columns)
    said = [text for text in (*_advice(shown), *_found(findings)) if text]
    advice = "".join(f'<div style="{_BREAKS}">{escape(text)}</div>' for text in said)
    entries = _entries(rows, times, first or 0)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL}{_wrapping(name)}">{escape(cell)}</td>'
            for name, cell in zip(
                columns, _cells(entry, times=times, numbered=first is not None), strict=True
            )
        )
        + "</tr>"
        for entry in entries[-_MOST_ROWS:]
    )
    if len(entries) > _MOST_ROWS:
        older = counted(len(entries) - _MOST_ROWS, "older row")
        body = (
            f'<tr><td colspan="{len(columns)}">{older}: jaxplore.ledger() has all</td></tr>{body}'
        )
    return (
        f'<details class="jaxplore-ledger"{" open" if opened else ""} style="{_STYLE}">'
        f'<summary style="cursor:pointer;{_BREAKS}">{escape(summary)}</summary>'
        f'<table style="border-collapse:collapse;font-size:11px"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{advice}</details>"
    )


def _wrapping(column: str) -> str:
    if column == "why":
        return _WHY
    return _NO_WRAP if column in _NUMBERS else ""
