"""Which rows of a mirror are shown at first, and what is kept between those that are shown."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from jaxplore.model.gradient import Residual
from jaxplore.model.mirror.mirror import Mirror

# Inputs and turns of a repeat that are worth a row each.
_INPUTS: Final = 6
_TURNS: Final = 16


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row in sight."""

    row: int
    depth: int
    is_open: bool
    turn: int = 0
    """In a repeat, which of its turns it is, from 1; else 0."""


@dataclass(slots=True)
class ShownEdge:
    """What is kept between two rows in sight; places in the list of shown rows."""

    source: int
    target: int
    is_made: bool
    """Made by the forward pass; otherwise it is alive anyway."""
    size_bytes: int = 0
    residuals: list[int] = field(default_factory=list[int])


def first_open(mirror: Mirror, most: int) -> set[int]:
    """The rows to open so that at most so many are in sight, outer ones first."""
    count = len(mirror.children(None))
    opened: set[int] = set()
    level = mirror.children(None)
    while level:
        inner: list[int] = []
        for row in level:
            children = mirror.children(row)
            if not children or not _is_worth_it(mirror, row, len(children)):
                continue
            if count + len(children) > most:
                continue
            opened.add(row)
            count += len(children)
            # One turn stands for all.
            inner += children[:1] if mirror.rows[row].kind == "repeat" else children
        level = inner
    return opened


def _is_worth_it(mirror: Mirror, row: int, children: int) -> bool:
    kind = mirror.rows[row].kind
    if kind == "inputs":
        return children <= _INPUTS
    return kind != "repeat" or children <= _TURNS


def shown_rows(mirror: Mirror, opened: Collection[int]) -> list[ShownRow]:
    """The rows in sight, in order."""
    found: list[ShownRow] = []
    waiting = [(row, 0, 0) for row in reversed(mirror.children(None))]
    while waiting:
        row, depth, turn = waiting.pop()
        is_open = row in opened and mirror.holds(row)
        found.append(ShownRow(row, depth, is_open, turn))
        if is_open:
            is_repeat = mirror.rows[row].kind == "repeat"
            inner = [
                (child, depth + 1, turn if is_repeat else 0)
                for turn, child in enumerate(mirror.children(row), 1)
            ]
            waiting += reversed(inner)
    return found


def bytes_of(edges: Iterable[ShownEdge], residuals: Sequence[Residual]) -> int:
    """Of all that some edges carry; what several rows read counts once."""
    found = {residual for edge in edges for residual in edge.residuals}
    return sum(residuals[residual].size_bytes for residual in found)


def shown_edges(
    mirror: Mirror, shown: Sequence[ShownRow], residuals: Sequence[Residual]
) -> list[ShownEdge]:
    """Edges between rows in sight, those of the same two rows as one, the largest first."""
    place = [-1] * len(mirror.rows)
    for index, one in enumerate(shown):
        end = one.row + 1 if one.is_open else mirror.rows[one.row].end
        place[one.row : end] = [index] * (end - one.row)
    found: dict[tuple[int, int, bool], ShownEdge] = {}
    for edge in mirror.edges:
        kept = residuals[edge.residual]
        key = place[edge.source], place[edge.target], kept.kind == "made"
        total = found.setdefault(key, ShownEdge(*key))
        if edge.residual not in total.residuals:
            total.residuals.append(edge.residual)
            total.size_bytes += kept.size_bytes
    return sorted(found.values(), key=lambda e: (-e.size_bytes, e.source, e.target))
