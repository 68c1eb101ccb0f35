"""A program as a picture that needs nothing to be drawn: an SVG of its first view.

It cannot know the page's theme: boxes are light with dark text, lines and labels are of a
grey that reads on white and on black. Forward is blue, backward orange with a dashed border,
so they also differ without colour.
"""

from collections.abc import Iterator
from typing import Final

from jaxplore.model.collectives import Collectives
from jaxplore.model.groups.tree import GroupTree, group
from jaxplore.model.program import Program
from jaxplore.views.graph.boxes import Item, Section
from jaxplore.views.graph.layered import Layout, layered
from jaxplore.views.graph.routing import Route
from jaxplore.views.graph.sending import marked, overview
from jaxplore.views.graph.shown import BOXES, first_view, types_text
from jaxplore.views.picture import QUIET
from jaxplore.views.svgparts import MONOSPACE, Picture, px, styled, xml
from jaxplore.views.units import counted

_CHARACTER: Final = 6.7
"""Width of a character of the titles; of the small text it is less."""
_SMALL: Final = 5.8
_LINE: Final = 15
_CHIP: Final = 15
_MARK: Final = 15
_PAD: Final = 12
_FEWER: Final = (BOXES, 20, 10)

_RULES: Final = {
    "text": f"font:11px {MONOSPACE};fill:#1b2733",
    ".s": "font-size:9.5px",
    ".q": f"fill:{QUIET}",
    ".b": "font-weight:600",
    ".e": f"fill:none;stroke:{QUIET};stroke-width:1.1",
    ".d": "stroke-opacity:.6",
    ".f": f"fill:none;stroke:{QUIET};stroke-opacity:.7",
    ".forward": "fill:#dbe9f6;stroke:#4a7fb0",
    ".backward": "fill:#fde3c8;stroke:#b8651b;stroke-dasharray:4 2",
    ".both": "fill:#ececec;stroke:#7a7a7a",
    ".port": "fill:#f4f4f4;stroke:#8a8a8a",
    ".chip": "fill:#fff;stroke:#9aa3ad;stroke-width:.7",
}
_MARK_RULES: Final = {
    ".m": "fill:#007a5e",
    ".ms": "fill:none;stroke:#fff;stroke-width:1.1",
    ".mt": "fill:#fff;font-weight:600",
    ".h": "fill:#fff;stroke:#1b2733",
    ".hs": "fill:none;stroke:#1b2733;stroke-width:1.1",
    ".ht": "font-weight:600",
}


def picture(program: Program, sent: Collectives | None = None) -> Picture:
    """The first view of a program, marked where its devices send."""
    return _drawn(program, _view(program, BOXES, group(program), sent), sent)


def small_picture(program: Program, most: int, sent: Collectives | None = None) -> Picture | None:
    """The same in fewer boxes where it would have more than so many bytes."""
    tree = group(program)
    for boxes in _FEWER:
        drawn = _drawn(program, _view(program, boxes, tree, sent), sent)
        if len(drawn.svg.encode()) <= most:
            return drawn
    return None


def _view(program: Program, boxes: int, tree: GroupTree, sent: Collectives | None) -> Section:
    if sent is None:
        return first_view(program, boxes, tree)
    return marked(program, tree, boxes, sent)


def _drawn(program: Program, view: Section, sent: Collectives | None) -> Picture:
    section = _Sized(view)
    said = _said(program, section.section)
    rules = _RULES if sent is None else {**_RULES, **_MARK_RULES}
    if sent is not None:
        said = f"{said} {overview(sent)}."
    lines = list(section.draw(_PAD, _PAD))
    width, height = round(section.width) + 2 * _PAD, round(section.height) + 2 * _PAD
    legend = _legend(section.section)
    if legend:
        lines += _legend_lines(legend, height)
        height += 22
        width = max(width, 190)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'class="jxg" viewBox="0 0 {width} {height}" role="img" aria-label="{xml(said)}">'
        f"<title>{xml(said)}</title><style>{styled('.jxg ', rules)}</style>"
        '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 1L7 4L0 7z" fill="{QUIET}"/></marker></defs>'
    )
    return Picture(svg="".join([head, *lines, "</svg>"]), width=width, height=height, said=said)


def svg(program: Program, sent: Collectives | None = None) -> str:
    """The picture as a text of its own."""
    return picture(program, sent).svg + "\n"


