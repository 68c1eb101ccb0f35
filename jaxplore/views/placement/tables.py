"""What a picture of a layout shows, before it has a size: the array and its mesh as tables.

Of an array two dimensions are drawn, those that are split before others; when more are split,
there is a table per slice of the leading ones. Of a mesh the last two axes are drawn.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import ceil
from types import MappingProxyType
from typing import Final, Literal

from jaxplore.model.placement import Layout, Mesh
from jaxplore.views.placement.pieces import (
    Piece,
    Ranges,
    device_number,
    devices_text,
    places,
    ranges_text,
)
from jaxplore.views.units import counted, size

_MOST_IN_LINE: Final = 8
_MOST_DOWN: Final = 16
_MOST_SIDE: Final = 32
_MOST_NUMBERS: Final = 8
LEVELS: Final = 6
"""Ways to label a cell; the last is no label."""
NUMBERS: Final = 4
"""The way that is only a number, in small print."""

Labels = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of an array, or a device."""

    piece: int | None
    """None for a device that holds nothing."""
    labels: Labels
    """`LEVELS` ways to label it, as lines; from the most to say to the least."""
    tip: str
    process: int | None = None
    """Whose device it is, where there are several processes."""


@dataclass(frozen=True, slots=True)
class Track:
    """A row or a column."""

    label: str
    first: int
    last: int
    """Of an array the index after the last, as in `0:4`; of a mesh the last."""
    weight: int = 1
    """How many indices it has, for a drawing to scale."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells in rows and columns."""

    caption: str
    rows: tuple[Track, ...]
    columns: tuple[Track, ...]
    cells: tuple[tuple[Cell | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One half of a picture: the array, or the mesh."""

    row_name: str
    column_name: str
    tables: tuple[Table, ...]
    aspect: float | None = None
    """Height over width of what is drawn; None where it has no shape of its own."""
    reading: Literal["", "line by line", "column by column"] = ""
    """How one line that was cut into several is read."""


def array_side(layout: Layout, found: Sequence[Piece]) -> Side:
    """The array cut into its pieces."""
    shape = layout.shape
    cuts = [_cuts(found, dimension) for dimension in range(len(shape))]
    down, across = _drawn(cuts)
    sliced = [d for d in range(len(shape)) if d not in (down, across) and len(cuts[d]) > 1]
    at = {piece.ranges: place for place, piece in enumerate(found)}
    labels = [_piece_cell(place, piece, layout) for place, piece in enumerate(found)]

    def cell(chosen: Mapping[int, tuple[int, int]]) -> Cell | None:
        ranges: Ranges = tuple(chosen.get(d, cuts[d][0]) for d in range(len(shape)))
        place = at.get(ranges)
        return None if place is None else labels[place]

    tables: list[Table] = []
    for slices in product(*(cuts[d] for d in sliced)):
        here = dict(zip(sliced, slices, strict=True))
        rows, columns = _ranges(cuts, down), _ranges(cuts, across)
        cells = tuple(
            tuple(cell({**here, down: row, across: column}) for column in columns) for row in rows
        )
        tables.append(
            Table(
                _slice_name(here, len(shape)),
                _range_tracks(rows, down),
                _range_tracks(columns, across),
                cells,
            )
        )
    aspect = shape[down] / shape[across] if down >= 0 and shape[across] else None
    side = Side(_dimension(layout, down), _dimension(layout, across), tuple(tables), aspect)
    return _readable(side)


def mesh_side(
    layout: Layout,
    found: Sequence[Piece],
    mesh: Mesh | None,
    process_of: Mapping[str, int] = MappingProxyType({}),
) -> Side:
    """The devices in the grid of the mesh; without a mesh they are in one line.

    `process_of` says whose they are, where there are several processes.
    """
    devices = tuple(shard.device for shard in layout.shards) if mesh is None else mesh.devices
    cells = _device_cells(layout, found, devices, process_of)
    sizes = [len(devices) or 1] if mesh is None else [axis.size for axis in mesh.axes] or [1]
    names = [""]
    if mesh is not None and mesh.axes:
        names = [f"{axis.name} ({axis.size})" for axis in mesh.axes]
    sizes, names = [1, *sizes][-max(2, len(sizes)) :], ["", *names][-max(2, len(names)) :]
    across, down = _index_tracks(sizes[-1], names[-1]), _index_tracks(sizes[-2], names[-2])
    each = len(across) * len(down)
    tables: list[Table] = []
    for number, place in enumerate(product(*(range(one) for one in sizes[:-2]))):
        inner = cells[number * each : (number + 1) * each]
        rows = [inner[i * len(across) : (i + 1) * len(across)] for i in range(len(down))]
        caption = _mesh_slice(mesh, place)
        tables.append(Table(caption, down, across, tuple(tuple(row) for row in rows)))
    return _readable(Side(names[-2], names[-1], tuple(tables)))


def _cuts(found: Sequence[Piece], dimension: int) -> list[tuple[int, int]]:
    ranges = {piece.ranges[dimension] for piece in found if not piece.is_empty}
    # An array without elements has pieces all the same.
    return sorted(ranges or {piece.ranges[dimension] for piece in found}) or [(0, 0)]


def _drawn(cuts: Sequence[Sequence[object]]) -> tuple[int, int]:
    """The dimensions that are rows and columns; -1 for none."""
    if len(cuts) < 2:
        return -1, len(cuts) - 1
    split = [d for d, one in enumerate(cuts) if len(one) > 1][-2:]
    others = [d for d in range(len(cuts)) if d not in split]
    down, across = sorted([*others[len(others) + len(split) - 2 :], *split])
    return down, across


def _ranges(cuts: Sequence[list[tuple[int, int]]], dimension: int) -> list[tuple[int, int]]:
    return [(0, 1)] if dimension < 0 else cuts[dimension]


def _range_tracks(ranges: Sequence[tuple[int, int]], dimension: int) -> tuple[Track, ...]:
    if dimension < 0:
        return (Track("", 0, 0),)
    return tuple(Track(f"{a}:{b}", a, b, max(b - a, 1)) for a, b in ranges)


def _index_tracks(size: int, name: str) -> tuple[Track, ...]:
    """Without numbers where there is no axis."""
    return tuple(Track(str(i) if name else "", i, i) for i in range(size))


def _dimension(layout: Layout, dimension: int) -> str:
    """`dim 0 (8) over data`."""
    if dimension < 0:
        return ""
    axes = layout.partition[dimension] if dimension < len(layout.partition) else ()
    over = f" over {', '.join(axes)}" if axes else ""
    return f"dim {dimension} ({layout.shape[dimension]:,}){over}"


def _slice_name(here: Mapping[int, tuple[int, int]], dimensions: int) -> str:
    """`[0:4, :, :]`: which part of the dimensions that are not drawn."""
    parts = [f"{here[d][0]}:{here[d][1]}" if d in here else ":" for d in range(dimensions)]
    return f"[{', '.join(parts)}]" if here else ""


def _mesh_slice(mesh: Mesh | None, place: Sequence[int]) -> str:
    if mesh is None or not place:
        return ""
    return ", ".join(f"{axis.name}={i}" for axis, i in zip(mesh.axes, place, strict=False))


def _piece_cell(place: int, piece: Piece, layout: Layout) -> Cell:
    count = len(piece.devices)
    ranges = ranges_text(piece.ranges, layout.shape)
    devices = devices_text(piece.devices)
    shorter = devices if count == 1 else devices_text(piece.devices, 2)
    few = devices if count == 1 else f"{count} devices"
    numbers = ", ".join(map(device_number, piece.devices))
    number = numbers if count == 1 or len(numbers) <= _MOST_NUMBERS else f"×{count}"
    labels = ((devices, ranges), (shorter, ranges), (few, ranges), (few,), (number,), ())
    copies = "" if count == 1 else f", {count} copies"
    tip = (
        f"{ranges_text(piece.ranges)} on {devices_text(piece.devices, 16)}: "
        f"{size(piece.size_bytes)}{copies}"
    )
    return Cell(place, labels, tip)


def _device_cells(
    layout: Layout,
    found: Sequence[Piece],
    devices: Sequence[str],
    process_of: Mapping[str, int],
) -> list[Cell]:
    at = places(found)
    cells: list[Cell] = []
    for name in devices:
        place = at.get(name)
        piece = None if place is None else found[place]
        short = device_number(name)
        process = process_of.get(name)
        long = name if process is None else f"{name} · process {process}"
        if piece is None or piece.is_empty:
            labels = ((long, "nothing"), *[(name, "nothing")] * 2, (name,), (short,), ())
            cells.append(Cell(None, labels, f"{long} holds nothing of it", process))
            continue
        ranges = ranges_text(piece.ranges, layout.shape)
        held = size(piece.size_bytes)
        others = len(piece.devices) - 1
        verb = "does" if others == 1 else "do"
        same = f", as {verb} {counted(others, 'other device')}" if others else ""
        tip = f"{long} holds {ranges_text(piece.ranges)}: {held}{same}"
        labels = ((long, ranges, held), *[(name, ranges)] * 2, (name,), (short,), ())
        cells.append(Cell(place, labels, tip, process))
    return cells


def _readable(side: Side) -> Side:
    """Long lines wrapped like text, large tables cut into bands."""
    if len(side.tables) == 1:
        (table,) = side.tables
        if len(table.rows) == 1 and len(table.columns) > _MOST_IN_LINE:
            return Side("", side.column_name, (_wrapped(table),), reading="line by line")
        if len(table.columns) == 1 and len(table.rows) > _MOST_DOWN:
            turned = _wrapped(_turned(table), 16 if len(table.rows) <= 64 else 32)
            return Side("", side.row_name, (_turned(turned),), reading="column by column")
    bands = tuple(band for table in side.tables for band in _bands(table))
    return side if len(bands) == len(side.tables) else replace(side, tables=bands, aspect=None)


def _turned(table: Table) -> Table:
    return Table(table.caption, table.columns, table.rows, tuple(zip(*table.cells, strict=True)))


def _wrapped(table: Table, most: int = 0) -> Table:
    """One row as several."""
    tracks, cells = table.columns, table.cells[0]
    count = len(tracks)
    most = most or (8 if count <= 32 else 16 if count <= 128 else 32)
    starts = range(0, count, most)
    rows = tuple(_joined(tracks[i : i + most]) for i in starts)
    lines = [(*cells[i : i + most], *[None] * (i + most - count)) for i in starts]
    columns = tuple(Track("", 0, 0) for _ in range(most))
    return Table(table.caption, rows, columns, tuple(lines))


def _bands(table: Table) -> Iterator[Table]:
    down, across = (
        ceil(len(tracks) / ceil(len(tracks) / _MOST_SIDE)) or 1
        for tracks in (table.rows, table.columns)
    )
    for top in range(0, len(table.rows), down):
        for left in range(0, len(table.columns), across):
            rows, columns = table.rows[top : top + down], table.columns[left : left + across]
            cells = tuple(row[left : left + across] for row in table.cells[top : top + down])
            yield Table(table.caption, rows, columns, cells)


def _joined(tracks: Sequence[Track]) -> Track:
    first, last = tracks[0], tracks[-1]
    if not first.label:
        return first
    sep = ":" if ":" in first.label else "–"
    return Track(f"{first.first}{sep}{last.last}", first.first, last.last)
