"""A layout as an SVG without script: the array in pieces, and beside it what each device holds.

The same piece has the same colour in both. A piece is told by its label as well, and where
cells are too small for labels, by its place and by how light it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from jaxplore.model.placement import Mesh, Placement
from jaxplore.model.types import short_type
from jaxplore.views.htmlparts import themed
from jaxplore.views.picture import QUIET, Place
from jaxplore.views.placement import colours
from jaxplore.views.placement.grid import LINE, Box, Grid, Placed, Sizes, Word
from jaxplore.views.placement.pieces import device_number, pieces
from jaxplore.views.placement.processes import edge, process_of
from jaxplore.views.placement.tables import array_side, mesh_side
from jaxplore.views.svgparts import MONOSPACE, Picture, px, styled, xml
from jaxplore.views.units import counted, cut, size

WIDTH: Final = 900
MOST_LAYOUTS: Final = 12
_EDGE: Final = 10
_BETWEEN: Final = 36
_HEAD: Final = 58
_FOOT: Final = 24
_ROOT: Final = ".jxp-place"
_LIGHT: Final = "--jxp-pl-text:#1f2328;--jxp-pl-quiet:#5b636e"
_DARK: Final = "--jxp-pl-text:#dfe3e8;--jxp-pl-quiet:#98a1ad"
THEMES: Final = (
    themed(_ROOT, _LIGHT, _DARK)
    +
    # Paper is white whatever the page's theme is.
    f"@media print{{{_ROOT}{{{_LIGHT.replace(';', '!important;')}!important}}}}"
)
BOTH: Final = f"{_ROOT}{{--jxp-pl-text:{QUIET};--jxp-pl-quiet:{QUIET}}}"
"""For an image, which does not know the page's theme."""
_RULES: Final = {
    "": "print-color-adjust:exact;-webkit-print-color-adjust:exact",
    " text": "font:11px system-ui,sans-serif;fill:var(--jxp-pl-quiet)",
    " .h": "font-size:13px;font-weight:600;fill:var(--jxp-pl-text)",
    " .b": "font-weight:600;fill:var(--jxp-pl-text)",
    " .c": f"font:10px {MONOSPACE}",
    " .s": f"font:8px {MONOSPACE}",
    " .m": "text-anchor:middle",
    " .e": "text-anchor:end",
    " .d": "font-weight:600",
    " .q": "fill:var(--jxp-pl-quiet);font-weight:400",
    " .k": "fill:#000",
    " .w": "fill:#fff",
    " .n": "fill:none;stroke:var(--jxp-pl-quiet);stroke-dasharray:3 3",
}
_STYLE: Final = styled(_ROOT, _RULES)


@dataclass(frozen=True, slots=True)
class _Half:
    title: str
    placed: Placed
    x: float
    y: float


def svg(record: Placement) -> str:
    """The pictures of all layouts one below the other, the first 12, as a text of its own."""
    shown = range(len(record.layouts))
    drawn = [Drawing(record, number) for number in shown[:MOST_LAYOUTS]]
    height = sum(one.height for one in drawn) or _HEAD
    rest = len(shown) - len(drawn)
    said = "; ".join(one.said for one in drawn) or "no array is laid out"
    if rest:
        said += f"; and {counted(rest, 'more layout')}"
    parts, y = list[str](), 0
    for one in drawn:
        parts.append(f'<g transform="translate(0 {y})">{one.body(tips=True)}</g>')
        y += one.height
    if not drawn:
        parts.append(f'<text class="h" x="{_EDGE}" y="24">{said}</text>')
    return _outer("".join(parts), height, said, THEMES) + "\n"


def picture(drawing: "Drawing", *, labels: bool = True) -> Picture:
    """The picture of one layout for an image: without tooltips, of colours for any page."""
    svg = _outer(drawing.body(tips=False, labels=labels), drawing.height, drawing.said, BOTH)
    return Picture(svg=svg, width=WIDTH, height=drawing.height, said=drawing.said)


def _outer(body: str, height: int, said: str, colors: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="jxp-place" role="img" width="{WIDTH}" '
        f'height="{height}" viewBox="0 0 {WIDTH} {height}" style="max-width:100%;height:auto" '
        f'aria-label="{xml(said)}"><style>{colors}{_STYLE}</style>{body}</svg>'
    )


