"""The classic picture of backpropagation, as rows: what runs down on the left, what comes
back up on the right, and what is kept between them.

A row is an expression of the user's, or a group of them: a scope, a function, a loop, a
repeat. Rows stand in the order of the forward pass, parents before what they hold.
"""

from dataclasses import dataclass
from typing import Literal

from jaxplore.model.record import Record
from jaxplore.model.span import Span

RowKind = Literal[
    "inputs",  # all of them, closed
    "input",
    "constant",
    "scope",
    "function",
    "line",
    "repeat",
    "part",
    "loop",
    "branches",
    "branch",
    "call",
    "expression",
    "backward only",  # such as the rule of a custom_vjp
    "result",
]

ROW_KINDS: tuple[RowKind, ...] = RowKind.__args__


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorRow(Record):
    """One expression or group, forward and backward."""

    kind: RowKind
    name: str
    type: str
    """Of what it hands on: `"f32[32,128]"`; empty where it hands on nothing."""
    parent: int | None
    end: int
    """The row after the last one that it holds."""
    span: Span | None
    times: int | None = 1
    """Turns of a repeat, iterations of a loop; None where only a run can tell."""
    forward: tuple[int, ...] = ()
    """Its own forward equations, without those of the rows it holds."""
    backward: tuple[int, ...] = ()
    """The backward equations that belong to it, in the order they run."""
    recomputed: int = 0
    """How many of `backward` only compute again what the forward pass had."""
    dead: int = 0
    """How many of both are removed by XLA."""
    norm: float | None = None
    """Of the cotangent that it hands back; of a group the largest; of an input its gradient."""
    has_gradient: bool = True
    """Whether any gradient comes through it."""
    stops: tuple[int, ...] = ()
    """Indices into `Gradient.stops`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorEdge(Record):
    """A value that one row makes and another one's backward part reads."""

    source: int
    target: int
    residual: int
    """Index into `Gradient.residuals`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror(Record):
    """All rows, and what is kept between them."""

    rows: tuple[MirrorRow, ...]
    edges: tuple[MirrorEdge, ...]

    def holds(self, row: int) -> bool:
        """Whether it can be opened."""
        return self.rows[row].end > row + 1

    def children(self, row: int | None) -> list[int]:
        """The rows directly in a row; of None the outermost."""
        at = 0 if row is None else row + 1
        end = len(self.rows) if row is None else self.rows[row].end
        found: list[int] = []
        while at < end:
            found.append(at)
            at = self.rows[at].end
        return found

    def depth(self, row: int) -> int:
        """How many rows are about it."""
        depth, parent = 0, self.rows[row].parent
        while parent is not None:
            depth, parent = depth + 1, self.rows[parent].parent
        return depth
