"""Which devices take part in a collective together, from the ways XLA has to write it.

A list, `{{0,1},{2,3}}`; a shape cut out of counted numbers, `[4,2]<=[2,4]T(1,0)`; axes of a
mesh of XLA's own, `mesh['axis_0'=4,'axis_1'=2] {'axis_0'}`; or pairs of sender and receiver.
"""

import re
from collections.abc import Iterable, Sequence
from math import prod
from typing import Final

from jaxplore.capture.programs.hlomodule import Instruction, Module

Groups = tuple[tuple[int, ...], ...]
"""Places of devices in the order in which the program's devices are counted."""

_LIST: Final = re.compile(r"\{([\d,\s]*)\}")
_GROUPS: Final = re.compile(r"replica_groups=(\{(?:\{[\d,\s]*\},?\s*)*\})")
_COUNTED: Final = re.compile(r"replica_groups=\[([\d,]+)\]<=\[([\d,]+)\](?:T\(([\d,]+)\))?")
_MESH: Final = re.compile(
    r"replica_groups=@?mesh\[([^\]]*)\](?:, device_ids=\(([^{]*)\))? \{([^}]*)\}"
)
_MESH_AXIS: Final = re.compile(r"'([^']*)'=(\d+)")
_PART: Final = re.compile(r"'([^']*)'(?::\((\d+)\)(\d+))?")
_ORDER: Final = re.compile(r"\[([\d,]+)\](?:<=\[[\d,]+\])?(?:T\(([\d,]+)\))?")
_PAIRS: Final = re.compile(r'source_target_pairs="?(\{(?:\{[\d,\s]*\},?\s*)*\})')
_CHANNEL: Final = re.compile(r"\bchannel_id=\d")

# What counts replicas in its groups, unless it says that it counts all devices.
_OF_REPLICAS: Final = ("all-reduce", "all-gather", "reduce-scatter")


def groups_of(kind: str, instruction: Instruction, module: Module) -> Groups:
    """The devices of each group; all in one where XLA names none."""
    text = instruction.attributes
    has_channel = _CHANNEL.search(text) is not None
    named = replica_groups(text)
    if kind in _OF_REPLICAS and has_channel and "use_global_device_ids=true" in text:
        return named or (tuple(range(module.devices)),)
    if kind in _OF_REPLICAS and has_channel:
        among = named or (tuple(range(module.replicas)),)
        return tuple(
            tuple(r * module.partitions + p for r in group for p in range(module.partitions))
            for group in among
        )
    count = module.partitions if has_channel else module.replicas
    return _repeated(named or (tuple(range(count)),), module, has_channel)


def pairs_of(instruction: Instruction, module: Module) -> Groups:
    """Sender and receiver of each copy."""
    found = _PAIRS.search(instruction.attributes)
    pairs = _lists(found[1]) if found else ()
    return _repeated(pairs, module, _CHANNEL.search(instruction.attributes) is not None)


def _repeated(groups: Groups, module: Module, is_of_partitions: bool) -> Groups:
    """Groups of partitions happen in each replica, groups of replicas in each partition."""
    partitions = module.partitions
    if is_of_partitions:
        return tuple(
            tuple(r * partitions + p for p in group)
            for r in range(module.replicas)
            for group in groups
        )
    return tuple(
        tuple(r * partitions + p for r in group) for p in range(partitions) for group in groups
    )


def replica_groups(text: str) -> Groups:
    """The groups as written; none for `{}`.

    >>> replica_groups("replica_groups={{0,1},{2,3}}")
    ((0, 1), (2, 3))
    >>> replica_groups("replica_groups=[2,2]<=[2,2]T(1,0)")
    ((0, 2), (1, 3))
    >>> replica_groups("replica_groups=mesh['a'=2,'b'=2] {'a'}")
    ((0, 2), (1, 3))
    """
    if found := _COUNTED.search(text):
        order = _counted(found[2], found[3])
        size = _numbers(found[1])[-1]
        return tuple(tuple(order[i : i + size]) for i in range(0, len(order), size))
    if found := _MESH.search(text):
        return _of_mesh(_MESH_AXIS.findall(found[1]), found[2], _PART.findall(found[3]))
    found = _GROUPS.search(text)
    return _lists(found[1]) if found else ()


def _of_mesh(
    axes: Sequence[tuple[str, str]], order: str | None, parts: Sequence[tuple[str, str, str]]
) -> Groups:
    """Groups along axes of a mesh. Of an axis `'a':(2)4` cuts the middle: 2 parts before it,
    4 in it, and what is left behind it."""
    sizes: list[int] = []
    chosen: list[int] = []
    for name, size_text in axes:
        size = int(size_text)
        cuts = sorted((int(before), int(cut)) for n, before, cut in parts if n == name and cut)
        if any(n == name and not cut for n, _, cut in parts):
            cuts = [(1, size)]
        done = 1
        for before, cut in cuts:
            sizes += [before // done, cut]
            chosen.append(len(sizes) - 1)
            done = before * cut
        sizes.append(size // done)
    devices = list(range(prod(sizes))) if not order else _ids(order)
    return along(sizes, chosen, devices)


def along(sizes: Sequence[int], chosen: Iterable[int], devices: Sequence[int]) -> Groups:
    """Groups of the devices that differ only in their places along the chosen axes.

    >>> along([2, 3], [1], range(6))
    ((0, 1, 2), (3, 4, 5))
    """
    picked = set(chosen)
    groups: dict[tuple[int, ...], list[int]] = {}
    for place, device in enumerate(devices):
        at = coordinates(place, sizes)
        groups.setdefault(tuple(-1 if i in picked else c for i, c in enumerate(at)), []).append(
            device
        )
    return tuple(tuple(group) for group in groups.values())


def coordinates(place: int, sizes: Sequence[int]) -> tuple[int, ...]:
    """The place along each axis, the last axis fastest.

    >>> coordinates(5, [4, 2])
    (2, 1)
    """
    at: list[int] = []
    for size in reversed(sizes):
        place, along_axis = divmod(place, size)
        at.append(along_axis)
    return tuple(reversed(at))


def _ids(text: str) -> list[int]:
    found = _ORDER.search(text)
    return _counted(found[1], found[2]) if found else _numbers(text)


def _counted(shape: str, order: str | None) -> list[int]:
    """0, 1, 2, ... in a shape, and then with its axes in another order."""
    sizes = _numbers(shape)
    axes = _numbers(order) if order else list(range(len(sizes)))
    turned = [sizes[axis] for axis in axes]
    strides = [prod(sizes[axis + 1 :]) for axis in axes]
    return [
        sum(c * stride for c, stride in zip(coordinates(place, turned), strides, strict=True))
        for place in range(prod(sizes))
    ]


def _lists(text: str) -> Groups:
    return tuple(tuple(_numbers(one)) for one in _LIST.findall(text[1:-1]))


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]
