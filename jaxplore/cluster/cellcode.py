"""A cell's code run in a process of a cluster, under the number it has in the notebook."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from jaxplore.cluster.engine import Cell
    from jaxplore.magics.notebook import Notebook


def run_cell(notebook: "Notebook", cell: "Cell") -> None:
    """Run it as a cell of this process's shell. Line numbers are those of the notebook's cell,
    and so is the text that tracebacks quote."""
    shell: Any = notebook.shell
    shell.execution_count = cell.number
    notebook.cells.number = cell.number - 1
    # A magic of the cell's own must be on its first line.
    above = 0 if cell.body.lstrip().startswith("%%") else cell.first_line - 1
    undo = _quote(shell.compile, cell, above)
    try:
        with _own_loop(shell):
            shell.run_cell("#\n" * above + cell.body, store_history=False)
    finally:
        undo()


_loop: Final[list[asyncio.AbstractEventLoop]] = []
"""What `await` in a cell runs on, from the first cell on."""


@contextmanager
def _own_loop(shell: Any) -> Generator[None]:
    """Let a cell `await` although the engine's own loop, which runs it, is running."""
    if not _loop:
        _loop.append(asyncio.new_event_loop())
    before, running = shell.loop_runner, asyncio._get_running_loop()
    shell.loop_runner = _loop[0].run_until_complete
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(running)
        shell.loop_runner = before


def _quote(compiler: Any, cell: "Cell", above: int) -> Any:
    """Let the compiler remember the cell with the magic's line instead of our `#`."""
    before = compiler.__dict__.get("cache")
    original = compiler.cache

    def cache(transformed: str, *args: Any, **kwargs: Any) -> str:
        undo()  # what the cell itself compiles is not the cell
        if not above:
            return original(transformed, *args, **kwargs)
        lines = [*cell.raw.split("\n")[:above], *transformed.split("\n")[above:]]
        return original("\n".join(lines), *args, **{**kwargs, "raw_code": cell.raw})

    def undo() -> None:
        if compiler.__dict__.get("cache") is cache:
            del compiler.cache
            if before is not None:
                compiler.cache = before

    compiler.cache = cache
    return undo
