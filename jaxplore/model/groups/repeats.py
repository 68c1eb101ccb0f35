"""Things of a level that come again and again: the turns of a loop, the calls of a function.

Two stretches are repeats when they are next to each other, of equal structure, and when the
source goes back between them: where a loop turns, the next expression stands before the last.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from jaxplore.model.groups.structure import Run, prefix_sums, stretch
from jaxplore.model.span import Span

_DIGITS: Final = re.compile(r"\d+")
# Fewer equations than this are read faster than a "x 2" is understood.
_SMALLEST_ROLL: Final = 8
# A derivative computes an expression twice over; a loop over one expression turns more often.
_FEWEST_OF_ONE_PLACE: Final = 4
# How many later places with the same beginning are tried as the next turn.
_MOST_TRIED: Final = 32
# The turns that are looked for get longer by this factor, from pass to pass.
_LONGER: Final = 4

# Where a run ends in the source, which grows as Python evaluates: operands before operators.
Place = tuple[str, str, int, int]


@dataclass(slots=True, eq=False)
class Item:
    """Something that stands on a level: an equation, a group, or a roll of repeats."""

    first: int
    end: int
    kind: str
    """`"equation"`, `"roll"`, or the kind of its group."""
    name: str = ""
    span: Span | None = None
    scopes: int = 0
    calls: int = 0
    """How many scopes and calls all its equations are known to share."""
    token: object = None
    starts: Place | None = None
    ends: Place | None = None
    spans: tuple[Span | None, Span | None] = (None, None)
    """Of its first and its last equation, in the function that the level stands in."""
    backward: bool = False
    weight: int = 1
    """Number of equations; of one that holds programs, with theirs."""
    turns: list[list["Item"]] = field(default_factory=list["list[Item]"])
    """Of a roll: what stands in each of its turns."""

    @property
    def size(self) -> int:
        """Number of equations."""
        return self.end - self.first

    @property
    def is_group(self) -> bool:
        return self.kind not in ("equation", "roll")


def place_of(span: Span | None) -> Place | None:
    return None if span is None else (span.file, span.function, span.end_line, span.end_column)


def undigited(name: str) -> str:
    """A name with its numbers ignored: what siblings are called together.

    >>> undigited("Block_11"), undigited("layers_3_mlp"), undigited("7")
    ('Block', 'layers_mlp', '7')
    """
    parts = [part for part in name.split("_") if not part.isdigit()]
    return _DIGITS.sub("", "_".join(parts)) or name


def goes_back(before: Item, after: Item) -> bool:
    """Whether the source goes back between two neighbours; on, in a backward pass."""
    last, then = before.ends, after.starts
    if last is None or then is None or last[:2] != then[:2]:
        return False
    return then > last if after.backward else then < last


def _may_turn(turn: Sequence[Item], after: Item) -> bool:
    """Whether a loop may turn between the last item of a turn and the next item."""
    last, then = turn[-1].ends, after.starts
    if last is None or then is None or last[:2] != then[:2]:
        return True
    if last == then:  # a loop over one expression; else some operand of it is meant
        return all(item.starts == item.ends == then for item in turn)
    return goes_back(turn[-1], after)


def folded(items: list[Item], run: Run) -> list[Item]:
    """The items with their repeats rolled up, the inner ones of nested loops first."""
    shortest, longest = 1, 1
    while 2 * shortest <= len(items):
        search = _Search(items, run, shortest, longest)
        if not search.is_hopeful:
            break
        rolled = search.rolled()
        if len(rolled) < len(items):
            items, shortest, longest = rolled, 1, 1
        else:
            shortest, longest = longest + 1, longest * _LONGER
    return items


class _Search:
    """Looks for loops whose turns have from `shortest` to `longest` items."""

    def __init__(self, items: list[Item], run: Run, shortest: int, longest: int) -> None:
        self._items = items
        self._run = run
        self._longest = longest
        codes: dict[object, int] = {}
        tokens = [codes.setdefault(item.token, len(codes)) for item in items]
        self._sums = prefix_sums(tokens)
        # Two turns begin with the same items, as many as the shortest turn has.
        self._following = [0] * len(items)
        seen: dict[int, int] = {}
        for place in range(len(items) - shortest, -1, -1):
            window = (
                tokens[place] if shortest == 1 else stretch(self._sums, place, place + shortest)
            )
            self._following[place] = seen.get(window, 0)
            seen[window] = place
        self.is_hopeful = len(seen) <= len(items) - shortest
        """Whether anything comes twice."""

    def rolled(self) -> list[Item]:
        result: list[Item] = []
        place = 0
        while place < len(self._items):
            turns = self._turns_at(place) if self._following[place] else []
            if turns:
                result.append(_roll(turns))
                place += len(turns) * len(turns[0])
            else:
                result.append(self._items[place])
                place += 1
        return result

    def _turns_at(self, first: int) -> list[list[Item]]:
        """The turns of the shortest loop that begins with an item; none where none does."""
        items, then = self._items, self._following[first]
        for _ in range(_MOST_TRIED):
            period = then - first
            if not then or period > self._longest or first + 2 * period > len(items):
                return []
            count = self._count(first, period)
            if count > 1 and _is_worth(items[first : first + period], count):
                starts = range(first, first + count * period, period)
                return [items[start : start + period] for start in starts]
            then = self._following[then]
        return []

    def _count(self, first: int, period: int) -> int:
        items, sums = self._items, self._sums
        wanted = stretch(sums, first, first + period)
        size = items[first + period - 1].end - items[first].first
        count, start = 1, first + period
        while start + period <= len(items) and stretch(sums, start, start + period) == wanted:
            turn, after = items[start - period : start], items[start]
            if not (_are_numbered(turn[-1], after, period) or _may_turn(turn, after)):
                break
            if not self._run.same_wiring(turn[0].first, after.first, size):
                break
            count, start = count + 1, start + period
        return count


def _is_worth(turn: list[Item], count: int) -> bool:
    if len(turn) == 1 and turn[0].is_group:
        return True
    places = {place for item in turn for place in (item.starts, item.ends)}
    if len(places) == 1 and count < _FEWEST_OF_ONE_PLACE:
        return False
    return count * sum([item.weight for item in turn]) >= _SMALLEST_ROLL


def _are_numbered(before: Item, after: Item, period: int) -> bool:
    """Whether two neighbours are `Block_0` and `Block_1`, which need no loop."""
    return period == 1 and before.kind == after.kind == "scope" and before.name != after.name


def _roll(turns: list[list[Item]]) -> Item:
    first, last = turns[0][0], turns[-1][-1]
    return Item(
        first=first.first,
        end=last.end,
        kind="roll",
        token=("roll", len(turns), tuple([item.token for item in turns[0]])),
        starts=first.starts,
        ends=last.ends,
        spans=(first.spans[0], last.spans[1]),
        backward=first.backward,
        weight=len(turns) * sum([item.weight for item in turns[0]]),
        turns=turns,
    )


def bundle(items: list[Item], kind: str, name: str, span: Span | None) -> Item:
    """Neighbours as one group."""
    first, last = items[0], items[-1]
    return Item(
        first=first.first,
        end=last.end,
        kind=kind,
        name=name,
        span=span,
        token=(kind, name, tuple([item.token for item in items])),
        starts=first.starts,
        ends=last.ends,
        spans=(first.spans[0], last.spans[1]),
        backward=first.backward,
        weight=sum([item.weight for item in items]),
        turns=[items],
    )


def in_chunks(items: Sequence[Item]) -> list[list[Item]]:
    """The items, cut where the source goes back, and about each roll."""
    chunks: list[list[Item]] = []
    for place, item in enumerate(items):
        before = items[place - 1] if place else None
        is_cut = before is None or "roll" in (item.kind, before.kind)
        if before is None or is_cut or goes_back(before, item):
            chunks.append([])
        chunks[-1].append(item)
    return chunks
