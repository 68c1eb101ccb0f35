"""Gives the tables of a picture their places: pure geometry, in pixels.

Cells are as large as their labels need and the page allows. Where they get small the labels
say less, then nothing; the numbers on the sides thin out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final, Literal

from jaxplore.views.placement.tables import LEVELS, NUMBERS, Cell, Side, Table, Track

LETTER: Final = 6.05
"""Width of a character of 10 px; monospaced, so that a label's width is known."""
SMALL: Final = 4.9
"""The same of 8 px."""
LINE: Final = 12
_PAD: Final = 8
_GAP: Final = 14
_NAME: Final = 18
_CAPTION: Final = 14
_TICKS: Final = 12
_OVER: Final = 8
"""As far a number may stand out beside its table."""
_ROOMY: Final = 128
_HIGHEST: Final = 560
_HIGHEST_RICH: Final = 400
_SMALLEST: Final = 7

Kind = Literal["name", "down", "caption", "tick"]


@dataclass(frozen=True, slots=True)
class Box:
    """A cell in its place, with the lines that fit in it."""

    x: float
    y: float
    width: float
    height: float
    cell: Cell
    lines: tuple[str, ...]
    is_small: bool


@dataclass(frozen=True, slots=True)
class Word:
    """A text beside the cells; `"down"` is turned, read from below."""

    x: float
    y: float
    text: str
    kind: Kind
    anchor: Literal["start", "middle", "end"] = "middle"


@dataclass(frozen=True, slots=True)
class Placed:
    """A side of a picture with a size."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Characters of the longest line, and lines, that the labels of a side have per level."""

    longest: tuple[int, ...]
    lines: tuple[int, ...]

    @classmethod
    def of(cls, side: Side) -> "Sizes":
        """The sizes of all cells."""
        rows = [cells for table in side.tables for cells in table.cells]
        known = [cell.labels for cells in rows for cell in cells if cell is not None]
        levels = [{labels[level] for labels in known} for level in range(LEVELS)]
        longest = [max((len(line) for label in one for line in label), default=0) for one in levels]
        return cls(tuple(longest), tuple(max(map(len, one), default=0) for one in levels))


class Grid:
    """A side in at most so many pixels; narrower where it needs less.

    `level` is how its cells are labelled, known before anything has a place: 0 says most.
    """

    def __init__(self, side: Side, sizes: Sizes, width: float) -> None:
        self._side = side
        self._sizes = sizes
        self._rows = max(len(table.rows) for table in side.tables)
        self._columns = max(len(table.columns) for table in side.tables)
        self._has_captions = any(table.caption for table in side.tables)
        longest = max(len(row.label) for table in side.tables for row in table.rows)
        self._has_ticks = any(c.label for table in side.tables for c in table.columns)
        self._ticks = longest * SMALL + 5 if longest else 0
        self._left = ceil(self._ticks) + (_NAME if side.row_name else 0)
        self._width = width
        self.level, self._beside, self._across, self._down = self._fitting()

    def _fitting(self) -> tuple[int, int, float, float]:
        """The level of the labels, tables side by side, and a cell's width and height."""
        most = min(len(self._side.tables), 8)
        for level in range(LEVELS):
            wide, high = self._needs(level)
            for beside in range(most, 0, -1):
                room = (self._width - beside * self._left - (beside - 1) * _GAP) / beside
                across = room / self._columns
                highest = _HIGHEST_RICH if level < NUMBERS - 1 else _HIGHEST
                if across >= wide and self._total(beside, high) <= highest:
                    return level, beside, *self._grown(level, across, wide, high)
        across = (self._width - self._left) / self._columns
        return LEVELS - 1, 1, max(across, 1.0), _SMALLEST

    def _needs(self, level: int) -> tuple[float, float]:
        """The width and height of a cell that holds its label."""
        caption = max(len(table.caption) for table in self._side.tables)
        least = max(_SMALLEST, caption * LETTER / self._columns)
        if level == LEVELS - 1:
            return least, _SMALLEST
        letter = SMALL if level >= NUMBERS else LETTER
        high = self._sizes.lines[level] * LINE + (2 if level >= NUMBERS else 8)
        return max(self._sizes.longest[level] * letter + _PAD, least), high

    def _total(self, beside: int, high: float) -> float:
        lines = ceil(len(self._side.tables) / beside)
        return lines * (self._rows * high + self._above(0) + _GAP)

    def _grown(self, level: int, across: float, wide: float, high: float) -> tuple[float, float]:
        """Cells larger than they must be, where there is room: a whole array is no dot."""
        rich = level < NUMBERS - 1
        across = min(across, max(wide, _ROOMY if rich else 30, 210 / self._columns))
        # Whole pixels, for sharp edges.
        across = float(int(across)) if across > _SMALLEST else across
        block = across * self._columns
        aspect = 0.4 if self._side.aspect is None else min(max(self._side.aspect, 0.3), 1.2)
        few = len(self._side.tables) <= 2 and not self._side.reading
        least = min(block * aspect, 150) / self._rows if few else 0
        least = least if self._side.aspect is not None else min(least, 56)
        return across, float(round(max(high, least)))

    def _above(self, line: int) -> float:
        name = _NAME if line == 0 and self._side.column_name else 0
        return name + (_CAPTION if self._has_captions else 0) + (_TICKS if self._has_ticks else 0)

    def placed(self) -> Placed:
        """Every cell and every word in its place."""
        boxes: list[Box] = []
        words: list[Word] = []
        width = height = 0.0
        for number, table in enumerate(self._side.tables):
            line, place = divmod(number, self._beside)
            step = self._left + self._columns * self._across + _GAP
            x = place * step + self._left
            y = self._top(line)
            block = _Block(table, x, y, self._across, self._down, self.level)
            boxes += block.boxes()
            words += block.ticks(has_rows=self._ticks > 0, has_columns=self._has_ticks)
            words += self._names(block, table, first=place == 0, line=line)
            width, height = max(width, block.right), max(height, block.bottom)
        return Placed(width, height, tuple(boxes), tuple(words))

    def _top(self, line: int) -> float:
        before = sum(self._above(i) + self._rows * self._down + _GAP for i in range(line))
        return before + self._above(line)

    def _names(self, block: "_Block", table: Table, *, first: bool, line: int) -> Iterator[Word]:
        ticks = _TICKS if self._has_ticks else 0
        middle = (block.x + block.right) / 2
        if table.caption:
            yield Word(block.x, block.y - ticks - 4, table.caption, "caption", "start")
        if line == 0 and self._side.column_name:
            above = ticks + (_CAPTION if self._has_captions else 0)
            fits = _cut(self._side.column_name, block.right - block.x + self._left)
            if len(fits) * LETTER > block.right - block.x:
                middle -= self._left / 2
            yield Word(middle, block.y - above - 4, fits, "name")
        if first and self._side.row_name:
            fits = _cut(self._side.row_name, block.bottom - block.y)
            yield Word(10, (block.y + block.bottom) / 2, fits, "down")


