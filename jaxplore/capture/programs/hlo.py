"""Optimised HLO as XLA prints it: the text without its metadata, and each line's origin.

XLA puts four tables before the text (files, functions, positions, stack frames); each
instruction names a stack frame. A fusion is tied to all that its instructions came from, and
what XLA put in for its own ends (a copy, a constant made larger) to what it serves.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from jaxplore.capture.programs.linking import EquationIndex, Found, Frame, Origin
from jaxplore.model.program import Link, Stage

_TABLES: Final = ("FileNames", "FunctionNames", "FileLocations", "StackFrames")
_STRING: Final = r'"(?:[^"\\]|\\.)*"'
_METADATA: Final = re.compile(rf",? metadata=\{{((?:[^\"}}]|{_STRING})*)\}}")
_PATH: Final = re.compile(rf"op_name=({_STRING})")
_FRAME: Final = re.compile(r"stack_frame_id=(\d+)")
_NAME_ROW: Final = re.compile(rf"^(\d+) ({_STRING})$")
_NUMBER: Final = re.compile(r"(\w+)=(\d+)")
_COMPUTATION: Final = re.compile(r"^(?:ENTRY )?%?([\w.\-]+) \(.*\{$")
_NAME: Final = re.compile(r"%[\w.\-]+")
_OPERATION: Final = re.compile(r"^ +(?:ROOT )?(%?[\w.\-]+) = (?:\([^=]*\)|\S+) ([\w\-]+)\(")

# What is handed on, not computed: it serves nobody in particular.
_HANDED_ON: Final = frozenset(["parameter", "constant", "tuple", "get-tuple-element"])

# What serves more equations than this serves nobody in particular.
_MOST_SERVED: Final = 16

_PRODUCTS: Final = {"dot": "dot_general", "convolution": "conv_general_dilated"}

_NOTHING: Final[Found] = ((), ())


def read_hlo(text: str, index: EquationIndex) -> Stage:
    """The stage for an executable's HLO text."""
    tables, body = _split_tables(text)
    origins = _Origins(tables)
    lines: list[str] = []
    found: list[Found] = []
    for line in body:
        metadata = _METADATA.search(line)
        lines.append(_METADATA.sub("", line) if metadata else line)
        found.append(index.find(origins.of(metadata[1])) if metadata else _NOTHING)
    computations = _computations(lines)
    for instructions in computations.values():
        for instruction in instructions:
            primitive = _PRODUCTS.get(instruction.operation)
            if primitive is not None:
                found[instruction.line] = index.with_product(found[instruction.line], primitive)
    _spread(computations, found)
    return Stage(
        text="\n".join(lines),
        links=tuple(
            [
                Link(first_line=number, last_line=number, equations=here[0], spans=here[1])
                for number, here in enumerate(found, 1)
                if here != _NOTHING
            ]
        ),
    )


@dataclass(slots=True)
class _Instruction:
    """One line of a computation."""

    line: int
    operation: str
    reads: list[int]
    """Places of its operands in the computation."""
    calls: list[str]
    """Names of the computations it runs."""
    users: list[int] = field(default_factory=list[int])


def _computations(lines: Sequence[str]) -> dict[str, list[_Instruction]]:
    """The instructions of each computation; callees before callers, as XLA prints them."""
    computations: dict[str, list[_Instruction]] = {}
    current: list[_Instruction] = []
    places: dict[str, int] = {}
    for number, line in enumerate(lines):
        if start := _COMPUTATION.match(line):
            current, places = computations.setdefault(f"%{start[1]}", []), {}
        elif operation := _OPERATION.match(line):
            names = _NAME.findall(line, operation.end())
            reads = [places[name] for name in names if name in places]
            calls = [name for name in names if name in computations]
            places[operation[1]] = len(current)
            for place in reads:
                current[place].users.append(len(current))
            current.append(_Instruction(number, operation[2], reads, calls))
    return computations


