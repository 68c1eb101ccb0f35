"""E25, E26, E30 to E32: a sharding that does not fit its array, or another sharding."""

import re
from collections.abc import Sequence
from typing import Final

from jaxplore.advise.errors.words import called, listed, only, spec_names
from jaxplore.model.errorcard import ErrorArgument, ErrorCard, ErrorFacts

ASKED: Final = (
    r"Sharding passed to p?jit does not match the sharding on the respective arg\. "
    r"Got p?jit sharding: (?P<asked>.+?),\s+arg sharding: (?P<had>.+?) for arg type"
)
UNEVEN: Final = (
    r"(?:spec=(?P<spec>P(?:artitionSpec)?\((?:[^()]|\([^()]*\))*\)).*?)?"
    r"implies that array axis (?P<axis>\d+) is partitioned (?P<parts>\d+) times, but the "
    r"dimension size is (?P<size>\d+) \(full shape: \((?P<shape>[^)]*)\)"
)
UNEVEN_SHARD_MAP: Final = (
    r"of shape \w+\[(?P<shape>[\d,]*)\].*?maps array axis (?P<axis>\d+) \(of size (?P<size>\d+)\) "
    r"to mesh ax(?:is|es) (?P<names>.+?) \(of (?:total )?size (?P<parts>\d+)\)"
)
RANK: Final = (
    r"is only valid for values of rank at least (?P<least>\d+), "
    r"but was applied to a value of rank (?P<rank>\d+)"
)
TWICE: Final = (
    r"but (?P<spec>\S*P(?:artitionSpec)?\(.*?\)) has duplicate entries for `?(?P<axis>\w+)"
)
# Below `with jax.set_mesh(mesh):` the second part alone would do.
_WHOLE: Final = "jax.NamedSharding(jax.typeof(x).sharding.mesh, jax.P())"
_SPLIT: Final = "jax.NamedSharding(mesh, jax.P(...))"
# JAX's functions that only look at what was passed, not at results.
_OF_ARGUMENTS: Final = frozenset(
    ("device_put", "_check_specs_vs_args", "_process_in_axis_resources")
)
_ILLEGAL: Final = re.compile(
    r"(?P<operation>\w+) operation with inputs: .* produces an illegally sharded result: "
    r"\w+\[(?P<result>[^\]]*)\]"
)
_CONTRACTING: Final = re.compile(
    r"Contracting dimensions are sharded.*?lhs_contracting_spec=\((?P<axes>[^)]*)\)"
)


def asked(facts: ErrorFacts, match: re.Match[str]) -> ErrorCard:
    """`in_shardings` ask for another sharding than a pinned argument has."""
    one = only(
        [
            one
            for one in facts.arguments
            if one.wanted is not None
            and one.sharding == match["had"].strip()
            and one.wanted.sharding != one.placement.sharding
        ]
    )
    if one is None or one.wanted is None:
        has = "an argument is split in another way than `in_shardings` say, and it is pinned"
        code = "put it there before the call with `jax.device_put(x, sharding)`"
    else:
        name = called(one.placement)
        has = (
            f"{name} is pinned: {one.placement.sharding}; `in_shardings` ask for: "
            f"{one.wanted.sharding}"
        )
        path = one.placement.path or "x"
        start = f"`{path} = " if one.is_named else "`"
        code = (
            f"{start}jax.device_put({path}, sharding)` with the sharding of `in_shardings`, "
            "before the call"
        )
    return ErrorCard(
        id="E25",
        title="an argument is not split as `in_shardings` say",
        explanation=f"{has}; `jax.jit` does not move a pinned array",
        placements=() if one is None or one.wanted is None else (one.placement, one.wanted),
        advice=f"{code}; or leave `in_shardings` out: a pinned argument is taken as it is",
        span=facts.span,
    )


def uneven(facts: ErrorFacts, match: re.Match[str]) -> ErrorCard:
    """A dimension that cannot be split evenly."""
    names = spec_names(match["spec"] or "")
    axis = int(match["axis"])
    return _uneven(facts, match, names[axis] if axis < len(names) else [])


def uneven_shard_map(facts: ErrorFacts, match: re.Match[str]) -> ErrorCard:
    """The same of an argument of `shard_map`."""
    return _uneven(facts, match, re.findall(r"'([^']+)'", match["names"]))


