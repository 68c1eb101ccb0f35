"""What differs between two programs, as text and as HTML without script."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from jaxplore.model.diff.difference import SIGNS, ArgumentDiff, CostDiff, DiffKind, ProgramDiff
from jaxplore.views.columns import columns
from jaxplore.views.programs.difflines import Reader, Shown, shown_rows
from jaxplore.views.units import counted, cut, size

_TEXT_LINES: Final = 200
_HTML_ROWS: Final = 300
_WIDEST: Final = 96


def text(diff: ProgramDiff, *, estimates: bool = True) -> str:
    """Both programs as one text, equal stretches folded: `-` before, `+` after, `~` changed.

    Args:
        diff: What differs.
        estimates: Whether to show XLA's, which differ between its versions.
    """
    shown = list(shown_rows(diff.rows))
    old, new = Reader(diff, diff.before), Reader(diff, diff.after)
    lines = [_line(diff, one, old, new) for one in shown[:_TEXT_LINES]]
    if len(shown) > _TEXT_LINES:
        lines.append(f"... {len(shown) - _TEXT_LINES:,} more lines; .rows has all")
    if diff.is_empty:
        lines = []
    said = [f"  {line}" for line in diff.highlights()]
    return "\n".join(
        [diff.summary(), *said, *_costs_text(diff, estimates), *_arguments(diff), *lines]
    )


def _line(diff: ProgramDiff, shown: Shown, old: Reader, new: Reader) -> str:
    row = shown.row
    if shown.folded:
        return f"  ... {_equal(diff, shown.folded)}"
    reader, number = (old, row.before) if row.after is None else (new, row.after)
    parts = ("; ".join(row.changes), reader.expression(number))
    noted = "  # ".join(part for part in parts if part)
    line = f"{SIGNS[row.kind]} {cut(reader.line(number), _WIDEST)}"
    return f"{line}  # {noted}" if noted else line


def _equal(diff: ProgramDiff, count: int) -> str:
    return counted(count, "equal equation" if diff.stage == "jaxpr" else "equal line")


def _arguments(diff: ProgramDiff) -> list[str]:
    """What differs in what goes in and comes out."""
    return [
        f"{SIGNS[one.kind]} {one}" for one in (*diff.inputs, *diff.outputs) if one.kind != "same"
    ]


def _shown_costs(diff: ProgramDiff, estimates: bool) -> list[CostDiff]:
    return [one for one in diff.costs if estimates or not one.name.startswith("XLA")]


def _costs_text(diff: ProgramDiff, estimates: bool) -> list[str]:
    rows = [_cost_cells(one) for one in _shown_costs(diff, estimates)]
    if not rows:
        return []
    head = ("", "before", "after", "")
    table = columns(head, rows, numbers=("before", "after"))
    return [f"  {line}".rstrip() for line in table.split("\n")]


def _cost_cells(cost: CostDiff) -> tuple[str, str, str, str]:
    return (
        cost.name,
        _amount(cost.before, cost.in_bytes),
        _amount(cost.after, cost.in_bytes),
        _ratio(cost.before, cost.after),
    )


def _amount(number: float | None, in_bytes: bool) -> str:
    if number is None:
        return "not known"
    return size(int(number)) if in_bytes else f"{number:,.0f}"


def _ratio(before: float | None, after: float | None) -> str:
    """How much more or less.

    >>> _ratio(100, 150), _ratio(100, 100), _ratio(100, 400), _ratio(0, 3)
    ('+50 %', '', 'x 4', '')
    """
    if not before or after is None or before == after:
        return ""
    ratio = after / before
    if ratio >= 2:
        return f"x {ratio:.3g}"
    percent = 100 * (ratio - 1)
    return f"{percent:+.0f} %" if abs(percent) >= 1 else f"{percent:+.1g} %"


# Told apart without colour by their signs, and by eyes that see little colour: blue and orange.
_COLOURS: Final[dict[DiffKind, str]] = {
    "same": "transparent",
    "changed": "rgba(140,140,140,.18)",
    "added": "rgba(0,114,178,.18)",
    "removed": "rgba(230,159,0,.22)",
}
_BOX: Final = (
    "font-family:var(--jp-content-font-family,system-ui,sans-serif);font-size:12px;"
    "overflow-x:auto;max-width:100%"
)
_TABLE: Final = "border-collapse:collapse;margin:4px 0;font-size:12px"
_CODE: Final = (
    "text-align:left;vertical-align:top;padding:0 10px 0 0;white-space:pre-wrap;"
    "overflow-wrap:anywhere;font-family:var(--jp-code-font-family,monospace);font-size:11px;"
    "line-height:1.45"
)
_NOTE: Final = "text-align:left;vertical-align:top;padding:0 10px 0 0;font-size:11px;opacity:.8"
_NUMBER: Final = "text-align:right;padding:0 10px 0 0"


def html(diff: ProgramDiff, *, estimates: bool = True) -> str:
    """Both programs side by side, row by row, as a table without script.

    Reads with its styles stripped too, as on GitHub: each row has a sign. All text is escaped.
    """
    shown = [] if diff.is_empty else list(shown_rows(diff.rows))
    old, new = Reader(diff, diff.before), Reader(diff, diff.after)
    rows = [_row(diff, one, old, new) for one in shown[:_HTML_ROWS]]
    if len(shown) > _HTML_ROWS:
        more = f"... {len(shown) - _HTML_ROWS:,} more rows; .rows has all"
        rows.append(_wide_row(more))
    names = _names(diff)
    titles = ("", *names, "difference", "made by")
    head = "".join(f'<th style="{_NOTE}">{escape(title)}</th>' for title in titles)
    table = _table(head, "".join(rows))
    return (
        f'<div class="jaxplore-diff" style="{_BOX}"><b>{escape(diff.summary())}</b>'
        f"{''.join(f'<div>{escape(line)}</div>' for line in diff.highlights())}"
        f"{_costs_html(diff, names, estimates)}{_arguments_html(diff)}"
        f"{table if rows else ''}</div>"
    )


def _names(diff: ProgramDiff) -> tuple[str, str]:
    one, other = diff.before.name, diff.after.name
    return ("before", "after") if one == other else (f"before: {one}", f"after: {other}")


def _costs_html(diff: ProgramDiff, names: Sequence[str], estimates: bool) -> str:
    rows = [_cost_cells(one) for one in _shown_costs(diff, estimates)]
    head = "".join(f'<th style="{_NUMBER}">{escape(title)}</th>' for title in ("", *names, ""))
    body = "".join(f"<tr>{''.join(_cost_html(cells))}</tr>" for cells in rows)
    return _table(head, body)


def _table(head: str, body: str) -> str:
    return f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _cost_html(cells: Sequence[str]) -> Iterator[str]:
    name, *numbers = cells
    yield f'<td style="{_NOTE}">{escape(name)}</td>'
    for number in numbers:
        yield f'<td style="{_NUMBER}">{escape(number)}</td>'


def _arguments_html(diff: ProgramDiff) -> str:
    found = [one for one in (*diff.inputs, *diff.outputs) if one.kind != "same"]
    items = "".join(_argument_html(one) for one in found)
    return f'<ul style="list-style:none;padding:0;margin:4px 0">{items}</ul>' if items else ""


def _argument_html(one: ArgumentDiff) -> str:
    style = f"background:{_COLOURS[one.kind]}"
    return f'<li style="{style}"><code>{SIGNS[one.kind]} {escape(str(one))}</code></li>'


def _row(diff: ProgramDiff, shown: Shown, old: Reader, new: Reader) -> str:
    row = shown.row
    if shown.folded:
        return _wide_row(f"... {_equal(diff, shown.folded)}")
    reader, number = (old, row.before) if row.after is None else (new, row.after)
    sign = SIGNS[row.kind].strip() or "&nbsp;"
    cells = (
        f'<td style="{_CODE}" title="{row.kind}">{sign}</td>'
        f'<td style="{_CODE}">{escape(old.line(row.before))}</td>'
        f'<td style="{_CODE}">{escape(new.line(row.after))}</td>'
        f'<td style="{_NOTE}">{escape("; ".join(row.changes))}</td>'
        f'<td style="{_NOTE}">{escape(reader.expression(number))}</td>'
    )
    return f'<tr style="background:{_COLOURS[row.kind]}">{cells}</tr>'


def _wide_row(said: str) -> str:
    return f'<tr><td></td><td colspan="4" style="{_NOTE}">{escape(said)}</td></tr>'
