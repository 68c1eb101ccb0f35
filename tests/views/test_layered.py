"""The layered layout gives the numbers that the browser's gives, and a sound drawing."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from jaxplore.views.graph.layered import Layout, layered

RECORDS = Path(__file__).parents[1] / "records"


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def as_json(layout: Layout) -> dict[str, Any]:
    routes = [
        {
            "from": route.source,
            "to": route.target,
            "long": route.long,
            "side": route.side,
            "points": [number for point in route.points for number in point],
        }
        for route in layout.routes
    ]
    return {
        "x": layout.x,
        "y": layout.y,
        "layer": layout.layer,
        "routes": routes,
        "left": layout.left,
        "width": layout.width,
        "height": layout.height,
    }


@pytest.mark.parametrize("path", sorted((RECORDS / "layouts").glob("*.json")), ids=lambda p: p.stem)
def test_the_layout_is_the_browsers(path: Path):
    record = read(path)
    edges = zip(record["from"], record["to"], strict=True)
    assert as_json(layered(record["widths"], record["heights"], edges)) == record["layout"]


@pytest.mark.parametrize("path", sorted((RECORDS / "graphs").glob("*.json")), ids=lambda p: p.stem)
def test_nothing_overlaps_and_edges_go_down(path: Path):
    record = read(path)
    widths, heights = record["widths"], record["heights"]
    edges = list(zip(record["from"], record["to"], strict=True))
    layout = layered(widths, heights, edges)
    for a, b in edges:
        assert layout.y[a] + heights[a] < layout.y[b]
    order = sorted(range(len(widths)), key=lambda i: (layout.layer[i], layout.x[i]))
    for left, right in pairwise(order):
        if layout.layer[left] == layout.layer[right]:
            apart = layout.x[right] - layout.x[left]
            assert apart >= (widths[left] + widths[right]) / 2 + 8


def test_edges_that_go_back_are_left_out():
    layout = layered([10, 10], [10, 10], [(1, 0), (0, 1), (0, 7)])
    assert [(route.source, route.target) for route in layout.routes] == [(0, 1)]


def test_nothing_at_all_has_a_layout():
    layout = layered([], [], [])
    assert (layout.width, layout.height, layout.routes) == (0, 0, ())
