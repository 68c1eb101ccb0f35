"""A gradient to look at: the forward pass, its backward mirror, and what is kept between them.

Indices tie the parts together: `forward` and `backward` are programs of their own, cut out of
`program`, the whole that computes value and gradient. Unless a field says otherwise, an
equation's index is one of `forward` or of `backward`, as its name says.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from jaxplore.model.compiles import asked
from jaxplore.model.program import Program
from jaxplore.model.record import Drawn, Record, plain, written
from jaxplore.model.span import Span

StopKind = Literal[
    "integer result",  # argmax, a comparison, a cast to integers: no derivative there
    "piecewise constant",  # round, floor, sign: the derivative is zero wherever it exists
    "stop_gradient",
    "custom rule",  # a custom_jvp or custom_vjp that returns zeros
    "unused input",
    "not differentiable input",  # an input of integers or keys
    "zero derivative",  # any other rule of JAX that gives a symbolic zero
]


@dataclass(frozen=True, slots=True, kw_only=True)
class GradientInput(Record):
    """One leaf of what the gradient is taken by."""

    path: str
    """As in the call: `"params['w']"`."""
    shape: tuple[int | str, ...]
    dtype: str
    norm: float | None
    """Euclidean norm of its gradient; None when the arguments were types only."""
    value_norm: float | None = None
    """Euclidean norm of the leaf itself."""
    is_reached: bool = True
    """Whether any gradient reaches it; otherwise it is zero whatever the numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual(Record):
    """A value of the forward pass that is kept until the backward pass reads it."""

    value: int
    """Index into `forward.values`."""
    read_as: int
    """Index into `backward.values`."""
    type: str
    """`"f32[32,128]"`; stacked over the iterations where a loop made it."""
    size_bytes: int
    span: Span | None
    """The expression that made it: in a loop's body or a jitted function, that of the body."""
    equation: int | None
    """The forward equation that made it, nested ones included; None for an argument or constant."""
    kind: Literal["made", "argument", "constant"]
    """Arguments and constants are alive anyway: they do not count in `residual_bytes`."""
    name: str
    """What to call it: its expression, or the argument's path."""
    times: int | None = 1
    """How many iterations it is stacked over; None where only a run can tell."""
    readers: tuple[int, ...] = ()
    """The backward equations that read it, nested ones included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Record):
    """Where the gradient stops on its way back."""

    equation: int | None
    """The forward equation whose result carries no gradient on; None for an input."""
    span: Span | None
    kind: StopKind
    reason: str
    """A sentence for the reader: `"argmax gives integers, which have no derivative"`."""
    inputs: tuple[str, ...] = ()
    """Paths of the `wrt` leaves that a derivative comes from to this place; each may have
    another way to the result. Empty when unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradientLayer(Record):
    """One row of the per-layer table: a scope or a leaf's owner, in forward order."""

    name: str
    """`"layers[0]"`, `"encoder/block"`."""
    parameter_norm: float | None
    gradient_norm: float | None
    cotangent_norm: float | None
    """Largest norm of a cotangent that passed through it."""
    saturated: float | None
    """Share of its activation's units whose derivative is nearly zero; None without one."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, weakref_slot=True)
class Gradient(Drawn):
    """Forward and backward pass of one function, linked."""

    name: str
    value: float | None
    """Of a scalar function at concrete arguments; else None."""
    inputs: tuple[GradientInput, ...]
    residuals: tuple[Residual, ...]
    """Largest first; arguments and constants last."""
    stops: tuple[Stop, ...]
    forward: Program
    """Returns what the function returns, then what it keeps for the backward pass."""
    backward: Program
    """Is given what was kept, arguments included, and returns the gradient."""
    program: Program
    """The whole. What belongs to neither pass, such as an optimizer's update, is only here."""
    forward_equations: tuple[int, ...]
    """For each equation of `forward`, its index in `program.equations`."""
    backward_equations: tuple[int, ...]
    links: tuple[tuple[int, int], ...]
    """(forward equation, backward equation) that came from one another: by source and scope."""
    without_gradient: tuple[int, ...]
    """Forward equations that no gradient comes from: greyed in pictures."""
    recomputed: tuple[int, ...]
    """Backward equations that only compute again what the forward pass had (`checkpoint`)."""
    dead: tuple[int, ...]
    """Equations of `program` whose results nothing reads: XLA removes them."""
    cotangent_norms: tuple[float | None, ...] = ()
    """For each backward equation, the norm of its results; empty without concrete arguments."""
    layers: tuple[GradientLayer, ...] = ()

    @property
    def residual_bytes(self) -> int:
        """Bytes that the forward pass makes and keeps for the backward pass."""
        return sum(r.size_bytes for r in self.residuals if r.kind == "made")

    @property
    def recomputed_flops(self) -> int:
        """Operations that the backward pass does again, in all iterations of a loop. What
        stands in a `while` counts once."""
        total = 0
        for index in self.recomputed:
            equation = self.backward.equations[index]
            if not equation.regions:
                runs = self.backward.regions[equation.region].runs
                total += equation.flops * (1 if runs is None else runs)
        return total

    def __str__(self) -> str:
        return written(self, f"gradient of {self.name}")

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """What a notebook shows: the live view, HTML without script within, text."""
        show = asked.get("show gradient")
        return ({"text/plain": str(self)}, {}) if show is None else show(self)

    def save(self, path: str | Path) -> Path:
        """Write one self-contained HTML page; it opens offline.

        Raises:
            JaxploreError: The file cannot be written there.
        """
        return asked["save gradient"](self, path)

    def to_svg(self) -> str:
        """The mirror picture as SVG without script: forward down, backward up."""
        return asked["gradient as SVG"](self)

    def to_json(self) -> dict[str, Any]:
        """Field names and values, as JSON; programs as columns, see `Program.to_json`."""
        return {part.name: _json(getattr(self, part.name)) for part in fields(self)}


def _json(value: Any) -> Any:
    return value.to_json() if isinstance(value, Program) else plain(value)
