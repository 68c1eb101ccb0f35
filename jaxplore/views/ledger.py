"""Compiles as text and as HTML: the line under a cell, and the table it opens into.

With `times=False` nothing is shown that differs between two runs of the same code: no
times, and no operations that JAX compiled for itself outside jit (which ones depends on
what the process did before).
"""

from collections import Counter
from collections.abc import Sequence
from html import escape

from jaxplore.model.compiles import Compile
from jaxplore.model.span import Span
from jaxplore.views.units import counted, milliseconds, size

_SHOWN_CAUSES = 3
# A notebook must stay small: older rows are counted, and are in the ledger.
_MOST_ROWS = 100


def shown_rows(rows: Sequence[Compile], *, times: bool) -> list[Compile]:
    """The rows that are shown."""
    return [row for row in rows if times or row.kind != "eager"]


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
    newest: dict[tuple[str, str], str] = {}
    times = Counter((row.function, row.cause) for row in rows if row.kind != "eager")
    for row in rows:
        if row.kind != "eager":
            newest[row.function, row.cause] = f"{row.function}: {row.explanation}"
    lines = [t if times[key] == 1 else f"{t} (x{times[key]})" for key, t in newest.items()]
    parts = lines[:_SHOWN_CAUSES]
    if len(lines) > _SHOWN_CAUSES:
        parts.append(f"{len(lines) - _SHOWN_CAUSES} more")
    eager = Counter(row.function for row in rows if row.kind == "eager")
    if eager:
        names = ", ".join(list(eager)[:_SHOWN_CAUSES])
        more = ", ..." if len(eager) > _SHOWN_CAUSES else ""
        parts.append(f"{counted(sum(eager.values()), 'operation')} outside jit: {names}{more}")
    return parts


_COLUMNS = ("cell", "function", "why", "cause")
_TIME_COLUMNS = ("trace", "lower", "XLA", "equations", "memory")
_NUMBERS = ("cell", *_TIME_COLUMNS)


def _columns(*, times: bool) -> tuple[str, ...]:
    return (*_COLUMNS, *(_TIME_COLUMNS if times else ()), "called at")


def _cells(row: Compile, *, times: bool) -> list[str]:
    cells = ["" if row.cell is None else str(row.cell), row.function, row.explanation, row.cause]
    if times:
        used = (row.temp_size_bytes, row.argument_size_bytes, row.output_size_bytes)
        memory = None if None in used else sum(part or 0 for part in used)
        cells += [
            _duration(row.trace_s),
            _duration(row.lower_s),
            _duration(row.compile_s),
            "" if row.equations is None else f"{row.equations:,}",
            size(memory),
        ]
    return [*cells, _place(row.call_site)]


def _duration(seconds: float | None) -> str:
    return "" if seconds is None else milliseconds(seconds)


def _place(span: Span | None) -> str:
    if span is None:
        return ""
    text = " ".join(span.text.split())
    shown = text if len(text) <= 48 else text[:47] + "…"
    file = span.file.rsplit("/", 1)[-1]
    return f"{file} line {span.line}: {shown}"


def table(rows: Sequence[Compile], *, times: bool = True, width: int = 140) -> str:
    """All rows as a text table under a line of totals, advice below the row it is for."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = shown_rows(rows, times=times)
    head = [counted(len(shown), "compile")]
    if times:
        head.append(f"{milliseconds(sum(row.total_s for row in shown))} ({_stages(shown)})")
    if not shown:
        return head[0]
    grid = Table(box=None, pad_edge=False, header_style="bold")
    rows_of_text = [_cells(row, times=times) for row in shown]
    needed = 0
    for index, name in enumerate(_columns(times=times)):
        # Only the last column gives way where the table is too wide.
        widest = max(len(cells[index]) for cells in rows_of_text)
        least = None if name == "called at" else max(widest, len(name))
        needed += 2 + (least or 16)
        justify = "right" if name in _NUMBERS else "left"
        grid.add_column(name, justify=justify, no_wrap=True, min_width=least)
    for cells in rows_of_text:
        grid.add_row(*(Text(cell) for cell in cells))
    console = Console(
        width=max(width, needed), color_system=None, legacy_windows=False, force_jupyter=False
    )
    with console.capture() as captured:
        console.print(grid)
    lines = [line.rstrip() for line in captured.get().splitlines()]
    return "\n".join([" · ".join(head), *lines, *_advice(shown)])


def _advice(rows: Sequence[Compile]) -> list[str]:
    """What to do, once per cause and function; nothing for first calls."""
    said: dict[str, None] = {}
    for row in rows:
        if row.advice and row.cause != "R01":
            name = "operations" if row.kind == "eager" else row.function
            said[f"{row.cause} {name}: {row.advice}"] = None
    return [""] * bool(said) + list(said)


_STYLE = (
    "font-family:var(--jp-content-font-family,system-ui,sans-serif);font-size:12px;"
    "opacity:.85;margin:2px 0"
)
_NO_WRAP = ";white-space:nowrap"
_CELL = "text-align:left;vertical-align:top;padding:1px 10px 1px 0"


def html(
    rows: Sequence[Compile],
    *,
    times: bool = True,
    line: str | None = None,
    opened: bool = False,
) -> str:
    """The line as HTML that opens into the rows. Needs no script; all text is escaped."""
    shown = shown_rows(rows, times=times)
    summary = cell_line(rows, times=times) if line is None else line
    names = _columns(times=times)
    head = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in names)
    advice = "".join(f"<div>{escape(text)}</div>" for text in _advice(shown) if text)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL}{_NO_WRAP if name in _NUMBERS else ""}">{escape(cell)}</td>'
            for name, cell in zip(names, _cells(row, times=times), strict=True)
        )
        + "</tr>"
        for row in shown[-_MOST_ROWS:]
    )
    if len(shown) > _MOST_ROWS:
        older = counted(len(shown) - _MOST_ROWS, "older row")
        body = f'<tr><td colspan="{len(names)}">{older}: jaxplore.ledger() has all</td></tr>{body}'
    return (
        f'<details class="jaxplore-ledger"{" open" if opened else ""} style="{_STYLE}">'
        f'<summary style="cursor:pointer">{escape(summary)}</summary>'
        f'<table style="border-collapse:collapse;font-size:11px"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{advice}</details>"
    )
