"""A gradient as text: the mirror in columns, what is kept, where it stops, layer by layer."""

from collections.abc import Sequence
from typing import Final

from jaxplore.model.gradient import Gradient, Residual
from jaxplore.model.mirror.build import mirror as mirror_of
from jaxplore.model.mirror.mirror import Mirror
from jaxplore.model.mirror.shown import (
    ShownEdge,
    ShownRow,
    bytes_of,
    first_open,
    shown_edges,
    shown_rows,
)
from jaxplore.views.columns import columns
from jaxplore.views.gradient import words
from jaxplore.views.mode import deterministic
from jaxplore.views.units import counted, size

ROWS: Final = 36
"""Rows of the mirror that a still form shows."""
_TABLE: Final = 20
_WIDEST: Final = 44


def text(gradient: Gradient) -> str:
    """All of it, for terminals, screen readers and notebooks under test."""
    mirror = mirror_of(gradient)
    parts = [
        words.summary(gradient),
        mirror_text(gradient, mirror),
        kept_text(gradient),
        stops_text(gradient),
        layers_text(gradient),
    ]
    return "\n\n".join(part for part in parts if part)


def mirror_text(gradient: Gradient, mirror: Mirror) -> str:
    """Forward and backward side by side; rows are numbered, what is kept says who reads it."""
    shown = shown_rows(mirror, first_open(mirror, ROWS))
    edges = shown_edges(mirror, shown, gradient.residuals)
    head = ["", "forward ↓", "type", "kept", "norm", "↑ backward"]
    rows = [_cells(gradient, mirror, shown, edges, place) for place in range(len(shown))]
    used = [i for i in range(len(head)) if i < 3 or any(row[i] for row in rows)]
    table = [[row[i] for i in used] for row in rows]
    return columns([head[i] for i in used], table, numbers=("",))


def _cells(
    gradient: Gradient,
    mirror: Mirror,
    shown: Sequence[ShownRow],
    edges: Sequence[ShownEdge],
    place: int,
) -> list[str]:
    one = shown[place]
    row = mirror.rows[one.row]
    name = _name(gradient, mirror, one)
    cells = [str(place + 1), name, row.type, kept_words(edges, place, gradient.residuals)]
    if one.is_open:
        return [*cells, "", ""]
    said = words.right(gradient, mirror, one.row, operations=not deterministic())
    return [*cells, words.number(row.norm), said]


def _name(gradient: Gradient, mirror: Mirror, one: ShownRow) -> str:
    if mirror.rows[one.row].kind == "backward only":
        return ""  # its expression stands on the right
    mark = "▾" if one.is_open else "▸" if mirror.holds(one.row) else " "
    return f"{'  ' * one.depth}{mark} {words.left(gradient, mirror, one, _WIDEST)}"


def kept_words(edges: Sequence[ShownEdge], place: int, residuals: Sequence[Residual]) -> str:
    """What a row keeps, and the numbers of the rows that read it where it is another's.

    In brackets: what is alive anyway.
    """
    said: list[str] = []
    for is_made in (True, False):
        own = [e for e in edges if e.source == place and e.is_made == is_made]
        if not own:
            continue
        others = sorted({e.target + 1 for e in own if e.target != place})
        numbers = ", ".join(map(str, others[:3])) + (", …" if len(others) > 3 else "")
        total = size(bytes_of(own, residuals))
        arrow = f" → {numbers}" if others else ""
        said.append(f"{total}{arrow}" if is_made else f"({total}{arrow})")
    return " ".join(said)


def kept_text(gradient: Gradient) -> str:
    """The residuals, the largest first, and their sum."""
    if not gradient.residuals:
        return ""
    rows = kept_table(gradient)
    lines = [f"kept for the backward pass: {size(gradient.residual_bytes)}"]
    if rows:
        lines.append(columns(KEPT_HEAD, rows[:_TABLE], numbers=KEPT_HEAD[:1]))
    if len(rows) > _TABLE:
        lines.append(f"... {len(rows) - _TABLE:,} more rows; .residuals has all")
    return "\n".join([*lines, *alive_lines(gradient)])


KEPT_HEAD: Final = ("size", "type", "value", "made at")


def kept_table(gradient: Gradient) -> list[tuple[str, str, str, str]]:
    """What the forward pass makes and keeps; values of one expression and type as one row."""
    same: dict[tuple[object, ...], list[Residual]] = {}
    for kept in gradient.residuals:
        if kept.kind == "made":
            key = (kept.name, kept.type, kept.span, kept.times)
            same.setdefault(key, []).append(kept)
    sums = {key: sum(kept.size_bytes for kept in rows) for key, rows in same.items()}
    return [_kept_cells(same[key], sums[key]) for key in sorted(same, key=lambda key: -sums[key])]


def _kept_cells(rows: Sequence[Residual], size_bytes: int) -> tuple[str, str, str, str]:
    first = rows[0]
    place = "" if first.span is None else first.span.place
    count = f"{len(rows):,} × " if len(rows) > 1 else ""
    return size(size_bytes), f"{count}{first.type}", first.name, place


def alive_lines(gradient: Gradient) -> list[str]:
    """What is read again without being kept for it."""
    others = [kept for kept in gradient.residuals if kept.kind != "made"]
    if not others:
        return []
    total = size(sum(kept.size_bytes for kept in others))
    names = ", ".join(kept.name for kept in others[:6]) + (", …" if len(others) > 6 else "")
    return [f"read again, but alive anyway: {total} ({names})"]


def stops_text(gradient: Gradient) -> str:
    """Where the gradient stops, and why."""
    if not gradient.stops:
        return ""
    rows = [stop_cells(gradient, place) for place in range(len(gradient.stops))]
    head = f"the gradient stops in {counted(len(rows), 'place')}"
    return f"{head}\n{columns(('where', 'expression', 'why'), rows[:_TABLE])}"


def stop_cells(gradient: Gradient, place: int) -> tuple[str, str, str]:
    """A stop as cells of a table."""
    stop = gradient.stops[place]
    where = "input" if stop.span is None else stop.span.place
    said = ", ".join(stop.inputs) if stop.span is None else stop.span.quoted(_WIDEST)
    return where, said, stop.reason


def layers_text(gradient: Gradient) -> str:
    """The norms of each layer, or of each input where there are no layers."""
    return columns(*layers_table(gradient), numbers=_NORMS) if has_norms(gradient) else ""


_NORMS: Final = ("parameters", "gradient", "cotangent", "saturated")


def has_norms(gradient: Gradient) -> bool:
    """Whether there is anything to say."""
    return bool(gradient.layers) or any(leaf.norm is not None for leaf in gradient.inputs)


def layers_table(gradient: Gradient) -> tuple[list[str], list[list[str]]]:
    """Head and rows."""
    if not gradient.layers:
        rows = [
            [leaf.path, words.number(leaf.value_norm), words.number(leaf.norm)]
            for leaf in gradient.inputs[: 2 * _TABLE]
        ]
        return ["norms", "parameters", "gradient"], rows
    rows = [
        [
            layer.name,
            words.number(layer.parameter_norm),
            words.number(layer.gradient_norm),
            words.number(layer.cotangent_norm),
            "" if layer.saturated is None else f"{100 * layer.saturated:.0f} %",
        ]
        for layer in gradient.layers
    ]
    used = [0, *(i for i in range(1, 5) if any(row[i] for row in rows))]
    head = ["norms by layer", *_NORMS]
    return [head[i] for i in used], [[row[i] for i in used] for row in rows]
