"""A gradient compared with finite differences: coordinate by coordinate."""

from dataclasses import dataclass
from typing import Literal

from jaxplore.model.record import Record

Verdict = Literal[
    "agrees",
    "differs",
    "kink",  # the slopes to the left and to the right differ
    "jump",  # the function itself jumps there
    "edge",  # the function is not finite on one side
    "unclear",  # its rounding is coarser than what is to be seen
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinate(Record):
    """One number that the gradient was compared in."""

    path: str
    """The leaf: `"params['w']"`."""
    index: tuple[int, ...] | None
    """Of the element; None where the whole leaf was moved in a random direction."""
    gradient: float
    difference: float
    left: float
    """The slope to the left; NaN where there is none."""
    right: float
    error: float
    """How far the two are apart, relative to the larger."""
    verdict: Verdict

    @property
    def name(self) -> str:
        """`"params['w'][2, 1]"`."""
        if self.index is None:
            return f"{self.path} in a random direction"
        return f"{self.path}[{', '.join(map(str, self.index))}]" if self.index else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared(Record):
    """All coordinates of one comparison."""

    function: str
    coordinates: tuple[Coordinate, ...]
    sizes: tuple[tuple[str, int], ...]
    """Path and number of elements of each leaf."""
    dtype: str
    """What the function computed in."""
    pinned_by: str
    """The expression that keeps it from float64; empty where nothing does or none is known."""
    refused_double: bool
    """Whether the function does not run in float64 at all."""
    rtol: float
    is_scalar: bool
    """Otherwise a weighted sum of the results was compared."""

    def of(self, verdict: Verdict) -> tuple[Coordinate, ...]:
        """The coordinates with one verdict, in order."""
        return tuple(one for one in self.coordinates if one.verdict == verdict)