def _uneven(facts: ErrorFacts, match: re.Match[str], names: Sequence[str]) -> ErrorCard:
    axis, parts, size = int(match["axis"]), int(match["parts"]), int(match["size"])
    shape = tuple(int(part) for part in match["shape"].split(",") if part.strip())
    over = f" over {listed(names)}" if names else ""
    # A result may have the same shape.
    is_argument = not _OF_ARGUMENTS.isdisjoint(facts.inside)
    one = only([one for one in facts.arguments if is_argument and one.placement.shape == shape])
    padding = [(0, 0)] * len(shape)
    if axis < len(shape):
        padding[axis] = (0, -size % parts)
    path = one.placement.path if one is not None and one.is_named else "x"
    lower = f"{size - size % parts:,} or " if size >= parts else ""
    return ErrorCard(
        id="E26",
        title="a dimension that cannot be split evenly",
        explanation=f"dimension {axis} of the shape {_shape(shape)} has {size:,} elements, to be "
        f"split{over} into {parts:,} equal parts",
        placements=() if one is None else (one.placement,),
        advice=f"make it {lower}{size + -size % parts:,} long, as in `jnp.pad({path}, "
        f"{tuple(padding)})`, or leave that dimension whole: `None` in its place in `jax.P(...)`",
        span=facts.span,
    )


def _shape(shape: Sequence[int]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def rank(facts: ErrorFacts, match: re.Match[str]) -> ErrorCard:
    """A `PartitionSpec` with more entries than the array has dimensions."""
    least, has = int(match["least"]), int(match["rank"])
    dimensions = "1 dimension" if has == 1 else f"{has} dimensions"
    is_argument = not _OF_ARGUMENTS.isdisjoint(facts.inside)
    one = only([one for one in facts.arguments if is_argument and len(one.placement.shape) == has])
    return ErrorCard(
        id="E31",
        title="a `PartitionSpec` with too many entries",
        explanation=f"it has {least} entries, one per dimension, and the array has {dimensions}",
        placements=() if one is None else (one.placement,),
        advice=f"write at most {has} in `jax.P(...)`; dimensions that it leaves out stay whole",
        span=facts.span,
    )


def twice(facts: ErrorFacts, match: re.Match[str]) -> ErrorCard:
    """One mesh axis for two dimensions."""
    axis = match["axis"]
    return ErrorCard(
        id="E32",
        title="one mesh axis for two dimensions",
        explanation=f"the `PartitionSpec` has `{axis}` twice; a mesh axis can split one dimension",
        placements=(),
        advice=f"keep `{axis}` for one dimension, and `None` or another axis for the other",
        span=facts.span,
    )


def types(facts: ErrorFacts, match: re.Match[str]) -> ErrorCard:
    """Explicit axes: how values are split is part of their types, and these do not fit."""
    given = [one for one in facts.arguments or facts.values if one.mesh]
    explanation, advice = _illegal(facts, given) or _contracting(facts) or _unclear()
    return ErrorCard(
        id="E30",
        title="the shardings of an operation do not fit",
        explanation=explanation,
        placements=tuple(one.placement for one in given[:4]),
        advice=advice,
        span=facts.span,
    )


def _illegal(facts: ErrorFacts, given: Sequence[ErrorArgument]) -> tuple[str, str] | None:
    found = _ILLEGAL.search(facts.message)
    if found is None:
        return None
    names = re.findall(r"\w+", " ".join(re.findall(r"@(\([^)]*\)|\w+)", found["result"])))
    doubled = sorted({name for name in names if names.count(name) > 1})
    if not doubled:
        return None
    said = (
        f"the result of `{found['operation']}` would be split over {listed(doubled)} along two "
        "dimensions; a mesh axis can split one"
    )
    if len(given) == 2 and all(one.is_named for one in given):
        kept, moved = given[0].placement, given[1].placement
        if kept.shape == moved.shape:
            return said, (
                f"`{moved.path} = jax.sharding.reshard({moved.path}, "
                f"jax.typeof({kept.path}).sharding)` splits both in the same way"
            )
    return said, f"split both in the same way first: `jax.sharding.reshard(x, {_SPLIT})`"


def _contracting(facts: ErrorFacts) -> tuple[str, str] | None:
    found = _CONTRACTING.search(facts.message)
    if found is None:
        return None
    names = re.findall(r"'([^']+)'", found["axes"])
    over = f" over {listed(names)}" if names else ""
    return (
        f"the dimension that is summed is split{over} in both: the result may be whole or split, "
        "and with Explicit axes JAX does not choose",
        f"say it in the call, as in `jnp.dot(x, y, out_sharding={_WHOLE})` for a whole result",
    )


def _unclear() -> tuple[str, str]:
    return (
        "the axes of this mesh are Explicit: how a value is split is part of its type, and from "
        "these types JAX cannot tell how the result is split",
        f"say it with `out_sharding={_SPLIT}` where the operation takes it, or split an input in "
        f"another way first: `jax.sharding.reshard(x, {_SPLIT})`",
    )
