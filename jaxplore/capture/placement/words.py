"""A sharding in words: what splits each dimension, and along what it is repeated."""

from collections.abc import Sequence
from typing import Final

from jaxplore.model.placement import MeshAxis

_NAMES: Final = {1: ("elements",), 2: ("rows", "columns")}
LEFT_TO_XLA: Final = "left to XLA"


def dimension_name(dimension: int, rank: int) -> str:
    """What a dimension is called.

    >>> dimension_name(0, 2), dimension_name(1, 2), dimension_name(0, 1), dimension_name(2, 3)
    ('rows', 'columns', 'elements', 'dimension 2')
    """
    return _NAMES[rank][dimension] if rank in _NAMES else f"dimension {dimension}"


def over_mesh(
    shape: Sequence[int],
    axes: Sequence[MeshAxis],
    partition: Sequence[Sequence[str]],
    *,
    free: Sequence[int] = (),
    unreduced: Sequence[str] = (),
) -> str:
    """How an array lies on a mesh of more than one device.

    Args:
        shape: Of the array.
        axes: Of the mesh.
        partition: Per dimension, the axes that split it.
        free: Dimensions of which nothing is said.
        unreduced: Axes along which each device holds its own part of a sum.

    >>> sizes = {"data": 4, "model": 2}
    >>> data, model = (MeshAxis(name=n, size=s, kind="auto") for n, s in sizes.items())
    >>> over_mesh((8, 4), (data, model), (("data",), ()))
    'rows over `data` (4), replicated over `model` (2)'
    >>> over_mesh((10, 4), (data, model), (("data",), ("model",)))
    'rows over `data` (4, unevenly), columns over `model` (2)'
    >>> over_mesh((8,), (data, model), (("data", "model"),)), over_mesh((8,), (data, model), ((),))
    ('elements over `data` (4) and `model` (2)', 'whole on each of 8 devices')
    """
    sizes = {axis.name: axis.size for axis in axes}
    parts: list[str] = []
    for dimension, names in enumerate(partition):
        called = dimension_name(dimension, len(shape))
        split = [name for name in names if sizes[name] > 1]
        if dimension in free:
            parts.append(f"{called} {LEFT_TO_XLA}")
        elif split:
            count = 1
            for name in split:
                count *= sizes[name]
            uneven = shape[dimension] % count != 0
            parts.append(f"{called} over {_listed(split, sizes, uneven=uneven)}")
    if unreduced:
        parts.append(f"unreduced over {_listed(unreduced, sizes)}")
    if not parts:
        count = 1
        for axis in axes:
            count *= axis.size
        return f"whole on each of {count:,} devices"
    used = {name for names in partition for name in names} | set(unreduced)
    rest = [axis.name for axis in axes if axis.size > 1 and axis.name not in used]
    # Where XLA may still use an axis, nothing is known to be repeated along it.
    if rest and not free:
        parts.append(f"replicated over {_listed(rest, sizes)}")
    return ", ".join(parts)


def _listed(names: Sequence[str], sizes: dict[str, int], *, uneven: bool = False) -> str:
    note = ", unevenly" if uneven else ""
    return " and ".join(f"`{name}` ({sizes[name]:,}{note})" for name in names)


def by_index(shape: Sequence[int], ranges: Sequence[tuple[tuple[int, int], ...]]) -> str:
    """How an array lies on devices of which no mesh is known, from what each holds.

    >>> by_index((8, 4), [((0, 4), (0, 4)), ((4, 8), (0, 4)), ((0, 4), (0, 4)), ((4, 8), (0, 4))])
    'rows in 2 parts, each on 2 devices'
    """
    if len(set(ranges)) == 1:
        return f"whole on each of {len(ranges):,} devices"
    parts: list[str] = []
    for dimension in range(len(shape)):
        count = len({one[dimension] for one in ranges})
        if count > 1:
            parts.append(f"{dimension_name(dimension, len(shape))} in {count:,} parts")
    copies = len(ranges) // len(set(ranges))
    where = "a device" if copies == 1 else f"{copies:,} devices"
    return f"{', '.join(parts)}, each on {where}"
