"""How an array is split over a mesh, in words and as one writes it."""

from collections.abc import Iterable, Sequence
from math import prod
from typing import Final

from jaxplore.model.placement import Mesh

Partition = tuple[tuple[str, ...], ...]
"""Per dimension, the mesh axes that split it, in order."""

_NAMES: Final = {1: ("elements",), 2: ("rows", "columns")}


def dimension_name(dimension: int, rank: int) -> str:
    """What a dimension is called.

    >>> dimension_name(1, 2), dimension_name(1, 3)
    ('columns', 'dimension 1')
    """
    return _NAMES[rank][dimension] if rank in _NAMES else f"dimension {dimension}"


def in_words(partition: Partition, mesh: Mesh | None) -> str:
    """What splits each dimension.

    >>> in_words((("data",), ()), None), in_words(((), ()), None)
    ('rows over `data`', 'whole on every device')
    """
    parts = [
        f"{dimension_name(dimension, len(partition))} over {axes_in_words(axes, mesh)}"
        for dimension, axes in enumerate(partition)
        if axes
    ]
    return ", ".join(parts) or "whole on every device"


def axes_in_words(axes: Iterable[str], mesh: Mesh | None) -> str:
    """Axes with their sizes, where they are known.

    >>> axes_in_words(("data", "model"), None)
    '`data` and `model`'
    """
    sizes = {} if mesh is None else {axis.name: axis.size for axis in mesh.axes}
    return " and ".join(f"`{a}` ({sizes[a]:,})" if a in sizes else f"`{a}`" for a in axes)


def spec(partition: Partition) -> str:
    """As one writes it.

    >>> spec((("data",), ())), spec(((), ("a", "b"))), spec(((), ()))
    ("P('data', None)", "P(None, ('a', 'b'))", 'P()')
    """
    if not any(partition):
        return "P()"
    parts = [
        repr(axes[0]) if len(axes) == 1 else repr(axes) if axes else "None" for axes in partition
    ]
    return f"P({', '.join(parts)})"


def axis_size(axes: Iterable[str], mesh: Mesh | None) -> int:
    """How many devices lie along some axes; 1 where no mesh is known."""
    names = set(axes)
    return prod(axis.size for axis in mesh.axes if axis.name in names) if mesh else 1


def parts(partition: Partition, mesh: Mesh | None) -> int:
    """How many different parts there are."""
    return axis_size((axis for axes in partition for axis in axes), mesh)


def moved_axes(before: Partition, after: Partition) -> set[str]:
    """The axes that split another dimension afterwards, or none, or did not split any.

    >>> sorted(moved_axes((("a",), ("b",)), ((), ("b",))))
    ['a']
    """
    return {axis for axis, _ in set(_places(before)) ^ set(_places(after))}


def _places(partition: Sequence[Sequence[str]]) -> Iterable[tuple[str, int]]:
    return [(axis, dimension) for dimension, axes in enumerate(partition) for axis in axes]
