"""What many compiles add up to: what to do first, and sums by function and by source line."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jaxplore.model.compiles import Compile
from jaxplore.model.ledger import Ledger, SourceLine
from jaxplore.model.record import Record
from jaxplore.model.span import Span

# First calls, and code that was changed: needed.
_NEEDED: Final = frozenset({"", "R01", "R11"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo(Record):
    """One thing to change, and what it would save at most."""

    cause: str
    function: str
    """`""` for operations outside jit: they are many."""
    explanation: str
    advice: str
    place: Span | None
    """The expression that waited longest."""
    compiles: int
    total_s: float
    avoidable_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCount(Record):
    """How often a cause was met."""

    cause: str
    compiles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTotal(Record):
    """All compiles of one function."""

    function: str
    defined_at: Span | None
    compiles: int
    causes: tuple[CauseCount, ...]
    trace_s: float
    lower_s: float
    compile_s: float
    avoidable_s: float

    @property
    def total_s(self) -> float:
        """Seconds of all stages."""
        return self.trace_s + self.lower_s + self.compile_s


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWait(Record):
    """How long one source line waited for compiles, its operations outside jit included."""

    span: Span
    """The expression of the line that waited longest."""
    compiles: int
    total_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(Record):
    """All sums, each list with what costs most first."""

    compiles: int
    trace_s: float
    lower_s: float
    compile_s: float
    busy_s: float
    """Seconds in which anything was compiled: threads and processes side by side count once."""
    avoidable_s: float
    cache_hits: int
    todos: tuple[Todo, ...]
    functions: tuple[FunctionTotal, ...]
    waits: tuple[LineWait, ...]
    lines: tuple[SourceLine, ...]
    """Where the equations of the programs come from."""
    operations: tuple[Todo, ...]
    """Operations outside jit, one entry per source line."""

    @classmethod
    def of(cls, rows: Sequence[Compile]) -> "Summary":
        """The sums over `rows`."""
        operations = [row for row in rows if row.is_operation]
        programs = [row for row in rows if not row.is_operation]
        of_operations = [_operations(of) for of in _grouped(operations, _line_of)]
        todos = [
            _todo(of, of[-1].function)
            for of in _grouped(programs, _function_and_cause)
            if of[-1].cause not in _NEEDED and of[-1].advice
        ]
        return cls(
            compiles=len(rows),
            trace_s=sum(row.trace_s or 0.0 for row in rows),
            lower_s=sum(row.lower_s or 0.0 for row in rows),
            compile_s=sum(row.compile_s or 0.0 for row in rows),
            busy_s=_busy_s(rows),
            avoidable_s=sum(row.total_s for row in rows if row.avoidable),
            cache_hits=sum(row.persistent_cache == "hit" for row in rows),
            todos=_by_seconds([*todos, *(one for one in of_operations if one.advice)]),
            functions=_by_seconds([_function(of) for of in _grouped(programs, _defined)]),
            waits=_by_seconds(_wait(of) for of in _grouped(rows, _line_of) if of[0].call_site),
            lines=Ledger(rows, limit=len(rows)).by_source_line(),
            operations=_by_seconds(of_operations),
        )

    @property
    def total_s(self) -> float:
        """Seconds of all stages of all compiles."""
        return self.trace_s + self.lower_s + self.compile_s


def _busy_s(rows: Iterable[Compile]) -> float:
    stages = sorted(stage for row in rows for stage in _stages(row))
    busy_s = until = 0.0
    for start, end in stages:
        busy_s += max(0.0, end - max(start, until))
        until = max(until, end)
    return busy_s


def _stages(row: Compile) -> Iterable[tuple[float, float]]:
    for start, seconds in (
        (row.trace_at_s, row.trace_s),
        (row.lower_at_s, row.lower_s),
        (row.compile_at_s, row.compile_s),
    ):
        if start is not None and seconds is not None:
            yield start, start + seconds


def _by_seconds(totals: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(totals, key=_seconds, reverse=True))


def _seconds(total: Any) -> float:
    return total.total_s


def _grouped(rows: Iterable[Compile], key: Callable[[Compile], Hashable]) -> list[list[Compile]]:
    groups: dict[Hashable, list[Compile]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return list(groups.values())


def _line_of(row: Compile) -> Hashable:
    return None if row.call_site is None else (row.call_site.file, row.call_site.line)


def _function_and_cause(row: Compile) -> Hashable:
    return row.function, row.defined_at, row.cause


def _defined(row: Compile) -> Hashable:
    return row.function, row.defined_at


def _todo(rows: Sequence[Compile], function: str) -> Todo:
    newest = rows[-1]  # its explanation has the count so far
    return Todo(
        cause=newest.cause,
        function=function,
        explanation=newest.explanation,
        advice=newest.advice,
        place=max(rows, key=_seconds).call_site,
        compiles=len(rows),
        total_s=sum(row.total_s for row in rows),
        avoidable_s=sum(row.total_s for row in rows if row.avoidable),
    )


def _operations(rows: Sequence[Compile]) -> Todo:
    """Operations outside jit on one line, rolled into one."""
    todo = _todo(rows, "")
    names = Counter(row.function for row in rows)
    shown = ", ".join(name for name, _ in names.most_common(4))
    more = ", ..." if len(names) > 4 else ""
    said = "one-op compile" if len(rows) == 1 else "one-op compiles"
    return Todo(
        cause=todo.cause,
        function="",
        explanation=f"{len(rows):,} {said}: {shown}{more}",
        # One operation that is compiled once is as good inside jit as outside.
        advice="wrap it in jit" if len(rows) > 1 else "",
        place=todo.place,
        compiles=todo.compiles,
        total_s=todo.total_s,
        avoidable_s=todo.avoidable_s,
    )


def _function(rows: Sequence[Compile]) -> FunctionTotal:
    causes = Counter(row.cause for row in rows)
    return FunctionTotal(
        function=rows[0].function,
        defined_at=rows[0].defined_at,
        compiles=len(rows),
        causes=tuple(CauseCount(cause=c, compiles=n) for c, n in causes.most_common()),
        trace_s=sum(row.trace_s or 0.0 for row in rows),
        lower_s=sum(row.lower_s or 0.0 for row in rows),
        compile_s=sum(row.compile_s or 0.0 for row in rows),
        avoidable_s=sum(row.total_s for row in rows if row.avoidable),
    )


def _wait(rows: Sequence[Compile]) -> LineWait:
    span = max(rows, key=_seconds).call_site
    assert span is not None
    return LineWait(span=span, compiles=len(rows), total_s=sum(row.total_s for row in rows))
