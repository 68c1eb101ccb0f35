"""What each device holds of an array, as index ranges."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

Ranges = tuple[tuple[int, int], ...]


def on_mesh(
    shape: Sequence[int], sizes: Sequence[int], partition: Sequence[Sequence[int]]
) -> list[Ranges]:
    """The ranges of each device of a mesh, the last axis fastest.

    Args:
        shape: Of the array.
        sizes: Of the mesh's axes.
        partition: Per dimension, the places of the axes that split it.

    Where a dimension cannot be split evenly, XLA gives all devices as much and the last ones
    what is left.

    >>> on_mesh((5,), (2, 2), ((0,),))
    [((0, 3),), ((0, 3),), ((3, 5),), ((3, 5),)]
    """
    columns = [
        _column(size, tuple(sizes), tuple(axes))
        for size, axes in zip(shape, partition, strict=True)
    ]
    return list(zip(*columns, strict=True)) if columns else [()] * math.prod(sizes)


@lru_cache(maxsize=512)
def _column(size: int, sizes: tuple[int, ...], axes: tuple[int, ...]) -> list[tuple[int, int]]:
    """What each device has of one dimension."""
    count = math.prod(sizes)
    if not axes:
        return [(0, size)] * count
    places = np.indices(sizes).reshape(len(sizes), count)
    part, parts = np.zeros(count, dtype=np.int64), 1
    for axis in axes:
        part = part * sizes[axis] + places[axis]
        parts *= sizes[axis]
    each = -(-size // parts)
    starts = np.minimum(part * each, size)
    stops = np.minimum(starts + each, size)
    return list(zip(starts.tolist(), stops.tolist(), strict=True))


def by_device(shape: Sequence[int], sharding: Any) -> dict[Any, Ranges] | None:
    """The ranges of each device, as a sharding without mesh tells them; None where it does not."""
    try:
        indices = sharding.devices_indices_map(tuple(shape))
    except Exception:  # a sharding of somebody else's, or one that does not fit the shape
        return None
    return {
        device: tuple(
            part.indices(size)[:2] for part, size in zip(index or (), shape, strict=False)
        )
        for device, index in indices.items()
    }


def element_count(ranges: Ranges) -> int:
    """How many elements a part has.

    >>> element_count(((0, 3), (2, 4))), element_count(())
    (6, 1)
    """
    return math.prod(stop - start for start, stop in ranges)
