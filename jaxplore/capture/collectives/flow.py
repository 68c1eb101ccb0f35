"""What an instruction is made of and what becomes of it, through what only hands values on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from jaxplore.capture.programs.hlomodule import Computation, Instruction, Module

# Neither computes: the value is the same, in another order, type or place.
_REORDERS: Final = {"bitcast", "bitcast-convert", "convert", "reshape", "transpose"}
_PASSES: Final = {"copy", "copy-start", "copy-done", "get-tuple-element", "opt-barrier", "tuple"}
_HANDS_ON: Final = frozenset(["parameter", *_REORDERS, *_PASSES])

Equations = Mapping[int, tuple[int, ...]]
"""Line -> equations."""


class Flow:
    """Looks around an instruction."""

    def __init__(self, module: Module, equations: Equations) -> None:
        self._module = module
        self._equations = equations
        self._quiet = {
            name: all(i.operation in _HANDS_ON for i in computation.values())
            for name, computation in module.computations.items()
        }

    def hands_on(self, instruction: Instruction) -> bool:
        """Whether it computes nothing."""
        if instruction.operation in ("fusion", "call"):
            return all(self._quiet.get(name, True) for name in instruction.calls)
        return instruction.operation in _HANDS_ON or instruction.operation.endswith("-done")

    def makers(self, computation: Computation, start: Instruction) -> tuple[int, ...]:
        """Equations that made what goes in."""
        reached = self._reached(start, lambda i: _operands(computation, i))
        return self._said(i for i in reached if not self.hands_on(i))

    def users(self, start: Instruction) -> tuple[int, ...]:
        """Equations that read what comes out."""
        reached = self._reached(start, lambda i: i.users)
        return self._said(i for i in reached if not self.hands_on(i))

    def arguments(self, computation: Computation, start: Instruction) -> tuple[int, ...]:
        """Numbers of the program's parameters that go in."""
        if computation is not self._module.computations.get(self._module.entry):
            return ()
        reached = self._reached(start, lambda i: _operands(computation, i))
        numbers = self._module.parameters
        return tuple(dict.fromkeys(numbers[i.name] for i in reached if i.name in numbers))

    def results(self, computation: Computation, start: Instruction) -> tuple[int, ...]:
        """Places among the program's results of what comes out."""
        if computation is not self._module.computations.get(self._module.entry):
            return ()
        reached = [start, *self._reached(start, lambda i: i.users)]
        roots = [i for i in reached if i.is_root and (i is start or self.hands_on(i))]
        if not roots:
            return ()
        root = roots[0]
        if root.operation != "tuple":
            return (0,)
        names = {i.name for i in reached if i is not root}
        return tuple(place for place, name in enumerate(root.reads) if name in names)

    def _reached(
        self, start: Instruction, onwards: Callable[[Instruction], Sequence[Instruction]]
    ) -> list[Instruction]:
        """All that is met from an instruction on, as far as values are only handed on."""
        seen: dict[str, Instruction] = {}
        waiting = list(onwards(start))
        while waiting:
            instruction = waiting.pop(0)
            if instruction.name in seen:
                continue
            seen[instruction.name] = instruction
            if self.hands_on(instruction):
                waiting += onwards(instruction)
        return list(seen.values())

    def _said(self, instructions: Iterable[Instruction]) -> tuple[int, ...]:
        rows = (self._equations.get(instruction.line, ()) for instruction in instructions)
        return tuple(dict.fromkeys(row for found in rows for row in found))


def _operands(computation: Computation, instruction: Instruction) -> Sequence[Instruction]:
    return [computation[name] for name in instruction.reads if name in computation]
