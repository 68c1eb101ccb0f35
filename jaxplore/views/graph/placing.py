"""Where the items of ordered layers stand: `extension/src/layout/place.ts` in Python.

The two give the same numbers (tests/records/layouts); that file says how it works.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from jaxplore.views.graph.ordering import Net, Rows

_INFINITY: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Sizes:
    """Widths and distances; items from `boxes` on are way points."""

    widths: Sequence[float]
    boxes: int
    gap: float
    way_gap: float


def placed(rows: Rows, net: Net, sizes: Sizes) -> list[float]:
    """The centre of each item, after Brandes and Koepf (2001)."""
    crossed = _conflicts(rows, net, sizes.boxes)
    drawings: list[list[float]] = []
    for goes_down in (True, False):
        for goes_right in (True, False):
            turned = [row if goes_right else row[::-1] for row in rows]
            if not goes_down:
                turned.reverse()
            root = _aligned(turned, net.up if goes_down else net.down, crossed)
            centre = _compacted(turned, root, sizes)
            drawings.append(centre if goes_right else [-x for x in centre])
    return _balanced(drawings, sizes.widths)


def _places(rows: Rows) -> dict[int, int]:
    return {item: i for row in rows for i, item in enumerate(row)}


def _conflicts(rows: Rows, net: Net, boxes: int) -> set[tuple[int, int]]:
    """Edges that cross an inner stretch of a long edge. They give way."""
    place = _places(rows)
    found: set[tuple[int, int]] = set()

    def inner(item: int) -> int:
        above = -1 if item < boxes else net.up[item][0]
        return above if above >= boxes else -1

    for above_row, row in pairwise(rows):
        start = left = 0
        for k, last in enumerate(row):
            above = inner(last)
            if above == -1 and k < len(row) - 1:
                continue
            right = len(above_row) if above == -1 else place[above]
            for item in row[start : k + 1]:
                if inner(item) == -1:
                    found.update((o, item) for o in net.up[item] if not left <= place[o] <= right)
            start, left = k + 1, right
    return found


def _aligned(rows: Rows, near: list[list[int]], crossed: set[tuple[int, int]]) -> list[int]:
    """For each item the topmost of the column that it lines up with."""
    place = _places(rows)
    root = list(range(len(near)))
    taken = [False] * len(near)
    for row in rows:
        rightmost = -1
        for item in row:
            around = sorted(near[item], key=place.__getitem__)
            if not around:
                continue
            for other in around[(len(around) - 1) // 2 : len(around) // 2 + 1]:
                if place[other] <= rightmost or taken[other] or root[item] != item:
                    continue
                if (other, item) in crossed or (item, other) in crossed:
                    continue
                root[item] = root[other]
                taken[other] = True
                rightmost = place[other]
    return root


def _compacted(rows: Rows, root: list[int], sizes: Sizes) -> list[float]:
    """Columns as far left as their neighbours allow, then back right where that closes gaps."""
    before: list[list[tuple[int, float]]] = [[] for _ in root]
    after: list[list[tuple[int, float]]] = [[] for _ in root]
    for row in rows:
        for left, right in pairwise(row):
            both = left >= sizes.boxes and right >= sizes.boxes
            space = sizes.way_gap if both else sizes.gap
            apart = (sizes.widths[left] + sizes.widths[right]) / 2 + space
            before[root[right]].append((root[left], apart))
            after[root[left]].append((root[right], apart))
    columns = _sorted_columns(root, before, after)
    centre = [0.0] * len(root)
    for column in columns:
        centre[column] = max([0.0, *(centre[other] + by for other, by in before[column])])
    for column in reversed(columns):
        most = min((centre[other] - by for other, by in after[column]), default=_INFINITY)
        if most != _INFINITY and most > centre[column]:
            centre[column] = most
    return [centre[column] for column in root]


def _sorted_columns(
    root: list[int],
    before: list[list[tuple[int, float]]],
    after: list[list[tuple[int, float]]],
) -> list[int]:
    """Columns so that each comes after those to its left."""
    missing = [len(around) for around in before]
    columns = [item for item, top in enumerate(root) if item == top and missing[item] == 0]
    for column in columns:
        for other, _ in after[column]:
            missing[other] -= 1
            if missing[other] == 0:
                columns.append(other)
    return columns


def _balanced(drawings: list[list[float]], widths: Sequence[float]) -> list[float]:
    """The mean of the middle two of four drawings, all moved over the narrowest."""
    if not widths:
        return []
    bounds = [
        (
            min(x - width / 2 for x, width in zip(centre, widths, strict=True)),
            max(x + width / 2 for x, width in zip(centre, widths, strict=True)),
        )
        for centre in drawings
    ]
    left, right = min(bounds, key=lambda ends: ends[1] - ends[0])
    shifts = [left - ends[0] if i % 2 == 0 else right - ends[1] for i, ends in enumerate(bounds)]
    result: list[float] = []
    for item in range(len(widths)):
        four = sorted(c[item] + shift for c, shift in zip(drawings, shifts, strict=True))
        result.append((four[1] + four[2]) / 2)
    return result
