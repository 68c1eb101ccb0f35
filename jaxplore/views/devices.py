"""The devices of a machine as text and as HTML without script.

In deterministic mode only what is the same on every run: names, kinds, the default.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

from jaxplore.model.devices import Devices, DeviceUse
from jaxplore.model.diagnosis import Diagnosed
from jaxplore.views.columns import columns
from jaxplore.views.htmlparts import lettering, themed
from jaxplore.views.mode import deterministic
from jaxplore.views.units import counted, cut, size

_MOST_ROWS: Final = 64
_NAMES: Final = 3
_WIDEST: Final = 48
_NUMBERS: Final = ("in use", "limit", "live", "arrays", "compiles")

_LIGHT: Final = "--jxp-dv-bar:#0072b2;--jxp-dv-line:#5c6b7f40;--jxp-dv-warn:#8a5a00"
_DARK: Final = "--jxp-dv-bar:#56b4e9;--jxp-dv-line:#8b97a655;--jxp-dv-warn:#e69f00"
_ROOT: Final = ".jxp-devices"
_STYLE: Final = (
    themed(_ROOT, _LIGHT, _DARK)
    + lettering(_ROOT)
    + f"{_ROOT} .r{{overflow-x:auto;max-width:100%}}"
    f"{_ROOT} table{{border-collapse:collapse;margin:6px 0;font-size:12px}}"
    f"{_ROOT} :is(th,td){{text-align:left!important;vertical-align:top;padding:2px 12px 2px 0;"
    "border:0;background:none;white-space:nowrap}"
    f"{_ROOT} th{{font-weight:600;border-bottom:1px solid var(--jxp-dv-line)}}"
    f"{_ROOT} .n{{text-align:right!important;font-variant-numeric:tabular-nums}}"
    f"{_ROOT} .w{{border-left:3px solid var(--jxp-dv-warn);padding-left:8px;margin:4px 0;"
    "overflow-wrap:anywhere}"
    f"{_ROOT} meter{{width:70px;height:9px;margin-right:6px}}"
)


def text(record: Devices) -> str:
    """A line per device, and what is wrong."""
    head, rows = _cells(record)
    table = columns(head, rows[:_MOST_ROWS], numbers=_NUMBERS).split("\n")
    rest = len(rows) - _MOST_ROWS
    more = [f"and {rest:,} more, `.rows` has all"] if rest > 0 else []
    return "\n".join([summary(record), *map(str, _findings(record)), "", *table, *more])


def html(record: Devices) -> str:
    """The same as a table. All text is escaped."""
    head, rows = _cells(record)
    names = "".join(f"<th{_right(name)}>{name}</th>" for name in head)
    body = "".join(
        _row(head, row, use) for row, use in zip(rows[:_MOST_ROWS], record.rows, strict=False)
    )
    rest = len(rows) - _MOST_ROWS
    more = f"<div>and {rest:,} more, <code>.rows</code> has all</div>" if rest > 0 else ""
    found = "".join(
        f'<div class="w"><b>{escape(one.id)}</b> {escape(one.title)}<div>{escape(one.found)}'
        f"</div><div>{escape(one.fix)}</div></div>"
        for one in _findings(record)
    )
    return (
        f'<div class="jxp-devices jaxplore-devices"><style>{_STYLE}</style>'
        f'<div><b>{escape(summary(record))}</b></div>{found}<div class="r"><table>'
        f"<thead><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>{more}</div>"
    )


def summary(record: Devices) -> str:
    """How many devices, of which kind, and in how many processes.

    >>> summary(Devices(backend="cpu", process=0, processes=1, rows=(), findings=()))
    '0 devices, backend cpu'
    """
    said = f"{counted(len(record.rows), 'device')}, backend {record.backend}"
    if record.processes > 1:
        said += f"; this is process {record.process} of {record.processes:,}"
    return said


def _findings(record: Devices) -> Sequence[Diagnosed]:
    # What a machine has is no part of a reference.
    return () if deterministic() else record.findings


def _cells(record: Devices) -> tuple[list[str], list[list[str]]]:
    """The table: columns in which no device has anything to say are left out."""
    head = ["device", "kind", "default"]
    if record.processes > 1:
        head.append("process")
    if deterministic():
        return head, [_names(use, record) for use in record.rows]
    if any(use.used_bytes is not None for use in record.rows):
        head += ["in use", "limit"]
    head += ["live", "arrays", "compiles", "functions"]
    rows: list[list[str]] = []
    for use in record.rows:
        memory = [size(use.used_bytes), size(use.limit_bytes)] if "limit" in head else []
        live = [size(use.live_bytes), f"{use.live_arrays:,}", f"{use.compiles:,}"]
        rows.append([*_names(use, record), *memory, *live, _functions(use)])
    return head, rows


def _names(use: DeviceUse, record: Devices) -> list[str]:
    """Name, kind, default; and the process, where there are several."""
    default = "default" if use.is_default else ""
    found = [use.device.name, use.device.kind, default]
    return [*found, str(use.device.process)] if record.processes > 1 else found


def _functions(use: DeviceUse) -> str:
    names = ", ".join(use.functions[:_NAMES])
    more = ", …" if len(use.functions) > _NAMES else ""
    return cut(names + more, _WIDEST)


def _right(name: str) -> str:
    return ' class="n"' if name in _NUMBERS else ""


def _row(head: Sequence[str], cells: Sequence[str], use: DeviceUse) -> str:
    parts: list[str] = []
    for name, cell in zip(head, cells, strict=True):
        bar = ""
        if name == "in use" and use.used_bytes is not None and use.limit_bytes:
            said = f"{cell} of {size(use.limit_bytes)} in use"
            bar = (
                f'<meter min="0" max="{use.limit_bytes}" value="{use.used_bytes}" '
                f'aria-label="{said}"></meter>'
            )
        parts.append(f"<td{_right(name)}>{bar}{escape(cell)}</td>")
    return f"<tr>{''.join(parts)}</tr>"
