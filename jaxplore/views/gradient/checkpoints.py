"""Ways to checkpoint, as a table: text, and HTML without script."""

from html import escape
from typing import Final

from jaxplore.model.memoryoptions import CheckpointOption, CheckpointOptions
from jaxplore.views.columns import columns
from jaxplore.views.units import size

_HEAD: Final = ("kept", "done again", "of forward", "way")


def text(record: CheckpointOptions) -> str:
    """The table, and what its columns mean."""
    rows = [_cells(row) for row in record.rows]
    return f"{_title(record)}\n{columns(_HEAD, rows, numbers=_HEAD[:3])}\n{_NOTE}"


_NOTE: Final = (
    "kept: bytes from the forward to the backward pass · done again: floating-point operations, "
    "and their share of the function's own"
)


def _title(record: CheckpointOptions) -> str:
    return f"what {record.name} keeps for its backward pass, and would with checkpoint: nothing ran"


def _cells(row: CheckpointOption) -> list[str]:
    parts = f" ({row.calls:,} parts)" if row.calls > 1 else ""
    again = f"{row.recomputed_flops:,}" if row.recomputed_flops else ""
    share = f"{100 * row.share:.0f} %" if row.recomputed_flops else ""
    return [size(row.residual_bytes), again, share, f"{row.name}{parts}"]


_BAR: Final = 80
"""Pixels of the most bytes."""

_STYLE: Final = (
    ".jxp-ways{font:12px var(--jp-content-font-family,system-ui,sans-serif);margin:2px 0}"
    ".jxp-ways table{border-collapse:collapse;margin:4px 0;color:inherit;font-size:12px}"
    ".jxp-ways :is(th,td){text-align:left!important;"
    "padding:2px 12px 2px 0;border:0;background:none}"
    ".jxp-ways th{font-weight:600;border-bottom:1px solid currentColor}"
    ".jxp-ways :is(td,th):not(:last-child){text-align:right!important;"
    "font-variant-numeric:tabular-nums}"
    ".jxp-ways td:last-child{overflow-wrap:anywhere}"
    f".jxp-ways .s{{display:inline-block;width:{_BAR}px;margin-right:6px;text-align:left}}"
    ".jxp-ways .b{display:inline-block;height:8px;background:currentColor;opacity:.45;"
    "min-width:1px}"
    ".jxp-ways .now td{font-weight:600}"
    ".jxp-ways small{opacity:.75}"
)


def html(record: CheckpointOptions) -> str:
    """The same as a table with bars. All text is escaped."""
    most = max([row.residual_bytes for row in record.rows], default=0) or 1
    head = "".join(f"<th>{escape(cell)}</th>" for cell in _HEAD)
    rows = "".join(_row(row, most) for row in record.rows)
    return (
        f'<div class="jxp-ways"><style>{_STYLE}</style><div><b>{escape(_title(record))}</b></div>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"<small>{escape(_NOTE)}</small></div>"
    )


def _row(row: CheckpointOption, most: int) -> str:
    kept, *rest = [escape(cell) for cell in _cells(row)]
    width = round(_BAR * row.residual_bytes / most)
    filled = f'<span class="b" style="width:{width}px"></span>' if row.residual_bytes else ""
    bar = f'<span class="s">{filled}</span>'
    now = "" if row.function else ' class="now"'
    cells = "".join(f"<td>{cell}</td>" for cell in rest)
    return f"<tr{now}><td>{bar}{kept}</td>{cells}</tr>"
