"""What devices send each other while a program runs, and which expression made them."""

from dataclasses import dataclass
from typing import Literal

from jaxplore.model.placement import Mesh
from jaxplore.model.program import Program
from jaxplore.model.record import Record, written
from jaxplore.model.span import Span

CollectiveKind = Literal[
    "all-reduce",
    "all-gather",
    "reduce-scatter",
    "all-to-all",
    "collective-permute",
    "collective-broadcast",
    "ragged-all-to-all",
]
TransferKind = Literal["callback", "infeed", "outfeed", "send", "recv", "memory"]
Cause = Literal[
    "asked", "contraction", "reduction", "reshard", "replication", "gradient", "unknown"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collective(Record):
    """One collective of the optimised program."""

    kind: CollectiveKind
    name: str
    """The instruction: `"all-reduce.3"`."""
    line: int
    """Its line in the text of stage `"hlo"`, from 1."""
    type: str
    """What comes out on each device: `"f32[8,128]"`."""
    group_size: int
    """Devices that take part together."""
    axes: tuple[str, ...]
    """Mesh axes they lie along; `()` where the groups follow no axis or there is no mesh."""
    repeats: int | None
    """How often it runs: the product of the lengths of the loops around it; None where a
    loop's length is not known before it runs."""
    sent_bytes: int
    """Bytes that each device sends in one run of it, by the ring algorithm."""
    equations: tuple[int, ...]
    """Places in `Program.equations`."""
    span: Span | None
    """The expression that caused it."""
    phase: str
    """`"forward"` or `"backward"`."""
    cause: Cause
    """`"asked"`: the code says psum, all_gather, ...; `"contraction"`: a matmul over a split
    dimension; `"reduction"`: a sum over one; `"gradient"`: a gradient of replicated
    parameters; `"reshard"`: one layout turned into another; `"replication"`: a whole array
    put on every device."""
    explanation: str
    advice: str
    """`""` where there is nothing to do: it is what was asked for."""
    operands: tuple[str, ...] = ()
    """What goes in on each device: `("f32[4,32]",)`."""
    dimensions: tuple[int, ...] = ()
    """The dimensions that are gathered or scattered."""
    makers: tuple[int, ...] = ()
    """Equations that made what goes in; `()` where it came with the arguments."""
    users: tuple[int, ...] = ()
    """Equations that read what comes out."""
    arguments: tuple[int, ...] = ()
    """Inputs of the program that go in as they are, or in another type or order: their
    places among the inputs of the whole program."""
    results: tuple[int, ...] = ()
    """Places among the program's outputs that are what comes out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLayout(Record):
    """How a value of the program is split over a mesh, where the program says so itself."""

    value: int
    """Its place in `Program.values`."""
    role: Literal["input", "output", "constraint", "type"]
    """`"constraint"`: somebody wrote it; `"type"`: Explicit axes, JAX knows it of each value."""
    equation: int | None
    """That makes the value; None for an argument or a result of the whole program."""
    partition: tuple[tuple[str, ...], ...]
    """As in `Layout.partition`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTransfer(Record):
    """Data that leaves the devices for the host, or comes from it, while a program runs."""

    kind: TransferKind
    name: str
    line: int
    size_bytes: int
    repeats: int | None
    equations: tuple[int, ...]
    span: Span | None
    explanation: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Collectives(Record):
    """All that moves between devices in one program."""

    program: Program
    mesh: Mesh | None
    devices: int
    """How many devices the program runs on."""
    rows: tuple[Collective, ...]
    """In the order of the program."""
    transfers: tuple[HostTransfer, ...]
    layouts: tuple[ValueLayout, ...] = ()
    """Arguments, then constraints in the order of the text, then results."""

    def __str__(self) -> str:
        count = len(self.rows)
        return written(self, f"{self.program.name}: {count:,} collectives")

    def __repr__(self) -> str:
        return str(self)

    @property
    def sent_bytes(self) -> int:
        """Bytes that each device sends; a loop of unknown length counts once."""
        return sum(row.sent_bytes * (row.repeats or 1) for row in self.rows)
