"""From code positions to `Span`s.

Every equation's traceback is a list of (code object, instruction offset) pairs, so a
position needs no parsing: one lookup per distinct instruction, and equal positions
give the same `Span` object.
"""

from types import CodeType, FrameType, TracebackType
from typing import Any

from jaxplore.capture.source import files
from jaxplore.model.span import Span, text_of

_Position = tuple[int | None, int | None, int | None, int | None]


class SpanTable:
    """Makes spans, each distinct one once. One table serves one capture."""

    def __init__(self) -> None:
        self._spans: dict[tuple[str, int, int, int, int], Span] = {}
        # By identity: hashing a code object hashes all of its constants.
        self._by_instruction: dict[tuple[int, int], Span | None] = {}
        self._positions: dict[int, tuple[CodeType, list[_Position]]] = {}
        self._lines: dict[str, list[str]] = {}
        self.file_names: dict[str, str] = {}
        """Display name -> file name, for every file a span was made in."""

    def of_traceback(self, traceback: Any) -> Span | None:
        """The innermost expression of the user's own code in a JAX traceback.

        Falls back to the innermost library frame, then to None.
        """
        if traceback is None:
            return None
        codes, offsets = traceback.raw_frames()
        library: Span | None = None
        owner_of = files.owner
        for index, code in enumerate(codes):
            owner = owner_of(code.co_filename)
            if owner == "internal":
                continue
            if owner == "user":
                return self.of_instruction(code, offsets[index])
            if library is None:
                library = self.of_instruction(code, offsets[index])
        return library

    def of_frame(self, frame: FrameType | None) -> Span | None:
        """The innermost user expression on a Python stack, from `frame` outwards."""
        library: Span | None = None
        while frame is not None:
            owner = files.owner(frame.f_code.co_filename)
            if owner == "user":
                return self.of_instruction(frame.f_code, frame.f_lasti)
            if owner == "library" and library is None:
                library = self.of_instruction(frame.f_code, frame.f_lasti)
            frame = frame.f_back
        return library

    def of_python_traceback(self, traceback: TracebackType | None) -> Span | None:
        """The innermost user expression that an exception passed through."""
        found: Span | None = None
        while traceback is not None:
            code = traceback.tb_frame.f_code
            if files.owner(code.co_filename) == "user":
                found = self.of_instruction(code, traceback.tb_lasti) or found
            traceback = traceback.tb_next
        return found

    def of_instruction(self, code: CodeType, offset: int) -> Span | None:
        """The expression that an instruction was compiled from."""
        key = (id(code), offset)
        try:
            return self._by_instruction[key]
        except KeyError:
            span = self._by_instruction[key] = self._span_of(code, offset)
            return span

    def _span_of(self, code: CodeType, offset: int) -> Span | None:
        if id(code) not in self._positions:
            # Kept with its code object, so that no other takes over its identity.
            self._positions[id(code)] = (code, list(code.co_positions()))
        _, positions = self._positions[id(code)]
        index = max(offset, 0) // 2
        line, end_line, column, end_column = (
            positions[index] if index < len(positions) else (None,) * 4
        )
        if line is None:
            return None
        return self.at(
            code.co_filename,
            line,
            column or 0,
            end_line or line,
            end_column or 0,
            code.co_qualname,
        )

    def of_definition(self, code: CodeType) -> Span | None:
        """Where a function is defined: its first line."""
        if files.owner(code.co_filename) == "internal":
            return None
        lines = self._source(code.co_filename)
        first = code.co_firstlineno
        text = lines[first - 1] if 0 < first <= len(lines) else ""
        width = len(text.encode())
        indent = width - len(text.lstrip().encode())
        return self.at(code.co_filename, first, indent, first, width, code.co_qualname)

    def at(
        self,
        file_name: str,
        line: int,
        column: int,
        end_line: int,
        end_column: int,
        function: str,
    ) -> Span:
        """The span at a position as the compiler and XLA give it: columns in UTF-8 bytes."""
        place, shift = files.moves.place(file_name, line)
        key = (place, line + shift, column, end_line + shift, end_column)
        span = self._spans.get(key)
        if span is None:
            span = self._spans[key] = self._make(*key, function)
        return span

    def used_lines(self, file_name: str) -> tuple[int, int]:
        """First and last line of the functions that spans were made in."""
        spans = [span for key, span in self._spans.items() if key[0] == file_name]
        codes = [code for code, _ in self._positions.values() if code.co_filename == file_name]
        first = min([s.line for s in spans] + [code.co_firstlineno for code in codes])
        return max(first, 1), max(s.end_line for s in spans)

    def _make(
        self,
        file_name: str,
        line: int,
        column: int,
        end_line: int,
        end_column: int,
        function: str,
    ) -> Span:
        lines = self._source(file_name)
        shown = files.display_name(file_name)
        self.file_names[shown] = file_name
        start = _characters(lines, line, column)
        end = _characters(lines, end_line, end_column)
        return Span(
            file=shown,
            line=line,
            column=start,
            end_line=end_line,
            end_column=end,
            function=function,
            text=text_of(lines, line, start, end_line, end),
        )

    def _source(self, file_name: str) -> list[str]:
        lines = self._lines.get(file_name)
        if lines is None:
            lines = self._lines[file_name] = files.source_lines(file_name)
        return lines


def _characters(lines: list[str], line: int, byte_column: int) -> int:
    """Column in characters of a column in UTF-8 bytes."""
    if not 0 < line <= len(lines) or lines[line - 1].isascii():
        return byte_column
    return len(lines[line - 1].encode()[:byte_column].decode(errors="ignore"))
