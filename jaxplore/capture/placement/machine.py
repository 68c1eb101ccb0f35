"""The devices of a machine: memory, live arrays, and what was compiled for them."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import jax

from jaxplore.capture.placement import leaves
from jaxplore.capture.placement.layouts import device_record
from jaxplore.model.compiles import Compile
from jaxplore.model.devices import Devices, DeviceUse
from jaxplore.model.diagnosis import Diagnosed

_MOST_FUNCTIONS: Final = 8


def capture_devices(compiles: Iterable[Compile], findings: tuple[Diagnosed, ...]) -> Devices:
    """What each device has on it.

    Args:
        compiles: What was seen compiled; each counts for all devices it names.
        findings: What is wrong with devices.
    """
    default = default_device()
    live_bytes, live_arrays = _live()
    names = _functions(compiles)
    rows: list[DeviceUse] = []
    for device in jax.devices():
        record = device_record(device)
        stats = _memory(device)
        functions = names.get(record.name, Counter())
        rows.append(
            DeviceUse(
                device=record,
                is_default=device == default,
                used_bytes=stats.get("bytes_in_use"),
                limit_bytes=stats.get("bytes_limit"),
                peak_bytes=stats.get("peak_bytes_in_use"),
                live_bytes=live_bytes[device],
                live_arrays=live_arrays[device],
                compiles=functions.total(),
                functions=tuple(name for name, _ in functions.most_common(_MOST_FUNCTIONS)),
            )
        )
    return Devices(
        backend=jax.default_backend(),
        process=jax.process_index(),
        processes=jax.process_count(),
        rows=tuple(rows),
        findings=findings,
    )


def default_device() -> Any:
    """Where arrays go when nobody says where."""
    settings: Any = jax.config
    chosen = settings.jax_default_device
    if isinstance(chosen, str):  # a platform
        return jax.local_devices(backend=chosen)[0]
    return jax.local_devices()[0] if chosen is None else chosen


def _memory(device: Any) -> dict[str, int]:
    """What the device's allocator says; empty where it says nothing."""
    try:
        return device.memory_stats() or {}
    except Exception:  # a device of another process, or a backend that has no such call
        return {}


def _live() -> tuple[Counter[Any], Counter[Any]]:
    """Bytes and number of live arrays per device. Arrays that share a buffer count once."""
    sizes: Counter[Any] = Counter()
    counts: Counter[Any] = Counter()
    seen: set[Any] = set()
    arrays = [array for array in jax.live_arrays() if not array.is_deleted()]
    alone = {
        (device, array.shape, array.dtype)
        for array in arrays
        if _is_alone(array)
        for device in array.devices()
    }
    for array in arrays:
        for device, buffer, size_bytes in _buffers(array, alone):
            if (device, buffer) not in seen:
                seen.add((device, buffer))
                sizes[device] += size_bytes
                counts[device] += 1
    return sizes, counts


def _buffers(array: Any, alone: set[Any]) -> Iterator[tuple[Any, object, int]]:
    """(device, what tells the buffer from others, bytes) on each device of this process."""
    leaf = leaves.read(array)
    if leaf is None:
        return
    shape = array.sharding.shard_shape(array.shape)
    size_bytes = math.ceil(math.prod(shape) * leaf.element_bytes)
    devices = array.sharding.addressable_devices
    # A sharded array makes arrays of its shards when it is first asked for them, and keeps
    # them. It is asked only where arrays like these are alive already.
    is_asked = _is_alone(array) or all((device, shape, array.dtype) in alone for device in devices)
    if is_asked:
        for shard in array.addressable_shards:
            yield shard.device, shard.data.unsafe_buffer_pointer(), size_bytes
    else:
        for device in devices:
            yield device, id(array), size_bytes


def _is_alone(array: Any) -> bool:
    return array.sharding.num_devices == 1


def _functions(compiles: Iterable[Compile]) -> dict[str, Counter[str]]:
    """Device -> names of the programs compiled for it."""
    found: dict[str, Counter[str]] = {}
    for row in compiles:
        for device in row.devices:
            found.setdefault(device, Counter())[row.function] += 1
    return found
