"""The type and the place of an array that was passed."""

from functools import lru_cache
from typing import Any, Final

from jaxplore.capture.compiles.settings import mesh_devices
from jaxplore.capture.programs.jaxprs import type_text
from jaxplore.model.compiles import Argument

_NUMBERS: Final = (bool, int, float, complex)


def argument(path: Any, aval: Any, array: Any) -> Argument:
    """One array of a call; `array` is what was passed, `aval` its type."""
    committed = bool(getattr(array, "committed", False)) or bool(
        getattr(array, "_committed", False)
    )
    sharding = getattr(array, "sharding", None) if committed else None
    number = next((kind.__name__ for kind in _NUMBERS if type(array) is kind), "")
    return _argument(
        str(path),
        type_text(aval),
        bool(getattr(aval, "weak_type", False)),
        "" if sharding is None else _placement(sharding) + _layout(array),
        number,
    )


@lru_cache(maxsize=65_536)
def _argument(path: str, type: str, weak: bool, placement: str, number: str) -> Argument:
    # Equal arguments are one object: hundreds of earlier calls are kept for comparison.
    return Argument(path=path, type=type, weak_type=weak, placement=placement, number=number)


def _placement(sharding: Any) -> str:
    spec = getattr(sharding, "spec", None)
    text = _devices(sharding)
    if spec is not None:
        text = f"{str(spec).replace('PartitionSpec', 'P')} on {text}{_axis_types(sharding)}"
    memory = getattr(sharding, "memory_kind", None)
    return text if memory in (None, _usual_memory(sharding)) else f"{text}, memory {memory}"


def _usual_memory(sharding: Any) -> str | None:
    try:
        return next(iter(sharding.device_set)).default_memory().kind
    except Exception:  # a device that does not say
        return None


def _axis_types(sharding: Any) -> str:
    """How the axes of a mesh are used, where that is not left to XLA."""
    types = getattr(getattr(sharding, "mesh", None), "axis_types", None) or ()
    names = [getattr(one, "name", str(one)) for one in types]
    return f", {'/'.join(names)} axes" if any(name != "Auto" for name in names) else ""


def _devices(sharding: Any) -> str:
    """The devices in the order of the mesh, which is part of the program."""
    devices = mesh_devices(getattr(sharding, "mesh", None))
    if not devices:
        devices = sorted(sharding.device_set, key=lambda device: device.id)
    if len(devices) > 4:
        return f"{len(devices)} devices {devices[0]}..{devices[-1]}"
    return ", ".join(str(device) for device in devices)


def _layout(array: Any) -> str:
    """A layout that is not the usual one, row by row."""
    layout = getattr(getattr(array, "format", None), "layout", None)
    order = tuple(getattr(layout, "major_to_minor", ()))
    return "" if order == tuple(range(len(order))) else f", layout {order}"
