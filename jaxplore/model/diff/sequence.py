"""Two sequences aligned: what is in both in the same order.

From fine tokens to coarse ones. At each level what is as often in both stretches is paired
(patience), and the pairs split the stretches; what no level could tell apart is left to the
shortest edit (Myers), which gives up its optimality, not its speed, on long stretches.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

Pair = tuple[int, int]
Gap = tuple[int, int, int, int]
"""First and end in the one sequence, first and end in the other."""

# So many differences are looked through at once; a longer search takes the best so far.
_FAR: Final = 200
_FAR_AT_LAST: Final = 24
# After so many steps in all, a search looks less far.
_STEPS: Final = 1_500_000


def align(levels: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[Pair]:
    """Pairs of positions, rising in both sequences, whose tokens are equal at some level.

    Args:
        levels: The tokens of both sequences, the finest level first.

    >>> align([([1, 2, 3, 9], [1, 7, 2, 3, 9])])
    [(0, 0), (1, 2), (2, 3), (3, 4)]
    """
    one, other = levels[0]
    pairs: list[Pair] = []
    gaps: list[Gap] = [(0, len(one), 0, len(other))]
    for before, after in levels:
        gaps = _split(gaps, before, after, pairs)
    search = _Search()
    for gap in gaps:
        pairs += search.shortest(gap, *levels[-1])
    pairs.sort()
    return pairs


def similar(
    pairs: Sequence[Pair], before: Sequence[int], after: Sequence[int], longest: int
) -> list[Pair]:
    """More pairs, from the stretches between those given: of tokens that are equal at a level
    too coarse for long stretches, where they would pair what has nothing in common."""
    found: list[Pair] = []
    search = _Search()
    for gap in between(pairs, len(before), len(after)):
        if gap[1] - gap[0] <= longest and gap[3] - gap[2] <= longest:
            found += search.shortest(gap, before, after)
    return found


def between(pairs: Sequence[Pair], before: int, after: int) -> list[Gap]:
    """The stretches between pairs in which both sequences have something."""
    gaps: list[Gap] = []
    first = second = 0
    for one, other in [*pairs, (before, after)]:
        if one > first and other > second:
            gaps.append((first, one, second, other))
        first, second = one + 1, other + 1
    return gaps


def _split(
    gaps: Sequence[Gap], before: Sequence[int], after: Sequence[int], pairs: list[Pair]
) -> list[Gap]:
    """Pair what can be told apart at this level; returns the stretches that are left."""
    left: list[Gap] = []
    for gap in gaps:
        found, (low, high, first, end) = _trimmed(gap, before, after)
        found += _equally_often(before, after, low, high, first, end)
        found.sort()
        pairs += found
        start, other = gap[0], gap[2]
        for one, two in [*found, (gap[1], gap[3])]:
            if one > start and two > other:
                left.append((start, one, other, two))
            start, other = one + 1, two + 1
    return left


def _trimmed(gap: Gap, before: Sequence[int], after: Sequence[int]) -> tuple[list[Pair], Gap]:
    """Pairs at the beginning and the end of a stretch, and the stretch without them."""
    low, high, first, end = gap
    pairs: list[Pair] = []
    while low < high and first < end and before[low] == after[first]:
        pairs.append((low, first))
        low, first = low + 1, first + 1
    while low < high and first < end and before[high - 1] == after[end - 1]:
        high, end = high - 1, end - 1
        pairs.append((high, end))
    return pairs, (low, high, first, end)


def _equally_often(
    before: Sequence[int], after: Sequence[int], low: int, high: int, first: int, end: int
) -> list[Pair]:
    """Of tokens that both stretches have equally often, the first with the first, and so on,
    as far as their order is the same."""
    if low == high or first == end:
        return []
    counts = Counter(before[low:high])
    others = Counter(after[first:end])
    places: dict[int, list[int]] = defaultdict(list)
    for position in range(end - 1, first - 1, -1):
        token = after[position]
        if counts.get(token) == others[token]:
            places[token].append(position)
    candidates = [
        (position, places[token].pop())
        for position in range(low, high)
        if places.get(token := before[position])
    ]
    return _longest_rising(candidates)


def _longest_rising(pairs: Sequence[Pair]) -> list[Pair]:
    """The longest choice of pairs whose second parts rise; their first parts do."""
    ends: list[int] = []
    chosen: list[int] = []
    back: list[int] = []
    for number, (_, position) in enumerate(pairs):
        place = bisect_left(ends, position)
        back.append(chosen[place - 1] if place else -1)
        if place == len(ends):
            ends.append(position)
            chosen.append(number)
        else:
            ends[place], chosen[place] = position, number
    found: list[Pair] = []
    number = chosen[-1] if chosen else -1
    while number >= 0:
        found.append(pairs[number])
        number = back[number]
    return found[::-1]


class _Search:
    """The shortest edits of several stretches, within one budget of steps."""

    def __init__(self) -> None:
        self._steps = 0

    def shortest(self, gap: Gap, before: Sequence[int], after: Sequence[int]) -> list[Pair]:
        """The pairs of a shortest edit of a stretch, or of a short one where that is far."""
        low, high, first, end = gap
        # What only one side has cannot be paired, and would only make the search long.
        ours, theirs = set(before[low:high]), set(after[first:end])
        one = [i for i in range(low, high) if before[i] in theirs]
        other = [i for i in range(first, end) if after[i] in ours]
        a, b = [before[i] for i in one], [after[i] for i in other]
        pairs: list[Pair] = []
        x = y = 0
        while x < len(a) and y < len(b):
            path = self._path(a, b, x, y)
            pairs += [(one[i], other[j]) for i, j in path[:-1]]
            x, y = path[-1]
        return pairs

    def _path(self, a: Sequence[int], b: Sequence[int], x0: int, y0: int) -> list[Pair]:
        """The pairs on the best path from a point, then the point it reaches."""
        far = _FAR if self._steps < _STEPS else _FAR_AT_LAST
        n, m = len(a), len(b)
        reached = {1: x0}
        trail: list[dict[int, int]] = []
        best = (x0, y0, 0)
        for edits in range(far):
            trail.append(dict(reached))
            self._steps += edits + 1
            for k in range(-edits, edits + 1, 2):
                down = k == -edits or (k != edits and reached[k - 1] < reached[k + 1])
                x = reached[k + 1] if down else reached[k - 1] + 1
                y = y0 + (x - x0) - k
                while x < n and y < m and a[x] == b[y]:
                    x, y = x + 1, y + 1
                reached[k] = x
                if x <= n and y <= m and x + y > best[0] + best[1]:
                    best = (x, y, edits)
                if x >= n and y >= m:
                    return [*_walked_back(trail, edits, k, x, x0, y0), (n, m)]
        x, y, edits = best
        return [*_walked_back(trail, edits, (x - x0) - (y - y0), x, x0, y0), (x, y)]


def _walked_back(
    trail: Sequence[dict[int, int]], edits: int, k: int, x: int, x0: int, y0: int
) -> list[Pair]:
    """The pairs on the path to a point, found from its end."""
    pairs: list[Pair] = []
    for step in range(edits, -1, -1):
        reached = trail[step]
        down = k == -step or (k != step and reached[k - 1] < reached[k + 1])
        start = reached[k + 1] if down else reached[k - 1] + 1
        while x > start:
            x -= 1
            pairs.append((x, y0 + (x - x0) - k))
        if step:
            k = k + 1 if down else k - 1
            x = reached[k]
    return pairs[::-1]
