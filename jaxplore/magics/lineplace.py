"""Where the expression of a line magic stands: in the cell, at the line and column written."""

import ast
import inspect
from typing import Final

from jaxplore.capture.source import files

NOWHERE: Final = "<jaxplore magic>"
"""The file of an expression whose cell is not known."""


def placed(tree: ast.AST, text: str, magic: str) -> str:
    """Move the positions of an expression's syntax to where it stands in the running cell.

    Args:
        tree: The syntax of `text`.
        text: The expression, as it stands behind the magic.
        magic: The magic's name.

    Returns:
        The file name to compile it with.
    """
    file_name, line, column = _place_of(text, magic)
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.keyword):
            first = node.lineno == 1
            node.col_offset += column if first else 0
            if node.end_col_offset is not None and node.end_lineno == 1:
                node.end_col_offset += column
    ast.increment_lineno(tree, line - 1)
    return file_name


def _place_of(text: str, magic: str) -> tuple[str, int, int]:
    """File, line and column (in bytes) of an expression in the cell that is running."""
    frame = inspect.currentframe()
    while frame is not None:
        cell = files.cells.get(frame.f_code.co_filename)
        if cell is not None:
            lines = cell.text.split("\n")
            # The line that runs, if the shell has not moved it.
            for number in [frame.f_lineno, *range(1, len(lines) + 1)]:
                line = lines[number - 1] if number <= len(lines) else ""
                begin = line.find(magic)
                column = line.find(text, begin)
                if begin >= 0 and column >= 0:
                    return frame.f_code.co_filename, number, len(line[:column].encode())
        frame = frame.f_back
    return NOWHERE, 1, 0
