"""A cell's code run in a process of a cluster, under the number it has in the notebook."""

from typing import TYPE_CHECKING, Any

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
        shell.run_cell("#\n" * above + cell.body, store_history=False)
    finally:
        undo()


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
