"""Where the arrays of a tree are."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import jax

from jaxplore.capture.placement import leaves
from jaxplore.capture.placement.layouts import NOWHERE, Layouts
from jaxplore.capture.placement.leaves import Leaf
from jaxplore.capture.placement.pins import Pins
from jaxplore.capture.source.spans import SpanTable
from jaxplore.errors import JaxploreError
from jaxplore.model.placement import LeafPlacement, LeafRole, Placement

Parts = Sequence[tuple[str, Any]]
"""Trees, each with what its paths begin with: `("params", params)`."""


def capture_tree(parts: Parts) -> Placement:
    """Where each array of some trees is. Runs nothing, and waits for nothing.

    Raises:
        JaxploreError: There are leaves, and none is an array or a number.
    """
    found = [(path, value, leaves.read(value)) for path, value in _leaves(parts)]
    arrays = [(path, leaf) for path, _, leaf in found if leaf is not None]
    given = [(path, value) for path, value, leaf in found if leaf is not None]
    if found and not arrays:
        value = found[0][1]
        raise JaxploreError.of(
            failed="Cannot say where this is: it holds no array.",
            given=f"{type(value).__name__}",
            do="pass an array, a tree of arrays, or a function and its arguments.",
        )
    layouts = Layouts()
    layouts.know_all(leaf.sharding for _, leaf in arrays)
    pins = Pins(SpanTable())
    placed = [placed_leaf(path, leaf, layouts, pins) for path, leaf in arrays]
    first: dict[int, int] = {}
    for place, (_, value) in enumerate(given):
        earlier = first.setdefault(id(value), place)
        if placed[place].state == "held" and earlier != place:
            placed[place] = replace(placed[place], same_as=placed[earlier].path)
    return layouts.record("", placed)


def placed_leaf(
    path: str, leaf: Leaf, layouts: Layouts, pins: Pins, role: LeafRole = "array"
) -> LeafPlacement:
    """The record of one leaf."""
    place = None
    if leaf.sharding is not None:
        place = layouts.place(leaf.shape, leaf.dtype, leaf.sharding, leaf.element_bytes)
    return LeafPlacement(
        path=path,
        role=role,
        shape=leaf.shape,
        dtype=leaf.dtype,
        size_bytes=leaf.size_bytes,
        devices=() if place is None else place.devices,
        sharding=leaf.said if place is None else place.words,
        committed=leaf.committed,
        pinned_by=pins.of(leaf.traceback) if leaf.committed else None,
        bytes_per_device=(place and place.bytes_per_device) or {},
        layout=NOWHERE if place is None else place.layout,
        state=leaf.state,
    )


def _leaves(parts: Parts) -> Iterator[tuple[str, Any]]:
    for before, tree in parts:
        for path, value in jax.tree_util.tree_flatten_with_path(tree)[0]:
            yield before + jax.tree_util.keystr(path), value