class Drawing:
    """One layout with places for everything."""

    def __init__(self, record: Placement, number: int) -> None:
        self._layout = layout = record.layouts[number]
        self._found = pieces(layout)
        mesh = None if layout.mesh is None else record.meshes[layout.mesh]
        array = array_side(layout, self._found)
        self._processes = sorted(set(process_of(record).values()))
        devices = mesh_side(layout, self._found, mesh, process_of(record))
        titles = (
            _titled("the array", array.reading),
            _titled(_mesh_title(mesh, len(layout.shards)), devices.reading),
        )
        whole = WIDTH - 2 * _EDGE
        half = (whole - _BETWEEN) / 2
        sized = [(side, Sizes.of(side)) for side in (array, devices)]
        beside = [Grid(side, sizes, half) for side, sizes in sized]
        below = [Grid(side, sizes, whole) for side, sizes in sized]
        is_beside = all(a.level <= b.level for a, b in zip(beside, below, strict=True))
        sides = [grid.placed() for grid in (beside if is_beside else below)]
        first = _Half(titles[0], sides[0], _EDGE, _HEAD)
        if is_beside:
            second = _Half(titles[1], sides[1], _EDGE + half + _BETWEEN, _HEAD)
            bottom = _HEAD + max(side.height for side in sides)
        else:
            second = _Half(titles[1], sides[1], _EDGE, _HEAD + sides[0].height + 44)
            bottom = second.y + sides[1].height
        self._halves = (first, second)
        self._foot = bottom + 18
        self.height = round(bottom + _FOOT + 12)
        # Back quotes mark code in a page; a picture has one kind of letter.
        self._words = layout.words.replace("`", "")
        self.said = f"{self._type}: {self._words}; {self._note()}"

    @property
    def _type(self) -> str:
        return short_type(self._layout.dtype, self._layout.shape)

    def _note(self) -> str:
        """What the cells say together, for a reader who sees such a picture first."""
        held = [piece for piece in self._found if not piece.is_empty]
        copies = sorted({len(piece.devices) for piece in held})
        parts = [counted(len(held), "piece")]
        if len(held) == 1 and copies != [1]:
            return (
                f"every device holds all of it: {copies[0]:,} copies of {size(held[0].size_bytes)}"
            )
        if len(copies) == 1:
            one = "one device" if copies == [1] else f"{copies[0]} devices"
            parts.append(f"each on {one}" if len(held) > 1 else f"on {one}")
        elif copies:
            parts.append(f"each on {copies[0]} to {copies[-1]} devices")
        sizes = sorted({piece.size_bytes for piece in held})
        if len(sizes) == 1:
            parts.append(f"{size(sizes[0])} per device")
        elif sizes:
            parts.append(f"{size(sizes[0])} to {size(sizes[-1])} per device")
        return ", ".join(parts)

    def body(self, *, tips: bool, labels: bool = True) -> str:
        """All but the outer element. With `tips` every cell has a tooltip of its own."""
        words = cut(f"{self._type} · {self._words}", 110)
        spec = cut(self._layout.spec, max(116 - len(words), 0)) if self._layout.spec else ""
        lines = [
            f'<text class="h" x="{_EDGE}" y="20">{xml(words)}'
            f'<tspan class="c q" dx="10">{xml(spec)}</tspan></text>'
        ]
        for half in self._halves:
            y = half.y - 14
            title = xml(cut(half.title, 70))
            lines.append(f'<text class="b" x="{half.x:g}" y="{y:g}">{title}</text>')
            lines.append(f'<g transform="translate({half.x:g} {half.y:g})">')
            lines += _boxes(half.placed.boxes, len(self._found), tips=tips, labels=labels)
            lines += _edges(half.placed.boxes)
            lines += map(_word, half.placed.words)
            lines.append("</g>")
        foot = self._note()
        if len(self._found) > 1:
            foot += " · same colour: same piece of the array"
        if any(box.is_small for half in self._halves for box in half.placed.boxes[-1:]):
            last = self._layout.shards[-1].device
            foot += f" · a number is a device: {device_number(last)} is {last}"
        if self._layout.memory_kind not in ("", "device"):
            foot += f" · in {self._layout.memory_kind}"
        said = xml(foot) + "".join(map(_process_said, self._processes))
        lines.append(f'<text x="{_EDGE}" y="{self._foot:g}">{said}</text>')
        return "".join(lines)

    def places(self) -> Iterator[Place]:
        """What a pointer is told, and where."""
        for half in self._halves:
            for box in half.placed.boxes:
                x, y = half.x + box.x, half.y + box.y
                yield x, y, x + box.width, y + box.height, xml(box.cell.tip)

    @property
    def cell_count(self) -> int:
        """How many cells have something to tell."""
        return sum(len(half.placed.boxes) for half in self._halves)


