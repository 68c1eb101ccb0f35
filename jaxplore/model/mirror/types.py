"""What each row hands on to later rows, as a type."""

from collections.abc import Mapping, Sequence

from jaxplore.model.mirror.drafts import Draft
from jaxplore.model.program import Program


class Types:
    """The value by which a row is continued: the last one that something outside reads."""

    def __init__(
        self,
        program: Program,
        of: Mapping[int, Draft],
        parents: Sequence[int | None],
        ends: Sequence[int],
    ) -> None:
        self._program = program
        self._last: dict[int, int] = {}
        """Per row, the last value that it makes at all."""
        self._read: dict[int, int] = {}
        """Per row, the last value that is read outside of it."""
        inner = {v for region in program.regions[1:] for v in region.outputs}
        readers: dict[int, set[int]] = {}
        for index, equation in enumerate(program.equations):
            for value in equation.inputs:
                readers.setdefault(value, set()).add(of[index].index)
        for index, equation in enumerate(program.equations):
            row = of[index].index
            for value in equation.outputs:
                self._note(row, value, readers.get(value, set()), value in inner, parents, ends)

    def _note(
        self,
        row: int,
        value: int,
        readers: set[int],
        is_result: bool,
        parents: Sequence[int | None],
        ends: Sequence[int],
    ) -> None:
        at: int | None = row
        while at is not None:
            self._last[at] = value
            if is_result or any(not at <= reader < ends[at] for reader in readers):
                self._read[at] = value
            at = parents[at]

    def hands_on(self, row: int) -> bool:
        """Whether anything outside of it reads what it makes."""
        return row in self._read

    def of(self, row: int) -> str:
        """Its type; empty where the row makes nothing."""
        value = self._read.get(row, self._last.get(row))
        return "" if value is None else self._program.values[value].type_text
