"""Keep jaxplore's own faults away from the user's cell.

Code that runs because the user ran something else (observers, cell hooks, displays)
is wrapped in `contained`. A fault in it becomes one quiet line and nothing more.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final

_HELP: Final = "your code was not affected"


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)


class _Reporter:
    """Where quiet lines go: stderr in a script, the cell's output in a notebook."""

    def __init__(self) -> None:
        self.write: Callable[[str], None] = _to_stderr
        self._writers: list[Callable[[str], None]] = []
        self.one_per_cell = False
        """Whether one line says it for all faults until `forget` is called."""
        self._seen: set[str] = set()

    def report(self, line: str) -> None:
        """Write `line`, once until `forget` is called."""
        if line in self._seen or (self.one_per_cell and self._seen):
            return
        self._seen.add(line)
        self.write(line)

    def add(self, write: Callable[[str], None]) -> None:
        """Write lines there from now on: a notebook has begun."""
        self._writers.append(write)
        self.write, self.one_per_cell = write, True

    def remove(self, write: Callable[[str], None]) -> None:
        """Write lines where they went before."""
        if write in self._writers:
            self._writers.remove(write)
        self.write = self._writers[-1] if self._writers else _to_stderr
        self.one_per_cell = bool(self._writers)

    def forget(self) -> None:
        """Let the same line be written again: a new cell begins."""
        self._seen.clear()


reporter: Final = _Reporter()


class contained:
    """Run a block of jaxplore's own work; an exception in it becomes one quiet line.

    Only `Exception` is contained: an interrupt from the user still interrupts.

    >>> with contained("count the equations"):
    ...     pass
    """

    __slots__ = ("_doing", "_passing")

    def __init__(self, doing: str, *, passing: tuple[type[Exception], ...] = ()) -> None:
        """`doing` is what the block does, as the end of "could not ..."; exceptions of the
        classes `passing` are meant for the user and pass through."""
        self._doing = doing
        self._passing = passing

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: object, fault: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if not isinstance(fault, Exception) or isinstance(fault, self._passing):
            return False
        # Even the report must not fail: stderr may be closed, a display may be broken.
        with suppress(Exception):
            reporter.report(quiet_line(self._doing, fault))
        return True


def quiet_line(doing: str, fault: Exception) -> str:
    """The one line that says what failed.

    >>> quiet_line("draw the graph", ValueError("no nodes"))
    'jaxplore could not draw the graph (ValueError: no nodes); your code was not affected'
    """
    said = " ".join(str(fault).split())[:120]
    name = type(fault).__name__
    return f"jaxplore could not {doing} ({name}: {said}); {_HELP}"
