"""The colour of a piece of an array: from dark blue to yellow in the order of the indices.

The scheme (viridis without its darkest part) grows evenly lighter, so the order is seen
without hue too, on light and dark pages and on paper.
"""

from functools import cache
from typing import Final

STOPS: Final = (
    (71, 45, 123),
    (59, 82, 139),
    (44, 114, 142),
    (33, 145, 140),
    (40, 174, 128),
    (94, 201, 98),
    (173, 220, 48),
    (253, 231, 37),
)
MOST: Final = 64
"""So many are told apart at best; more would only make the picture larger."""
ALONE: Final = 0.45
"""Where on the scheme the only piece of an array is."""


def place(piece: int, count: int) -> float:
    """Where a piece is on the scheme, from 0 to 1.

    >>> place(0, 2), place(1, 2), place(0, 1)
    (0.0, 1.0, 0.45)
    """
    if count < 2:
        return ALONE
    steps = min(count, MOST) - 1
    return round(piece / (count - 1) * steps) / steps


@cache
def colour(at: float) -> str:
    """As CSS writes it.

    >>> colour(0.0), colour(1.0)
    ('#472d7b', '#fde725')
    """
    red, green, blue = _mixed(at)
    return f"#{red:02x}{green:02x}{blue:02x}"


@cache
def is_dark(at: float) -> bool:
    """Whether white text reads better on it than black."""
    light = [(part / 255) ** 2.2 for part in _mixed(at)]
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] < 0.18


def _mixed(at: float) -> tuple[int, int, int]:
    scaled = min(max(at, 0.0), 1.0) * (len(STOPS) - 1)
    below = min(int(scaled), len(STOPS) - 2)
    share = scaled - below
    red, green, blue = (
        round(one + share * (other - one))
        for one, other in zip(STOPS[below], STOPS[below + 1], strict=True)
    )
    return red, green, blue
