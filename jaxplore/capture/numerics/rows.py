"""The rows of a block, as they are measured.

Small arrays of one size are measured together: a loop for each would take longer to compile
than to run. They wait until there are enough of them, or until one is asked for.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from jaxplore.capture.numerics import measures
from jaxplore.capture.numerics.measures import Row, Table
from jaxplore.capture.numerics.statistics import Slot, Statistic
from jaxplore.capture.numerics.tallies import Tallies

# Beyond these it costs more to bring the arrays together, and to keep them, than it saves.
_MOST_TOGETHER: Final = 16
_MOST_ELEMENTS: Final = 1 << 16


@dataclass(slots=True)
class _Group:
    """Arrays that are measured together."""

    arrays: list[Any] = field(default_factory=list[Any])
    row: Row | None = None
    """Their rows, as columns, when they are measured."""
    table: Table | None = None
    """Rows that were measured elsewhere."""
    count: int = 0


class Rows:
    """The rows of a block."""

    def __init__(
        self, first_row: int = 0, outer: "Rows | None" = None, *, may_group: bool = True
    ) -> None:
        self.inner: Tallies = {}
        """Of the loops that have run."""
        self._first_row = first_row
        self._outer = outer
        self._may_group = may_group
        self._groups: list[_Group] = []
        self._where: list[tuple[_Group, int]] = []
        self._open: dict[Any, _Group] = {}

    def measure(self, array: Any, saturation: str | None = None) -> None:
        """One more row: an array's."""
        size = getattr(array, "size", 1)
        most = min(_MOST_TOGETHER, _MOST_ELEMENTS // max(size, 1)) if self._may_group else 1
        key = (size, getattr(array, "dtype", None), saturation)
        group = self._open.get(key)
        if group is None:
            group = self._open[key] = _Group()
            self._groups.append(group)
        self._where.append((group, len(group.arrays)))
        group.arrays.append(array)
        group.count += 1
        if len(group.arrays) >= most:
            self._close(key)

    def add(self, row: Row) -> None:
        """One more row, which is known."""
        self._groups.append(_Group(row=row, count=1))
        self._where.append((self._groups[-1], 0))

    def add_table(self, table: Table) -> None:
        """Some more rows, which are known."""
        count = table[0].shape[0]
        if count:
            self._groups.append(_Group(table=table, count=count))
            self._where += [(self._groups[-1], position) for position in range(count)]

    def of(self, known: Statistic) -> Row:
        """The row of a value."""
        if not isinstance(known, Slot):
            n = known.numbers
            counts = [n.nan, n.inf, n.zero, n.saturated, n.runs]
            return measures.constant([n.minimum, n.maximum, n.squares], counts)
        return measures.changed(self._row(known.row), known.times, known.negated)

    def _row(self, number: int) -> Row:
        if number < self._first_row:
            assert self._outer is not None
            return self._outer._row(number)
        group, position = self._where[number - self._first_row]
        if group.row is None and group.table is None:
            self._close(next(key for key, one in self._open.items() if one is group))
        if group.table is not None:
            return measures.of_table(group.table, position)
        assert group.row is not None
        return measures.of_columns(group.row, position)

    def _close(self, key: Any) -> None:
        group = self._open.pop(key)
        saturation = key[-1]
        if len(group.arrays) == 1:
            group.row = measures.measured(group.arrays[0], saturation)
        else:
            group.row = measures.measured_together(group.arrays, saturation)
        group.arrays.clear()

    def settle(self) -> None:
        """Measure what waits."""
        for key in list(self._open):
            self._close(key)

    def table(self) -> Table:
        """All of them."""
        self.settle()
        rows = [group for group in self._groups if group.row is not None]
        tables = [group for group in self._groups if group.table is not None]
        begins: dict[int, int] = {}
        count = 0
        for group in (*rows, *tables):
            begins[id(group)] = count
            count += group.count
        table = measures.table(
            [group.row for group in rows if group.row is not None],
            [group.table for group in tables if group.table is not None],
        )
        order = [begins[id(group)] + position for group, position in self._where]
        return measures.in_order(table, order)
