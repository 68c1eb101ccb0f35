"""A gradient as HTML without script: the picture, and everything as tables below it."""

from collections.abc import Sequence
from html import escape
from typing import Final

from jaxplore.model.gradient import Gradient
from jaxplore.model.mirror.build import mirror as mirror_of
from jaxplore.model.mirror.mirror import Mirror
from jaxplore.views.gradient import text as texts
from jaxplore.views.gradient import words
from jaxplore.views.gradient.svg import picture
from jaxplore.views.mode import deterministic
from jaxplore.views.picture import img
from jaxplore.views.units import counted, size

_ROWS: Final = 60
_BOX: Final = (
    "font-family:var(--jp-content-font-family,system-ui,sans-serif);font-size:12px;"
    "overflow-x:auto;max-width:100%"
)
_TABLE: Final = "border-collapse:collapse;margin:4px 0;font-size:12px"
_CELL: Final = "text-align:left;vertical-align:top;padding:0 12px 0 0"
_CODE: Final = f"{_CELL};font-family:var(--jp-code-font-family,monospace)"
_PRE: Final = "margin:4px 0;font-size:11px;line-height:1.45;background:transparent;white-space:pre"


def html(gradient: Gradient) -> str:
    """Reads with its styles stripped too, as on GitHub; all text is escaped.

    In deterministic mode the mirror is text, for a picture names what differs between
    versions of JAX.
    """
    mirror = mirror_of(gradient)
    under_test = deterministic()
    image = "" if under_test else _image(gradient, mirror)
    rows = texts.mirror_text(gradient, mirror)
    parts = [
        _folded("the rows as text", f'<pre style="{_PRE}">{escape(rows)}</pre>', under_test),
        _kept(gradient, under_test),
        _stops(gradient, under_test),
        _norms(gradient, under_test),
    ]
    return (
        f'<div class="jaxplore-gradient" style="{_BOX}">'
        f"<b>{escape(words.summary(gradient))}</b>{image}{''.join(parts)}</div>"
    )


def _image(gradient: Gradient, mirror: Mirror) -> str:
    drawn = picture(gradient, mirror)
    image = img(drawn.svg, said=drawn.said, width=drawn.width, height=drawn.height)
    return f'<div style="overflow-x:auto">{image}</div>'


def _folded(title: str, body: str, is_open: bool) -> str:
    opened = " open" if is_open else ""
    return (
        f'<details{opened}><summary style="cursor:pointer">{escape(title)}</summary>'
        f"{body}</details>"
    )


def _kept(gradient: Gradient, is_open: bool) -> str:
    if not gradient.residuals:
        return ""
    rows = texts.kept_table(gradient)
    said = [f"... {len(rows) - _ROWS:,} more rows; .residuals has all"] if len(rows) > _ROWS else []
    said += texts.alive_lines(gradient)
    body = _table(texts.KEPT_HEAD, rows[:_ROWS]) if rows else ""
    title = f"kept for the backward pass: {size(gradient.residual_bytes)}"
    return _folded(title, body + "".join(f"<div>{escape(line)}</div>" for line in said), is_open)


def _stops(gradient: Gradient, is_open: bool) -> str:
    if not gradient.stops:
        return ""
    count = len(gradient.stops)
    rows = [texts.stop_cells(gradient, place) for place in range(min(count, _ROWS))]
    title = f"the gradient stops in {counted(count, 'place')}"
    return _folded(title, _table(("where", "expression", "why"), rows), is_open)


def _norms(gradient: Gradient, is_open: bool) -> str:
    if not texts.has_norms(gradient):
        return ""
    head, rows = texts.layers_table(gradient)
    return _folded(head[0], _table(["", *head[1:]], rows[:_ROWS]), is_open)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    titles = "".join(f'<th style="{_CELL}">{escape(title)}</th>' for title in head)
    body = "".join(
        f"<tr>{''.join(f'<td style={_quoted(_CODE)}>{escape(cell)}</td>' for cell in row)}</tr>"
        for row in rows
    )
    return f'<table style="{_TABLE}"><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>'


def _quoted(style: str) -> str:
    return f'"{style}"'