def _said(program: Program, section: Section) -> str:
    names = [item.title for item in section.items if item.kind in ("group", "equation")]
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return (
        f"Graph of {program.name}: {counted(len(program.equations), 'equation')}. {shown}".strip()
    )


def _legend(section: Section) -> list[str]:
    phases = set(_phases(section))
    return ["forward", "backward"] if phases - {"forward"} else []


def _phases(section: Section) -> Iterator[str]:
    for item in section.items:
        if item.kind in ("group", "equation"):
            yield item.phase
        for inner in item.sections:
            yield from _phases(inner)


def _legend_lines(names: list[str], top: float) -> Iterator[str]:
    """What the tints mean."""
    for i, name in enumerate(names):
        x = _PAD + 84 * i
        yield f'<rect class="{name}" x="{x}" y="{top}" width="14" height="10" rx="2"/>'
        yield f'<text class="s q" x="{x + 19}" y="{top + 9}">{name}</text>'


class _Box:
    """An item with its size; open ones hold sections side by side."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.inner = [_Sized(section) for section in item.sections]
        self.chips = item.shown_chips()
        title = len(item.title) * _CHARACTER
        if self.inner:
            heading = title + len(item.detail) * _SMALL + 3 * _PAD
            inside = sum(one.width for one in self.inner) + _PAD * (len(self.inner) + 1)
            self.width = float(round(max(heading, inside)))
            self.height = float(round(max(one.height for one in self.inner) + 24 + _PAD))
            if self.chips:
                self.height += _CHIP + 4
            return
        chips = sum(len(chip) * _SMALL + 12 for chip in self.chips) - 4
        marks = sum(_mark_width(text) for text, _ in item.marks) - 4
        text = max(title, len(item.detail) * _SMALL, chips, marks)
        self.width = float(round(max(44, text + 16)))
        lines = 1 + bool(item.detail)
        self.height = float(8 + _LINE * lines + (_CHIP + 4 if self.chips else 0))
        self.height += _MARK + 4 if item.marks else 0

    def draw(self, left: float, top: float) -> Iterator[str]:
        item = self.item
        sent = "; ".join(text for text, _ in item.marks)
        tip = f"{item.title} {item.detail} {' '.join(item.chips)} {sent}".strip()
        yield f"<g><title>{xml(tip)}</title>"
        yield from self._frame(left, top)
        if self.inner:
            yield from self._open(left, top)
        else:
            yield from self._closed(left, top)
        yield "</g>"

    def _frame(self, left: float, top: float) -> Iterator[str]:
        size = f'x="{px(left)}" y="{px(top)}" width="{px(self.width)}" height="{px(self.height)}"'
        kind = self.item.kind
        if self.inner:
            yield f'<rect class="f" {size} rx="6"/>'
        elif kind in ("equation", "group"):
            if kind == "group":
                # A second sheet behind it: there is more inside.
                yield (
                    f'<rect class="{self.item.phase}" x="{px(left + 3)}" y="{px(top + 3)}" '
                    f'width="{px(self.width)}" height="{px(self.height)}" rx="5"/>'
                )
            yield f'<rect class="{self.item.phase}" {size} rx="5"/>'
        else:
            yield f'<rect class="port" {size} rx="{px(self.height / 2)}"/>'

    def _open(self, left: float, top: float) -> Iterator[str]:
        title, detail = self.item.title, self.item.detail
        after = left + _PAD + len(title) * _CHARACTER + 10
        yield f'<text class="b q" x="{px(left + _PAD)}" y="{px(top + 16)}">{xml(title)}</text>'
        yield f'<text class="s q" x="{px(after)}" y="{px(top + 16)}">{xml(detail)}</text>'
        if self.chips:
            yield from self._chips(left + _PAD, self.height + top - _CHIP - 6)
        x = left + _PAD
        for one in self.inner:
            yield from one.draw(x, top + 24)
            x += one.width + _PAD

    def _closed(self, left: float, top: float) -> Iterator[str]:
        middle, y = px(left + self.width / 2), top + 15
        weight = "b" if self.item.kind in ("equation", "group") else "s"
        at = f'x="{middle}" text-anchor="middle"'
        yield f'<text class="{weight}" {at} y="{px(y)}">{xml(self.item.title)}</text>'
        if self.item.detail:
            y += _LINE - 1
            yield f'<text class="s" {at} y="{px(y)}">{xml(self.item.detail)}</text>'
        if self.chips:
            width = sum(len(chip) * _SMALL + 12 for chip in self.chips) - 4
            yield from self._chips(left + (self.width - width) / 2, y + 6)
        width = sum(_mark_width(text) for text, _ in self.item.marks) - 4
        at_x = left + (self.width - width) / 2
        for text, is_host in self.item.marks:
            yield from _mark(text, is_host, at_x, top + self.height - _MARK - 4)
            at_x += _mark_width(text)

    def _chips(self, left: float, top: float) -> Iterator[str]:
        for chip in self.chips:
            width = len(chip) * _SMALL + 8
            yield (
                f'<rect class="chip" x="{px(left)}" y="{px(top)}" width="{px(width)}" '
                f'height="{_CHIP}" rx="7"/><text class="s" x="{px(left + 4)}" '
                f'y="{px(top + 11)}">{xml(chip)}</text>'
            )
            left += width + 4


class _Sized:
    """A section with its boxes placed."""

    def __init__(self, section: Section) -> None:
        self.section = section
        self.boxes = [_Box(item) for item in section.items]
        self.layout: Layout = layered(
            [box.width for box in self.boxes], [box.height for box in self.boxes], section.edges
        )
        self.top = 18 if section.title else 4
        self.width = max(self.layout.width, len(section.title) * _CHARACTER) + 4
        self.height = self.layout.height + self.top + (18 if section.hidden else 4)

    def draw(self, left: float, top: float) -> Iterator[str]:
        if self.section.title:
            at = f'x="{px(left)}" y="{px(top + 11)}"'
            yield f'<text class="b q" {at}>{xml(self.section.title)}</text>'
        x0 = left + 2 - self.layout.left
        y0 = top + self.top
        said: set[tuple[int, str]] = set()
        for route in self.layout.routes:
            yield self._line(route, x0, y0)
        for box, x, y in zip(self.boxes, self.layout.x, self.layout.y, strict=True):
            yield from box.draw(x0 + x - box.width / 2, y0 + y)
        for route in self.layout.routes:
            label = types_text(self.section.edges[route.source, route.target])
            # An equation's box says what it makes; one label serves all edges of a value.
            told = self.section.items[route.source].kind != "group" and " +" not in label
            if not label or told or (route.source, label) in said:
                continue
            said.add((route.source, label))
            x = x0 + self.layout.x[route.source] + 5 + 3
            y = y0 + self.layout.y[route.source] + self.boxes[route.source].height + 13
            lower = 10 * sum(source == route.source for source, _ in said) - 10
            if lower <= 10:
                yield f'<text class="s q" x="{px(x)}" y="{px(y + lower)}">{xml(label)}</text>'
        if self.section.hidden:
            more = f"… {self.section.hidden:,} more boxes"
            yield f'<text class="s q" x="{px(left)}" y="{px(top + self.height - 4)}">{more}</text>'

    def _line(self, route: Route, x0: float, y0: float) -> str:
        layout = self.layout
        start = layout.y[route.source] + self.boxes[route.source].height
        points = [(layout.x[route.source], start), *route.points]
        points.append((layout.x[route.target], layout.y[route.target]))
        path = "L".join(f"{px(x0 + x)} {px(y0 + y)}" for x, y in points)
        beside = " d" if route.side else ""
        return f'<path class="e{beside}" d="M{path}" marker-end="url(#a)"/>'


def _mark_width(text: str) -> float:
    return len(text) * _SMALL + 28


def _mark(text: str, is_host: bool, left: float, top: float) -> Iterator[str]:
    """Round and filled between devices, square and hollow to the host."""
    name, rounded = ("h", 1) if is_host else ("m", 7)
    sign = "M0 3v4h8V3M4 5V-1M2 1l2-2 2 2" if is_host else "M0 1h8l-2-2M8 5H0l2 2"
    yield (
        f'<rect class="{name}" x="{px(left)}" y="{px(top)}" width="{px(_mark_width(text) - 4)}" '
        f'height="{_MARK}" rx="{rounded}"/>'
        f'<path class="{name}s" transform="translate({px(left + 6)} {px(top + 4.5)})" d="{sign}"/>'
        f'<text class="s {name}t" x="{px(left + 18)}" y="{px(top + 11)}">{xml(text)}</text>'
    )
