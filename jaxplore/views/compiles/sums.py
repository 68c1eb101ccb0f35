"""The ledger's sums: by function, by call site, by source line."""

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from typing import Literal

from jaxplore.model.ledger import Ledger
from jaxplore.model.span import Span
from jaxplore.views.columns import columns
from jaxplore.views.units import milliseconds

By = Literal["function", "site", "line"]
WAYS: tuple[By, ...] = ("function", "site", "line")
_MOST_ROWS = 100
_CELL = "vertical-align:top;padding:1px 10px 1px 0;text-align:"


def text(ledger: Ledger, by: By, *, times: bool = True) -> str:
    """The sums as a text table, the most expensive first."""
    head, *rows = _table(ledger, by, times=times)
    return columns(head, rows, numbers=_NUMBERS)


def html(ledger: Ledger, by: By, *, times: bool = True) -> str:
    """The sums as an HTML table without script."""
    head, *rows = _table(ledger, by, times=times)
    names = "".join(f'<th style="{_style(name)}">{escape(name)}</th>' for name in head)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_style(name)}">{escape(part)}</td>'
            for name, part in zip(head, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        '<table class="jaxplore-ledger" style="border-collapse:collapse;font-size:12px">'
        f"<thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"
    )


def _style(name: str) -> str:
    return f"{_CELL}right;white-space:nowrap" if name in _NUMBERS else f"{_CELL}left"


_NUMBERS = ("compiles", "equations", "total", "avoidable")


def _table(ledger: Ledger, by: By, *, times: bool) -> Sequence[tuple[str, ...]]:
    rows = _lines(ledger, times=times) if by == "line" else _groups(ledger, by, times=times)
    return list(rows)[: _MOST_ROWS + 1]


def _groups(ledger: Ledger, by: By, *, times: bool) -> Iterator[tuple[str, ...]]:
    groups = _by_function(ledger) if by == "function" else ledger.by_call_site()
    yield (by, "compiles", "causes", *(("total", "avoidable") if times else ()))
    found = groups.items()
    for key, group in sorted(found, key=lambda item: -item[1].total_s) if times else found:
        rows = [row for row in group if times or not row.is_operation]
        if not rows:
            continue
        causes = Counter(row.cause or "-" for row in rows)
        said = ", ".join(c if n == 1 else f"{c} x{n}" for c, n in causes.items())
        avoidable = milliseconds(group.avoidable_s) if group.avoidable_s else ""
        sums = (milliseconds(group.total_s), avoidable) if times else ()
        yield (_name(key), str(len(rows)), said, *sums)


def _by_function(ledger: Ledger) -> dict[str, Ledger]:
    """By function, operations outside jit together."""
    groups: dict[str, Ledger] = {}
    for row in ledger:
        name = "operations outside jit" if row.is_operation else row.function
        groups.setdefault(name, Ledger()).append(row)
    return groups


def _lines(ledger: Ledger, *, times: bool) -> Iterator[tuple[str, ...]]:
    yield ("line", "compiles", "equations", *(("total",) if times else ()), "expression")
    for line in sorted(ledger.by_source_line(), key=lambda one: (-one.equations, one.span.line)):
        total = (milliseconds(line.seconds),) if times else ()
        yield (
            line.span.place,
            str(line.compiles),
            f"{line.equations:,}",
            *total,
            line.span.quoted(60),
        )


def _name(key: str | Span | None) -> str:
    if isinstance(key, str):
        return key
    return "code that is not yours" if key is None else key.described(60)
