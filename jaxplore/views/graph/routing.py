"""The lines of a drawing: `extension/src/layout/route.ts` and `channel.ts` in Python.

The two give the same numbers (tests/records/layouts); those files say how it works.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jaxplore.views.graph.ordering import Net, Rows

_GAP_Y: Final = 34
_TRACK: Final = 5
_TRACKS: Final = 16
_SPACE: Final = 14
_APART: Final = 6
_LANES: Final = 48


@dataclass(frozen=True, slots=True)
class Route:
    """An edge as drawn."""

    source: int
    target: int
    long: bool
    """Too long to be drawn: has no way points."""
    side: bool
    """Runs in a lane beside the drawing."""
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """All that lines depend on."""

    heights: Sequence[float]
    sources: Sequence[int]
    targets: Sequence[int]
    net: Net
    ways: Sequence[list[int] | None]
    """Way points of each edge; None for those that run beside the drawing."""
    rows: Rows
    widths: Sequence[float]
    centre: Sequence[float]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Tops of the layers, lines, and how far all reaches."""

    top: list[float]
    routes: tuple[Route, ...]
    left: float
    right: float
    height: float


@dataclass(frozen=True, slots=True)
class _Lane:
    top: int
    bottom: int
    lean: int


@dataclass(frozen=True, slots=True)
class _Turn:
    gap: int
    box: float
    lane: float
    leaves: bool


def routed(placed: Placed) -> Drawing:
    """Way points of all edges, and the heights of layers and gaps."""
    net, rows, widths, centre = placed.net, placed.rows, placed.widths, placed.centre
    left = [centre[row[0]] - widths[row[0]] / 2 for row in rows]
    right = [centre[row[-1]] + widths[row[-1]] / 2 for row in rows]
    beside = _Beside(placed, left, right)
    boxes = len(placed.heights)
    tallest = [max((placed.heights[i] for i in row if i < boxes), default=0) for row in rows]
    top: list[float] = []
    height: float = 0
    for tall, turned in zip(tallest, beside.turned, strict=True):
        top.append(height)
        height += tall + _GAP_Y + _TRACK * min(turned, _TRACKS)
    bottom = [at + tall for at, tall in zip(top, tallest, strict=True)]

    def route(edge: int) -> Route:
        source, target = placed.sources[edge], placed.targets[edge]
        layer = net.layer[source]
        points: list[tuple[float, float]] = []
        if placed.heights[source] < tallest[layer]:
            points.append((centre[source], bottom[layer]))
        between = placed.ways[edge]
        if between is not None:
            for way in between:
                at = net.layer[way]
                points += [(centre[way], top[at]), (centre[way], bottom[at])]
            points = _straightened(points, centre[target])
            return Route(source, target, long=False, side=False, points=tuple(points))
        lane = beside.lane[source]
        if lane is None:
            return Route(source, target, long=True, side=False, points=())
        leave = bottom[layer] + 8 + _TRACK * (beside.leave[source] % _TRACKS)
        arrive = bottom[net.layer[target] - 1] + 8 + _TRACK * (beside.arrive[edge] % _TRACKS)
        points += [(centre[source], leave), (lane, leave), (lane, arrive), (centre[target], arrive)]
        return Route(source, target, long=False, side=True, points=tuple(points))

    return Drawing(
        top=top,
        routes=tuple(route(edge) for edge in range(len(placed.sources))),
        left=min([0, *left]),
        right=max([0, *right]),
        height=max(0, height - _GAP_Y),
    )


def _straightened(points: list[tuple[float, float]], end: float) -> list[tuple[float, float]]:
    """Without the points in the middle of an upright line."""
    kept: list[tuple[float, float]] = []
    after = [*(x for x, _ in points[1:]), end]
    for point, following in zip(points, after, strict=False):
        if not (kept and kept[-1][0] == point[0] == following):
            kept.append(point)
    return kept


class _Beside:
    """The lanes beside a drawing, and in which order edges turn into them in each gap."""

    def __init__(self, placed: Placed, left: list[float], right: list[float]) -> None:
        layer, centre = placed.net.layer, placed.centre
        place = {item: i for row in placed.rows for i, item in enumerate(row)}

        def lean(box: int) -> int:
            """Lines and boxes that an edge to the left would meet, less those to the right."""
            return 2 * place[box] - len(placed.rows[layer[box]]) + 1

        bundles: dict[int, list[int]] = {}
        for edge, source in enumerate(placed.sources):
            if placed.ways[edge] is None:
                bundles.setdefault(source, []).append(edge)
        lanes: list[_Lane] = []
        for source, edges in bundles.items():
            readers = [placed.targets[edge] for edge in edges]
            lanes.append(
                _Lane(
                    top=layer[source] + 1,
                    bottom=max(layer[reader] for reader in readers),
                    lean=sum(lean(box) for box in (source, *readers)),
                )
            )
        self.lane = dict(zip(bundles, _lanes(lanes, left, right), strict=True))
        turns: list[_Turn] = []
        self.leave: dict[int, int] = {}
        self.arrive: dict[int, int] = {}
        for source, edges in bundles.items():
            lane = self.lane[source]
            if lane is None:
                continue
            self.leave[source] = len(turns)
            turns.append(_Turn(layer[source], centre[source], lane, leaves=True))
            for edge in edges:
                target = placed.targets[edge]
                self.arrive[edge] = len(turns)
                turns.append(_Turn(layer[target] - 1, centre[target], lane, leaves=False))
        track = _tracks(turns)
        self.turned = [0] * len(placed.rows)
        for turn, at in zip(turns, track, strict=True):
            self.turned[turn.gap] = max(self.turned[turn.gap], at + 1)
        for turned in (self.leave, self.arrive):
            turned.update({key: track[i] for key, i in turned.items()})


def _lanes(lanes: list[_Lane], left: list[float], right: list[float]) -> list[float | None]:
    """The x of each lane. `left` and `right` are how far each layer reaches, and grow."""
    found: list[float | None] = [None] * len(lanes)
    depth = ([0] * len(left), [0] * len(left))
    for i in sorted(range(len(lanes)), key=lambda i: lanes[i].bottom - lanes[i].top):
        passed = range(lanes[i].top, lanes[i].bottom + 1)
        least = min(left[at] - (_APART if depth[0][at] else _SPACE) for at in passed)
        most = max(right[at] + (_APART if depth[1][at] else _SPACE) for at in passed)
        full = [any(used[at] >= _LANES for at in passed) for used in depth]
        if all(full):
            continue
        goes_right = full[0] or (not full[1] and lanes[i].lean >= 0)
        x = most if goes_right else least
        found[i] = x
        for at in passed:
            (right if goes_right else left)[at] = x
            depth[goes_right][at] += 1
    return found


def _tracks(turns: list[_Turn]) -> list[int]:
    """For each turn its place in its gap from above, so that as few as can be cross."""

    def rank(i: int) -> tuple[int, bool, float]:
        turn = turns[i]
        outside = turn.box if turn.lane > turn.box else -turn.box
        return turn.gap, not turn.leaves, -outside if turn.leaves else outside

    track = [0] * len(turns)
    before: int | None = None
    for i in sorted(range(len(turns)), key=rank):
        if before is not None and turns[before].gap == turns[i].gap:
            track[i] = track[before] + 1
        before = i
    return track
