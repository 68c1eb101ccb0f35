"""The mesh that a function works on, as JAX has it: its axes, who decides over each, and which
device lies where."""

from collections.abc import Iterator, Sequence
from typing import Any

import jax

from jaxplore.capture.collectives.axes import Grid
from jaxplore.model.placement import AxisKind, Mesh, MeshAxis


def meshes_of(arguments: Any, jaxprs: Sequence[Any]) -> Iterator[Any]:
    """JAX's meshes: of the arguments, of what a program's equations say, of the context."""
    for leaf in jax.tree.leaves(arguments):
        yield getattr(getattr(leaf, "sharding", None), "mesh", None)
    for jaxpr in jaxprs:
        for equation in jaxpr.eqns:
            for name in ("mesh", "sharding", "dst_sharding"):
                said = equation.params.get(name)
                yield getattr(said, "mesh", said)
    ask = getattr(jax.sharding, "get_mesh", None)
    if ask is not None:
        try:
            yield ask()
        except Exception:  # inside of a trace JAX does not say
            return


def mesh_record(found: Iterator[Any], devices: int) -> Mesh | None:
    """The first mesh of so many devices, one that names its devices where there is any."""
    fitting = [mesh for mesh in found if _size(mesh) == devices]
    named = [mesh for mesh in fitting if isinstance(mesh, jax.sharding.Mesh)]
    chosen = next(iter([*named, *fitting]), None)
    if chosen is None:
        return None
    kinds = getattr(chosen, "axis_types", None) or [None] * len(chosen.axis_names)
    axes = tuple(
        MeshAxis(name=str(name), size=int(chosen.shape[name]), kind=_kind(kind))
        for name, kind in zip(chosen.axis_names, kinds, strict=True)
    )
    flat = chosen.devices.flat if named else ()
    return Mesh(axes=axes, devices=tuple(f"{d.platform}:{d.id}" for d in flat))


def _size(mesh: Any) -> int:
    if not isinstance(mesh, jax.sharding.Mesh | jax.sharding.AbstractMesh):
        return 0
    return int(mesh.size) if mesh.axis_names else 0


def _kind(kind: Any) -> AxisKind:
    name = str(getattr(kind, "name", kind)).lower()
    return "explicit" if name == "explicit" else "manual" if name == "manual" else "auto"


def mesh_of_grid(grid: Grid) -> Mesh:
    """A mesh of which only the program's text is known: not the names of its devices, and XLA
    decides over its axes as far as one can see."""
    axes = tuple(MeshAxis(name=name, size=size, kind="auto") for name, size in grid.axes)
    return Mesh(axes=axes, devices=())


def grid_of(mesh: Mesh) -> Grid:
    """A mesh as the places of its devices, where it is the program's own."""
    count = 1
    for axis in mesh.axes:
        count *= axis.size
    return Grid(tuple((axis.name, axis.size) for axis in mesh.axes), tuple(range(count)))
