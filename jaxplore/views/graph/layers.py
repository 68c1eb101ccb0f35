"""Which layer each box of a drawing stands in: `extension/src/layout/layers.ts` in Python.

The two give the same numbers (tests/records/layouts); that file says how it works.
"""

from collections.abc import Sequence
from typing import Final

_VISITS: Final = 3_000_000
"""Boxes visited, at most: what is left to be shortened after them is little."""


def layers_of(count: int, sources: Sequence[int], targets: Sequence[int]) -> list[int]:
    """Layers with the shortest edges; each edge goes from a lower to a higher index."""
    layer = _longest_paths(count, sources, targets)
    if sources:
        _Simplex(layer, sources, targets).run()
    top = min(layer, default=0)
    return [at - top for at in layer]


def _longest_paths(count: int, sources: Sequence[int], targets: Sequence[int]) -> list[int]:
    into: list[list[int]] = [[] for _ in range(count)]
    for a, b in zip(sources, targets, strict=True):
        into[b].append(a)
    layer = [0] * count
    for box, makers in enumerate(into):
        layer[box] = max((layer[maker] + 1 for maker in makers), default=0)
    return layer


class _Simplex:
    """The network simplex method of Gansner and others (1993)."""

    def __init__(self, layer: list[int], sources: Sequence[int], targets: Sequence[int]) -> None:
        count = len(layer)
        self.layer, self.sources, self.targets = layer, sources, targets
        self.out: list[list[int]] = [[] for _ in range(count)]
        self.into: list[list[int]] = [[] for _ in range(count)]
        for edge, (a, b) in enumerate(zip(sources, targets, strict=True)):
            self.out[a].append(edge)
            self.into[b].append(edge)
        self.tree: list[list[int]] = [[] for _ in range(count)]
        self.in_tree = [False] * len(sources)
        self.upward = [-1] * count
        self.first = [0] * count
        self.last = [0] * count
        self.walk = [0] * count
        self.cut = [0] * len(sources)
        self.visits = 0

    def run(self) -> None:
        self._grow()
        place = 0
        for box in range(len(self.layer)):
            if self.upward[box] == -1:
                place = self._number(box, -1, place)
        self._measure()
        edges, edge, idle = len(self.sources), 0, 0
        while self.visits < _VISITS and idle < edges:
            if self.in_tree[edge] and self.cut[edge] < 0:
                self._swap(edge, self._entering(edge))
                idle = 0
            else:
                idle += 1
            edge = (edge + 1) % edges

    def _slack(self, edge: int) -> int:
        return self.layer[self.targets[edge]] - self.layer[self.sources[edge]] - 1

    def _across(self, edge: int, box: int) -> int:
        """The other end of an edge."""
        a = self.sources[edge]
        return self.targets[edge] if a == box else a

    def _edges(self, box: int) -> list[int]:
        return self.out[box] + self.into[box]

    def _join(self, edge: int) -> None:
        self.in_tree[edge] = True
        self.tree[self.sources[edge]].append(edge)
        self.tree[self.targets[edge]].append(edge)

    def _grow(self) -> None:
        """A tree of tight edges in each connected part, made by moving stretches."""
        part = [-1] * len(self.layer)
        members: list[list[int]] = []
        for root in range(len(self.layer)):
            if part[root] != -1:
                continue
            inside = [root]
            part[root] = len(members)
            for box in inside:
                for edge in self._edges(box):
                    other = self._across(edge, box)
                    if part[other] == -1 and self._slack(edge) == 0:
                        part[other] = len(members)
                        inside.append(other)
                        self._join(edge)
            members.append(inside)
        joined = True
        while joined:
            joined = False
            for number, inside in enumerate(members):
                best = self._shortest(inside, part)
                if best == -1:
                    continue
                a, b = self.sources[best], self.targets[best]
                by = self._slack(best) if part[a] == number else -self._slack(best)
                into = part[b if part[a] == number else a]
                for box in inside:
                    self.layer[box] += by
                    part[box] = into
                self._join(best)
                members[into].extend(inside)
                members[number] = []
                joined = True

    def _shortest(self, inside: list[int], part: list[int]) -> int:
        """The shortest edge out of a stretch."""
        best, least = -1, 0
        for box in inside:
            for edge in self._edges(box):
                if part[self._across(edge, box)] != part[box]:
                    slack = self._slack(edge)
                    if best == -1 or slack < least:
                        best, least = edge, slack
        return best

    def _number(self, root: int, edge: int, place: int) -> int:
        """Numbers the tree below a box from a place on; the place after it."""
        self.upward[root] = edge
        self.first[root] = place
        stack = [(root, iter(tuple(self.tree[root])))]
        while stack:
            box, along = stack[-1]
            step = next(along, None)
            if step is None:
                self.last[box] = place
                self.walk[place] = box
                place += 1
                stack.pop()
            elif step != self.upward[box]:
                child = self._across(step, box)
                self.upward[child] = step
                self.first[child] = place
                stack.append((child, iter(tuple(self.tree[child]))))
        return place

    def _below(self, root: int, box: int) -> bool:
        return self.first[root] <= self.last[box] <= self.last[root]

    def _measure(self) -> None:
        """The cut of each edge of the tree: edges within the part below it count in and out."""
        surplus = [len(self.out[box]) - len(self.into[box]) for box in range(len(self.layer))]
        for box in self.walk:
            edge = self.upward[box]
            if edge != -1:
                surplus[self._across(edge, box)] += surplus[box]
                self.cut[edge] = surplus[box] if self.sources[edge] == box else -surplus[box]

    def _entering(self, edge: int) -> int:
        """The shortest edge that joins again what a cut of `edge` takes apart."""
        a = self.sources[edge]
        root = a if self.upward[a] == edge else self.targets[edge]
        candidates = self.into if root == a else self.out
        self.visits += 2 * (self.last[root] - self.first[root] + 1)
        best, least = -1, 0
        for box in self.walk[self.first[root] : self.last[root] + 1]:
            for other in candidates[box]:
                if not self._below(root, self._across(other, box)):
                    slack = self._slack(other)
                    if best == -1 or slack < least:
                        best, least = other, slack
        return best

    def _swap(self, leaving: int, entering: int) -> None:
        a = self.sources[leaving]
        root = a if self.upward[a] == leaving else self.targets[leaving]
        by = self._slack(entering) * (-1 if root == a else 1)
        for box in self.walk[self.first[root] : self.last[root] + 1]:
            self.layer[box] += by
        cut = self.cut[leaving]
        u, v = self.sources[entering], self.targets[entering]
        top = self._update(u, v, cut, along=True)
        self._update(v, u, cut, along=False)
        self.cut[entering] = -cut
        self.cut[leaving] = 0
        self.in_tree[leaving] = False
        self.tree[a].remove(leaving)
        self.tree[self.targets[leaving]].remove(leaving)
        self._join(entering)
        start = self.first[top]
        self.visits += self._number(top, self.upward[top], start) - start

    def _update(self, start: int, other: int, cut: int, *, along: bool) -> int:
        """Adds a cut along the tree up to the first box that is above the other too."""
        box = start
        while not self._below(box, other):
            edge = self.upward[box]
            self.cut[edge] += cut if (self.sources[edge] == box) == along else -cut
            box = self._across(edge, box)
        return box