def _spread(computations: Mapping[str, list[_Instruction]], found: list[Found]) -> None:
    """Tie each instruction without an origin of its own to what it serves."""
    for instructions in computations.values():
        for instruction in instructions:
            if instruction.operation == "fusion":
                parts = [i.line for name in instruction.calls for i in computations[name]]
                found[instruction.line] = _union(found[line] for line in [instruction.line, *parts])
        _within(instructions, found)
    for instructions in reversed(list(computations.values())):
        for instruction in instructions:
            for name in instruction.calls:
                for inner in computations[name]:
                    _inherit(inner, found, [instruction.line])


def _within(instructions: Sequence[_Instruction], found: list[Found]) -> None:
    # Users stand below what they use: upwards for them, then downwards for operands.
    for instruction in reversed(instructions):
        _inherit(instruction, found, [instructions[place].line for place in instruction.users])
    for instruction in instructions:
        _inherit(instruction, found, [instructions[place].line for place in instruction.reads])


def _inherit(instruction: _Instruction, found: list[Found], lines: Sequence[int]) -> None:
    if found[instruction.line] != _NOTHING or instruction.operation in _HANDED_ON:
        return
    served = _union(found[line] for line in lines)
    if len(served[0]) <= _MOST_SERVED and len(served[1]) <= _MOST_SERVED:
        found[instruction.line] = served


def _union(parts: Iterable[Found]) -> Found:
    rows = list(parts)
    equations = dict.fromkeys(e for found, _ in rows for e in found)
    spans = dict.fromkeys(s for _, found in rows for s in found)
    return tuple(equations), tuple(spans)


def _split_tables(text: str) -> tuple[dict[str, list[str]], list[str]]:
    """The rows of each table, and the remaining lines."""
    tables: dict[str, list[str]] = {name: [] for name in _TABLES}
    body: list[str] = []
    table: list[str] | None = None
    for line in text.strip("\n").split("\n"):
        if line in tables:
            table = tables[line]
        elif table is None:
            body.append(line)
        elif line:
            table.append(line)
        else:
            table = None
    return tables, _single_blanks(body)


def _single_blanks(lines: list[str]) -> list[str]:
    return [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]


class _Origins:
    """XLA's tables, resolved on demand."""

    def __init__(self, tables: dict[str, list[str]]) -> None:
        self._files = _names(tables["FileNames"])
        self._functions = _names(tables["FunctionNames"])
        self._locations = _numbers(tables["FileLocations"])
        self._frames = _numbers(tables["StackFrames"])
        self._known: dict[str, Origin] = {}

    def of(self, metadata: str) -> Origin:
        """The origin that an instruction's metadata names."""
        known = self._known.get(metadata)
        if known is None:
            known = self._known[metadata] = self._resolve(metadata)
        return known

    def _resolve(self, metadata: str) -> Origin:
        path, frame = _PATH.search(metadata), _FRAME.search(metadata)
        name = path[1][1:-1] if path else ""
        return Origin(name, self._stack(int(frame[1]))) if frame else Origin(name, ())

    def _stack(self, frame: int) -> tuple[Frame, ...]:
        stack: list[Frame] = []
        seen: set[int] = set()
        while frame in self._frames and frame not in seen:
            seen.add(frame)
            row = self._frames[frame]
            at = self._locations.get(row.get("file_location_id", 0))
            if at is not None:
                stack.append(
                    Frame(
                        self._files.get(at.get("file_name_id", 0), ""),
                        at.get("line", 0),
                        at.get("column", 0),
                        at.get("end_line", at.get("line", 0)),
                        at.get("end_column", at.get("column", 0)),
                        self._functions.get(at.get("function_name_id", 0), ""),
                    )
                )
            # XLA counts parents from one more than frames, so that none is possible.
            frame = row.get("parent_frame_id", 1) - 1
        return tuple(stack)


def _names(rows: Iterable[str]) -> dict[int, str]:
    matches = (_NAME_ROW.match(row) for row in rows)
    return {int(m[1]): m[2][1:-1] for m in matches if m}


def _numbers(rows: Iterable[str]) -> dict[int, dict[str, int]]:
    table: dict[int, dict[str, int]] = {}
    for row in rows:
        key, _, rest = row.partition(" ")
        table[int(key)] = {name: int(number) for name, number in _NUMBER.findall(rest)}
    return table
