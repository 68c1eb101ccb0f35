"""Compiles as rows to show: the operations that one line ran outside jit are one row."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jaxplore.model.compiles import Compile
from jaxplore.model.span import Span
from jaxplore.views.units import counted

_SHOWN_NAMES = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: a compile, or the one-operation compiles of one line."""

    number: int
    """Place in the ledger of its first compile."""
    rows: tuple[Compile, ...]

    @property
    def first(self) -> Compile:
        return self.rows[0]

    @property
    def is_roll(self) -> bool:
        return self.first.is_operation

    @property
    def name(self) -> str:
        """The function; for operations, the function of the user's that ran them."""
        return where(self.first.call_site) if self.is_roll else self.first.function

    @property
    def explanation(self) -> str:
        if not self.is_roll:
            return self.first.explanation
        return f"{counted(len(self.rows), 'one-op compile')}: {names(self.rows)}"

    def seconds(self, stage: str) -> float | None:
        """Seconds of a stage, None where it ran for none."""
        found = [s for row in self.rows if (s := getattr(row, stage)) is not None]
        return sum(found) if found else None


def names(rows: Sequence[Compile]) -> str:
    """The operations, the most frequent first.

    >>> names([])
    ''
    """
    found = [name for name, _ in Counter(row.function for row in rows).most_common()]
    return ", ".join(found[:_SHOWN_NAMES]) + (", ..." if len(found) > _SHOWN_NAMES else "")


def where(span: Span | None) -> str:
    """The function a place is in, or its cell or file."""
    if span is None:
        return "code that is not yours"
    if span.function != "<module>":
        return span.function.rpartition(".")[2]
    return span.file.rsplit("/", 1)[-1]


def rolled(rows: Iterable[Compile], first: int = 0) -> list[Entry]:
    """The rows to show, in order; `first` is the ledger's number of the first of them."""
    groups: dict[object, tuple[int, list[Compile]]] = {}
    for number, row in enumerate(rows, start=first):
        site = row.call_site
        line = None if site is None else (site.file, site.line)
        key: object = ("line", line) if row.is_operation else number
        groups.setdefault(key, (number, []))[1].append(row)
    return [Entry(number, tuple(group)) for number, group in groups.values()]
