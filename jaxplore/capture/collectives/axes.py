"""Along which axes of a mesh the devices lie that take part in a collective."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

from jaxplore.capture.collectives.groups import Groups, along, coordinates


@dataclass(frozen=True, slots=True)
class Grid:
    """A mesh, as the places of its devices."""

    axes: tuple[tuple[str, int], ...]
    """Name and size."""
    devices: tuple[int, ...]
    """Places in the program's order of devices, the last axis fastest."""

    def size(self, axes: Sequence[str]) -> int:
        """How many devices lie along some axes."""
        return prod(size for name, size in self.axes if name in axes)


def axes_of_groups(groups: Groups, grids: Sequence[Grid]) -> tuple[str, ...]:
    """The axes that the groups lie along; `()` where they follow none of the meshes."""
    wanted = {frozenset(group) for group in groups}
    if not groups or len({len(group) for group in groups}) != 1:
        return ()
    for grid in grids:
        sizes = [size for _, size in grid.axes]
        wide = [place for place, size in enumerate(sizes) if size > 1]
        for count in range(len(wide) + 1):
            for chosen in combinations(wide, count):
                if prod(sizes[place] for place in chosen) != len(groups[0]):
                    continue
                if {frozenset(g) for g in along(sizes, chosen, grid.devices)} == wanted:
                    return tuple(grid.axes[place][0] for place in chosen)
    return ()


def axes_of_pairs(pairs: Groups, grids: Sequence[Grid]) -> tuple[str, ...]:
    """The axes along which senders and receivers lie apart."""
    for grid in grids:
        at = {device: place for place, device in enumerate(grid.devices)}
        if not all(device in at for pair in pairs for device in pair):
            continue
        sizes = [size for _, size in grid.axes]
        apart = {
            axis
            for source, target in pairs
            for axis, (one, other) in enumerate(
                zip(
                    coordinates(at[source], sizes),
                    coordinates(at[target], sizes),
                    strict=True,
                )
            )
            if one != other
        }
        return tuple(name for axis, (name, _) in enumerate(grid.axes) if axis in apart)
    return ()


def largest_ring(pairs: Groups) -> int:
    """How many devices the longest chain of senders and receivers joins; 1 where all keep
    what they have."""
    joined: dict[int, set[int]] = {}
    for source, target in pairs:
        ring = joined.get(source, {source}) | joined.get(target, {target})
        for device in ring:
            joined[device] = ring
    return max((len(ring) for ring in joined.values()), default=1)
