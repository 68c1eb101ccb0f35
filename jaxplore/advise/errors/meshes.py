"""E27 to E29: an axis that a mesh has not, no mesh at all, two meshes."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from jaxplore.advise.errors.words import called, listed
from jaxplore.model.errorcard import ErrorArgument, ErrorCard, ErrorFacts

NO_AXIS: Final = (
    r"Resource axis: (?P<axis>\S+) of (?P<spec>\S*P(?:artitionSpec)?\(.*?\)) is not found in mesh: "
    r"\((?P<axes>[^)]*)\)"
)
NO_MESH: Final = (
    r"requires a non-empty mesh in context if you are passing|"
    r"when you are not under a mesh context|"
    r"Please set a mesh via `?jax\.set_mesh`? if a PartitionSpec"
)
TWO_MESHES: Final = (
    r"Mesh for all inputs should be equal|"
    r"(?P<context>context mesh) .* should match the (?:aval )?mesh"
)
_MESH: Final = re.compile(r"(?:Abstract)?Mesh\((?P<axes>'[^']+': \d+(?:, '[^']+': \d+)*)")


def no_axis(facts: ErrorFacts, match: re.Match[str]) -> ErrorCard:
    """A `PartitionSpec` names an axis that its mesh has not."""
    axis = match["axis"]
    axes = [part.strip(" '\"") for part in match["axes"].split(",") if part.strip()]
    has = f"the mesh has {listed(axes)}" if axes else "the mesh has no axes"
    near = get_close_matches(axis, axes, n=1)
    return ErrorCard(
        id="E27",
        title="a mesh axis that does not exist",
        explanation=f"the `PartitionSpec` names the axis `{axis}`; {has}",
        placements=(),
        advice=f"write `{near[0]}` for `{axis}`"
        if near
        else "use an axis of the mesh, or make the mesh with an axis of that name",
        span=facts.span,
    )


def no_mesh(facts: ErrorFacts, match: re.Match[str]) -> ErrorCard:
    """A `PartitionSpec` without a mesh."""
    return ErrorCard(
        id="E28",
        title="a `PartitionSpec` without a mesh",
        explanation="a `PartitionSpec` only names axes; no mesh says which devices they are",
        placements=(),
        advice="pass `jax.NamedSharding(mesh, jax.P(...))` in its place, or put the code below "
        "`with jax.set_mesh(mesh):`",
        span=facts.span,
    )


def two_meshes(facts: ErrorFacts, match: re.Match[str]) -> ErrorCard:
    """Values on two meshes, or on another than the one that is set."""
    meshes = [_said(found["axes"]) for found in _MESH.finditer(facts.message)][:2]
    owners = _owners(facts.arguments or facts.values)
    if match["context"]:
        return _context(facts, meshes, owners)
    sides = list(owners.values())[:2]
    return ErrorCard(
        id="E29",
        title="arrays on two meshes",
        explanation=_two(meshes, sides),
        placements=tuple(one.placement for one in sides) if len(sides) == 2 else (),
        advice=_move(sides),
        span=facts.span,
    )


def _two(meshes: Sequence[str], sides: Sequence[ErrorArgument]) -> str:
    end = "one operation works on one mesh"
    if len(sides) == 2:
        said = [f"{called(one.placement)} is on a mesh of {_axes_of(one.mesh)}" for one in sides]
        return f"{said[0]}, {said[1]}; {end}"
    if len(meshes) == 2:
        return f"one value is on a mesh of {meshes[0]}, another on a mesh of {meshes[1]}; {end}"
    return f"the values are on two meshes; {end}"


def _move(sides: Sequence[ErrorArgument]) -> str:
    if len(sides) < 2 or not all(one.is_named for one in sides):
        return "put them on one mesh with `jax.device_put`, before the call"
    kept, moved = sides[0].placement.path, sides[1].placement.path
    return (
        f"`{moved} = jax.device_put({moved}, jax.NamedSharding({kept}.sharding.mesh, jax.P()))` "
        "puts it on the other's mesh; name axes in `jax.P` to split it"
    )


def _context(
    facts: ErrorFacts, meshes: Sequence[str], owners: dict[str, ErrorArgument]
) -> ErrorCard:
    said = (
        f"`jax.set_mesh` chose a mesh of {meshes[0]}, and a value is on a mesh of {meshes[1]}"
        if len(meshes) == 2
        else "a value is on another mesh than the one that `jax.set_mesh` chose"
    )
    return ErrorCard(
        id="E29",
        title="another mesh than the one that is set",
        explanation=said,
        placements=tuple(one.placement for one in owners.values()),
        advice="compute below `with jax.set_mesh(mesh):` with the value's own mesh, or put the "
        "value on the mesh that is set: `jax.device_put(x, jax.NamedSharding(mesh, jax.P(...)))`",
        span=facts.span,
    )


def _owners(given: Sequence[ErrorArgument]) -> dict[str, ErrorArgument]:
    """Mesh -> the first array on it."""
    found: dict[str, ErrorArgument] = {}
    for one in given:
        if _MESH.search(one.mesh):
            found.setdefault(one.mesh, one)
    return found


def _axes_of(mesh: str) -> str:
    found = _MESH.search(mesh)
    return "" if found is None else _said(found["axes"])


def _said(axes: str) -> str:
    """The axes of a mesh in words.

    >>> _said("'data': 4, 'model': 2")
    '`data` (4) and `model` (2)'
    """
    parts = re.findall(r"'([^']+)': (\d+)", axes)
    return " and ".join(f"`{name}` ({size})" for name, size in parts)
