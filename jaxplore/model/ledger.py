"""The compiles of an observation, and their sums by function, call site and source line."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, overload

from jaxplore.model.record import Drawn, Record
from jaxplore.model.span import Span

if TYPE_CHECKING:
    from jaxplore.model.compiles import Compile, LineCount
    from jaxplore.model.findings import Finding
    from jaxplore.model.timeline import CellRun, Timeline

Later = Callable[[], tuple[int | None, int | None, int | None]]

_MOST_CELLS = 10_000
_MOST_FINDINGS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine(Record):
    """What one line of the user's source cost in compiling.

    Seconds of a compile are shared among the lines of its program by their equations; what
    its largest lines do not account for is not counted.
    """

    span: Span
    """The expression that made most of its equations."""
    equations: int
    """Over all programs it is in, each compile counted."""
    seconds: float
    compiles: int


def _function_of(row: "Compile") -> str:
    return row.function


def _call_site_of(row: "Compile") -> Span | None:
    return row.call_site


class Ledger(Drawn, Sequence["Compile"]):
    """The compiles seen while an observation was open, oldest first.

    A ring: beyond `limit` rows the oldest are forgotten, but still counted in the totals.
    It grows while its observation is open; `tuple(ledger)` takes what is there.
    """

    def __init__(
        self,
        rows: "Iterable[Compile]" = (),
        *,
        limit: int = 10_000,
        cells: "Iterable[CellRun]" = (),
        findings: "Iterable[Finding]" = (),
    ) -> None:
        self._limit = limit
        self._rows: deque[Compile] = deque()
        self._forgotten = 0
        self._forgotten_s = 0.0
        self._forgotten_avoidable_s = 0.0
        self._cells: deque[CellRun] = deque(cells, maxlen=_MOST_CELLS)
        self._findings: deque[Finding] = deque(findings, maxlen=_MOST_FINDINGS)
        self._later: dict[int, Later] = {}
        for row in rows:
            self.append(row)

    def append(self, row: "Compile", later: Later | None = None) -> None:
        """Add the newest compile. Where its sizes are not known yet, `later` gives bytes of
        temporaries, arguments and results when somebody reads the row."""
        if later is not None:
            self._later[self.total_count] = later
        self._rows.append(row)
        if len(self._rows) > self._limit:
            self._later.pop(self._forgotten, None)
            oldest = self._rows.popleft()
            self._forgotten += 1
            self._forgotten_s += oldest.total_s
            self._forgotten_avoidable_s += oldest.total_s if oldest.avoidable else 0.0

    def note_cell(self, cell: "CellRun") -> None:
        """Add a run of a cell; one that is still running is replaced."""
        if self._cells and self._cells[-1].end_s is None:
            self._cells.pop()
        self._cells.append(cell)

    def note(self, finding: "Finding") -> None:
        """Add something that is wrong and is no compile."""
        self._findings.append(finding)

    def newest(self, count: int) -> "list[Compile]":
        """The last rows as they are: sizes nobody asked for are missing."""
        return list(self._rows)[-count:] if count else []

    def _settle(self) -> None:
        """Ask for the sizes that are not known yet."""
        while self._later:
            number, later = self._later.popitem()
            temp, argument, output = later()
            place = number - self._forgotten
            self._rows[place] = replace(
                self._rows[place],
                temp_size_bytes=temp,
                argument_size_bytes=argument,
                output_size_bytes=output,
            )

    def __getstate__(self) -> dict[str, Any]:
        self._settle()
        return dict(vars(self))

    @overload
    def __getitem__(self, index: int) -> "Compile": ...
    @overload
    def __getitem__(self, index: slice) -> "Ledger": ...
    def __getitem__(self, index: int | slice) -> "Compile | Ledger":
        self._settle()
        if isinstance(index, slice):
            return self._where(list(self._rows)[index])
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> "Iterator[Compile]":
        self._settle()
        return iter(tuple(self._rows))

    @property
    def total_count(self) -> int:
        """All compiles ever, forgotten ones too."""
        return self._forgotten + len(self._rows)

    @property
    def total_s(self) -> float:
        """Seconds of all compiles ever, forgotten ones too."""
        return self._forgotten_s + sum(row.total_s for row in tuple(self._rows))

    @property
    def avoidable_s(self) -> float:
        """Seconds of compiles of a function for types it had been compiled for before."""
        return self._forgotten_avoidable_s + sum(
            row.total_s for row in tuple(self._rows) if row.avoidable
        )

    @property
    def findings(self) -> "tuple[Finding, ...]":
        """What was wrong and is no compile: stale results (S01), static values that cannot be
        hashed (R08)."""
        return tuple(self._findings)

    @property
    def cells(self) -> "tuple[CellRun, ...]":
        """The runs of notebook cells, oldest first."""
        return tuple(self._cells)

    def timeline(self) -> "Timeline":
        """The stages of all compiles, to scale."""
        from jaxplore.model.timeline import Timeline

        return Timeline.of(tuple(self), self.cells)

    def since(self, cell: int) -> "Ledger":
        """The compiles of cell `cell` and later cells."""
        return self._where(row for row in self if row.cell is not None and row.cell >= cell)

    def by_function(self) -> Mapping[str, "Ledger"]:
        """One ledger per function, in order of first compile."""
        return self._grouped(_function_of)

    def by_call_site(self) -> Mapping[Span | None, "Ledger"]:
        """One ledger per expression that paid, in order of first compile."""
        return self._grouped(_call_site_of)

    def by_source_line(self) -> tuple[SourceLine, ...]:
        """What each source line cost, the most expensive first."""
        counts: dict[tuple[str, int], list[tuple[LineCount, float]]] = {}
        for row in self:
            for line in row.lines:
                seconds = row.total_s * line.equations / (row.equations or 1)
                counts.setdefault((line.span.file, line.span.line), []).append((line, seconds))
        found = [
            SourceLine(
                span=max(lines, key=lambda pair: pair[0].equations)[0].span,
                equations=sum(line.equations for line, _ in lines),
                seconds=sum(seconds for _, seconds in lines),
                compiles=len(lines),
            )
            for lines in counts.values()
        ]
        return tuple(sorted(found, key=lambda line: -line.seconds))

    def _where(self, rows: "Iterable[Compile]") -> "Ledger":
        return Ledger(rows, limit=self._limit, cells=self._cells, findings=self._findings)

    def _grouped(self, key: "Callable[[Compile], Any]") -> dict[Any, "Ledger"]:
        groups: dict[Any, Ledger] = {}
        for row in self:
            groups.setdefault(key(row), Ledger(limit=self._limit)).append(row)
        return groups

    def __str__(self) -> str:
        count = self.total_count
        head = f"{count:,} {'compile' if count == 1 else 'compiles'}"
        return "\n".join([head, *(f"  {row}" for row in self)])

    def __repr__(self) -> str:
        return str(self)

    def to_json(self) -> list[dict[str, Any]]:
        """The rows, as JSON."""
        return [row.to_json() for row in self]
