"""Numbers and texts as bytes that compress well: what a large payload is made of.

`extension/src/wire/packedcolumns.ts` reads what is written here, in the same order.
"""

import re
import sys
from array import array
from collections.abc import Iterable, Sequence
from operator import sub
from typing import Final

# Numbers that are written again exactly as they stood: no leading zeros, 30 bits at most.
_NUMBER: Final = re.compile(r"(?<![0-9])(0|[1-9][0-9]{0,8})(?![0-9])")
_LARGE: Final = 2**7
_HOLE: Final = "\0"
_IN_NAMES: Final = "%ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz.-"


class ColumnWriter:
    """Columns of whole numbers, one after another."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def data(self) -> bytes:
        """All columns so far."""
        return b"".join(self._parts)

    def plain(self, values: Sequence[int]) -> None:
        """Numbers as they are: a byte each, and those that need more after one another."""
        large = [value for value in values if not -_LARGE < value < _LARGE]
        small = array("b", values if not large else [_small(value) for value in values])
        self._parts.append(len(small).to_bytes(4, "little") + small.tobytes())
        if not large:
            self._parts.append(b"\0")
            return
        column = _column(large)
        if sys.byteorder == "big":
            column.byteswap()
        written, width = column.tobytes(), column.itemsize
        self._parts.append(bytes([width]) + len(column).to_bytes(4, "little"))
        # First all lowest bytes, then all next ones: the higher ones repeat.
        self._parts += [written[byte::width] for byte in range(width)]

    def delta(self, values: Sequence[int]) -> None:
        """Numbers that mostly follow one another."""
        self.plain(list(map(sub, values, [0, *values])))

    def shifted(self, values: Sequence[int], expected: Iterable[int]) -> None:
        """Numbers that mostly are what the reader expects."""
        self.plain(list(map(sub, values, expected)))

    def indexed(self, values: Sequence[int]) -> None:
        """Few different numbers, however large: each once, then which of them it is."""
        places = {value: place for place, value in enumerate(dict.fromkeys(values))}
        self.delta(list(places))
        self.plain([places[value] for value in values])

    def lines(self, text: str) -> list[str] | None:
        """A text whose lines repeat but for their numbers.

        Returns:
            Each different line once, with a hole for each number; None where the text is
            not made for this, and must be written as it is.
        """
        if _HOLE in text:
            return None
        templates: dict[str, int] = {}
        contexts: list[list[int]] = []
        names: dict[str, int] = {}
        last: list[int] = []
        rows: list[int] = []
        numbers: list[int] = []
        for line in text.split("\n"):
            parts = _NUMBER.split(line)
            template = _HOLE.join(parts[::2])
            row = templates.get(template)
            if row is None:
                row = templates[template] = len(templates)
                contexts.append(_contexts(parts[:-1:2], names, last))
            rows.append(row)
            for context, digits in zip(contexts[row], parts[1::2], strict=True):
                number = int(digits)
                numbers.append(number - last[context])
                last[context] = number
        self.plain(rows)
        self.plain(numbers)
        return list(templates)


def _small(value: int) -> int:
    return value if -_LARGE < value < _LARGE else -_LARGE


def _column(values: Sequence[int]) -> "array[int] | array[float]":
    """The numbers, each as wide as the widest."""
    low, high = min(values, default=0), max(values, default=0)
    if low >= -(2**15) and high < 2**15:
        return array("h", values)
    if low >= -(2**31) and high < 2**31:
        return array("i", values)
    # As in a browser, which has no other numbers: whole up to 2**53.
    return array("d", values)


def _contexts(pieces: Sequence[str], names: dict[str, int], last: list[int]) -> list[int]:
    """What each hole of a template is compared with: the number that last followed the same
    name (`%fusion.12` after `%fusion.11`), else the one in the same hole."""
    found: list[int] = []
    before = ""
    for piece in pieces:
        name = piece[len(piece.rstrip(_IN_NAMES)) :]
        if name == piece == "." and before:
            name = f".{before}"
        context = names.setdefault(name, len(last)) if name else len(last)
        if context == len(last):
            last.append(0)
        found.append(context)
        before = name
    return found
