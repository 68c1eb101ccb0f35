"""What the numbers inside one run of a program were, and where the first bad one was made."""

from dataclasses import dataclass, field
from typing import Any

from jaxplore.model.program import Phase, Program
from jaxplore.model.record import Drawn, Record, plain, written
from jaxplore.model.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Record):
    """The numbers of one array, or of all floating results of an equation."""

    minimum: float | None
    """Smallest number, NaN left out; None where there is none."""
    maximum: float | None
    norm: float
    """Euclidean norm of all elements; NaN or infinite where an element is."""
    nan: int
    """How many elements are NaN."""
    inf: int
    """How many are infinite, of either sign."""
    zero: int
    size: int
    """How many elements there are; in a loop, of all iterations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input(Record):
    """What an equation read when it made its first bad number."""

    name: str
    """The expression that made it, the argument's name, or the number itself."""
    type: str
    """`"f32[3]"`."""
    range: Range


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericsRow(Record):
    """The floating results of one equation, over all its iterations."""

    equation: int
    """Index into `Numerics.program.equations`."""
    span: Span | None
    phase: Phase
    region: int
    minimum: float | None
    maximum: float | None
    norm: float
    nan: int
    inf: int
    zero: int
    size: int
    runs: int
    """How often it ran: 1 outside of loops, 0 in a branch that was not taken."""
    saturated: int | None = None
    """How many elements of an activation's result stand where its derivative is nearly zero:
    below 0.01 for tanh and logistic, zero for a maximum with 0. None for other equations."""
    first_bad_iteration: int | None = None
    """The first iteration of the loop about it in which it made a NaN or Inf."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstBad(Record):
    """Where the first NaN or Inf was made: by an equation that read none."""

    equation: int
    """Index into `Numerics.program.equations`."""
    span: Span | None
    phase: Phase
    iteration: int | None
    """Of the innermost loop about it, from 0; None outside of loops."""
    iterations: tuple[int, ...]
    """Of each loop about it, outermost first."""
    nan: int
    inf: int
    inputs: tuple[Input, ...]
    """What it read in that iteration."""
    reaches_result: bool
    """Whether a result of the program is bad because of it."""
    is_of_derivative: bool = False
    """Whether the program's value does not need it: a rule of differentiation made it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, weakref_slot=True)
class Numerics(Drawn):
    """The numbers inside one run of a program."""

    program: Program
    rows: tuple[NumericsRow, ...]
    """One for each equation with a floating result, nested ones included, in order."""
    first_bad: FirstBad | None
    bad_arguments: tuple[Input, ...] = ()
    """Arguments and constants that held a NaN or Inf already."""
    result: Any = field(default=None, compare=False)
    """What the function returned. Not part of the JSON."""

    def __str__(self) -> str:
        return written(self, self.program.name)

    def __repr__(self) -> str:
        return str(self)

    def to_json(self) -> dict[str, Any]:
        """Field names and values, as JSON; the program as columns, see `Program.to_json`."""
        return {
            "program": self.program.to_json(),
            "rows": plain(self.rows),
            "first_bad": plain(self.first_bad),
            "bad_arguments": plain(self.bad_arguments),
        }
