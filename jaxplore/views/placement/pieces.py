"""A layout as pieces: the distinct parts of an array, each with the devices that hold it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from jaxplore.model.placement import Layout

Ranges = tuple[tuple[int, int], ...]

_NUMBERED: Final = re.compile(r"(.*?)([0-9]{1,9})", re.DOTALL)
_MOST_RUNS: Final = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an array, held by one device or by several."""

    ranges: Ranges
    devices: tuple[str, ...]
    size_bytes: int
    is_empty: bool
    """Whether it has no element: the last devices of an uneven split may get none."""


def pieces(layout: Layout) -> tuple[Piece, ...]:
    """The pieces in the order of their indices; the empty ones last."""
    held: dict[Ranges, list[str]] = {}
    sizes: dict[Ranges, int] = {}
    for shard in layout.shards:
        held.setdefault(shard.ranges, []).append(shard.device)
        sizes[shard.ranges] = shard.size_bytes
    found = [
        Piece(ranges, tuple(on), sizes[ranges], any(start >= stop for start, stop in ranges))
        for ranges, on in held.items()
    ]
    return tuple(sorted(found, key=lambda piece: (piece.is_empty, piece.ranges)))


def places(found: Sequence[Piece]) -> Mapping[str, int]:
    """Device -> which piece it holds."""
    return {device: place for place, piece in enumerate(found) for device in piece.devices}


@lru_cache(2048)
def ranges_text(ranges: Ranges, shape: tuple[int, ...] | None = None) -> str:
    """Index ranges as they are written in Python; with `shape`, `:` for a whole dimension.

    >>> ranges_text(((0, 2), (0, 8))), ranges_text(((0, 2), (0, 8)), (4, 8)), ranges_text(())
    ('[0:2, 0:8]', '[0:2, :]', 'scalar')
    """
    if not ranges:
        return "scalar"
    parts = [f"{start}:{stop}" for start, stop in ranges]
    if shape is not None:
        whole = [one == (0, size) for one, size in zip(ranges, shape, strict=True)]
        parts = [":" if all_ else part for all_, part in zip(whole, parts, strict=True)]
    return f"[{', '.join(parts)}]"


def devices_text(names: Sequence[str], most: int = _MOST_RUNS) -> str:
    """Devices in few characters: runs of numbers, and a count where there are many runs.

    >>> devices_text(["cpu:0", "cpu:1", "cpu:4"]), devices_text(["cpu:0", "cpu:1", "cpu:2"])
    ('cpu:0, 1, 4', 'cpu:0–2')
    >>> devices_text([f"cpu:{i}" for i in range(0, 512, 2)])
    'cpu:0, 2, 4 … 510 (256)'
    """
    if len(names) == 1:
        return names[0]
    prefix, numbers = _numbered(names)
    if numbers is None:
        shown = ", ".join(names[:most])
        return shown if len(names) <= most else f"{shown} … ({len(names):,})"
    runs = _runs(numbers)
    if len(runs) > most:
        first = ", ".join(runs[: most - 1])
        return f"{prefix}{first} … {numbers[-1]} ({len(numbers):,})"
    return prefix + ", ".join(runs)


def device_number(name: str) -> str:
    """The number at the end of a device's name, or the name.

    >>> device_number("cpu:17"), device_number("host")
    ('17', 'host')
    """
    matched = _NUMBERED.fullmatch(name)
    return name if matched is None else matched[2]


def _numbered(names: Sequence[str]) -> tuple[str, list[int] | None]:
    """What all names begin with and their numbers, sorted; None where they differ in more."""
    matched = [_NUMBERED.fullmatch(name) for name in names]
    found = [one for one in matched if one is not None]
    prefixes = {one[1] for one in found}
    if len(found) != len(names) or len(prefixes) != 1:
        return "", None
    return prefixes.pop(), sorted(int(one[2]) for one in found)


def _runs(numbers: Sequence[int]) -> list[str]:
    """`0–3` for three numbers or more in a row."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts: list[str] = []
    for run in runs:
        texts += [f"{run[0]}–{run[-1]}"] if len(run) > 2 else [str(number) for number in run]
    return texts
