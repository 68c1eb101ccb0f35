"""What devices send each other, as text: what it sums up to, each collective with the expression
that caused it, and what avoids it.

Nothing here depends on how XLA counts its instructions. Equal collectives of one expression are
one row, in the order of the source.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from jaxplore.model.collectives import Collective, Collectives, HostTransfer
from jaxplore.model.span import Span
from jaxplore.views.columns import columns
from jaxplore.views.units import counted, cut, size

_WIDEST: Final = 52
_HEAD: Final = ("line", "expression", "pass", "collective", "over", "times", "each time", "in all")
_NUMBERS: Final = ("times", "each time", "in all")
_HOST_HEAD: Final = ("line", "expression", "to or from the host", "times", "each time")

CAUSES: Final = {
    "asked": "asked for",
    "contraction": "a product",
    "reduction": "a sum",
    "reshard": "another layout",
    "replication": "whole on each device",
    "gradient": "a gradient",
    "unknown": "not known",
}


@dataclass(frozen=True, slots=True)
class Row:
    """Collectives of one expression that differ in nothing that is shown."""

    first: Collective
    all: tuple[Collective, ...]

    @property
    def times(self) -> int | None:
        """How often they run; None where only a run can tell."""
        counts = [row.repeats for row in self.all]
        return None if None in counts else sum(count for count in counts if count is not None)

    @property
    def sent_bytes(self) -> int:
        """Bytes that each device sends in all; a loop of unknown length counts once."""
        return sum(row.sent_bytes * (row.repeats or 1) for row in self.all)

    @property
    def is_at_least(self) -> bool:
        """Whether they may send more, as nobody knows how often."""
        return self.times is None


def rows_of(record: Collectives) -> list[Row]:
    """The rows to show, in the order of the source."""
    found: dict[tuple[object, ...], list[Collective]] = {}
    for row in record.rows:
        key = (row.kind, row.axes, row.group_size, row.span, row.phase, row.sent_bytes)
        found.setdefault((*key, row.explanation, row.advice), []).append(row)
    rows = [Row(first=same[0], all=tuple(same)) for same in found.values()]
    return sorted(rows, key=lambda row: _order(row.first))


def _order(row: Collective) -> tuple[object, ...]:
    return (*_place(row.span), row.phase == "backward", row.kind, row.axes, row.sent_bytes)


def _place(span: Span | None) -> tuple[object, ...]:
    # What has no expression comes last.
    return (True, "", 0, 0) if span is None else (False, span.file, span.line, span.column)


def text(record: Collectives) -> str:
    """The sums, the collectives, and what goes to the host."""
    parts = [verdict(record)]
    if record.rows:
        parts.append(_table(record))
    if record.transfers:
        parts.append(_host_table(record.transfers))
    return "\n\n".join(parts)


def verdict(record: Collectives) -> str:
    """In one line, what moves.

    A row of a loop of unknown length counts once: then it is at least so much.
    """
    name, stage = record.program.name, record.program.stages.get("hlo")
    if stage is None or not stage.text:
        error = "" if stage is None else stage.error
        return f"{name}: not known, for there is no optimised HLO{f': {error}' if error else ''}"
    host = _to_host(record.transfers)
    if record.devices == 1:
        return f"{name} runs on one device: nothing moves between devices{host}"
    if not record.rows:
        return f"{name}: no collectives: nothing moves between the {record.devices:,} devices{host}"
    rows = rows_of(record)
    at_least = "at least " if any(row.is_at_least for row in rows) else ""
    runs = [row.times for row in rows]
    total = sum(1 if times is None else times for times in runs)
    sums = ", ".join(f"{size(sent)} {over}" for over, sent in by_axes(record))
    split = f": {sums}" if sums else ""
    noun = counted(total, "collective")
    verb = "makes" if total == 1 else "make"
    return (
        f"{name}: {at_least}{noun} {verb} each of {record.devices:,} devices send "
        f"{size(record.sent_bytes)}{split}{host}"
    )


def by_axes(record: Collectives) -> list[tuple[str, int]]:
    """Axes -> bytes that each device sends along them, most first."""
    sums: dict[str, int] = {}
    for row in record.rows:
        over = over_axes(row)
        sums[over] = sums.get(over, 0) + row.sent_bytes * (row.repeats or 1)
    return sorted(sums.items(), key=lambda one: (-one[1], one[0]))


def over_axes(row: Collective) -> str:
    """`"over data"`, or among how many devices where they follow no axis."""
    return f"over {' and '.join(row.axes)}" if row.axes else f"among {row.group_size:,} devices"


def _to_host(transfers: Sequence[HostTransfer]) -> str:
    return f"; {counted(len(transfers), 'transfer')} to or from the host" if transfers else ""


def times_text(times: int | None) -> str:
    """How often, or that nobody knows.

    >>> times_text(15), times_text(None)
    ('15', '?')
    """
    return "?" if times is None else f"{times:,}"


def cells(row: Row) -> list[str]:
    """A row of the table: place, expression, pass, collective, axes, and its numbers."""
    first = row.first
    least = "≥ " if row.is_at_least else ""
    return [
        "" if first.span is None else first.span.place,
        expression(first.span),
        first.phase,
        first.kind,
        ", ".join(first.axes) or f"{first.group_size:,} devices",
        times_text(row.times),
        size(first.sent_bytes),
        least + size(row.sent_bytes),
    ]


def expression(span: Span | None) -> str:
    """The expression on one line; words where there is none."""
    if span is None:
        return "no expression"
    return span.quoted(200) if span.text else "an expression"


def _table(record: Collectives) -> str:
    rows = rows_of(record)
    shown = [cells(row) for row in rows]
    shown = [[row[0], cut(row[1], _WIDEST), *row[2:]] for row in shown]
    head, *lines = columns(_HEAD, shown, numbers=_NUMBERS).split("\n")
    notes = [_notes(row.first.explanation, row.first.advice) for row in rows]
    return "\n".join([head, *_interleaved(lines, notes)])


def _host_table(transfers: Sequence[HostTransfer]) -> str:
    known = sorted(transfers, key=lambda one: (*_place(one.span), one.kind, one.size_bytes))
    shown = [
        [
            "" if one.span is None else one.span.place,
            cut(expression(one.span), _WIDEST),
            one.kind,
            times_text(one.repeats),
            size(one.size_bytes),
        ]
        for one in known
    ]
    head, *lines = columns(_HOST_HEAD, shown, numbers=_NUMBERS).split("\n")
    notes = [_notes(one.explanation, one.advice) for one in known]
    return "\n".join([head, *_interleaved(lines, notes)])


def _notes(explanation: str, advice: str) -> list[str]:
    notes = [f"    {explanation}"] if explanation else []
    return [*notes, f"    do: {advice}"] if advice else notes


def _interleaved(lines: Iterable[str], notes: Iterable[list[str]]) -> list[str]:
    return [part for line, said in zip(lines, notes, strict=True) for part in (line, *said)]
