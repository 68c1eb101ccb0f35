"""Neighbours of a level that stand on the same lines of the source, and what lines are called."""

from collections.abc import Sequence
from typing import Final

from jaxplore.model.groups.paths import outside
from jaxplore.model.groups.repeats import Item, bundle
from jaxplore.model.span import Span

_LONGEST_NAME: Final = 48
# Fewer equations than this are read faster than a group is opened.
SMALLEST: Final = 3

# File and phase; first and last line.
_Reach = tuple[tuple[str, bool], int, int]


def by_lines(items: list[Item], *, only_equations: bool) -> list[Item]:
    """Neighbours whose expressions share lines, as one item."""
    result: list[Item] = []
    stretch: list[Item] = []
    reach: _Reach | None = None
    for item in [*items, None]:
        lines = None
        if item is not None and (item.kind == "equation" or not only_equations):
            lines = _reach(item)
        if lines is None or reach is None or not _share(lines, reach):
            result.extend(_as_line(stretch))
            stretch, reach = [], lines
        elif lines:
            reach = (reach[0], min(reach[1], lines[1]), max(reach[2], lines[2]))
        if item is not None:
            if lines is None:
                result.append(item)
            else:
                stretch.append(item)
    return result if len(result) > 1 else items


def _reach(item: Item) -> _Reach | None:
    a, b = item.spans
    if a is None or b is None or a.file != b.file:
        return None
    return (a.file, item.backward), min(a.line, b.line), max(a.end_line, b.end_line)


def _share(one: _Reach, other: _Reach) -> bool:
    return one[0] == other[0] and one[1] <= other[2] and one[2] >= other[1]


def _as_line(items: list[Item]) -> list[Item]:
    if len(items) < 2 or sum([item.size for item in items]) < SMALLEST:
        return items
    kind, name, span = lines_of([span for item in items for span in item.spans])
    return [bundle(items, kind, name, span)]


def lines_of(spans: Sequence[Span | None]) -> tuple[str, str, Span | None]:
    """Kind, name and span for a stretch: its widest expression, or its lines."""
    known = [span for span in spans if span is not None]
    if not known:
        return "line", "equations", None
    low, high = min(s.line for s in known), max(s.line for s in known)
    if low == high or len({(s.file, outside(s.function)) for s in known}) > 1:
        widest = max(known, key=lambda s: (s.end_line - s.line, len(s.text)))
        return "line", quoted(widest) or widest.place, widest
    widest = max(known, key=lambda s: (s.end_line - s.line, len(s.text)))
    if (widest.line, widest.end_line) == (low, max(s.end_line for s in known)):
        return "line", quoted(widest) or widest.place, widest
    return "line", f"lines {low}-{high}", None


def quoted(span: Span | None) -> str:
    return "" if span is None else span.quoted(_LONGEST_NAME)
