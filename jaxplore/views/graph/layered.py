"""Boxes in layers so that every edge goes down: `extension/src/layout/layered.ts` in Python.

For pictures that need no browser. The two give the same numbers (tests/records/layouts).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, inf
from typing import Final

from jaxplore.views.graph.layers import layers_of
from jaxplore.views.graph.ordering import Net, ordered
from jaxplore.views.graph.placing import Sizes, placed
from jaxplore.views.graph.routing import Placed, Route, routed

_GAP_X: Final = 22
_WAY_WIDTH: Final = 4
_WAY_GAP: Final = 8
_SPAN: Final = 12
_SWEEPS: Final = 24
_ITEMS: Final = 300_000


@dataclass(frozen=True, slots=True)
class Layout:
    """Where boxes and lines are."""

    x: list[float]
    """Centres."""
    y: list[float]
    """Tops."""
    layer: list[int]
    routes: tuple[Route, ...]
    left: float
    width: float
    height: float


def layered(
    widths: Sequence[float], heights: Sequence[float], edges: Iterable[tuple[int, int]]
) -> Layout:
    """A layout of boxes; edges that do not go up in index are left out."""
    count = len(widths)
    kept = [(a, b) for a, b in edges if a < b < count]
    sources, targets = [a for a, _ in kept], [b for _, b in kept]
    layer = layers_of(count, sources, targets)
    net, ways = _with_way_points(layer, sources, targets)
    rows = ordered(net, min(_SWEEPS, 1 + _ITEMS // max(1, len(net.layer))))
    all_widths = [*widths, *[_WAY_WIDTH] * (len(net.layer) - count)]
    sizes = Sizes(widths=all_widths, boxes=count, gap=_GAP_X, way_gap=_WAY_GAP)
    centre: list[float] = [floor(x + 0.5) for x in placed(rows, net, sizes)]
    drawing = routed(
        Placed(
            heights=heights,
            sources=sources,
            targets=targets,
            net=net,
            ways=ways,
            rows=rows,
            widths=all_widths,
            centre=centre,
        )
    )
    return Layout(
        x=centre[:count],
        y=[drawing.top[at] for at in layer],
        layer=layer,
        routes=drawing.routes,
        left=drawing.left,
        width=drawing.right - drawing.left,
        height=drawing.height,
    )


def _with_way_points(
    box_layer: list[int], sources: list[int], targets: list[int]
) -> tuple[Net, list[list[int] | None]]:
    """Boxes first, then the way points of all edges that do not run beside the drawing."""
    layer = list(box_layer)
    up: list[list[int]] = [[] for _ in layer]
    down: list[list[int]] = [[] for _ in layer]
    spans = [layer[b] - layer[a] for a, b in zip(sources, targets, strict=True)]
    most = _longest(spans, len(layer))
    ways: list[list[int] | None] = []
    for start, end, span in zip(sources, targets, spans, strict=True):
        if span > most:
            ways.append(None)
            continue
        points = list(range(len(layer), len(layer) + span - 1))
        layer.extend(range(layer[start] + 1, layer[end]))
        for _ in points:
            up.append([])
            down.append([])
        for a, b in pairwise([start, *points, end]):
            down[a].append(b)
            up[b].append(a)
        ways.append(points)
    return Net(layer=layer, up=up, down=down), ways


def _longest(spans: list[int], boxes: int) -> float:
    """The most layers that an edge through the drawing spans."""
    if sum(span - 1 for span in spans) <= 2 * boxes + 100:
        return inf
    left = 4 * boxes + 2000
    for span in sorted(spans):
        left -= span - 1
        if span > _SPAN:
            return _SPAN
        if left < 0:
            return span - 1
    return _SPAN
