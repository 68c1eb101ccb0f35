"""What each device holds of an array, as index ranges."""

from collections.abc import Sequence
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
    count = int(np.prod(sizes, dtype=np.int64))
    if not any(partition):
        return [tuple((0, size) for size in shape)] * count
    places = np.indices(tuple(sizes)).reshape(len(sizes), count)
    columns: list[list[tuple[int, int]]] = []
    for size, axes in zip(shape, partition, strict=True):
        part, parts = np.zeros(count, dtype=np.int64), 1
        for axis in axes:
            part = part * sizes[axis] + places[axis]
            parts *= sizes[axis]
        each = -(-size // parts)
        starts = np.minimum(part * each, size)
        stops = np.minimum(starts + each, size)
        columns.append(list(zip(starts.tolist(), stops.tolist(), strict=True)))
    return list(zip(*columns, strict=True))


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
    count = 1
    for start, stop in ranges:
        count *= stop - start
    return count