def _mesh_title(mesh: Mesh | None, count: int) -> str:
    if mesh is None:
        return "the devices, without a mesh" if count > 1 else "the device"
    if not mesh.axes:
        return "the devices"
    return f"the devices: {' × '.join(f'{axis.name} ({axis.size})' for axis in mesh.axes)}"


def _titled(title: str, reading: str) -> str:
    return f"{title} (read {reading})" if reading else title


def _boxes(boxes: Sequence[Box], count: int, *, tips: bool, labels: bool) -> Iterator[str]:
    """The cells, those of one colour together, then their labels."""
    shares = [_share(box, count) for box in boxes]
    groups: dict[float, list[Box]] = {}
    for share, box in sorted(zip(shares, boxes, strict=True), key=itemgetter(0)):
        groups.setdefault(share, []).append(box)
    for share, group in groups.items():
        fill = colours.colour(share)
        if tips or share < 0:
            kind = 'class="n"' if share < 0 else f'fill="{fill}"'
            cells = (f'<path d="{_path(box)}">{_tip(box, tips)}</path>' for box in group)
            yield f"<g {kind}>{''.join(cells)}</g>"
        else:
            yield from _strokes(group, fill)
    if labels:
        yield from _labels(boxes, shares)


def _edges(boxes: Sequence[Box]) -> Iterator[str]:
    """The left edge of a device's cell in the colour of its process."""
    lines: dict[int, list[str]] = {}
    for box in boxes:
        if box.cell.process is not None:
            line = f"M{px(box.x + 1.5)} {px(box.y)}v{px(max(box.height - 1, 0.6))}"
            lines.setdefault(box.cell.process, []).append(line)
    for process, parts in lines.items():
        # White below it, for it lies on a cell of any colour.
        path = f'd="{"".join(parts)}"/>'
        yield f'<path stroke="#fff" stroke-width="5" {path}'
        yield f'<path stroke="{edge(process)}" stroke-width="3" {path}'


def _process_said(process: int) -> str:
    return f' · <tspan fill="{edge(process)}">▌</tspan>process {process}'


def _share(box: Box, count: int) -> float:
    """Where its colour is on the scheme; -1 for none."""
    return -1.0 if box.cell.piece is None else colours.place(box.cell.piece, count)


def _path(box: Box) -> str:
    """A rectangle with a gap of a pixel to its neighbours."""
    across, down = max(box.width - 1, 0.6), max(box.height - 1, 0.6)
    return f"M{px(box.x)} {px(box.y)}h{px(across)}v{px(down)}h-{px(across)}z"


def _tip(box: Box, tips: bool) -> str:
    return f"<title>{xml(box.cell.tip)}</title>" if tips else ""


def _strokes(group: Sequence[Box], fill: str) -> Iterator[str]:
    """Cells of one colour as thick lines, which take half the bytes of rectangles."""
    heights: dict[str, list[str]] = {}
    for box in group:
        down, across = max(box.height - 1, 0.6), max(box.width - 1, 0.6)
        line = f"M{px(box.x)} {px(box.y + down / 2)}h{px(across)}"
        heights.setdefault(px(down), []).append(line)
    for height, lines in heights.items():
        yield f'<path stroke="{fill}" stroke-width="{height}" d="{"".join(lines)}"/>'


def _labels(boxes: Sequence[Box], shares: Sequence[float]) -> Iterator[str]:
    """The labels, those of one line and one look together."""
    lines: dict[str, list[tuple[str, str]]] = {}
    for box, share in zip(boxes, shares, strict=True):
        tone = "" if share < 0 else " w" if colours.is_dark(share) else " k"
        x = px(int(box.x + box.width / 2))
        top = box.y + (box.height - 1 - LINE * len(box.lines)) / 2
        look = f'class="{"s" if box.is_small else "c"} m{tone}'
        for place, line in enumerate(box.lines):
            y = round(top + LINE * place + 9)
            bold = " d" if place == 0 and len(box.lines) > 1 else ""
            lines.setdefault(f'{look}{bold}" y="{y}"', []).append((x, xml(line)))
    for look, texts in lines.items():
        spans = "".join(f'<tspan x="{x}">{text}</tspan>' for x, text in texts)
        yield f"<text {look}>{spans}</text>"


def _word(word: Word) -> str:
    anchor = {"start": "", "middle": " m", "end": " e"}[word.anchor]
    at = f'x="{px(word.x)}" y="{px(word.y)}"'
    if word.kind == "down":
        x, y = px(word.x), px(word.y)
        at = f'transform="translate({x} {y})rotate(-90)"'
    font = {"tick": "s", "name": "c", "down": "c", "caption": "c"}[word.kind]
    return f'<text class="{font}{anchor}" {at}>{xml(word.text)}</text>'
