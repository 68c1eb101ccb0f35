"""Several processes: who they are, what a cell did on each, what each compiled."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from jaxplore.model.compiles import Compile
from jaxplore.model.placement import Device
from jaxplore.model.record import Record

OutputKind = Literal["stream", "display", "result"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Process(Record):
    """One process of a cluster."""

    process: int
    """Its number: `jax.process_index()` in it."""
    host: str
    pid: int
    devices: tuple[Device, ...]
    """The devices that belong to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output(Record):
    """One thing that a cell showed."""

    kind: OutputKind
    data: Mapping[str, Any]
    """Its forms by MIME type; of a stream the text, by the stream's name: `"stdout"`."""
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(Record):
    """The exception that ended a cell on one process."""

    name: str
    """Its class."""
    message: str
    traceback: tuple[str, ...]
    """As IPython writes it there, with colours of a terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRun(Record):
    """What a cell did on one process."""

    process: int
    outputs: tuple[Output, ...]
    failure: Failure | None
    compiles: tuple[Compile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpmdRun(Record):
    """What a cell did on each process."""

    processes: tuple[ProcessRun, ...]
    """Those that answered."""
    values: tuple[Any, ...] = ()
    """What the last expression was on each; an array as NumPy's, whole where the processes
    hold parts of it."""

    def to_json(self) -> dict[str, Any]:
        """The processes, as JSON; values have no such form."""
        return {"processes": [one.to_json() for one in self.processes]}

    def __str__(self) -> str:
        lines: list[str] = []
        for one in self.processes:
            end = "" if one.failure is None else f", {one.failure.name}: {one.failure.message}"
            lines.append(f"process {one.process}: {len(one.outputs)} outputs{end}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessCompiles(Record):
    """What one process compiled."""

    process: int
    compiles: tuple[Compile, ...]

    @property
    def total_s(self) -> float:
        """Seconds of all stages of all of them."""
        return sum(row.total_s for row in self.compiles)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterLedger(Record):
    """What each process of a cluster compiled since it was joined."""

    processes: tuple[ProcessCompiles, ...]

    def __getitem__(self, process: int) -> ProcessCompiles:
        return self.processes[process]

    def __len__(self) -> int:
        return len(self.processes)

    def __str__(self) -> str:
        return "\n".join(
            f"process {one.process}: {len(one.compiles)} compiles" for one in self.processes
        )
