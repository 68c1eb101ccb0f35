"""A magic's cell as text: where it stands in the notebook, and its syntax tree.

Positions in the tree are positions in the cell as the user sees it, with the line of the
magic counted, so that every equation and every error points at the right place.
"""

import ast
import re
from dataclasses import dataclass

from jaxplore.errors import CellError


@dataclass(frozen=True, slots=True)
class CellText:
    """The whole cell and the part of it below the magic."""

    raw: str
    body: str
    first_line: int
    """Line of the cell where `body` begins, from 1."""
    file_name: str
    """What the body is compiled as, so that tracebacks and spans find the text."""

    def line(self, number: int) -> str:
        """A line of the cell, stripped."""
        lines = self.raw.split("\n")
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""

    def error(self, node: ast.AST | int, failed: str, do: str) -> CellError:
        """An error about a place in the cell, naming its line."""
        number = node if isinstance(node, int) else getattr(node, "lineno", self.first_line)
        return CellError(f"{failed}\nGot: line {number}: {self.line(number)}\nDo: {do}")


def locate(raw: str, magic: str, body: str) -> tuple[str, int]:
    """The whole cell's text and the line its body begins on.

    Args:
        raw: The cell as IPython received it; `""` when that is not known.
        magic: The magic's own line, such as `%%jit --show`.
        body: The text below it.
    """
    if body and raw.rstrip("\n").endswith(body.rstrip("\n")):
        before = raw.rstrip("\n")[: len(raw.rstrip("\n")) - len(body.rstrip("\n"))]
        return raw, before.count("\n") + 1
    return f"{magic}\n{body}", 2


# `!ls`, `%time x`, `files = !ls`, `d['a'] = %magic`, `x?`, `?x`
_SHELL = re.compile(r"^\s*(?:[^=!%()]+=\s*)?[!%](?!=)|\?{1,2}\s*$|^\s*\?")


def parse(cell: CellText) -> list[ast.stmt]:
    """The statements of the cell's body.

    Raises:
        CellError: The cell is not valid Python, or a line is for the shell or a magic.
    """
    padded = "\n" * (cell.first_line - 1) + cell.body
    try:
        return ast.parse(padded, filename=cell.file_name).body
    except SyntaxError as fault:
        number = fault.lineno or cell.first_line
        for candidate in (number, number - 1):
            if candidate >= cell.first_line and _SHELL.search(cell.line(candidate)):
                raise cell.error(
                    candidate,
                    "A cell that is one program cannot run a shell command or a magic.",
                    "move that line to a cell of its own.",
                ) from None
        raise cell.error(
            number, f"The cell is not valid Python: {fault.msg}.", "mend that line."
        ) from None
