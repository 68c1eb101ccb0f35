"""Optimised HLO as XLA prints it: the text without its metadata, and each line's origin.

XLA puts four tables before the text (files, functions, positions, stack frames); each
instruction names a stack frame. A fusion is tied to all that its instructions came from.
"""

import re
from collections.abc import Iterable
from typing import Final

from jaxplore.capture.programs.linking import EquationIndex, Frame, Origin
from jaxplore.model.program import Link, Stage
from jaxplore.model.span import Span

_TABLES: Final = ("FileNames", "FunctionNames", "FileLocations", "StackFrames")
_STRING: Final = r'"(?:[^"\\]|\\.)*"'
_METADATA: Final = re.compile(rf",? metadata=\{{((?:[^\"}}]|{_STRING})*)\}}")
_PATH: Final = re.compile(rf"op_name=({_STRING})")
_FRAME: Final = re.compile(r"stack_frame_id=(\d+)")
_NAME_ROW: Final = re.compile(rf"^(\d+) ({_STRING})$")
_NUMBER: Final = re.compile(r"(\w+)=(\d+)")
_COMPUTATION: Final = re.compile(r"^(?:ENTRY )?%?([\w.\-]+) \(.*\{$")
_FUSION: Final = re.compile(r" fusion\(.*calls=%?([\w.\-]+)")

_Found = tuple[tuple[int, ...], tuple[Span, ...]]


def read_hlo(text: str, index: EquationIndex) -> Stage:
    """The stage for an executable's HLO text."""
    tables, body = _split_tables(text)
    origins = _Origins(tables)
    lines: list[str] = []
    found: list[_Found] = []
    within: dict[str, list[_Found]] = {}
    computation = ""
    for line in body:
        if start := _COMPUTATION.match(line):
            computation = start[1]
        metadata = _METADATA.search(line)
        here: _Found = ((), ())
        if metadata is not None:
            here = index.find(origins.of(metadata[1]))
        lines.append(_METADATA.sub("", line))
        found.append(here)
        within.setdefault(computation, []).append(here)
    links: list[Link] = []
    for number, (line, here) in enumerate(zip(lines, found, strict=True), 1):
        fusion = _FUSION.search(line)
        if fusion is not None:
            here = _union([here, *within.get(fusion[1], ())])
        if here[0] or here[1]:
            links.append(
                Link(first_line=number, last_line=number, equations=here[0], spans=here[1])
            )
    return Stage(text="\n".join(lines), links=tuple(links))


def _union(parts: Iterable[_Found]) -> _Found:
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
