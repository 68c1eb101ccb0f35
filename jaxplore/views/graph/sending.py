"""Where in a picture devices send: as in the browser, `extension/src/model/moves.ts`."""

from collections.abc import Sequence
from typing import Final

from jaxplore.model.collectives import Collective, Collectives, HostTransfer
from jaxplore.model.groups.tree import GroupTree
from jaxplore.model.program import Program
from jaxplore.model.wire.collectives import drawn_at
from jaxplore.views.graph.boxes import Item, Section
from jaxplore.views.graph.shown import View
from jaxplore.views.units import counted, size

_SHORT: Final = {
    "all-gather": "gather",
    "collective-permute": "permute",
    "collective-broadcast": "broadcast",
    "ragged-all-to-all": "ragged all-to-all",
    "memory": "memory copy",
    "send": "to host",
    "recv": "from host",
}
_KINDS: Final = 2

Row = Collective | HostTransfer
Part = tuple[Row, float]
"""What is sent, and how much of it belongs to a box: from 0 to 1."""


def marked(program: Program, tree: GroupTree, boxes: int, record: Collectives) -> Section:
    """The picture of a program in about so many boxes, each with what devices send there."""
    view = View(program, tree, boxes, None)
    found: dict[int, tuple[Item, list[Part]]] = {}
    for row in (*record.rows, *record.transfers):
        places = drawn_at(row)[1] if isinstance(row, Collective) else row.equations
        for equation, part in bearers(program, places).items():
            item = view.seen(equation)
            if item is not None:
                found.setdefault(id(item), (item, []))[1].append((row, part))
    for item, parts in found.values():
        item.marks = marks(parts)
    return view.root.section


def bearers(program: Program, equations: Sequence[int]) -> dict[int, float]:
    """The equations that something sent is drawn at, each with its part.

    Of a chain of equations only the last: what it makes is what is sent. XLA joins what many
    equations send, and then each has a part by the size of what it makes.
    """
    rows = program.equations
    read = {value for e in equations for value in rows[e].inputs}
    ends = [e for e in equations if not rows[e].regions and not read & {*rows[e].outputs}]
    ends = ends or list(equations)
    sizes = {e: sum(program.values[v].size_bytes for v in rows[e].outputs) for e in ends}
    whole = sum(sizes.values())
    return {e: own / whole if whole else 1 / len(sizes) for e, own in sizes.items()}


def marks(parts: Sequence[Part]) -> list[tuple[str, bool]]:
    """What a box says of what is sent there, and whether that goes to the host.

    >>> marks([])
    []
    """
    between = [part for part in parts if isinstance(part[0], Collective)]
    host = [part for part in parts if isinstance(part[0], HostTransfer)]
    return [
        *((text, False) for text in _texts(between, "collective")),
        *((text, True) for text in _texts(host, "host transfer")),
    ]


def _texts(parts: Sequence[Part], noun: str) -> list[str]:
    kinds: dict[str, set[str]] = {}
    parts_of: dict[str, float] = {}
    sent = 0.0
    for row, part in parts:
        parts_of[row.name] = parts_of.get(row.name, 0) + part
        kinds.setdefault(_SHORT.get(row.kind, row.kind), set()).add(row.name)
        if isinstance(row, Collective):
            sent += part * row.sent_bytes * (1 if row.repeats is None else row.repeats)
    # A part is by size of what the equations make, which is close to what is sent of it.
    about = "≈" if any(whole < 0.999 for whole in parts_of.values()) else ""
    amount = f" · {about}{size(round(sent))}" if sent else ""
    if len(kinds) > _KINDS:
        return [counted(sum(map(len, kinds.values())), noun) + amount]
    most = sorted(kinds.items(), key=lambda kind: -len(kind[1]))
    texts = [name if len(rows) == 1 else f"{name} ×{len(rows):,}" for name, rows in most]
    return [*texts[:-1], *(text + amount for text in texts[-1:])]


def overview(record: Collectives) -> str:
    """`8 devices: 14 collectives, 4.6 MiB sent by each; 1 host transfer`."""
    least = "at least " if any(row.repeats is None for row in record.rows) else ""
    text = (
        f"{counted(record.devices, 'device')}: {counted(len(record.rows), 'collective')}, "
        f"{least}{size(record.sent_bytes)} sent by each"
    )
    transfers = len(record.transfers)
    return f"{text}; {counted(transfers, 'host transfer')}" if transfers else text
