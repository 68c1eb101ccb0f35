"""How a gradient is derived: equation by equation forward, then back, as on paper.

The words and formulas are for the reader; beside them stand the equations that JAX's own rules
wrote for the same step. In formulas `da` is the change of `a`, and `ga` the gradient by `a`.
"""

from dataclasses import dataclass
from typing import Literal

from jaxplore.model.record import Record, written
from jaxplore.model.span import Span

Part = Literal[
    "known",  # depends on numbers of the forward pass alone
    "linear",  # carries a change forward
    "transposed",  # carries a gradient back
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEquation(Record):
    """An equation that a rule of JAX wrote."""

    text: str
    """`"db = mul da t1"`."""
    primitive: str
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Record):
    """A value that JAX keeps from forward to backward for one step."""

    name: str
    """Of a value of the function, or of one that the rule made."""
    made_by: str
    """The rule's equation that made it, `"t1 = cos a"`; empty for a value of the function."""
    type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution(Record):
    """What one step adds to the gradient by one of its inputs."""

    to: str
    """Name of the input."""
    text: str
    """`"k2 * gb"`; empty where only JAX's equations say it."""
    number: int
    """Which of the contributions to this value it is on the way back, from 1."""
    of: int
    """How many there are: they are added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Record):
    """One equation of the function with its rule."""

    number: int
    span: Span | None
    primitive: str
    equation: str
    """`"b = sin(a)"`."""
    has_derivative: bool
    """Whether a change of what the gradient is taken by goes on through it."""
    leads_to_result: bool
    """Whether its result has a part in the function's, by way of derivatives."""
    is_needed: bool
    """Whether the gradient needs its value."""
    words: str
    """The rule in words: `"the slope of sin is cos"`."""
    tangent: str
    """`"db = cos(a) * da"`; empty without a derivative."""
    linear: str
    """The same with what is known as a number of its own: `"db = k2 * da"`."""
    keeps: tuple[str, ...]
    """What that needs of the forward pass: `("k2 = cos(a)",)`, or the name of a value."""
    jvp: tuple[RuleEquation, ...]
    """What JAX's rule wrote forward; empty where it has none (custom_vjp)."""
    kept: tuple[Kept, ...]
    contributions: tuple[Contribution, ...]
    vjp: tuple[RuleEquation, ...]
    """What JAX wrote to carry the gradient back, `"transposed"`, and what that needs to know."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, weakref_slot=True)
class Derivation(Record):
    """f, its jvp, what linearising keeps, and the transposed equations."""

    name: str
    wrt: tuple[str, ...]
    results: tuple[str, ...]
    """Names of the values that the function returns, auxiliary ones left out."""
    is_scalar: bool
    steps: tuple[Step, ...]
    equations: int
    """How many the function has; more than there are steps where it is long."""

    def __str__(self) -> str:
        return written(self, self.name)

    def __repr__(self) -> str:
        return str(self)

    @property
    def back(self) -> tuple[Step, ...]:
        """The steps that the gradient goes through, in its order."""
        return tuple([step for step in reversed(self.steps) if step.leads_to_result])

    @property
    def removed(self) -> tuple[Step, ...]:
        """Steps whose value the gradient alone does not need: dead code in `jax.grad`."""
        return tuple([step for step in self.steps if not step.is_needed])
