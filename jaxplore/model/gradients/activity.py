"""Where a derivative flows in a program: from what it is taken by to the result."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from heapq import heappop, heappush
from operator import or_

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

    def stopped(self, index: int, needed: Collection[int]) -> tuple[int, int] | None:
        """Where a derivative reaches an equation and does not pass it.

        Args:
            index: Of the equation.
            needed: Values that the result needs, differentiably or not.

        Returns:
            A result of the equation that it does not come to, and the places in `wrt` that
            it comes from, as bits. None where it passes, or nothing reaches or is needed.
        """
        equation = self._program.equations[index]
        reaching = [self.sources.get(value, 0) for value in equation.inputs]
        outputs = [at for at, value in enumerate(equation.outputs) if value in needed]
        if not outputs or not any(reaching):
            return None
        derivative = self._derivatives[index]
        for output in outputs:
            if not any(reaching[place] for place in derivative[output]):
                return output, _joined(reaching)
        # A custom rule may leave out some of its inputs.
        passed = frozenset[int]().union(*[derivative[output] for output in outputs])
        left = [bits for place, bits in enumerate(reaching) if place not in passed]
        return (outputs[0], _joined(left)) if any(left) else None

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


def _joined(bits: Sequence[int]) -> int:
    return reduce(or_, bits, 0)
