"""What devices send each other as HTML without script: a table of expressions, each with a bar.

The bar is the row's share of all bytes; it is told as a number too.
"""

from html import escape
from typing import Final

from jaxplore.model.collectives import Collectives, HostTransfer
from jaxplore.views.collectives.text import (
    CAUSES,
    Row,
    by_axes,
    cells,
    expression,
    rows_of,
    times_text,
    verdict,
)
from jaxplore.views.htmlparts import lettering, themed, with_code
from jaxplore.views.mode import deterministic
from jaxplore.views.units import size

MOST_ROWS: Final = 200
_BAR: Final = 96
"""Pixels of the whole."""

_LIGHT: Final = "--jxp-co-bar:#0072b2;--jxp-co-do:#c24f00;--jxp-co-line:#5c6b7f40"
_DARK: Final = "--jxp-co-bar:#56b4e9;--jxp-co-do:#e69f00;--jxp-co-line:#8b97a655"
_ROOT: Final = ".jxp-moves"
_STYLE: Final = (
    themed(_ROOT, _LIGHT, _DARK)
    + lettering(_ROOT)
    + f"{_ROOT} table{{border-collapse:collapse;margin:6px 0;font-size:12px}}"
    f"{_ROOT} caption{{text-align:left;font-weight:600;padding:2px 0}}"
    f"{_ROOT} :is(th,td){{text-align:left!important;vertical-align:top;padding:2px 10px 2px 0;"
    "border:0;background:none;white-space:nowrap}"
    f"{_ROOT} thead th{{font-weight:600;border-bottom:1px solid var(--jxp-co-line)}}"
    f"{_ROOT} tbody tr td{{border-top:1px solid var(--jxp-co-line)}}"
    f"{_ROOT} .n{{text-align:right!important;font-variant-numeric:tabular-nums}}"
    f"{_ROOT} .x{{white-space:normal;overflow-wrap:anywhere;min-width:12em;max-width:36em}}"
    f"{_ROOT} .w{{opacity:.85}}"
    f"{_ROOT} .do{{border-left:3px solid var(--jxp-co-do);padding-left:8px;margin:2px 0}}"
    f"{_ROOT} .s{{display:block;height:8px;margin-top:4px;width:{_BAR}px;"
    "background:var(--jxp-co-line);border-radius:2px}"
    f"{_ROOT} .s i{{display:block;height:8px;min-width:2px;border-radius:2px;"
    "background:var(--jxp-co-bar)}"
    f"{_ROOT} details>summary{{cursor:pointer;opacity:.75}}"
)


def html(record: Collectives) -> str:
    """The sums, the collectives and what goes to the host. All text is escaped."""
    return (
        f'<div class="jxp-moves jaxplore-collectives"><style>{_STYLE}</style>'
        f"<div><b>{with_code(verdict(record))}</b></div>{_sums(record)}{_table(record)}"
        f"{_host_table(record)}</div>"
    )


def _sums(record: Collectives) -> str:
    sums = by_axes(record)
    if len(sums) < 2:
        return ""
    rows = "".join(
        f'<tr><td>{escape(over)}</td><td class="n">{size(sent)}</td>'
        f"<td>{_bar(sent, record.sent_bytes)}</td></tr>"
        for over, sent in sums
    )
    return f"<table><caption>what each device sends</caption><tbody>{rows}</tbody></table>"


def _table(record: Collectives) -> str:
    if not record.rows:
        return ""
    rows = rows_of(record)
    shown = "".join(_row(row, record.sent_bytes) for row in rows[:MOST_ROWS])
    rest = len(rows) - MOST_ROWS
    note = f"<div>and {rest:,} more: <code>.rows</code> has all</div>" if rest > 0 else ""
    head = "".join(f'<th scope="col">{name}</th>' for name in ("line", "expression", "pass"))
    head += "".join(f'<th scope="col">{name}</th>' for name in ("collective", "over", "cause"))
    head += "".join(f'<th scope="col" class="n">{n}</th>' for n in ("times", "each time", "in all"))
    return (
        '<div style="overflow-x:auto"><table><caption>collectives</caption><thead><tr>'
        f'{head}<th scope="col">share</th></tr></thead><tbody>{shown}</tbody></table></div>{note}'
    )


def _row(row: Row, whole: int) -> str:
    place, text, phase, kind, over, times, each, total = cells(row)
    first = row.first
    return (
        f'<tr><td>{escape(place)}</td><td class="x"><code>{escape(text)}</code>'
        f"{_notes(first.explanation, first.advice)}{_instructions(row)}</td>"
        f"<td>{phase}</td><td>{kind}</td><td>{escape(over)}</td><td>{CAUSES[first.cause]}</td>"
        f'<td class="n">{times}</td><td class="n">{each}</td><td class="n">{total}</td>'
        f"<td>{_bar(row.sent_bytes, whole)}</td></tr>"
    )


def _notes(explanation: str, advice: str) -> str:
    said = f'<div class="w">{with_code(explanation)}</div>' if explanation else ""
    return f'{said}<div class="do">{with_code(advice)}</div>' if advice else said


def _instructions(row: Row) -> str:
    """XLA's names, folded: which they are depends on its version."""
    if deterministic():
        return ""
    names = ", ".join(f"{escape(one.name)} (line {one.line:,})" for one in row.all[:20])
    return f"<details><summary>in the optimised HLO</summary>{names}</details>"


def _bar(sent: int, whole: int) -> str:
    share = sent / whole if whole else 0.0
    said = f"{share:.0%} of all bytes".replace("%", " %")
    return (
        f'<span class="s" role="img" aria-label="{said}" title="{said}">'
        f'<i style="width:{share * _BAR:.0f}px"></i></span>'
    )


def _host_table(record: Collectives) -> str:
    if not record.transfers:
        return ""
    rows = "".join(_transfer(one) for one in record.transfers[:MOST_ROWS])
    head = "".join(f'<th scope="col">{name}</th>' for name in ("line", "expression", "what"))
    head += "".join(f'<th scope="col" class="n">{name}</th>' for name in ("times", "each time"))
    return (
        '<div style="overflow-x:auto"><table><caption>to and from the host</caption><thead><tr>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _transfer(one: HostTransfer) -> str:
    place = "" if one.span is None else one.span.place
    times, each = times_text(one.repeats), size(one.size_bytes)
    return (
        f'<tr><td>{escape(place)}</td><td class="x"><code>{escape(expression(one.span))}</code>'
        f"{_notes(one.explanation, one.advice)}</td><td>{one.kind}</td>"
        f'<td class="n">{times}</td><td class="n">{each}</td></tr>'
    )
