"""Where something stands in the user's own text."""

from dataclasses import dataclass

from jaxplore.model.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Span(Record):
    """An expression in a cell or a file.

    Lines count from 1 and columns from 0; the end column is exclusive, so
    `text == source_line[column:end_column]` for an expression on one line.
    """

    file: str
    """A path, or `"cell 7"`."""
    line: int
    column: int
    end_line: int
    end_column: int
    function: str
    """Qualified name of the function the expression is in; `"<module>"` at top level."""
    text: str
    """The expression itself, or `""` where its source cannot be read."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def place(self) -> str:
        """The line, as people say it: `"cell 7 line 2"`, `"train.py line 12"`."""
        return f"{self.file.rsplit('/', 1)[-1]} line {self.line}"

    def quoted(self, most: int) -> str:
        """The expression on one line, of at most so many characters."""
        text = " ".join(self.text.split())
        return text if len(text) <= most else text[: most - 1] + "…"

    def described(self, most: int) -> str:
        """The place and the expression: `"cell 7 line 2: f(x)"`."""
        return f"{self.place}: {self.quoted(most)}".removesuffix(": ")


def text_of(lines: list[str], line: int, column: int, end_line: int, end_column: int) -> str:
    """The characters of `lines` between two positions, or `""` when outside of them.

    Args:
        lines: Source lines without their newlines; `lines[0]` is line 1.
        line: First line, from 1.
        column: First column, from 0.
        end_line: Last line, from 1.
        end_column: Column after the last character.

    >>> text_of(["y = sin(x) + 1"], 1, 4, 1, 10)
    'sin(x)'
    """
    if line < 1 or end_line > len(lines) or line > end_line:
        return ""
    if line == end_line:
        return lines[line - 1][column:end_column]
    inner = lines[line : end_line - 1]
    return "\n".join([lines[line - 1][column:], *inner, lines[end_line - 1][:end_column]])
