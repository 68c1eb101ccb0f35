"""Which process each device belongs to, where there are several."""

from collections.abc import Mapping

from jaxplore.model.placement import Placement
from jaxplore.views.placement.pieces import devices_text
from jaxplore.views.processes.outputs import EDGES
from jaxplore.views.units import size


def process_of(record: Placement) -> Mapping[str, int]:
    """Device -> its process; nothing where all belong to one."""
    found = {device.name: device.process for device in record.known_devices}
    return found if len(set(found.values())) > 1 else {}


def edge(process: int) -> str:
    """The colour that marks what belongs to a process."""
    return EDGES[process % len(EDGES)]


def said_of_processes(record: Placement) -> list[tuple[int, str]]:
    """Each process with its devices and what they hold together: `"cpu:0–3 hold 32 B"`."""
    devices: dict[int, list[str]] = {}
    for name, process in process_of(record).items():
        devices.setdefault(process, []).append(name)
    held = record.device_bytes
    return [
        (
            process,
            f"{devices_text(names)} {'hold' if len(names) > 1 else 'holds'} "
            f"{size(sum(held.get(name, 0) for name in names))}",
        )
        for process, names in sorted(devices.items())
    ]
