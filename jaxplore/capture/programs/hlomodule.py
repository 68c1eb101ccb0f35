"""Optimised HLO as instructions: what each reads, what it runs, and how often it runs."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

_COMPUTATION: Final = re.compile(r"^(ENTRY )?%?([\w.\-]+) \(.*\{$")
_NAMED: Final = re.compile(r"^ +(?:ROOT )?%?([\w.\-]+) = ")
_OPERATION: Final = re.compile(r" ?([\w\-]+)\(")
_NAME: Final = re.compile(r"%([\w.\-]+)")
_PARENTHESIS: Final = re.compile(r"[()]")
_TRIPS: Final = re.compile(r'known_trip_count\\?": ?\{\\?"n\\?": ?\\?"(\d+)')
_COUNTS: Final = re.compile(r"\b(num_partitions|replica_count)=(\d+)")
_BODY: Final = re.compile(r"\bbody=%?([\w.\-]+)")
_CONDITION: Final = re.compile(r"\bcondition=%?([\w.\-]+)")

Trips = Callable[["Instruction"], int | None]


@dataclass(slots=True)
class Instruction:
    """One line of a computation."""

    name: str
    line: int
    """From 1."""
    type: str
    operation: str
    inside: str
    """What stands between its parentheses."""
    reads: tuple[str, ...]
    """Names of its operands, in their order."""
    attributes: str
    is_root: bool
    users: list["Instruction"] = field(default_factory=list["Instruction"])

    @property
    def calls(self) -> list[str]:
        """Names that its attributes have: computations it runs are among them."""
        return _NAME.findall(self.attributes)


Computation = dict[str, Instruction]


@dataclass(frozen=True)
class Module:
    """A program as XLA optimised it."""

    computations: Mapping[str, Computation]
    """By name; callees before callers, as XLA prints them."""
    entry: str
    partitions: int
    replicas: int

    @property
    def devices(self) -> int:
        """How many devices it runs on."""
        return self.partitions * self.replicas

    @cached_property
    def parameters(self) -> dict[str, int]:
        """Name -> number, of the parameters of the whole program."""
        found = self.computations.get(self.entry, {}).values()
        return {i.name: int(i.inside) for i in found if i.operation == "parameter"}

    def inside(self, name: str) -> Iterable[Instruction]:
        """The instructions of a computation; none where no computation has this name."""
        return self.computations.get(name, {}).values()

    def repeats(self, trips: Trips) -> dict[str, int | None]:
        """How often each computation runs; None where only a run can tell.

        A branch of a conditional counts as if it were taken.

        Args:
            trips: How often a `while` runs its body, where its text does not say.
        """
        counts: dict[str, int | None] = dict.fromkeys(self.computations, 0)
        counts[self.entry] = 1
        for name, computation in reversed(list(self.computations.items())):
            for instruction in computation.values():
                for called, times in self._called(instruction, trips):
                    before, outer = counts[called], counts[name]
                    if before is None or outer is None or times is None:
                        counts[called] = None
                    else:
                        counts[called] = before + outer * times
        return counts

    def _called(self, instruction: Instruction, trips: Trips) -> Iterator[tuple[str, int | None]]:
        if instruction.operation != "while":
            yield from ((name, 1) for name in instruction.calls if name in self.computations)
            return
        told = _TRIPS.search(instruction.attributes)
        times = int(told[1]) if told else trips(instruction)
        for pattern, more in ((_BODY, 0), (_CONDITION, 1)):
            found = pattern.search(instruction.attributes)
            if found and found[1] in self.computations:
                yield found[1], None if times is None else times + more


def read_module(text: str) -> Module:
    """The module of an executable's text."""
    computations: dict[str, Computation] = {}
    current: Computation = {}
    entry, head = "", ""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("HloModule"):
            head = line
        elif start := _COMPUTATION.match(line):
            current = computations.setdefault(start[2], {})
            entry = start[2] if start[1] else entry
        elif instruction := _read(line, number):
            current[instruction.name] = instruction
            for name in dict.fromkeys(instruction.reads):
                if name in current:
                    current[name].users.append(instruction)
    counts = {name: int(count) for name, count in _COUNTS.findall(head)}
    return Module(
        computations=computations,
        entry=entry,
        partitions=counts.get("num_partitions", 1),
        replicas=counts.get("replica_count", 1),
    )


def _read(line: str, number: int) -> Instruction | None:
    named = _NAMED.match(line)
    if named is None:
        return None
    start = named.end()
    end = _closing(line, start) if line[start : start + 1] == "(" else line.find(" ", start)
    operation = _OPERATION.match(line, end)
    if end < 0 or operation is None:
        return None
    closing = _closing(line, operation.end() - 1)
    inside = line[operation.end() : closing - 1]
    return Instruction(
        name=named[1],
        line=number,
        type=line[start:end],
        operation=operation[1],
        inside=inside,
        reads=tuple(_NAME.findall(inside)),
        attributes=line[closing:],
        is_root=line.lstrip().startswith("ROOT "),
    )


def _closing(text: str, opening: int) -> int:
    """The place after the parenthesis that closes the one at `opening`."""
    depth = 0
    for parenthesis in _PARENTHESIS.finditer(text, opening):
        depth += 1 if parenthesis[0] == "(" else -1
        if depth == 0:
            return parenthesis.end()
    return len(text)