class _Block:
    """One table in its place."""

    def __init__(
        self, table: Table, x: float, y: float, across: float, down: float, level: int
    ) -> None:
        self._table = table
        self._level = level
        self.x, self.y = x, y
        self._lefts = _edges(x, across, table.columns)
        self._tops = _edges(y, down, table.rows)
        self.right, self.bottom = self._lefts[-1], self._tops[-1]

    def boxes(self) -> Iterator[Box]:
        for row, cells in enumerate(self._table.cells):
            for column, cell in enumerate(cells):
                if cell is None:
                    continue
                x, y = self._lefts[column], self._tops[row]
                width, height = self._lefts[column + 1] - x, self._tops[row + 1] - y
                lines, is_small = _label(cell, self._level, width, height)
                yield Box(x, y, width, height, cell, lines, is_small)

    def ticks(self, *, has_rows: bool, has_columns: bool) -> Iterator[Word]:
        if has_columns:
            columns = self._table.columns
            for i in _shown(columns, self._lefts, wide=True):
                x = (self._lefts[i] + self._lefts[i + 1]) / 2
                yield Word(x, self.y - 4, columns[i].label, "tick")
        if has_rows:
            rows = self._table.rows
            for i in _shown(rows, self._tops, wide=False):
                y = (self._tops[i] + self._tops[i + 1]) / 2 + 3
                yield Word(self.x - 4, y, rows[i].label, "tick", "end")


def _edges(start: float, each: float, tracks: Sequence[Track]) -> list[float]:
    """Where tracks begin and end; to scale, but none too small to be seen."""
    total = each * len(tracks)
    weights = [track.weight for track in tracks]
    shares = [total * weight / sum(weights) for weight in weights]
    least = min(12.0, each)
    sizes = [max(share, least) for share in shares]
    shrink = total / sum(sizes)
    edges = [start]
    for one in sizes:
        edges.append(edges[-1] + one * shrink)
    return edges


def _label(cell: Cell, level: int, width: float, height: float) -> tuple[tuple[str, ...], bool]:
    """The most that fits, and whether it is in small print."""
    for place in range(level, LEVELS):
        lines = cell.labels[place]
        is_small = place >= NUMBERS
        letter = SMALL if is_small else LETTER
        longest = max((len(line) for line in lines), default=0)
        if longest * letter <= width - 3 and len(lines) * LINE <= height + 1:
            return lines, is_small
    return (), True


def _shown(tracks: Sequence[Track], edges: Sequence[float], *, wide: bool) -> Iterator[int]:
    """The tracks whose labels have room: every one, every second, ..."""
    last = float("-inf")
    for i, track in enumerate(tracks):
        middle = (edges[i] + edges[i + 1]) / 2
        half = len(track.label) * SMALL / 2 + 2 if wide else 5
        is_inside = edges[0] - _OVER <= middle - half and middle + half <= edges[-1] + _OVER
        if track.label and is_inside and middle - half >= last:
            last = middle + half
            yield i


def _cut(text: str, room: float) -> str:
    """The name of an axis where there is little room: without what splits it, then cut."""
    most = max(int(room / LETTER), 3)
    text = text if len(text) <= most else text.partition(" over ")[0]
    return text if len(text) <= most else text[: most - 1] + "…"
