"""Which device holds what, as text: a line per array, what is uneven, and what to do."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from jaxplore.advise.placement import findings
from jaxplore.model.placement import LeafPlacement, LeafRole, Placement
from jaxplore.model.types import short_type
from jaxplore.views.columns import columns
from jaxplore.views.placement.html import summary
from jaxplore.views.placement.pieces import devices_text
from jaxplore.views.placement.processes import said_of_processes
from jaxplore.views.units import counted, cut, size

_MOST_LEAVES: Final = 40
_MOST_GROUPS: Final = 8
_PATH: Final = 40
_WORDS: Final = 76
_QUOTED: Final = 60
_NUMBERS: Final = ("size", "per device")
_TITLES: Final[dict[LeafRole, str]] = {
    "array": "",
    "input": "inputs",
    "output": "outputs",
    "constraint": "constraints",
}
_MADE: Final = {"result": " (result)", "operation": " (result)"}
_LEGEND: Final = (
    "(result): pinned because its inputs are, or a sharding was given, or a mesh is set"
)


def text(record: Placement) -> str:
    """What is placed, how evenly, a table per role, and what to do better.

    A sharding that splits nothing is no finding by itself; see `advise.placement`.
    """
    parts = [summary(record), *_uneven(record)]
    parts += [f"process {process}: {words}" for process, words in said_of_processes(record)]
    parts += _meshes(record)
    for role, title in _TITLES.items():
        leaves = [leaf for leaf in record.leaves if leaf.role == role]
        if leaves:
            parts += ["", *([title] if title else []), *_table(record, role, leaves)]
    if any(_mark(leaf) for leaf in record.leaves[:_MOST_LEAVES]):
        parts += ["", _LEGEND]
    found = findings(record)
    return "\n".join([*parts, *([""] if found else []), *map(str, found)])


def _uneven(record: Placement) -> Iterator[str]:
    """Bytes per device where they differ; devices with as many together."""
    held = record.device_bytes
    if len(set(held.values())) < 2:
        return
    groups: dict[int, list[str]] = {}
    for name, size_bytes in held.items():
        groups.setdefault(size_bytes, []).append(name)
    largest = sorted(groups.items(), reverse=True)
    parts = [
        f"{devices_text(names)}: {size(size_bytes)}{' each' if len(names) > 1 else ''}"
        for size_bytes, names in largest[:_MOST_GROUPS]
    ]
    rest = sum(len(names) for _, names in largest[_MOST_GROUPS:])
    more = f"; {counted(rest, 'device')} with less" if rest else ""
    yield f"per device: {'; '.join(parts)}{more}"


def _meshes(record: Placement) -> Iterator[str]:
    for mesh in record.meshes:
        axes = " × ".join(f"`{axis.name}` ({axis.size:,}, {axis.kind})" for axis in mesh.axes)
        yield f"mesh {axes} on {devices_text(mesh.devices)}"


def _table(record: Placement, role: LeafRole, leaves: Sequence[LeafPlacement]) -> Iterator[str]:
    shown, rest = leaves[:_MOST_LEAVES], leaves[_MOST_LEAVES:]
    first = "constraint" if role == "constraint" else "path"
    last = {"output": "made by", "constraint": "expression"}.get(role, "pinned by")
    head = [first, "type", "size", "split", "per device", last]
    rows = [_row(record, leaf) for leaf in shown]
    if _several_places(leaves):
        head.insert(4, "on")
        for row, leaf in zip(rows, shown, strict=True):
            row.insert(4, devices_text(leaf.devices))
    if role == "constraint":
        place = head.index("per device")
        for row in (head, *rows):
            del row[place]
    yield from columns(head, rows, numbers=_NUMBERS).split("\n")
    if rest:
        yield f"and {len(rest):,} more, `.leaves` has all:"
        for words, count in Counter(leaf.sharding for leaf in rest).most_common(_MOST_GROUPS):
            yield f"    {count:,} {cut(words, _WORDS)}"


def _several_places(leaves: Sequence[LeafPlacement]) -> bool:
    """Whether some leaves are on several devices, and not all of those on the same ones."""
    return len({leaf.devices for leaf in leaves if len(leaf.devices) > 1}) > 1


def _row(record: Placement, leaf: LeafPlacement) -> list[str]:
    if leaf.role in ("output", "constraint"):
        last = "" if leaf.span is None else f"{leaf.span.quoted(_QUOTED)}, {leaf.span.place}"
    else:
        last = _pinned(leaf)
    return [
        cut(leaf.path or record.name or "it", _PATH),
        short_type(leaf.dtype, leaf.shape),
        size(leaf.size_bytes) if leaf.size_bytes else "",
        cut(leaf.sharding, _WORDS),
        _per_device(leaf),
        " ".join(last.split()),
    ]


def _per_device(leaf: LeafPlacement) -> str:
    held = leaf.bytes_per_device.values()
    if not held:
        return ""
    low, high = min(held), max(held)
    return size(low) if low == high else f"{size(low)} to {size(high)}"


def _pinned(leaf: LeafPlacement) -> str:
    if leaf.same_as is not None:
        return f"the same array as {cut(leaf.same_as, _PATH)}"
    if not leaf.committed:
        return "not pinned" if leaf.devices else ""
    return f"{leaf.pinned_by.words}{_mark(leaf)}" if leaf.pinned_by is not None else "pinned"


def _mark(leaf: LeafPlacement) -> str:
    return "" if leaf.pinned_by is None else _MADE.get(leaf.pinned_by.how, "")
