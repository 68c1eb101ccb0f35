"""What jaxplore found out about the user's code, besides compiles."""

from dataclasses import dataclass
from typing import Literal

from jaxplore.model.compiles import Change
from jaxplore.model.record import Record
from jaxplore.model.span import Span

PartKind = Literal["value", "code"]
"""What a function depends on: a value, or what another function does."""
Origin = Literal["global", "closure", "default", "static", "self"]
"""How a function came by a value that was not passed as an array."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Record):
    """A value that a function was traced with, and what it is now."""

    path: str
    """As the user wrote it: `"cfg['lr']"`."""
    before: str
    now: str
    reader: str
    """The helper that reads it; `""` for the function itself."""
    kind: PartKind
    origin: Origin
    cells: tuple[int, ...]
    """The cells whose traces use the value before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale(Record):
    """A function that is used although what it was traced with has changed: the facts."""

    function: str
    defined_at: Span | None
    call_site: Span | None
    cell: int | None
    differences: tuple[Difference, ...]
    all_traces: bool
    """Whether none of its traces has the values of now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Record):
    """Something to tell the user about a function of theirs."""

    id: str
    """From the catalogue of causes: `"S01"`."""
    function: str
    defined_at: Span | None
    call_site: Span | None
    """The expression that used the function."""
    cell: int | None
    explanation: str
    advice: str
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        return f"{self.function}: {self.explanation}"
