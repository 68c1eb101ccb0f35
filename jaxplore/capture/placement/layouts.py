"""Layouts, meshes and devices of one capture, each distinct one once."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jax

from jaxplore.capture.placement import shards, words
from jaxplore.model.placement import (
    AxisKind,
    Device,
    Layout,
    LeafPlacement,
    Mesh,
    MeshAxis,
    Placement,
    Shard,
)

NOWHERE: Final = -1
_KINDS: Final[dict[str, AxisKind]] = {"Explicit": "explicit", "Manual": "manual"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an array lies: what all leaves with the same layout share."""

    layout: int
    words: str
    devices: tuple[str, ...] = ()
    bytes_per_device: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class _Spread:
    """A `PartitionSpec`, read."""

    partition: tuple[tuple[str, ...], ...]
    free: tuple[int, ...]
    unreduced: tuple[str, ...]
    text: str


class Layouts:
    """Gives shardings their records. One serves one capture."""

    def __init__(self) -> None:
        self.layouts: list[Layout] = []
        self.meshes: list[Mesh] = []
        self._devices: dict[Any, Device] = {}
        self._places: dict[Any, Place] = {}
        self._numbers: dict[Any, int] = {}
        self._concrete: dict[Any, Any] = {}
        self._met: set[Any] = set()
        self._usual: dict[Any, tuple[str | None, int]] = {}

    @property
    def devices(self) -> tuple[Device, ...]:
        """All devices met so far, in JAX's order."""
        return tuple(sorted(self._devices.values(), key=lambda one: (one.platform, one.id)))

    def record(self, name: str, found: Sequence[LeafPlacement]) -> Placement:
        """All that was placed."""
        devices = self.devices
        return Placement(
            name=name,
            leaves=tuple(found),
            layouts=tuple(self.layouts),
            meshes=tuple(self.meshes),
            known_devices=devices,
            # A device says that its backend has started: asking starts nothing.
            device_count=jax.device_count(devices[0].platform) if devices else 0,
        )

    def know(self, mesh: Any) -> None:
        """Remember a mesh with devices: one without, of the same axes, stands for it."""
        if mesh in self._met:
            return
        self._met.add(mesh)
        if isinstance(mesh, jax.sharding.Mesh) and mesh.axis_names:
            for key in (mesh_axes(mesh), _axes_of(mesh)):
                self._concrete.setdefault(key, mesh)

    def know_all(self, shardings: Iterable[Any]) -> None:
        """Remember the meshes of shardings."""
        for sharding in shardings:
            self.know(getattr(sharding, "mesh", None))

    def place(
        self, shape: tuple[int, ...], dtype: str, sharding: Any, element_bytes: float
    ) -> Place:
        """Where an array lies.

        Args:
            shape: Of the whole array.
            dtype: Its name.
            sharding: JAX's.
            element_bytes: Bytes of one element; less than 1 where several share a byte.
        """
        key = (shape, dtype, element_bytes, sharding)
        known = self._places.get(key)
        if known is None:
            known = self._places[key] = self._made(*key)
        return known

    def _made(
        self, shape: tuple[int, ...], dtype: str, element_bytes: float, sharding: Any
    ) -> Place:
        spread, mesh = _spread(sharding, len(shape)), getattr(sharding, "mesh", None)
        ranges: Sequence[shards.Ranges]
        names: Sequence[str]
        number: int | None = None
        if spread is not None and mesh is not None:
            mesh = self._with_devices(mesh)
            number, axes = self._mesh(mesh)
            said = words.over_mesh(
                shape, axes, spread.partition, free=spread.free, unreduced=spread.unreduced
            )
            if not isinstance(mesh, jax.sharding.Mesh):
                return Place(NOWHERE, said)
            at = {axis.name: place for place, axis in enumerate(axes)}
            partition = [[at[name] for name in names] for names in spread.partition]
            sizes = tuple(axis.size for axis in axes)
            ranges = shards.on_mesh(shape, sizes, partition)
            device, names = mesh.devices.flat[0], self.meshes[number or 0].devices
        else:
            found = shards.by_device(shape, sharding)
            if found is None:
                return Place(NOWHERE, _unknown(sharding))
            axes, ranges = (), list(found.values())
            said = words.by_index(shape, ranges)
            device, names = next(iter(found)), [self._device(device) for device in found]
        parts = _shards(names, ranges, element_bytes)
        if len(parts) == 1:
            said = f"on {parts[0].device}"
        memory, note = self._memory(sharding, device)
        layout = Layout(
            shape=shape,
            dtype=dtype,
            mesh=number,
            partition=((),) * len(shape) if spread is None else spread.partition,
            replicated=() if spread is None else _replicated(axes, spread),
            words=said + note,
            spec="" if spread is None else spread.text,
            memory_kind=memory,
            shards=tuple(parts),
        )
        self.layouts.append(layout)
        return Place(
            len(self.layouts) - 1,
            layout.words,
            tuple(part.device for part in parts),
            {part.device: part.size_bytes for part in parts},
        )

    def _device(self, device: Any) -> str:
        known = self._devices.get(device)
        if known is None:
            known = self._devices[device] = device_record(device)
        return known.name

    def _with_devices(self, mesh: Any) -> Any:
        """The mesh, or for an abstract one the known mesh of the same axes, if any."""
        if isinstance(mesh, jax.sharding.Mesh):
            return mesh
        same = self._concrete.get(mesh_axes(mesh))
        return same or self._concrete.get(_axes_of(mesh)) or mesh

    def _mesh(self, mesh: Any) -> tuple[int | None, tuple[MeshAxis, ...]]:
        """The number of a mesh, None for one without devices, and its axes."""
        if not isinstance(mesh, jax.sharding.Mesh):
            return None, mesh_axes(mesh)
        number = self._numbers.get(mesh)
        if number is None:
            number = self._numbers[mesh] = len(self.meshes)
            names = tuple(self._device(device) for device in mesh.devices.flat)
            self.meshes.append(Mesh(axes=mesh_axes(mesh), devices=names))
        return number, self.meshes[number].axes

    def _memory(self, sharding: Any, device: Any) -> tuple[str, str]:
        """The kind of memory, and what to say where it is not the usual one."""
        kind = getattr(sharding, "memory_kind", None)
        if device not in self._usual:
            self._usual[device] = _memories(device)
        usual, count = self._usual[device]
        if kind is None:
            kind = usual
        if kind is None or count < 2:
            return "", ""
        return str(kind), "" if kind == usual else f", in memory `{kind}`"


