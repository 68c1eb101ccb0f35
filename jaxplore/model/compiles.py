"""What was compiled, when, why, and what it cost."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, overload

from jaxplore.model.record import Drawn, Record
from jaxplore.model.span import Span

CompileKind = Literal["trace", "compile", "eager"]
CacheOutcome = Literal["hit", "miss", "not stored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument(Record):
    """The type and placement that one array was passed with."""

    path: str
    """`"params['w']"`."""
    type: str
    """`"f32[32,128]"`."""
    weak_type: bool
    placement: str
    """Devices and sharding of a committed array; `""` for an uncommitted one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Static(Record):
    """A value that was compiled in: another value needs another compile."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCount(Record):
    """How many equations of a program one source line made."""

    span: Span
    """The expression of the line that made most of them."""
    equations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed(Record):
    """What was compiled, for whom, and what it cost: facts without explanation."""

    function: str
    defined_at: Span | None
    call_site: Span | None
    """The user's expression that had to wait for it."""
    cell: int | None
    kind: CompileKind
    """`"trace"`: traced, lowered and compiled; `"compile"`: compiled only; `"eager"`: an
    operation of JAX called outside jit."""
    trace_s: float | None
    """Seconds; None where the stage did not run."""
    lower_s: float | None
    compile_s: float | None
    trace_at_s: float | None = None
    """When the stage began, in seconds since 1970."""
    lower_at_s: float | None = None
    compile_at_s: float | None = None
    persistent_cache: CacheOutcome | None
    equations: int | None
    lines: tuple[LineCount, ...] = ()
    """The source lines with most equations, most first."""
    devices: tuple[str, ...]
    temp_size_bytes: int | None
    argument_size_bytes: int | None
    output_size_bytes: int | None

    @property
    def total_s(self) -> float:
        """Seconds of all stages that ran."""
        return sum(s or 0.0 for s in (self.trace_s, self.lower_s, self.compile_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss(Observed):
    """One compile as it was observed, and all that the next one is compared with."""

    identity: str
    """Equal for functions made from the same code, however often they are made."""
    object_serial: int
    """Differs between two function objects of one identity."""
    source: str
    """The function's own text; `""` where it cannot be read."""
    variant: str
    """`""` for a call; `"transformed"` (grad, vmap, ... asked for it), `"ahead of time"`, or
    `"unknown"` where JAX does not say."""
    arguments: tuple[Argument, ...]
    statics: tuple[Static, ...]
    tree: str
    """Structure of the arguments, as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Record):
    """One difference to the nearest earlier compile of the same function."""

    path: str
    before: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compile(Observed):
    """One compile, explained."""

    cause: str
    """An id from the catalogue of causes: `"R02"`; `""` where none is known."""
    explanation: str
    advice: str
    changes: tuple[Change, ...]
    avoidable: bool = False
    """Whether the same function was compiled for the same types before."""

    def __str__(self) -> str:
        return f"{self.function}: {self.explanation}"


def _function_of(row: Compile) -> str:
    return row.function


def _call_site_of(row: Compile) -> Span | None:
    return row.call_site


class Ledger(Drawn, Sequence[Compile]):
    """The compiles seen while an observation was open, oldest first.

    A ring: beyond `limit` rows the oldest are forgotten, but still counted in the totals.
    It grows while its observation is open; `tuple(ledger)` takes what is there.
    """

    def __init__(self, rows: Iterable[Compile] = (), *, limit: int = 10_000) -> None:
        self._limit = limit
        self._rows: list[Compile] = []
        self._forgotten = 0
        self._forgotten_s = 0.0
        for row in rows:
            self.append(row)

    def append(self, row: Compile) -> None:
        """Add the newest compile."""
        self._rows.append(row)
        if len(self._rows) > self._limit:
            self._forgotten += 1
            self._forgotten_s += self._rows.pop(0).total_s

    @overload
    def __getitem__(self, index: int) -> Compile: ...
    @overload
    def __getitem__(self, index: slice) -> "Ledger": ...
    def __getitem__(self, index: int | slice) -> "Compile | Ledger":
        if isinstance(index, slice):
            return Ledger(self._rows[index], limit=self._limit)
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Compile]:
        return iter(tuple(self._rows))

    @property
    def total_count(self) -> int:
        """All compiles ever, forgotten ones too."""
        return self._forgotten + len(self._rows)

    @property
    def total_s(self) -> float:
        """Seconds of all compiles ever, forgotten ones too."""
        return self._forgotten_s + sum(row.total_s for row in self)

    def since(self, cell: int) -> "Ledger":
        """The compiles of cell `cell` and later cells."""
        return self._where(row for row in self if row.cell is not None and row.cell >= cell)

    def by_function(self) -> Mapping[str, "Ledger"]:
        """One ledger per function, in order of first compile."""
        return self._grouped(_function_of)

    def by_call_site(self) -> Mapping[Span | None, "Ledger"]:
        """One ledger per expression that paid, in order of first compile."""
        return self._grouped(_call_site_of)

    def _where(self, rows: Iterable[Compile]) -> "Ledger":
        return Ledger(rows, limit=self._limit)

    def _grouped(self, key: Callable[[Compile], Any]) -> dict[Any, "Ledger"]:
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
