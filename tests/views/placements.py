"""Placements to draw, made without JAX: as many devices as a test asks for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from jaxplore.model.placement import (
    Device,
    Layout,
    LeafPlacement,
    Mesh,
    MeshAxis,
    Pin,
    Placement,
    Shard,
)

Made = tuple[Layout, Mesh | None]


def laid(
    shape: tuple[int, ...],
    axes: Mapping[str, int] | None,
    *split: tuple[str, ...],
    words: str = "as asked",
    device: str = "cpu",
) -> Made:
    """An array of float32 on a mesh, each dimension split by some of its axes."""
    axes = axes or {}
    split = (*split, *[()] * (len(shape) - len(split)))
    shards: list[Shard] = []
    for number, place in enumerate(product(*map(range, axes.values()))):
        at = dict(zip(axes, place, strict=True))
        ranges = tuple(_range(n, over, axes, at) for n, over in zip(shape, split, strict=True))
        held = 4 * math.prod(stop - start for start, stop in ranges)
        shards.append(Shard(device=f"{device}:{number}", ranges=ranges, size_bytes=held))
    used = {name for over in split for name in over}
    mesh = Mesh(
        axes=tuple(MeshAxis(name=name, size=n, kind="auto") for name, n in axes.items()),
        devices=tuple(shard.device for shard in shards),
    )
    layout = Layout(
        shape=shape,
        dtype="float32",
        mesh=0 if axes else None,
        partition=split,
        replicated=tuple(name for name in axes if name not in used and axes[name] > 1),
        words=words,
        spec="",
        memory_kind="",
        shards=tuple(shards),
    )
    return layout, mesh if axes else None


def _range(
    size: int, over: Sequence[str], axes: Mapping[str, int], at: Mapping[str, int]
) -> tuple[int, int]:
    """As XLA splits: equal parts but for the last ones."""
    place = 0
    for name in over:
        place = place * axes[name] + at[name]
    each = -(-size // math.prod(axes[name] for name in over))
    return min(place * each, size), min((place + 1) * each, size)


def placed(*made: Made, leaves: int = 1, **facts: Any) -> Placement:
    """Arrays laid out like this, so many of each; keywords change fields of the placement."""
    layouts: list[Layout] = []
    meshes: list[Mesh] = []
    arrays: list[LeafPlacement] = []
    for number, (layout, mesh) in enumerate(made):
        if mesh is not None and mesh not in meshes:
            meshes.append(mesh)
        layouts.append(replace(layout, mesh=None if mesh is None else meshes.index(mesh)))
        arrays += [leaf(f"w[{number}][{i}]", number, layout) for i in range(leaves)]
    names = dict.fromkeys(shard.device for layout in layouts for shard in layout.shards)
    placement = Placement(
        name="",
        leaves=tuple(arrays),
        layouts=tuple(layouts),
        meshes=tuple(meshes),
        known_devices=tuple(
            Device(name=name, id=i, platform="cpu", kind="cpu", process=0)
            for i, name in enumerate(names)
        ),
    )
    return replace(placement, **facts)


def leaf(path: str, number: int, layout: Layout, **facts: Any) -> LeafPlacement:
    """One array that lies as the layout says."""
    pin = Pin(how="device_put", span=None, words="jax.device_put(w, s), cell 3 line 2")
    made = LeafPlacement(
        path=path,
        role="array",
        shape=layout.shape,
        dtype=layout.dtype,
        size_bytes=4 * math.prod(layout.shape),
        devices=tuple(shard.device for shard in layout.shards),
        sharding=layout.words,
        committed=True,
        pinned_by=pin,
        bytes_per_device={shard.device: shard.size_bytes for shard in layout.shards},
        layout=number,
    )
    return replace(made, **facts)
