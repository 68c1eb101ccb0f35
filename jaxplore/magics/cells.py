"""Cells as they run: their numbers, their text, and the files their code is compiled as."""

from collections.abc import Callable
from typing import Any

from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell

from jaxplore.capture.source import files
from jaxplore.faults import contained


class RunningCells:
    """Numbers the cells that run, and names their code after them.

    The number is IPython's own where it counts, so that "cell 7" is `In[7]`; runners that
    keep no history (nbval) leave IPython's count at 1, and there this count goes on.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        # In the cell that loads the extension IPython has counted one further already.
        self.number = max(int(shell.execution_count) - 1, 1)
        self.text = ""
        self._shell = shell
        self._counted = False
        self._undo: Callable[[], None] | None = None

    def begin(self, info: ExecutionInfo) -> None:
        """Note that a cell of the user's starts, not one that runs inside another."""
        self.text = str(info.raw_cell or "")
        # IPython says its number when it compiles the cell, if it counts it.
        self._counted = bool(info.store_history)
        if not self._counted:
            self.number += 1

    def watch_compiler(self) -> None:
        """Learn the file name of each cell's code from the shell's own compiler."""
        compiler: Any = self._shell.compile
        original = compiler.cache
        before = compiler.__dict__.get("cache")

        def cache(transformed: str, *args: Any, **kwargs: Any) -> str:
            name: str = original(transformed, *args, **kwargs)
            with contained("name a cell"):
                if self._counted and args:
                    self.number = int(args[0])
                # Only the cell itself: one that it runs, as %%capture does, is part of it.
                self._counted = False
                text = kwargs.get("raw_code") or self.text or transformed
                files.cells.name(name, self.number, _as_compiled(str(text), transformed))
            return name

        compiler.cache = cache

        def undo() -> None:
            if compiler.__dict__.get("cache") is cache:
                del compiler.cache
                if before is not None:
                    compiler.cache = before

        self._undo = undo

    def unwatch_compiler(self) -> None:
        if self._undo is not None:
            self._undo()
            self._undo = None

    def compile_as_cell(self, raw: str) -> str:
        """A file name whose source is the cell as the user sees it, magic line included."""
        compiler: Any = self._shell.compile
        name: str = compiler.cache(raw, self.number, raw_code=raw)
        return name


def _as_compiled(text: str, transformed: str) -> str:
    """The cell without the blank lines that IPython drops above it before it compiles it: its
    line numbers are those of tracebacks.

    >>> _as_compiled("\\n  \\nx = 1\\n", "x = 1\\n")
    'x = 1\\n'
    """
    dropped = _blank_lines_above(text) - _blank_lines_above(transformed)
    return "\n".join(text.split("\n")[max(dropped, 0) :])


def _blank_lines_above(text: str) -> int:
    return next((i for i, line in enumerate(text.split("\n")) if line.strip()), 0)
