"""What devices send each other and the host, as columns: what a browser gets beside the program.

Equations and expressions are named as in the program.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from jaxplore.model.collectives import Collective, Collectives
from jaxplore.model.span import Span

FORMAT: Final = "jaxplore.collectives/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectiveColumns:
    """One row per collective, in the order of the program."""

    kind: list[int]
    """Index into `strings`, as are all texts."""
    name: list[int]
    line: list[int]
    """Line in the text of the stage `hlo`, from 1."""
    type: list[int]
    group_size: list[int]
    axes: list[int]
    """The names joined by a comma; empty where its groups follow no axis."""
    repeats: list[int]
    """-1 where only a run can tell."""
    sent_bytes: list[int]
    """By each device in one run of it."""
    cause: list[int]
    side: list[int]
    """Where it lies: 0 at its places, 1 on what they make, 2 on what they read."""
    place_count: list[int]
    places: list[int]
    """Those of its equations at which it is drawn."""
    explanation: list[int]
    advice: list[int]
    span: list[int]
    """Index into the program's spans; -1 for none."""
    equation_count: list[int]
    """How many entries of `equations` belong to each row, in order."""
    equations: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferColumns:
    """One row per transfer between a device and the host."""

    kind: list[int]
    name: list[int]
    line: list[int]
    size_bytes: list[int]
    repeats: list[int]
    explanation: list[int]
    advice: list[int]
    span: list[int]
    equation_count: list[int]
    equations: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectivesWire:
    """All that moves while a program runs."""

    format: str
    strings: list[str]
    devices: int
    rows: CollectiveColumns
    transfers: TransferColumns


# These complete what each device has computed its part of.
_COMPLETING: Final = ("all-reduce", "reduce-scatter")


def drawn_at(row: Collective) -> tuple[int, tuple[int, ...]]:
    """Where a picture shows it: the side, as in `CollectiveColumns`, and at which equations.

    An equation that asks for it is it; else it lies behind what makes what it sends, or before
    what reads what it gives.
    """
    if row.cause == "asked":
        return 0, row.equations
    for side, known in ((1, row.makers), (2, row.users)):
        places = tuple(equation for equation in row.equations if equation in known)
        if places:
            return side, places
    return int(row.kind in _COMPLETING), row.equations


def encode_collectives(record: Collectives, place: Callable[[Span | None], int]) -> dict[str, Any]:
    """The JSON form of what moves.

    Args:
        record: What moves.
        place: The index of an expression among the spans of the program's columns, -1 for
            one that is not among them.
    """
    strings = dict[str, int]()

    def index(text: str) -> int:
        return strings.setdefault(text, len(strings))

    rows, transfers = record.rows, record.transfers
    wire = CollectivesWire(
        format=FORMAT,
        devices=record.devices,
        rows=CollectiveColumns(
            kind=[index(row.kind) for row in rows],
            name=[index(row.name) for row in rows],
            line=[row.line for row in rows],
            type=[index(row.type) for row in rows],
            group_size=[row.group_size for row in rows],
            axes=[index(", ".join(row.axes)) for row in rows],
            repeats=[-1 if row.repeats is None else row.repeats for row in rows],
            sent_bytes=[row.sent_bytes for row in rows],
            cause=[index(row.cause) for row in rows],
            side=[drawn_at(row)[0] for row in rows],
            place_count=[len(drawn_at(row)[1]) for row in rows],
            places=[equation for row in rows for equation in drawn_at(row)[1]],
            explanation=[index(row.explanation) for row in rows],
            advice=[index(row.advice) for row in rows],
            span=[place(row.span) for row in rows],
            equation_count=[len(row.equations) for row in rows],
            equations=[equation for row in rows for equation in row.equations],
        ),
        transfers=TransferColumns(
            kind=[index(row.kind) for row in transfers],
            name=[index(row.name) for row in transfers],
            line=[row.line for row in transfers],
            size_bytes=[row.size_bytes for row in transfers],
            repeats=[-1 if row.repeats is None else row.repeats for row in transfers],
            explanation=[index(row.explanation) for row in transfers],
            advice=[index(row.advice) for row in transfers],
            span=[place(row.span) for row in transfers],
            equation_count=[len(row.equations) for row in transfers],
            equations=[equation for row in transfers for equation in row.equations],
        ),
        strings=list(strings),
    )
    return asdict(wire)
