"""What is wrong with where arrays are, and what to type instead."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from jaxplore.model.placement import LeafPlacement, Mesh, Placement
from jaxplore.model.record import Record

_UNEVEN: Final = 2.0
"""Bytes on the fullest device over the mean, from which on it is worth a word."""
_LARGE: Final = 2**20
"""Bytes from which on arrays are worth splitting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementFinding(Record):
    """One thing to do better about a placement."""

    id: str
    """`"P01"` uneven, `"P02"` one device of many, `"P03"` whole on each device, `"P04"` not
    pinned beside pinned, `"P05"` pinned apart, `"P06"` deleted."""
    explanation: str
    advice: str
    paths: tuple[str, ...]
    """The leaves it is about."""

    def __str__(self) -> str:
        return f"{self.id} {self.explanation}\n    {self.advice}"


def findings(record: Placement) -> tuple[PlacementFinding, ...]:
    """What to do better, what stops a program first."""
    is_tree = not record.name
    found = [*_pinned_apart(record), *_deleted(record), *_not_pinned(record)] if is_tree else []
    found += [*_one_device(record)] or [*_uneven(record)] if is_tree else []
    return (*found, *_whole(record))


def _pinned_apart(record: Placement) -> Iterator[PlacementFinding]:
    """Arrays that JAX refuses to compute with together."""
    groups: dict[frozenset[str], LeafPlacement] = {}
    for leaf in record.leaves:
        if leaf.committed and leaf.devices:
            groups.setdefault(frozenset(leaf.devices), leaf)
    if len(groups) < 2:
        return
    first, second = sorted(groups.values(), key=lambda leaf: -len(leaf.devices))[:2]
    yield PlacementFinding(
        id="P05",
        explanation=f"{_named(first)} is pinned to {_devices(first.devices)}"
        f"{_by(first)}, {_named(second)} to {_devices(second.devices)}{_by(second)}: JAX refuses "
        "to compute with both",
        advice=f"put them alike: `jax.device_put({_code(second)}, {_sharding_for(first, second)})`",
        paths=(first.path, second.path),
    )


def _sharding_for(first: LeafPlacement, second: LeafPlacement) -> str:
    """A sharding on the devices of `first` that `second` can have."""
    sharding = f"{_code(first)}.sharding"
    if len(first.devices) == 1 or first.shape == second.shape:
        return sharding
    return f"jax.sharding.NamedSharding({sharding}.mesh, jax.P())"


def _deleted(record: Placement) -> Iterator[PlacementFinding]:
    gone = [leaf for leaf in record.leaves if leaf.state == "deleted"]
    if gone:
        yield PlacementFinding(
            id="P06",
            explanation=f"{_several(gone)} deleted, or donated to a call: reading fails",
            advice="use what that call returned, or take the argument out of `donate_argnums`",
            paths=_paths(gone),
        )


def _not_pinned(record: Placement) -> Iterator[PlacementFinding]:
    """Arrays that every call copies to where the others are."""
    pinned = [leaf for leaf in record.leaves if leaf.committed and len(leaf.devices) > 1]
    loose = [leaf for leaf in record.leaves if leaf.state == "held" and not leaf.committed]
    if pinned and loose:
        yield PlacementFinding(
            id="P04",
            explanation=f"{_several(loose)} not pinned, {_named(pinned[0])} is: each call copies "
            f"to {_devices(pinned[0].devices)} what is not, and compiles again once it is (R16)",
            advice=f"pin it once: `jax.device_put({_code(loose[0])}, jax.sharding.NamedSharding("
            f"{_code(pinned[0])}.sharding.mesh, jax.P()))`",
            paths=_paths(loose),
        )


def _one_device(record: Placement) -> Iterator[PlacementFinding]:
    used = [name for name, held in record.device_bytes.items() if held]
    placed = [leaf for leaf in record.leaves if leaf.devices]
    count = max(record.device_count, len(record.known_devices))
    if len(used) != 1 or count < 2 or sum(record.device_bytes.values()) < _LARGE:
        return
    largest = max(placed, key=lambda leaf: leaf.size_bytes)
    all_ = "both" if len(placed) == 2 else f"all {len(placed):,}"
    what = "it is" if len(placed) == 1 else f"{all_} arrays are"
    spec = _spec_for(largest.shape, {"data": count})
    advice = f"`mesh = jax.make_mesh(({count},), ('data',))`, then " + (
        f"`jax.device_put({_code(largest)}, jax.sharding.NamedSharding(mesh, {spec}))` splits it"
        if spec
        else "split a dimension that has a multiple of as many elements"
    )
    yield PlacementFinding(
        id="P02",
        explanation=f"{what} on {used[0]}: {_others(count - 1)} nothing",
        advice=advice,
        paths=_paths(placed),
    )


def _uneven(record: Placement) -> Iterator[PlacementFinding]:
    held = record.device_bytes
    if record.imbalance < _UNEVEN or max(held.values()) < _LARGE:
        return
    fullest = max(held, key=lambda name: held[name])
    most = max(record.leaves, key=lambda leaf: _excess(leaf, fullest, len(held)))
    spec = _mesh_spec(record, most)
    advice = (
        f"split it: `jax.device_put({_code(most)}, jax.sharding.NamedSharding(mesh, {spec}))`"
        if spec
        else "put it on another device, or pad a dimension so that it can be split"
    )
    yield PlacementFinding(
        id="P01",
        explanation=f"device {fullest} holds {record.imbalance:.1f}x the mean of "
        f"{len(held):,} devices, most of it {_named(most)}",
        advice=advice,
        paths=(most.path,),
    )