def _shards(
    names: Sequence[str], ranges: Sequence[shards.Ranges], element_bytes: float
) -> list[Shard]:
    sizes = {part: math.ceil(shards.element_count(part) * element_bytes) for part in set(ranges)}
    return [
        Shard(device=name, ranges=part, size_bytes=sizes[part])
        for name, part in zip(names, ranges, strict=True)
    ]


def device_record(device: Any) -> Device:
    """A device of JAX's."""
    return Device(
        name=str(device),
        id=int(device.id),
        platform=str(device.platform),
        kind=str(device.device_kind),
        process=int(device.process_index),
    )


def mesh_axes(mesh: Any) -> tuple[MeshAxis, ...]:
    """The axes of a mesh, with devices or without."""
    names, sizes = _axes_of(mesh)
    types: Any = getattr(mesh, "axis_types", None) or (None,) * len(names)
    return tuple(
        MeshAxis(name=str(name), size=size, kind=_KINDS.get(getattr(kind, "name", ""), "auto"))
        for name, size, kind in zip(names, sizes, types, strict=True)
    )


def _axes_of(mesh: Any) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    return tuple(mesh.axis_names), tuple(int(size) for size in dict(mesh.shape).values())


def _spread(sharding: Any, rank: int) -> _Spread | None:
    """What a sharding with a mesh says of each dimension; None for one without."""
    spec = getattr(sharding, "spec", None)
    if spec is None:
        return None
    partition: list[tuple[str, ...]] = []
    free: list[int] = []
    parts: list[str] = []
    for dimension, one in enumerate(spec):
        if one is None or isinstance(one, str):
            names = () if one is None else (one,)
        elif isinstance(one, tuple):
            names = tuple(str(name) for name in one)  # pyright: ignore[reportUnknownVariableType]
        else:
            names = ()
            free.append(dimension)
        partition.append(names)
        parts.append("P.UNCONSTRAINED" if dimension in free else repr(one))
    partition += [()] * (rank - len(partition))
    unreduced = tuple(sorted(str(name) for name in getattr(spec, "unreduced", None) or ()))
    if unreduced:
        parts.append(f"unreduced={{{', '.join(map(repr, unreduced))}}}")
    text = f"P({', '.join(parts)})"
    return _Spread(tuple(partition), tuple(free), unreduced, text)


def _replicated(axes: tuple[MeshAxis, ...], spread: _Spread) -> tuple[str, ...]:
    used = {name for names in spread.partition for name in names} | set(spread.unreduced)
    if spread.free:
        return ()
    return tuple(axis.name for axis in axes if axis.size > 1 and axis.name not in used)


def _unknown(sharding: Any) -> str:
    return f"not known: {type(sharding).__name__} does not say"


def _memories(device: Any) -> tuple[str | None, int]:
    """The kind of memory that a device uses where nothing is said, and how many it has."""
    try:
        return device.default_memory().kind, len(device.addressable_memories())
    except Exception:  # a device of another process, or one that does not say
        return None, 0
