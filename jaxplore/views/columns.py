"""A table as plain text."""

from collections.abc import Collection, Sequence


def columns(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Collection[str] = ()
) -> str:
    """Text in columns, those named `numbers` to the right.

    >>> print(columns(["name", "n"], [["a", "1"], ["bc", "20"]], numbers=["n"]))
    name   n
    a      1
    bc    20
    """
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines: list[str] = []
    for row in [head, *rows]:
        cells = [
            cell.rjust(width) if name in numbers else cell.ljust(width)
            for name, cell, width in zip(head, row, widths, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
