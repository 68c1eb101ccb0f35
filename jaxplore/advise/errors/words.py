"""Words that several cards use."""

from collections.abc import Sequence

from jaxplore.model.errorcard import ErrorArgument
from jaxplore.model.placement import LeafPlacement


def called(leaf: LeafPlacement) -> str:
    """An array by its name: "`x`".

    A part of a tree has the quotes of its key in its name.
    """
    return f"`{leaf.path}`" if leaf.path else "an argument"


def placed(leaf: LeafPlacement) -> str:
    """Where an array is, in a sentence: `"on cpu:0"`, `"on the 8 devices cpu:0 to cpu:7"`."""
    devices = leaf.devices
    if not devices:
        return leaf.sharding
    if len(devices) == 1:
        return f"on {devices[0]}"
    return f"on the {len(devices)} devices {devices[0]} to {devices[-1]}"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('`a`', '`a`, `b` and `c`')
    """
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def only(arguments: Sequence[ErrorArgument]) -> ErrorArgument | None:
    """The argument of a choice that leaves one; None where it leaves none or several."""
    return arguments[0] if len(arguments) == 1 else None


def spec_names(spec: str) -> list[list[str]]:
    """The axes of each dimension of a `PartitionSpec` as JAX prints it.

    >>> spec_names("P('data', None, ('a', 'b'))"), spec_names("P('data',)")
    ([['data'], [], ['a', 'b']], [['data']])
    """
    names: list[list[str]] = []
    depth = 0
    for part in spec.removeprefix("PartitionSpec").removeprefix("P").strip("()").split(","):
        text = part.strip()
        if not text:
            continue
        name = text.strip("()'\"")
        if depth == 0:
            names.append([])
        if name and name != "None":
            names[-1].append(name)
        depth += text.count("(") - text.count(")")
    return names
