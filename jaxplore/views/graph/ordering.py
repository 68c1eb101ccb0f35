"""The order of the items in each layer: `extension/src/layout/order.ts` in Python.

The two give the same numbers (tests/records/layouts); that file says how it works.
"""

from dataclasses import dataclass
from typing import Final

Rows = list[list[int]]

_PATIENCE: Final = 6
_ROUNDS: Final = 8


@dataclass(frozen=True, slots=True)
class Net:
    """Boxes and way points; neighbours are always one layer apart."""

    layer: list[int]
    up: list[list[int]]
    down: list[list[int]]


def ordered(net: Net, sweeps: int) -> Rows:
    """Rows with few crossings."""
    best: Rows = []
    least: int | None = None
    for goes_down in (True, False):
        order = _Order(net, _walked(net, goes_down=goes_down))
        idle = 0
        for sweep in range(sweeps + 1):
            if idle >= _PATIENCE or least == 0:
                break
            turned = sweep % 4 >= 2
            if sweep > 0:
                order.sweep(goes_down=(sweep % 2 == 1) == goes_down, turned=turned)
            order.exchange(equal=turned)
            crossings = order.crossings()
            idle += 1
            if least is None or crossings < least:
                least = crossings
                best = [list(row) for row in order.rows]
                idle = 0
    return best


def _walked(net: Net, *, goes_down: bool) -> Rows:
    """Rows in the order of a walk from the top, or from the bottom."""
    rows: Rows = [[] for _ in range(max(net.layer, default=-1) + 1)]
    items = sorted(range(len(net.layer)), key=lambda i: net.layer[i] * (1 if goes_down else -1))
    near = net.down if goes_down else net.up
    seen = [False] * len(net.layer)
    for start in items:
        stack = [start]
        while stack:
            item = stack.pop()
            if not seen[item]:
                seen[item] = True
                rows[net.layer[item]].append(item)
                stack.extend(reversed(near[item]))
    return rows


class _Order:
    def __init__(self, net: Net, rows: Rows) -> None:
        self.net, self.rows = net, rows
        self.place = [0] * len(net.layer)
        for row in rows:
            self._number(row)

    def _number(self, row: list[int]) -> None:
        for i, item in enumerate(row):
            self.place[item] = i

    def sweep(self, *, goes_down: bool, turned: bool) -> None:
        """Sorts every row by the middle of the neighbours in the row before."""
        near = self.net.up if goes_down else self.net.down
        rows = self.rows if goes_down else self.rows[::-1]
        for row in rows[1:]:
            moving = [item for item in row if near[item]]
            key = {i: sum(self.place[o] for o in near[i]) / len(near[i]) for i in moving}
            if turned:
                moving.reverse()
            moving.sort(key=key.__getitem__)
            following = iter(moving)
            row[:] = [next(following) if near[item] else item for item in row]
            self._number(row)

    def exchange(self, *, equal: bool) -> None:
        """Exchanges neighbours where that takes crossings away, once also where it is equal."""
        for round_ in range(_ROUNDS):
            better = False
            for row in self.rows:
                for i in range(len(row) - 1):
                    left, right = row[i], row[i + 1]
                    gain = self._gain(self.net.up, left, right)
                    gain += self._gain(self.net.down, left, right)
                    if gain < 0 or (gain == 0 and not (equal and round_ == 0)):
                        continue
                    row[i], row[i + 1] = right, left
                    self.place[right], self.place[left] = i, i + 1
                    better = better or gain > 0
            if not better:
                return

    def _gain(self, near: list[list[int]], left: int, right: int) -> int:
        """Crossings that the edges of two neighbours lose when they change places."""
        gain = 0
        for a in near[left]:
            at = self.place[a]
            for b in near[right]:
                other = self.place[b]
                gain += (other < at) - (at < other)
        return gain

    def crossings(self) -> int:
        count = 0
        for row in self.rows[:-1]:
            ends: list[int] = []
            for item in row:
                places = [self.place[other] for other in self.net.down[item]]
                count += sum(end > place for place in places for end in ends)
                ends += places
        return count
