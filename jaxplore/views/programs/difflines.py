"""The lines of two programs that differ: which are shown, and how they read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from jaxplore.model.diff.difference import EquationDiff, ProgramDiff
from jaxplore.model.program import Program
from jaxplore.model.span import Span

# Equal lines that are shown on either side of a difference.
_CONTEXT: Final = 2
_EXPRESSION: Final = 60


@dataclass(frozen=True, slots=True)
class Shown:
    """A row, or a stretch of equal rows that is folded into one."""

    row: EquationDiff
    folded: int = 0


def shown_rows(rows: Sequence[EquationDiff]) -> Iterator[Shown]:
    """The rows that differ and their neighbours; what is between them is folded."""
    near: set[int] = set()
    for place, row in enumerate(rows):
        if row.kind != "same":
            near.update(range(place - _CONTEXT, place + _CONTEXT + 1))
    start = 0
    for place in sorted(place for place in near if 0 <= place < len(rows)):
        yield from _stretch(rows, start, place)
        yield Shown(rows[place])
        start = place + 1
    yield from _stretch(rows, start, len(rows))


def _stretch(rows: Sequence[EquationDiff], start: int, end: int) -> Iterator[Shown]:
    if end - start == 1:  # one line says as much as its fold
        yield Shown(rows[start])
    elif end > start:
        yield Shown(rows[start], end - start)


class Reader:
    """How the equations (or lines) of one of the two programs read."""

    def __init__(self, diff: ProgramDiff, program: Program) -> None:
        self._program = program
        self._stage = diff.stage

    @cached_property
    def _lines(self) -> list[str]:
        stage = self._program.stages.get(self._stage)
        return [] if stage is None else stage.text.split("\n")

    def line(self, number: int | None) -> str:
        """The line, indented as deep as it is nested; `""` for none."""
        if number is None:
            return ""
        if self._stage != "jaxpr":
            return self._lines[number]
        stage = self._program.stages.get(self._stage)
        links = () if stage is None else stage.links
        if number >= len(links):
            return self._written(number)
        # Where JAX prints them, all equations are indented.
        return self._lines[links[number].first_line - 1].removeprefix("    ")

    def _written(self, number: int) -> str:
        """An equation of a program whose text was not asked for."""
        equation, values = self._program.equations[number], self._program.values
        made = " ".join(f"{values[v].name}:{values[v].type_text}" for v in equation.outputs)
        what = equation.primitive
        if equation.parameters:
            what = f"{what}[{equation.parameters}]"
        reads = " ".join([what, *(values[v].name for v in equation.inputs)])
        return f"{made} = {reads}" if made else reads

    def expression(self, number: int | None) -> str:
        """The user's expression that made it, with its place; `""` where there is none."""
        span = self._span(number)
        return "" if span is None else span.described(_EXPRESSION)

    def _span(self, number: int | None) -> Span | None:
        if number is None or self._stage != "jaxpr":
            return None
        return self._program.equations[number].span
