"""The slope of a function of one number, from its values at steps to both sides.

Ridders' method: differences at ever smaller steps are extrapolated to none, and of all
estimates the one that is most consistent with its neighbours is taken. Too large a step sees
the curve, too small a one only rounding; which is which shows in the numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from jaxplore.model.finite import Verdict

_MOST_ORDERS: Final = 5
_SAFETY: Final = 10.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A slope and how far off it may be."""

    value: float
    error: float


_NONE: Final = Estimate(float("nan"), float("inf"))


@dataclass(frozen=True, slots=True)
class Slope:
    """What the values say of a function at one point."""

    central: Estimate
    left: Estimate
    right: Estimate
    shape: Literal["smooth", "kink", "jump", "edge"]
    nothing: float
    """A slope too small to be told from none at all, beside the size of the function."""


@dataclass(frozen=True, slots=True)
class Values:
    """A function along a line: at the point, and at steps to both sides, largest first."""

    middle: float
    ahead: Sequence[float]
    behind: Sequence[float]
    steps_ahead: Sequence[float]
    """The steps as they were: what is added to a number is rounded."""
    steps_behind: Sequence[float]


def slope_of(values: Values, *, resolution: float) -> Slope:
    """The slope at the point.

    Args:
        values: Of the function.
        resolution: Of the numbers it computes in: the distance from 1 to the next.
    """
    f0 = values.middle
    ahead, behind = np.asarray(values.ahead), np.asarray(values.behind)
    steps_ahead, steps_behind = np.asarray(values.steps_ahead), np.asarray(values.steps_behind)
    sizes = np.abs(np.concatenate([ahead, behind, [f0]]))
    size = float(np.max(sizes[np.isfinite(sizes)], initial=0.0))
    noise = 4 * resolution * size
    right = _extrapolated((ahead - f0) / steps_ahead, steps_ahead, 1, noise)
    left = _extrapolated((f0 - behind) / steps_behind, steps_behind, 1, noise)
    both = (steps_ahead + steps_behind) / 2
    central = _extrapolated((ahead - behind) / (2 * both), both, 2, noise)
    shape = _shape(values, left, right, noise)
    return Slope(central, left, right, shape, nothing=1e3 * noise / float(both[0]))


def _shape(
    values: Values, left: Estimate, right: Estimate, noise: float
) -> Literal["smooth", "kink", "jump", "edge"]:
    # Large steps may leave the function's domain; there is an edge where small ones do.
    is_open = [not np.all(np.isfinite(side[-3:])) for side in (values.ahead, values.behind)]
    if any(is_open):
        return "edge"
    if any(_jumps(values.middle, side, noise) for side in (values.ahead, values.behind)):
        return "jump"
    apart = abs(right.value - left.value)
    doubt = left.error + right.error
    steep = max(abs(right.value), abs(left.value))
    return "kink" if apart > 2 * _SAFETY * doubt + 1e-6 * steep else "smooth"


def _jumps(middle: float, side: Sequence[float], noise: float) -> bool:
    """Whether the function keeps its distance however near the point is."""
    distance = np.asarray(side[-5:]) - middle
    nearest = abs(float(distance[-1]))
    # What is not the same at each step is noise.
    is_steady = float(np.ptp(distance)) < 0.2 * nearest
    return nearest > 1e4 * noise and is_steady


def _extrapolated(
    slopes: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    steps: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    power: int,
    noise: float,
) -> Estimate:
    """Ridders' tableau over differences whose error falls with a power of the step."""
    found = _NONE
    before = slopes
    for order in range(1, min(_MOST_ORDERS, len(slopes))):
        larger, smaller = steps[: len(slopes) - order], steps[order:]
        factor = (larger / smaller) ** power
        row = before[1:] + (before[1:] - before[:-1]) / (factor - 1)
        errors = np.maximum(np.abs(row - before[1:]), np.abs(row - before[:-1]))
        errors = errors + noise / smaller
        for value, error in zip(row, errors, strict=True):
            if np.isfinite(value) and error < found.error:
                found = Estimate(float(value), float(error))
        before = row
    return found


def verdict_of(
    slope: Slope, gradient: float, *, rtol: float, leaf_size: float, can_jump: bool
) -> tuple[Verdict, float]:
    """Whether a gradient agrees with a slope, and the slope it was compared with.

    Args:
        slope: From finite differences.
        gradient: As JAX has it.
        rtol: The relative error that is allowed.
        leaf_size: The largest gradient in the same leaf: what is tiny beside it is compared
            less strictly.
        can_jump: Whether the numbers are fine enough to tell a jump from rounding.
    """
    shape, central = slope.shape, slope.central
    if shape == "edge":
        return "edge", central.value
    if shape == "jump":
        return ("jump" if can_jump else "unclear"), central.value
    if shape == "kink":
        return _at_a_kink(slope, gradient, rtol)
    if not np.isfinite(gradient):
        return "differs", central.value
    apart = abs(gradient - central.value)
    allowed = rtol * max(abs(gradient), abs(central.value), 1e-3 * leaf_size)
    doubt = _SAFETY * central.error
    if not np.isfinite(central.value) or apart > max(allowed, doubt):
        return ("differs" if np.isfinite(central.value) else "unclear"), central.value
    is_known = apart <= allowed or doubt <= slope.nothing
    return ("agrees" if is_known else "unclear"), central.value


def _at_a_kink(slope: Slope, gradient: float, rtol: float) -> tuple[Verdict, float]:
    """At a kink any slope between those to both sides is right."""
    low, high = sorted((slope.left.value, slope.right.value))
    slack = max(rtol * max(abs(low), abs(high)), _SAFETY * (slope.left.error + slope.right.error))
    inside = low - slack <= gradient <= high + slack
    return ("kink" if inside else "differs"), min(max(gradient, low), high) if inside else (
        low if abs(gradient - low) < abs(gradient - high) else high
    )
