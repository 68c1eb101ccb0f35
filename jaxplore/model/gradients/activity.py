"""Where a derivative flows in a program: from what it is taken by to the result."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from heapq import heappop, heappush

from jaxplore.model.gradients.ports import ports_of
from jaxplore.model.program import Program

Derivative = tuple[frozenset[int], ...]
"""For each result of an equation, the places of the inputs that it has a derivative by."""


class Activity:
    """Which values a derivative flows through.

    Args:
        program: Computes the result, without any derivative.
        derivatives: Of each equation that is not followed inside.
        wrt: The values that the derivative is taken by.
        results: The values whose derivative is taken.
    """

    def __init__(
        self,
        program: Program,
        derivatives: Mapping[int, Derivative],
        wrt: Sequence[int],
        results: Collection[int],
    ) -> None:
        self._program = program
        self._derivatives = derivatives
        self._to: defaultdict[int, list[int]] = defaultdict(list)
        self._from: defaultdict[int, list[int]] = defaultdict(list)
        self._connect()
        self.sources = self._spread(wrt)
        """Per value, the places in `wrt` that it depends on differentiably, as bits."""
        self.useful = self._useful(results)
        """The values that the results depend on differentiably."""

    def flows_through(self, index: int) -> bool:
        """Whether an equation is on the way from what the derivative is taken by."""
        return any(
            value in self.useful and self.sources.get(value, 0)
            for value in self._program.equations[index].outputs
        )

    def carries(self, index: int, output: int) -> bool:
        """Whether any derivative passes an equation on the way to one of its results."""
        inputs = self._program.equations[index].inputs
        by = self._derivatives[index][output]
        return any(self.sources.get(inputs[place], 0) for place in by)

    def _connect(self) -> None:
        program = self._program
        for index, equation in enumerate(program.equations):
            derivative = self._derivatives.get(index)
            if derivative is not None:
                for value, by in zip(equation.outputs, derivative, strict=True):
                    for place in by:
                        self._edge(equation.inputs[place], value)
                continue
            for ports in ports_of(program, index):
                inside = program.regions[ports.region]
                for value, at in zip(inside.inputs, ports.inputs, strict=True):
                    if at is not None:
                        self._edge(equation.inputs[at], value)
                for value, at in zip(inside.outputs, ports.outputs, strict=True):
                    if at is not None:
                        self._edge(value, equation.outputs[at])
                left = program.regions[ports.carrier].outputs
                for into, out in ports.carries:
                    self._edge(left[out], inside.inputs[into])

    def _edge(self, source: int, target: int) -> None:
        if self._program.values[source].kind != "literal":
            self._to[source].append(target)
            self._from[target].append(source)

    def _spread(self, wrt: Sequence[int]) -> dict[int, int]:
        bits: dict[int, int] = {}
        waiting: list[int] = []
        for place, value in enumerate(wrt):
            bits[value] = bits.get(value, 0) | 1 << place
            heappush(waiting, value)
        # In the order of the program, so that most values are met once.
        queued = set(waiting)
        while waiting:
            value = heappop(waiting)
            queued.discard(value)
            for target in self._to[value]:
                joined = bits.get(target, 0) | bits[value]
                if joined != bits.get(target, 0):
                    bits[target] = joined
                    if target not in queued:
                        queued.add(target)
                        heappush(waiting, target)
        return bits

    def _useful(self, results: Collection[int]) -> set[int]:
        found = set(results)
        waiting = list(results)
        while waiting:
            for source in self._from[waiting.pop()]:
                if source not in found:
                    found.add(source)
                    waiting.append(source)
        return found
