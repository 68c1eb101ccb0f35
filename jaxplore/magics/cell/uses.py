"""What a cell uses of the notebook: its chains of names, and where it binds names itself.

The cell is compiled, never run. Lines for a magic count as the Python in them:
`%time f(x)` uses f.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Final

from jaxplore.capture.functions.accesses import Access, accesses_of
from jaxplore.model.span import Span, text_of


@dataclass(frozen=True, slots=True)
class CellUses:
    """A cell's text, compiled."""

    code: CodeType
    reads: tuple[Access, ...]
    _tree: ast.Module
    _lines: list[str]

    def statement(self, line: int | None) -> int:
        """Which statement of the cell a line is in, from 0."""
        found = 0
        for index, statement in enumerate(self._tree.body):
            if line is not None and statement.lineno <= line:
                found = index
        return found

    def bound_at(self, name: str) -> int | None:
        """The first statement that binds a name or changes what it stands for."""
        for index, statement in enumerate(self._tree.body):
            if name in _changed(statement):
                return index
        return None

    def span(self, access: Access, cell: int) -> Span | None:
        """The expression that uses a chain of names: the call, where it is called."""
        if access.line is None or access.column is None:
            return None
        node = self._call_of(access)
        line, column = access.line, access.column
        end_line, end_column = access.end_line or line, access.end_column or column
        if node is not None and node.end_lineno and node.end_col_offset:
            line, column = node.lineno, node.col_offset
            end_line, end_column = node.end_lineno, node.end_col_offset
        start, end = self._characters(line, column), self._characters(end_line, end_column)
        return Span(
            file=f"cell {cell}",
            line=line,
            column=start,
            end_line=end_line,
            end_column=end,
            function="<module>",
            text=text_of(self._lines, line, start, end_line, end),
        )

    def _call_of(self, access: Access) -> ast.Call | None:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call):
                func = node.func
                place = func.lineno, func.col_offset, func.end_lineno, func.end_col_offset
                if place == (access.line, access.column, access.end_line, access.end_column):
                    return node
        return None

    def _characters(self, line: int, byte_column: int) -> int:
        text = self._lines[line - 1] if 0 < line <= len(self._lines) else ""
        return len(text.encode()[:byte_column].decode(errors="ignore"))


def cell_uses(text: str) -> CellUses | None:
    """What a cell uses; None where it is not Python, or reads nothing."""
    tree, python = _parse(text), text
    if tree is None:
        python = _without_magics(text)
        tree = None if python is None else _parse(python)
    if tree is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the user has had these already
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        try:
            code = compile(tree, "<jaxplore cell>", "exec", flags, dont_inherit=True)
        except (SyntaxError, ValueError):
            return None
    reads = tuple(accesses_of(code).reads)
    return CellUses(code, reads, tree, text.split("\n")) if reads else None


def _parse(text: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


# Cells of these magics are Python that runs in the notebook.
_PYTHON: Final = frozenset(
    ("capture", "grad", "jit", "jprofile", "jtime", "numerics", "prun", "time", "timeit")
)
_CELL_MAGIC: Final = re.compile(r"\s*%%(\w+)([^\n]*)")
_LINE_MAGIC: Final = re.compile(r"(\s*(?:[\w.,\s\[\]]+=\s*)?)(%\w+\s*)(.*)")
_SHELL: Final = re.compile(r"(\s*(?:[\w.,\s]+=\s*)?)!.*")
_HELP: Final = re.compile(r"(\s*)(?:\?.*|.*\?)\s*")


def _without_magics(text: str) -> str | None:
    """The cell as Python, every piece of it at its place; None for another language."""
    lines = text.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    magic = _CELL_MAGIC.fullmatch(lines[first])
    if magic is not None:
        if magic[1] not in _PYTHON:
            return None
        lines[first] = ""
    return "\n".join(map(_plain_line, lines))


def _plain_line(line: str) -> str:
    shell = _SHELL.fullmatch(line)
    if shell is not None:
        return f"{shell[1]}None"
    magic = _LINE_MAGIC.fullmatch(line)
    if magic is not None:
        before, name, rest = magic[1], magic[2], magic[3]
        if before.strip():
            return before + " " * len(name) + (rest if _parse(rest.strip()) else "None")
        for start in [m.start() for m in re.finditer(r"\S+", rest)]:
            if _parse(rest[start:]) is not None and not rest.startswith("-", start):
                # A statement of its own keeps the column of the one behind it.
                return f"{before}0{' ' * (len(name) + start - 2)};{rest[start:]}"
        return f"{before}pass"
    help_line = _HELP.fullmatch(line)
    return line if help_line is None else f"{help_line[1]}pass"


_MUTATORS: Final = frozenset(
    ("append", "clear", "extend", "insert", "pop", "remove", "setdefault", "update")
)


def _changed(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement binds, or whose object it changes."""
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0]
        elif isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            if not isinstance(node.ctx, ast.Load):
                yield _root(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield _root(node.func) if node.func.attr in _MUTATORS else ""


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
