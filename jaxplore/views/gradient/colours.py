"""The colour of a cotangent's norm, on a log scale.

At 1, as large as the derivative of the result by itself, it is grey; smaller is purple,
larger is orange: told apart by readers who see little colour, on light and dark pages.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log10
from typing import Final

# Decades and their colours.
STOPS: Final = (
    (-8, (94, 60, 153)),
    (-4, (148, 115, 200)),
    (-1, (176, 170, 196)),
    (0, (160, 166, 174)),
    (1, (216, 178, 128)),
    (4, (217, 119, 6)),
    (8, (166, 60, 0)),
)
BROKEN: Final = "#d6006c"
"""NaN and Inf."""


def colour(norm: float | None) -> str:
    """As CSS writes it; transparent for zero and for none.

    >>> colour(1.0), colour(1e-30), colour(float("nan")), colour(0.0)
    ('#a0a6ae', '#5e3c99', '#d6006c', 'none')
    """
    if norm is None or norm == 0:
        return "none"
    if norm != norm or norm == float("inf"):
        return BROKEN
    at = min(max(log10(norm), STOPS[0][0]), STOPS[-1][0])
    for (low, one), (high, other) in pairwise(STOPS):
        if at <= high:
            share = (at - low) / (high - low)
            parts = [round(a + share * (b - a)) for a, b in zip(one, other, strict=True)]
            return f"#{parts[0]:02x}{parts[1]:02x}{parts[2]:02x}"
    return BROKEN


class Bars:
    """Lengths of norms on a log scale that spans all of them, four decades at least."""

    def __init__(self, norms: Sequence[float | None]) -> None:
        known = [log10(n) for n in norms if n is not None and 0 < n < float("inf")]
        self._high = max(known, default=0.0)
        self._low = min([*known, self._high - 4]) - 0.3

    def share(self, norm: float | None) -> float:
        """Between 0 and 1."""
        if norm is None or norm == 0:
            return 0.0
        if not 0 < norm < float("inf"):
            return 1.0
        return (log10(norm) - self._low) / (self._high - self._low)
