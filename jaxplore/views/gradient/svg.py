"""The mirror picture as an SVG without script: forward runs down on the left, backward up
on the right, and what is kept goes across.

It cannot know the page's theme: boxes are light with dark text, lines and words outside of
boxes are of a grey that reads on white and on black.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from jaxplore.model.gradient import Gradient
from jaxplore.model.mirror.build import mirror as mirror_of
from jaxplore.model.mirror.mirror import Mirror, MirrorRow
from jaxplore.model.mirror.shown import (
    ShownEdge,
    ShownRow,
    bytes_of,
    first_open,
    shown_edges,
    shown_rows,
)
from jaxplore.views.gradient import words
from jaxplore.views.gradient.colours import STOPS, Bars, colour
from jaxplore.views.mode import deterministic
from jaxplore.views.picture import QUIET
from jaxplore.views.svgparts import MONOSPACE, Picture, styled, xml
from jaxplore.views.units import cut, size

ROWS: Final = 40
_PITCH: Final = 30
_BOX: Final = 22
_TOP: Final = 66
_LEFT, _INDENT = 18, 14
_MADE_AT, _READ_AT = 392, 568
"""Where the forward boxes end and the backward ones begin."""
_RIGHT: Final = 868
_WIDTH: Final = 884
_BAR: Final = 88
_LETTER: Final = 6.7
_SMALL: Final = 5.8
_KEPT: Final = "#1b8a7a"

_RULES: Final = {
    "text": f"font:11px {MONOSPACE};fill:#1b2733",
    ".s": "font-size:9.5px",
    ".q": f"fill:{QUIET}",
    ".b": "font-weight:600",
    ".h": "font:600 12px system-ui,sans-serif",
    ".p": "font:11px system-ui,sans-serif",
    ".forward": "fill:#dbe9f6;stroke:#4a7fb0",
    ".backward": "fill:#fde3c8;stroke:#b8651b;stroke-dasharray:4 2",
    ".none": f"fill:none;stroke:{QUIET};stroke-dasharray:2 3;stroke-opacity:.8",
    ".port": "fill:#f4f4f4;stroke:#8a8a8a",
    ".l": f"fill:none;stroke:{QUIET};stroke-width:1.3",
    ".k": f"fill:none;stroke:{_KEPT};stroke-opacity:.75",
    ".a": f"fill:none;stroke:{QUIET};stroke-opacity:.55;stroke-dasharray:3 3",
    ".x": "fill:none;stroke:#c0392b;stroke-width:2",
    ".g": f"fill:none;stroke:{QUIET};stroke-opacity:.6",
}
_STYLE: Final = styled(".jxm ", _RULES)
_MARKERS: Final = "".join(
    f'<marker id="jxm-{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
    f'markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">'
    f'<path d="M0 1L7 4L0 7z" fill="{fill}"/></marker>'
    for name, fill in (("flow", QUIET), ("kept", _KEPT))
)


def svg(gradient: Gradient) -> str:
    """The picture as a text of its own."""
    return picture(gradient, mirror_of(gradient)).svg + "\n"


def picture(gradient: Gradient, mirror: Mirror) -> Picture:
    """The rows that are shown at first."""
    return _Drawing(gradient, mirror).picture()


class _Drawing:
    def __init__(self, gradient: Gradient, mirror: Mirror) -> None:
        self._gradient = gradient
        self._mirror = mirror
        self._shown = shown_rows(mirror, first_open(mirror, ROWS))
        self._edges = shown_edges(mirror, self._shown, gradient.residuals)
        self._operations = not deterministic()
        norms = [mirror.rows[one.row].norm for one in self._shown if not one.is_open]
        self._has_norms = any(norm is not None for norm in norms)
        self._bars = Bars(norms)

    def picture(self) -> Picture:
        said = f"{words.summary(self._gradient)}. {_OUTLINE}"
        lines = list(self._lines())
        height = self._y(len(self._shown)) + (44 if self._has_norms else 12)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
            f'class="jxm" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{xml(said)}">'
            f"<title>{xml(said)}</title><style>{_STYLE}</style><defs>{_MARKERS}</defs>"
        )
        svg = "".join([head, *lines, "</svg>"])
        return Picture(svg=svg, width=_WIDTH, height=height, said=said)

    def _lines(self) -> Iterator[str]:
        yield f'<text class="h q" x="{_LEFT}" y="18">{xml(words.summary(self._gradient))}</text>'
        for x, title in (
            (_LEFT, "forward ↓"),
            (_MADE_AT + 8, "kept in between →"),
            (_READ_AT, "↑ backward"),
        ):
            yield f'<text class="h q" x="{x}" y="48">{title}</text>'
        yield from self._flow()
        for edge in reversed(self._edges):
            yield self._edge(edge)
        for place, one in enumerate(self._shown):
            yield from self._row(place, one)
        yield from self._sizes()
        if self._has_norms:
            yield from _legend(self._y(len(self._shown)) + 12)

    def _y(self, place: int) -> int:
        """The top of a row."""
        return _TOP + _PITCH * place

    def _rows(self) -> Iterator[tuple[int, ShownRow, MirrorRow]]:
        for place, one in enumerate(self._shown):
            yield place, one, self._mirror.rows[one.row]

    def _flow(self) -> Iterator[str]:
        """The two streams: down through every row, up through those with a gradient."""
        at = [place for place, one, row in self._rows() if not one.is_open and _runs(row)]
        x = _MADE_AT - 16
        for above, below in pairwise(at):
            yield _arrow(x, self._y(above) + _BOX, x, self._y(below))
        at = [
            place
            for place, one, row in self._rows()
            if row.has_gradient and not one.is_open and row.kind != "constant"
        ]
        x = _READ_AT + 12
        for above, below in pairwise(at):
            yield _arrow(x, self._y(below), x, self._y(above) + _BOX)
        y = self._y(len(self._shown) - 1) + _BOX / 2
        yield f'<path class="l" marker-end="url(#jxm-flow)" d="M{_MADE_AT} {y}H{_READ_AT}"/>'

    def _edge(self, edge: ShownEdge) -> str:
        start, end = self._y(edge.source) + _BOX / 2, self._y(edge.target) + _BOX / 2
        x = _MADE_AT
        if start == end:
            path = f"M{x} {start}H{_READ_AT}"
        else:
            middle = (x + _READ_AT) / 2
            path = f"M{x} {start}C{middle} {start} {middle} {end} {_READ_AT} {end}"
        names = ", ".join(self._gradient.residuals[i].name for i in edge.residuals[:4])
        tip = f"{size(edge.size_bytes)}: {names}"
        kind = "k" if edge.is_made else "a"
        marker = ' marker-end="url(#jxm-kept)"' if edge.is_made else ""
        width = f' stroke-width="{self._thickness(edge):.1f}"' if edge.is_made else ""
        return f'<path class="{kind}"{width}{marker} d="{path}"><title>{xml(tip)}</title></path>'

    def _thickness(self, edge: ShownEdge) -> float:
        most = max((e.size_bytes for e in self._edges if e.is_made), default=1) or 1
        return 1.2 + 6 * (edge.size_bytes / most) ** 0.5

    def _sizes(self) -> Iterator[str]:
        """What each row keeps in all, over its edges."""
        for place in range(len(self._shown)):
            made = [e for e in self._edges if e.source == place and e.is_made]
            if made:
                label = size(bytes_of(made, self._gradient.residuals))
                width = len(label) * _SMALL + 8
                x, y = _MADE_AT + 10, self._y(place) + _BOX / 2
                yield (
                    f'<rect x="{x}" y="{y - 7}" width="{width:.0f}" height="14" rx="7" '
                    f'fill="#e3f4f1" stroke="{_KEPT}" stroke-width=".8"/>'
                    f'<text class="s" x="{x + 4}" y="{y + 3.5}">{label}</text>'
                )

    def _row(self, place: int, one: ShownRow) -> Iterator[str]:
        row = self._mirror.rows[one.row]
        y, x = self._y(place), _LEFT + _INDENT * one.depth
        said = words.right(self._gradient, self._mirror, one.row, operations=self._operations)
        yield f"<g><title>{xml(_tip(row, said))}</title>"
        room = int((_MADE_AT - x - 20) / _LETTER)
        if one.is_open:
            name = words.left(self._gradient, self._mirror, one, room)
            inside = sum(other.depth > one.depth for other in self._shown_after(place))
            yield f'<text class="b q" x="{x}" y="{y + 15}">▾ {xml(name)}</text>'
            yield f'<path class="g" d="M{x + 4} {y + 21}v{_PITCH * inside}"/>'
            yield "</g>"
            return
        yield from self._left(row, one, x, y, room)
        if row.kind != "constant":
            yield from self._right(row, y, said)
        yield "</g>"

    def _shown_after(self, place: int) -> Iterator[ShownRow]:
        depth = self._shown[place].depth
        for other in self._shown[place + 1 :]:
            if other.depth <= depth:
                return
            yield other

    def _left(self, row: MirrorRow, one: ShownRow, x: int, y: int, room: int) -> Iterator[str]:
        if row.kind == "backward only":
            return
        if self._mirror.holds(one.row):
            # A second sheet behind it: there is more inside.
            yield _box(_left_class(row), x + 3, y + 3, _MADE_AT - x - 3, _BOX)
        yield _box(_left_class(row), x, y, _MADE_AT - x - 3, _BOX)
        quiet = "" if row.has_gradient else " q"
        type_room = len(row.type) + 1 if row.type else 0
        name = words.left(self._gradient, self._mirror, one, room - type_room)
        yield f'<text class="b{quiet}" x="{x + 7}" y="{y + 15}">{xml(name)}</text>'
        if row.type:
            end = _MADE_AT - 10
            anchor = 'text-anchor="end"'
            yield f'<text class="s{quiet}" x="{end}" y="{y + 15}" {anchor}>{xml(row.type)}</text>'

    def _right(self, row: MirrorRow, y: int, said: str) -> Iterator[str]:
        x, width = _READ_AT, _RIGHT - _READ_AT
        if not row.has_gradient:
            if row.stops:
                yield f'<path class="x" d="M{x + 24} {y + 6}l10 10m0 -10l-10 10"/>'
            most = int((width - 42) / 5.4)
            yield f'<text class="p q" x="{x + 42}" y="{y + 15}">{xml(cut(said, most))}</text>'
            return
        yield _box("port" if row.kind in _ENDS else "backward", x, y, width, _BOX)
        at = x + 7
        if row.norm is not None:
            long = round(_BAR * self._bars.share(row.norm))
            fill = colour(row.norm)
            yield (
                f'<rect x="{at}" y="{y + 6}" width="{max(long, 2)}" height="10" rx="2" '
                f'fill="{fill}" stroke="#5a5a5a" stroke-width=".5"/>'
            )
            at += _BAR + 6
            yield f'<text class="b" x="{at}" y="{y + 15}">{words.number(row.norm)}</text>'
            at += 64
        most = int((_RIGHT - at - 4) / _SMALL)
        yield f'<text class="s" x="{at}" y="{y + 15}">{xml(cut(said, most))}</text>'


_OUTLINE: Final = "Forward runs down on the left, backward up on the right."
_ENDS: Final = ("input", "inputs", "result")


def _runs(row: MirrorRow) -> bool:
    return row.kind not in ("constant", "backward only")


def _left_class(row: MirrorRow) -> str:
    if row.kind in ("input", "inputs", "constant", "result"):
        return "port"
    return "forward" if row.has_gradient else "none"


def _tip(row: MirrorRow, said: str) -> str:
    place = "" if row.span is None else f" ({row.span.place})"
    return f"{row.name}{place}: {said}"


def _box(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="5"/>'


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<path class="l" marker-end="url(#jxm-flow)" d="M{x} {y}L{to_x} {to_y}"/>'


def _legend(top: float) -> Iterator[str]:
    """What the colours of the bars mean."""
    x, wide = _READ_AT, 22
    low, high = STOPS[0][0], STOPS[-1][0]
    steps = list(range(low, high + 1, 2))
    yield f'<text class="p q" x="{_LEFT}" y="{top + 10}">{_KEYS}</text>'
    yield f'<text class="p q" x="{x - 92}" y="{top + 10}">cotangent norm</text>'
    for place, decade in enumerate(steps):
        at = x + place * wide
        yield f'<rect x="{at}" y="{top}" width="{wide}" height="11" fill="{colour(10.0**decade)}"/>'
    for decade, word in ((low, "1e-8: vanishing"), (0, "1"), (high, "exploding: 1e+8")):
        at = x + (decade - low) / (high - low) * wide * (len(steps) - 1) + wide / 2
        yield f'<text class="s q" text-anchor="middle" x="{at}" y="{top + 22}">{word}</text>'


_KEYS: Final = "solid: kept · dashed: alive anyway · grey: no gradient"
