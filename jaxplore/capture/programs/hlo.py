"""Optimised HLO as XLA prints it: the text without its metadata, and each line's origin.

XLA puts four tables before the text (files, functions, positions, stack frames); each
instruction names a stack frame. A fusion is tied to all that its instructions came from, and
what XLA put in for its own ends (a copy, a constant made larger) to what it serves.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from jaxplore.capture.programs.hlomodule import Computation, Instruction, Module, read_module
from jaxplore.capture.programs.linking import EquationIndex, Found, Frame, Origin
from jaxplore.model.program import Link, Stage

_TABLES: Final = ("FileNames", "FunctionNames", "FileLocations", "StackFrames")
_STRING: Final = r'"(?:[^"\\]|\\.)*"'
_METADATA: Final = re.compile(rf",? metadata=\{{((?:[^\"}}]|{_STRING})*)\}}")
_PATH: Final = re.compile(rf"op_name=({_STRING})")
_FRAME: Final = re.compile(r"stack_frame_id=(\d+)")
_NAME_ROW: Final = re.compile(rf"^(\d+) ({_STRING})$")
_NUMBER: Final = re.compile(r"(\w+)=(\d+)")

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
    shown = "\n".join(lines)
    module = read_module(shown)
    for computation in module.computations.values():
        for instruction in computation.values():
            primitive = _PRODUCTS.get(instruction.operation)
            if primitive is not None:
                place = instruction.line - 1
                found[place] = index.with_product(found[place], primitive)
    _spread(module, found)
    return Stage(
        text=shown,
        links=tuple(
            [
                Link(first_line=number, last_line=number, equations=here[0], spans=here[1])
                for number, here in enumerate(found, 1)
                if here != _NOTHING
            ]
        ),
    )


def _spread(module: Module, found: list[Found]) -> None:
    """Tie each instruction without an origin of its own to what it serves.

    Args:
        module: The program.
        found: What each line of its text is tied to; what is missing is filled in.
    """
    # Callees stand before callers, so that a fusion inside a fusion is whole in time.
    for computation in module.computations.values():
        for instruction in computation.values():
            if instruction.operation == "fusion":
                parts = [inner for name in instruction.calls for inner in module.inside(name)]
                found[instruction.line - 1] = _union(_of([instruction, *parts], found))
        _within(computation, found)
    for computation in reversed(list(module.computations.values())):
        for instruction in computation.values():
            for name in instruction.calls:
                for inner in module.inside(name):
                    _inherit(inner, found, [instruction])


def _within(computation: Computation, found: list[Found]) -> None:
    # Users stand below what they use: upwards for them, then downwards for operands.
    for instruction in reversed(computation.values()):
        _inherit(instruction, found, list(_users(instruction)))
    for instruction in computation.values():
        _inherit(instruction, found, list(_operands(instruction, computation)))


def _users(instruction: Instruction) -> Iterator[Instruction]:
    """What uses an instruction's result: of what a loop takes in a tuple, the loop."""
    # Which part of a tuple is taken out again is not followed.
    is_tuple = instruction.operation == "tuple"
    for user in instruction.users:
        is_part = user.operation == "get-tuple-element"
        if user.operation == "tuple" or (is_part and not is_tuple):
            yield from _users(user)
        elif not is_part:
            yield user


def _operands(instruction: Instruction, computation: Computation) -> Iterator[Instruction]:
    """What made an instruction's operands: of a part of a loop's results, the loop."""
    for name in instruction.reads:
        operand = computation.get(name)
        if operand is not None and operand.operation == "get-tuple-element":
            yield from _operands(operand, computation)
        elif operand is not None:
            yield operand


def _inherit(instruction: Instruction, found: list[Found], served: Sequence[Instruction]) -> None:
    place = instruction.line - 1
    if found[place] != _NOTHING or instruction.operation in _HANDED_ON:
        return
    union = _union(_of(served, found))
    if len(union[0]) <= _MOST_SERVED and len(union[1]) <= _MOST_SERVED:
        found[place] = union


def _of(instructions: Iterable[Instruction], found: list[Found]) -> list[Found]:
    return [found[one.line - 1] for one in instructions]


def _union(parts: Sequence[Found]) -> Found:
    equations = dict.fromkeys(e for found, _ in parts for e in found)
    spans = dict.fromkeys(s for _, found in parts for s in found)
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
