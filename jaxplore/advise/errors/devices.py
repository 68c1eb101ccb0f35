"""E20: arrays on different devices in one program."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jaxplore.advise.errors.words import called, only, placed
from jaxplore.model.errorcard import ErrorArgument, ErrorCard, ErrorFacts
from jaxplore.model.placement import LeafPlacement

PATTERN: Final = r"Received incompatible devices for \w+ computation\. ?(?P<sides>Got.*)?"
_SIDE: Final = re.compile(
    r"(?:Got|and) ?(?:argument (?P<name>[^\n]*?) of (?P<function>[^\n]+?)"
    r" with shape (?P<type>\S+) and |(?P<what>[^\[\]\n]+?) )"
    r"with device ids \[(?P<ids>[^\]]*)\] on platform (?P<platform>\w+)"
)
_MORE: Final = "an array that no call pinned goes where the others are"


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two that are on different devices."""

    leaf: LeafPlacement
    argument: ErrorArgument | None
    what: str
    """`"sharding_constraint"` and its like; `""` for an argument."""


def explain(facts: ErrorFacts, match: re.Match[str]) -> ErrorCard:
    """Which two are where, who pinned them, and which to move."""
    sides = [_side(facts, one) for one in _SIDE.finditer(match["sides"] or "")][:2]
    given = facts.arguments or facts.values
    both = sides if len(sides) == 2 else _by_devices(given)
    return ErrorCard(
        id="E20",
        title="one program, two sets of devices",
        explanation=_explanation(both),
        placements=tuple(side.leaf for side in both),
        advice=_advice(both),
        span=facts.span,
    )


def _side(facts: ErrorFacts, match: re.Match[str]) -> _Side:
    ids = [part.strip() for part in match["ids"].split(",")]
    what = re.sub(r"^(?:p?jit's )| inside p?jit$", "", (match["what"] or "").strip())
    argument = None if what else _argument(facts, match["name"], ids)
    if argument is not None:
        return _Side(argument.placement, argument, "")
    leaf = LeafPlacement(
        path=what or _parameter(match["name"], match["function"]),
        role="constraint" if what else "input",
        shape=_shape(match["type"] or ""),
        dtype=(match["type"] or "").partition("[")[0],
        size_bytes=0,
        devices=tuple(f"{match['platform'].lower()}:{one}" for one in ids),
        sharding="",
        committed=False,
        pinned_by=None,
        bytes_per_device={},
        layout=-1,
        state="planned",
    )
    return _Side(leaf, None, what)


def _parameter(name: str, function: str) -> str:
    """A parameter that no array was found for."""
    return name if function.startswith("<") else f"{name} of {function.rpartition('.')[2]}"


def _argument(facts: ErrorFacts, name: str, ids: Sequence[str]) -> ErrorArgument | None:
    """The pinned array that the message is about; None where that is not certain.

    JAX names the first argument on those devices, which may be one that nothing pinned and
    that could move.
    """
    given = facts.arguments or facts.values
    pinned = [one for one in given if one.placement.committed and _ids(one) == list(ids)]
    if not facts.arguments:
        return only(pinned)
    return next((one for one in pinned if one.name == name), pinned[0] if pinned else None)


def _ids(argument: ErrorArgument) -> list[str]:
    return [name.rpartition(":")[2] for name in argument.placement.devices]


def _shape(text: str) -> tuple[int, ...]:
    """The shape in a type as JAX prints it.

    >>> _shape("float32[8@data,4]"), _shape("float32[]")
    ((8, 4), ())
    """
    inner = re.sub(r"@(\([^)]*\)|\w+)", "", text.partition("[")[2].partition("]")[0])
    return tuple(int(part) for part in inner.split(",") if part.strip().isdigit())


def _by_devices(given: Sequence[ErrorArgument]) -> list[_Side]:
    """The first pinned argument, and the first that is pinned elsewhere."""
    pinned = [one for one in given if one.placement.committed]
    other = [one for one in pinned if one.placement.devices != pinned[0].placement.devices]
    return [_Side(one.placement, one, "") for one in [*pinned[:1], *other[:1]]] if other else []


def _explanation(both: Sequence[_Side]) -> str:
    if len(both) < 2:
        return "the arrays of this call are pinned to different devices; a program runs on one set"
    first, second = both
    said = f"{_called(first)} is {placed(first.leaf)}, {_called(second)} {placed(second.leaf)}"
    if sorted(first.leaf.devices) == sorted(second.leaf.devices):
        return f"{said}: the same devices in another order, and a program has one order"
    pinned = [side for side in both if side.argument is not None]
    if len(pinned) + sum(bool(side.what) for side in both) < len(both):
        return f"{said}: arrays that are pinned to different devices cannot be in one program"
    end = "a program runs on one set of devices"
    if not pinned:
        return f"{said}: {end}"
    who = "both are" if len(pinned) == 2 else f"{called(pinned[0].leaf)} is"
    return f"{said}: {who} pinned there, and {end}"


def _called(side: _Side) -> str:
    return f"the {side.what}" if side.what else called(side.leaf)


def _advice(both: Sequence[_Side]) -> str:
    if len(both) < 2:
        return f"put them in one place with `jax.device_put`; {_MORE}"
    # What is on more devices stays.
    stays, moves = sorted(both, key=lambda side: (not side.what, -len(side.leaf.devices)))
    if moves.what or sorted(stays.leaf.devices) == sorted(moves.leaf.devices):
        return "make both meshes from the same devices, in the same order"
    name = moves.leaf.path if moves.argument is not None and moves.argument.is_named else ""
    if stays.what:
        own = f"; or use its own mesh for the {stays.what}" if len(moves.leaf.devices) > 1 else ""
        return (
            f"with `mesh`, the mesh of the {stays.what}: "
            f"{_put(name, 'jax.NamedSharding(mesh, jax.P())')} puts a copy on each of its "
            f"devices{own}"
        )
    if stays.argument is None or not stays.argument.is_named:
        return f"put both in one place with `jax.device_put`, before the call; {_MORE}"
    kept = stays.leaf.path
    if stays.leaf.shape == moves.leaf.shape or len(stays.leaf.devices) == 1:
        return f"{_put(name, f'{kept}.sharding')}; {_MORE}"
    if stays.argument.mesh:
        target = f"jax.NamedSharding({kept}.sharding.mesh, jax.P())"
        return f"{_put(name, target)} puts a copy on each of the other's devices; {_MORE}"
    return f"put both in one place with `jax.device_put`, before the call; {_MORE}"


def _put(name: str, sharding: str) -> str:
    """The statement that moves an array; one without a name is put where it is passed."""
    return (
        f"`{name} = jax.device_put({name}, {sharding})`"
        if name
        else f"`jax.device_put(..., {sharding})` about the other argument"
    )
