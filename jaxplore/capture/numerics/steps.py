"""What a plan consists of: steps, blocks of them, and the frames that they are measured in."""

from dataclasses import dataclass, field
from typing import Any

from jaxplore.capture.numerics.statistics import Slot, Statistic


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """Run one of JAX's equations as it is; measure these of its results."""

    equation: Any
    index: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    stack: Any
    """JAX's name stack of the programs about it."""
    measured: tuple[tuple[int, int], ...]
    """(position among the results, row of the frame)."""
    saturation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A constant of a nested program, measured where it is a floating array."""

    value: int
    array: Any
    row: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Values enter a program that is run where it stands, or leave it."""

    sources: tuple[Any, ...]
    """Values, or literals."""
    targets: tuple[int, ...]
    is_barrier: bool = False
    """XLA must not merge what follows with what was computed before (recomputation)."""


@dataclass(slots=True, kw_only=True)
class Block:
    """Steps that run one after the other."""

    frame: int
    inputs: tuple[int, ...] = ()
    outputs: tuple[Any, ...] = ()
    """Values, or literals."""
    steps: list[Any] = field(default_factory=list[Any])
    first_row: int = 0
    end_row: int = 0
    frames: list[int] = field(default_factory=list[int])
    """Loops within, in the order they are met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An equation whose programs are blocks: a scan, a while, a cond, a shard_map."""

    equation: Any
    index: int
    inputs: tuple[Any, ...]
    """Values, or literals."""
    outputs: tuple[int, ...]
    stack: Any
    blocks: tuple[Block, ...]
    measured: tuple[tuple[int, int], ...]
    """(position among the results, row of the frame) of the floating ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """An equation that may make a bad number: what it reads and what it writes."""

    index: int
    inputs: tuple[Statistic | None, ...]
    outputs: tuple[Slot, ...]


@dataclass(slots=True)
class Frame:
    """What is measured in one stretch of program."""

    number: int
    depth: int
    """Loops about it, its own included; 0 for the whole program."""
    parent: int | None
    loop: Any = None
    """JAX's equation of the loop."""
    index: int = 0
    """Its number."""
    rows: int = 0
    makers: list[Maker] = field(default_factory=list[Maker])

    def row(self) -> int:
        """A new row."""
        self.rows += 1
        return self.rows - 1
