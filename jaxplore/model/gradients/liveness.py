"""Which equations of a program its results need, inside of nested programs too."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from jaxplore.model.gradients.ports import Ports, ports_of
from jaxplore.model.program import Program


class Liveness:
    """The values and equations that some results of a program need.

    Args:
        program: Where to look.
        wanted: Values that are needed; the program's results when not given.
        effects: Equations that do something besides what they make: they are needed.
        walls: Equations whose own inputs are not looked at.
    """

    def __init__(
        self,
        program: Program,
        wanted: Sequence[int] | None = None,
        effects: Collection[int] = (),
        walls: Collection[int] = (),
    ) -> None:
        self._program = program
        self._makers: dict[int, int] = {}
        self._read_from: defaultdict[int, list[tuple[int, Ports, int]]] = defaultdict(list)
        self._ports: dict[int, tuple[Ports, ...]] = {}
        for index, equation in enumerate(program.equations):
            self._makers.update(dict.fromkeys(equation.outputs, index))
            if equation.regions:
                self._hold(index)
        self.values: set[int] = set()
        self.equations: set[int] = set()
        self._walls = walls
        self._waiting = list(program.regions[0].outputs if wanted is None else wanted)
        for index in effects:
            self._need(index)
        while self._waiting:
            self._mark(self._waiting.pop())

    def _hold(self, index: int) -> None:
        held = self._ports[index] = ports_of(self._program, index)
        for ports in held:
            for place, value in enumerate(self._program.regions[ports.region].inputs):
                self._read_from[value].append((index, ports, place))

    def _mark(self, value: int) -> None:
        if value in self.values:
            return
        self.values.add(value)
        maker = self._makers.get(value)
        if maker is not None:
            self._need(maker)
            position = self._program.equations[maker].outputs.index(value)
            for ports in self._ports.get(maker, ()):
                inner = self._program.regions[ports.region].outputs
                self._waiting += [
                    inner[place] for place, at in enumerate(ports.outputs) if at == position
                ]
            return
        for holder, ports, place in self._read_from.get(value, ()):
            at = ports.inputs[place]
            if at is not None:
                self._waiting.append(self._program.equations[holder].inputs[at])
            # What the next iteration reads, this one has to leave.
            left = dict(ports.carries).get(place)
            if left is not None:
                self._waiting.append(self._program.regions[ports.carrier].outputs[left])

    def _need(self, index: int) -> None:
        """An equation has to run: what that needs whichever of its results is read."""
        if index in self.equations:
            return
        self.equations.add(index)
        if index in self._walls:
            return
        equation = self._program.equations[index]
        held = self._ports.get(index, ())
        if not held:
            self._waiting += equation.inputs
            return
        # The index of a cond, and what no program inside is known to read.
        inside = {at for ports in held for at in ports.inputs}
        self._waiting += [v for at, v in enumerate(equation.inputs) if at not in inside]
        for ports in held:
            region = self._program.regions[ports.region]
            self._waiting += [
                value for value, at in zip(region.outputs, ports.outputs, strict=True) if at is None
            ]
