"""A timeline as columns and string tables: what a browser or a golden file gets.

It carries the facts; the browser lays them out itself, by the rules of `model.timeline`.
The dataclasses are the schema: `jaxplore.model.wire.typescript` writes the browser's types.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from jaxplore.model.compiles import Compile
from jaxplore.model.timeline import CellRun, cell_times, stage_times, start_of

FORMAT: Final = "jaxplore.timeline/1"
_MOST_LETTERS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRows:
    """One row per compile. Times are microseconds since `start_s`; null where unknown."""

    function: list[int]
    """Index into `strings`, as are all texts."""
    kind: list[int]
    cause: list[int]
    explanation: list[int]
    advice: list[int]
    call_site: list[int]
    equations: list[int | None]
    trace_at_us: list[int | None]
    trace_end_us: list[int | None]
    lower_at_us: list[int | None]
    lower_end_us: list[int | None]
    compile_at_us: list[int | None]
    compile_end_us: list[int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineCells:
    """One row per run of a cell."""

    number: list[int]
    at_us: list[int]
    end_us: list[int | None]
    """Null while it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineWire:
    """A whole timeline, or the new end of one."""

    format: str
    start_s: float
    """Seconds since 1970."""
    first_string: int
    """How many earlier entries stay; those given here come after them."""
    first_row: int
    first_cell: int
    strings: list[str]
    rows: TimelineRows
    cells: TimelineCells


class TimelineWriter:
    """Writes a timeline that grows: `whole` is all of it, `add` gives what is new."""

    def __init__(self, rows: Iterable[Compile] = (), cells: Iterable[CellRun] = ()) -> None:
        rows, self._cells = tuple(rows), tuple(cells)
        self._strings: dict[str, int] = {}
        self._start_s = start_of(rows, self._cells)
        self.whole: Final = self._write(rows, 0, 0, 0)

    def add(self, rows: Sequence[Compile], cells: Sequence[CellRun]) -> dict[str, Any]:
        """Add compiles, and say which runs of cells there are now."""
        pairs = enumerate(zip(self._cells, cells, strict=False))
        shorter = min(len(self._cells), len(cells))
        first_cell = next((i for i, (old, new) in pairs if old != new), shorter)
        self._cells = tuple(cells)
        whole = self.whole
        new = self._write(rows, len(self._strings), len(whole["rows"]["function"]), first_cell)
        whole["strings"] += new["strings"]
        for name, column in new["rows"].items():
            whole["rows"][name] += column
        for name, column in new["cells"].items():
            whole["cells"][name][first_cell:] = column
        return new

    def _write(
        self, rows: Sequence[Compile], first_string: int, first_row: int, first_cell: int
    ) -> dict[str, Any]:
        times = [stage_times(row, self._start_s) for row in rows]
        cells = self._cells[first_cell:]
        runs = [cell_times(cell, self._start_s) for cell in cells]
        begins = [[None if t is None else t[0] for t in stages] for stages in times]
        ends = [[None if t is None else t[1] for t in stages] for stages in times]
        # Row by row: the table is the same however many rows come at a time.
        texts = [tuple(self._string(text) for text in _texts(row)) for row in rows]
        columns = TimelineRows(
            function=[function for function, *_ in texts],
            kind=[kind for _, kind, *_ in texts],
            cause=[cause for _, _, cause, *_ in texts],
            explanation=[explanation for *_, explanation, _, _ in texts],
            advice=[advice for *_, advice, _ in texts],
            call_site=[site for *_, site in texts],
            equations=[row.equations for row in rows],
            trace_at_us=[trace for trace, _, _ in begins],
            trace_end_us=[trace for trace, _, _ in ends],
            lower_at_us=[lower for _, lower, _ in begins],
            lower_end_us=[lower for _, lower, _ in ends],
            compile_at_us=[compiled for _, _, compiled in begins],
            compile_end_us=[compiled for _, _, compiled in ends],
        )
        wire = TimelineWire(
            format=FORMAT,
            start_s=self._start_s,
            first_string=first_string,
            first_row=first_row,
            first_cell=first_cell,
            strings=list(self._strings)[first_string:],
            rows=columns,
            cells=TimelineCells(
                number=[cell.number for cell in cells],
                at_us=[at for at, _ in runs],
                end_us=[end for _, end in runs],
            ),
        )
        return asdict(wire)

    def _string(self, text: str) -> int:
        return self._strings.setdefault(text, len(self._strings))


def _texts(row: Compile) -> tuple[str, str, str, str, str, str]:
    site = "" if row.call_site is None else row.call_site.described(_MOST_LETTERS)
    return row.function, row.kind, row.cause, row.explanation, row.advice, site