def _excess(leaf: LeafPlacement, device: str, count: int) -> float:
    """Bytes of a leaf on a device above the mean of all."""
    return leaf.bytes_per_device.get(device, 0) - sum(leaf.bytes_per_device.values()) / count


def _whole(record: Placement) -> Iterator[PlacementFinding]:
    """Large arrays of which every device has all, although the mesh could split them."""
    found: list[tuple[LeafPlacement, str]] = []
    for leaf in record.leaves:
        is_value = leaf.role != "constraint" and leaf.state != "deleted"
        if not is_value or leaf.size_bytes < _LARGE or leaf.layout < 0 or len(leaf.devices) < 2:
            continue
        layout = record.layouts[leaf.layout]
        if layout.mesh is not None and not any(layout.partition):
            spec = _mesh_spec(record, leaf)
            if spec:
                found.append((leaf, spec))
    if not found:
        return
    leaf, spec = max(found, key=lambda one: one[0].size_bytes)
    total = sum(one.size_bytes for one, _ in found)
    how = {
        "array": f"`jax.device_put({_code(leaf)}, jax.sharding.NamedSharding(mesh, {spec}))`",
        "input": f"pass it with `jax.sharding.NamedSharding(mesh, {spec})`",
        "output": f"`jax.jit(..., out_shardings=...)` with `NamedSharding(mesh, {spec})` for it",
    }[leaf.role]
    yield PlacementFinding(
        id="P03",
        explanation=f"{_several([one for one, _ in found])} whole on each of "
        f"{len(leaf.devices):,} devices, {_size(total)} on each, although the mesh could split "
        + ("it" if len(found) == 1 else "them"),
        advice=f"{how}: {_size(leaf.size_bytes // _parts(record, leaf))} on each instead of "
        f"{_size(leaf.size_bytes)}",
        paths=_paths([one for one, _ in found]),
    )


def _mesh_of(record: Placement, leaf: LeafPlacement) -> Mesh | None:
    """The mesh of a leaf, or the one that most leaves are on."""
    own = record.layouts[leaf.layout].mesh if leaf.layout >= 0 else None
    if own is None:
        used = Counter(record.layouts[one.layout].mesh for one in record.leaves if one.layout >= 0)
        own = next((mesh for mesh, _ in used.most_common() if mesh is not None), None)
    return None if own is None else record.meshes[own]


def _mesh_spec(record: Placement, leaf: LeafPlacement) -> str:
    mesh = _mesh_of(record, leaf)
    return "" if mesh is None else _spec_for(leaf.shape, _sizes(mesh))


def _sizes(mesh: Mesh) -> dict[str, int]:
    return {axis.name: axis.size for axis in mesh.axes if axis.size > 1 and axis.kind != "manual"}


def _chosen(shape: Sequence[int], axes: dict[str, int]) -> dict[int, str]:
    """Dimension -> the axis to split it over: the largest axes over the largest dimensions."""
    chosen: dict[int, str] = {}
    for name, count in sorted(axes.items(), key=lambda axis: -axis[1]):
        fits = [d for d, size in enumerate(shape) if d not in chosen and size and not size % count]
        if fits:
            chosen[max(fits, key=lambda d: shape[d])] = name
    return chosen


def _spec_for(shape: Sequence[int], axes: dict[str, int]) -> str:
    """A spec that splits as much as can be split evenly; empty where nothing can.

    >>> _spec_for((3, 512), {"data": 4, "model": 2}), _spec_for((3, 5), {"data": 4})
    ("jax.P(None, 'data')", '')
    """
    chosen = _chosen(shape, axes)
    if not chosen:
        return ""
    parts = [repr(chosen[d]) if d in chosen else "None" for d in range(max(chosen) + 1)]
    return f"jax.P({', '.join(parts)})"


def _parts(record: Placement, leaf: LeafPlacement) -> int:
    """Into how many parts the spec of `_mesh_spec` splits a leaf."""
    mesh = _mesh_of(record, leaf)
    axes = {} if mesh is None else _sizes(mesh)
    count = 1
    for name in _chosen(leaf.shape, axes).values():
        count *= axes[name]
    return count


def _code(leaf: LeafPlacement) -> str:
    """How to write a leaf: paths of a tree without a name begin with an index."""
    return leaf.path if leaf.path[:1].isidentifier() else f"tree{leaf.path}" if leaf.path else "x"


def _named(leaf: LeafPlacement) -> str:
    return f"`{_code(leaf)}`" if leaf.path else "the array"


def _several(leaves: Sequence[LeafPlacement]) -> str:
    if len(leaves) == 1:
        return f"{_named(leaves[0])} is"
    rest = len(leaves) - 1
    return f"{_named(leaves[0])} and {rest:,} other{'' if rest == 1 else 's'} are"


def _paths(leaves: Sequence[LeafPlacement]) -> tuple[str, ...]:
    return tuple(leaf.path for leaf in leaves)


def _devices(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names):,} devices"


def _others(count: int) -> str:
    return "the other device holds" if count == 1 else f"the other {count:,} devices hold"


def _by(leaf: LeafPlacement) -> str:
    return "" if leaf.pinned_by is None else f" by {leaf.pinned_by.words}"


def _size(size_bytes: int) -> str:
    value, unit = float(size_bytes), "B"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            break
        value /= 1024
    return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
