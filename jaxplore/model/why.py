"""The whole story of one compile, as text without times."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jaxplore.model.compiles import Change, Compile
from jaxplore.model.record import Record

if TYPE_CHECKING:
    from jaxplore.model.diff.difference import ProgramDiff
    from jaxplore.model.program import Program

_LONGEST = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Why(Record):
    """Why one compile happened: what differed, where, and what to do."""

    index: int
    """Its place in the ledger, from 0."""
    compile: Compile

    def program(self) -> "Program":
        """What was compiled, while JAX keeps it: as long as its function lives."""
        return self.compile.program()

    def diff(self) -> "ProgramDiff":
        """What differs between its program and that of the compile it was compared with."""
        return self.compile.diff()

    def facts(self) -> Iterator[tuple[str, str]]:
        """(what, text) of everything known that does not differ between two runs."""
        row = self.compile
        kind = {
            "trace": "traced, lowered and compiled",
            "compile": "lowered and compiled, not traced",
            "eager": "an operation outside jit",
        }[row.kind]
        yield "what", f"{kind}; compile {row.number} of {row.function}"
        yield "cause", f"{row.cause} {row.explanation}".strip()
        for change in row.changes:
            yield "changed", _changed(change)
        for detail in row.details:
            yield "also", detail
        if row.call_site is not None:
            yield "called", row.call_site.described(72)
        if row.defined_at is not None:
            yield "defined", row.defined_at.described(72)
        if row.equations is not None:
            yield "size", f"{row.equations:,} equation{'' if row.equations == 1 else 's'}"
        for line in row.lines[:3] if (row.equations or 0) >= 100 else ():
            share = 100 * line.equations // (row.equations or 1)
            yield "", f"{share} % of them: {line.span.described(72)}"
        if row.avoidable:
            yield "avoidable", "it was compiled for these types before"
        if row.advice:
            yield "do", row.advice

    def __str__(self) -> str:
        lines = [f"why {self.index}: {self.compile.function}"]
        return "\n".join([*lines, *(f"  {what:<10}{text}" for what, text in self.facts())])


def _changed(change: Change) -> str:
    if not change.before:
        return f"{change.path}: {change.now} is new"
    if not change.now:
        return f"{change.path}: {change.before} is gone"
    return f"{change.path}: {_cut(change.before)} -> {_cut(change.now)}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
