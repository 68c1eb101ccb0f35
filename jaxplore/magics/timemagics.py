"""`%jtime` and `%%jtime`: their help, and how a timing is shown."""

from time import perf_counter
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.display import DisplayHandle

from jaxplore.faults import contained
from jaxplore.magics import outputs
from jaxplore.views.mode import deterministic

if TYPE_CHECKING:
    from jaxplore.magics.cell.text import CellText
    from jaxplore.magics.notebook import Notebook
    from jaxplore.model.timing import Comparison, Timing

# What lasts no longer needs no word while it lasts.
_PATIENCE_S = 1.0


@magics_class
class TimeMagics(Magics):
    """`%jtime`, `%%jtime`."""

    def __init__(self, notebook: "Notebook") -> None:
        super().__init__(notebook.shell)
        self._notebook = notebook

    @no_var_expand
    @line_cell_magic
    def jtime(self, line: str, cell: str | None = None) -> "Timing | Comparison | None":
        """Time an expression, two expressions against each other, or a cell.

            %jtime [-n N] [-r R] [-p P] [-o] [-q] EXPR
            %jtime [options] EXPR vs EXPR
            %%jtime [options]
            code ...

        The first run is measured apart, with what it compiled: trace, lower, XLA. Then the
        expression runs R times N times; each run waits until its result is there. Shown are
        the median and the quartiles, the time until the call returned with its result still
        being computed (dispatch), and a warning when a later run compiled something.

        With ` vs ` between two expressions they run in turn, and the result says which takes
        how many times as long, or that the difference may be noise.

        A cell runs in a namespace of its own: it reads the notebook's variables and sets
        none. What it assigns, and its last expression, are waited for.

        Options:
            -n N: runs per repeat; as many as take 0.2 s when not given.
            -r R: repeats; 7 when not given (12 for two expressions), fewer when slow.
            -p P: digits shown; 3 when not given.
            -o: also return the Timing, or the Comparison.
            -q: show nothing.

        Twins: `jaxplore.time`, `jaxplore.compare_times`.
        """
        __tracebackhide__ = True
        from jaxplore.magics import timetext
        from jaxplore.public import measuring

        options = timetext.read_options(line)
        scope = self._notebook.shell.user_ns
        if cell is None:
            calls = [timetext.written(text, scope) for text in timetext.expressions(options.rest)]
        else:
            timetext.refuse_rest(options)
            calls = [timetext.written_cell(self._located(line, cell), scope)]
        shown = _Shown(quiet=options.quiet)
        measured = measuring.measure(
            [measuring.Timed.made(one.text, one.call, one.lent) for one in calls],
            repeat=options.repeat,
            number=options.number,
            progress=shown.progress,
        )
        found = measured[0] if len(measured) == 1 else measuring.compared(measured)
        shown.result(found, options.precision)
        return found if options.output else None

    def _located(self, line: str, body: str) -> "CellText":
        from jaxplore.magics.cell import text as celltext

        magic = f"%%jtime {line}".strip()
        with contained("find the cell's text"):
            raw, first = celltext.locate(self._notebook.cells.text, magic, body)
            return celltext.CellText(raw, body, first, self._notebook.cells.compile_as_cell(raw))
        return celltext.CellText(f"{magic}\n{body}", body, 2, "<cell>")


class _Shown:
    """One output: how far the measurement is, once it lasts, and then what it found."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._start_s = perf_counter()
        self._handle: DisplayHandle | None = None

    def progress(self, done: int, repeats: int) -> None:
        """Say how many repeats are done."""
        seconds = perf_counter() - self._start_s
        if self._quiet or deterministic() or seconds < _PATIENCE_S or done == repeats:
            return
        with contained("show progress"):
            self._write({"text/plain": f"{done} of {repeats} repeats, {seconds:.0f} s ..."})

    def result(self, found: "Timing | Comparison", precision: int) -> None:
        """Show what was found, in the place of the progress."""
        if self._quiet:
            return
        with contained("show the timing"):
            from jaxplore.views import timing

            times = not deterministic()
            data = {
                "text/plain": timing.text(found, times=times, precision=precision),
                "text/html": timing.html(found, times=times, precision=precision),
            }
            if self._handle is None:
                outputs.show(data, "timing")
            else:
                self._write(data)

    def _write(self, data: dict[str, Any]) -> None:
        metadata = {"jaxplore": {"view": "timing"}}
        if self._handle is None:
            self._handle = DisplayHandle()
            self._handle.display(data, raw=True, metadata=metadata)
        else:
            self._handle.update(data, raw=True, metadata=metadata)
