"""Where a value comes from: the equation that made it, however deep in nested programs."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from jaxplore.model.gradients.ports import Ports, ports_of
from jaxplore.model.program import Program

# What JAX fills a place with that a branch of a cond does not use.
_FILLERS: Final = frozenset(["empty", "empty2", "broadcast_in_dim", "full"])


@dataclass(frozen=True, slots=True)
class Origin:
    """Of one value."""

    equation: int | None
    """The equation that made it, one that holds no program; None for an input."""
    value: int
    """What that equation calls it, or the input of the outermost region."""
    times: int | None
    """How many iterations it is stacked over; None where only a run can tell."""


class Origins:
    """Follows values back through the programs that hold what made them."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._ports: dict[int, tuple[Ports, ...]] = {}

    @cached_property
    def _makers(self) -> dict[int, int]:
        made = enumerate(self._program.equations)
        return {value: index for index, equation in made for value in equation.outputs}

    @cached_property
    def _holders(self) -> dict[int, tuple[int, Ports, int]]:
        """Input of a nested region -> (equation that holds it, its ports, the place)."""
        found: dict[int, tuple[int, Ports, int]] = {}
        for index, equation in enumerate(self._program.equations):
            for ports in self._ports_of(index) if equation.regions else ():
                for place, value in enumerate(self._program.regions[ports.region].inputs):
                    found[value] = (index, ports, place)
        return found

    def _ports_of(self, index: int) -> tuple[Ports, ...]:
        known = self._ports.get(index)
        if known is None:
            known = self._ports[index] = ports_of(self._program, index)
        return known

    def maker(self, value: int) -> int | None:
        """The equation that has a value among its results, in the same region."""
        return self._makers.get(value)

    def given(self, value: int) -> int:
        """What an input of a nested program is before any loop about it began."""
        while value not in self._makers and value in self._holders:
            index, ports, place = self._holders[value]
            at = ports.inputs[place]
            if at is None:
                break
            value = self._program.equations[index].inputs[at]
        return value

    def of(self, value: int) -> Origin:
        """What made a value. Through a loop's carry: what made it in the iteration before."""
        times: int | None = 1
        seen: set[int] = set()
        while value not in seen:
            seen.add(value)
            maker = self._makers.get(value)
            if maker is None:
                outer = self._outside(value, seen)
                if outer is None:
                    return Origin(None, value, times)
                value = outer
                continue
            inner = self._inside(maker, value)
            if inner is None:
                return Origin(maker, value, times)
            value, stacked = inner
            times = None if times is None or stacked is None else times * stacked
        return Origin(self._makers.get(value), value, times)

    def _inside(self, maker: int, value: int) -> tuple[int, int | None] | None:
        """The value of a nested program that an equation returns as `value`."""
        position = self._program.equations[maker].outputs.index(value)
        found: list[tuple[int, int | None]] = []
        for ports in self._ports_of(maker):
            carried = {out for _, out in ports.carries}
            for place, at in enumerate(ports.outputs):
                if at == position:
                    inner = self._program.regions[ports.region].outputs[place]
                    found.append((inner, 1 if place in carried else ports.stacked))
        # Of the branches of a cond, one that makes something.
        return next((one for one in found if not self._is_filler(one[0])), (found or [None])[0])

    def _is_filler(self, value: int) -> bool:
        maker = self._makers.get(value)
        if maker is None:
            return self._program.values[value].kind == "literal"
        return self._program.equations[maker].primitive in _FILLERS

    def _outside(self, value: int, seen: set[int]) -> int | None:
        """What a nested program is given as one of its inputs."""
        holder = self._holders.get(value)
        if holder is None:
            return None
        index, ports, place = holder
        left = dict(ports.carries).get(place)
        if left is not None:
            before = self._program.regions[ports.carrier].outputs[left]
            if before not in seen and self._makers.get(before) is not None:
                return before
        at = ports.inputs[place]
        return None if at is None else self._program.equations[index].inputs[at]
