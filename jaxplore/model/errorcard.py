"""An error of JAX's, read; and the card that says what it means."""

from dataclasses import dataclass

from jaxplore.model.placement import LeafPlacement
from jaxplore.model.record import Record, written
from jaxplore.model.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorArgument(Record):
    """One array of the call that failed."""

    name: str
    """What JAX calls it: the function's own parameter, `"p['w']"`; `""` where it is not known."""
    placement: LeafPlacement
    """Its path is the user's own expression where that is known, and else `name`."""
    sharding: str
    """As JAX prints it: error messages are compared with it."""
    mesh: str
    """Its mesh without devices, likewise; `""` where it has none."""
    is_named: bool = False
    """Whether the path is an expression that the user's own line may be changed by."""
    wanted: LeafPlacement | None = None
    """What `in_shardings` ask for in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorFacts(Record):
    """What is known of an exception. Nothing of it is kept alive."""

    kinds: tuple[str, ...]
    """Names of its class and of those it inherits from: `("ValueError", "Exception", ...)`."""
    message: str
    span: Span | None
    """The user's expression that raised it."""
    arguments: tuple[ErrorArgument, ...]
    """The arrays that its call was given, as far as they were found."""
    inside: tuple[str, ...] = ()
    """Names of the functions below the user's expression, outermost first."""
    values: tuple[ErrorArgument, ...] = ()
    """The arrays that the user's expression names, where the call's own were not found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCard(Record):
    """What an error means, where it came from, and what to do."""

    id: str
    """From the catalogue of errors: `"E20"`."""
    title: str
    explanation: str
    placements: tuple[LeafPlacement, ...]
    """What does not go together, each with the call that pinned it; empty where not known."""
    advice: str
    span: Span | None
    """The user's expression that raised it."""

    def __str__(self) -> str:
        return written(self, f"{self.id} {self.title}")
