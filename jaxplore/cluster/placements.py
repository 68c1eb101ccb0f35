"""One placement of what several processes said of a variable."""

from collections.abc import Sequence
from dataclasses import replace

from jaxplore.model.placement import Device, Placement


def joined_placement(found: Sequence[Placement]) -> Placement:
    """What they all say, once; where they do not agree (each has arrays of its own, say), the
    leaves of each under its name.

    Args:
        found: What each process says, by number.
    """
    if all(one == found[0] for one in found):
        return found[0]
    leaves, layouts, meshes = [], [], []
    devices: dict[str, Device] = {}
    for process, one in enumerate(found):
        leaves += [
            replace(
                leaf,
                path=f"process {process}: {leaf.path}".removesuffix(": "),
                layout=leaf.layout if leaf.layout < 0 else leaf.layout + len(layouts),
            )
            for leaf in one.leaves
        ]
        layouts += [
            replace(layout, mesh=None if layout.mesh is None else layout.mesh + len(meshes))
            for layout in one.layouts
        ]
        meshes += one.meshes
        devices |= {device.name: device for device in one.known_devices}
    return Placement(
        name=found[0].name,
        leaves=tuple(leaves),
        layouts=tuple(layouts),
        meshes=tuple(meshes),
        known_devices=tuple(sorted(devices.values(), key=lambda device: device.id)),
    )
