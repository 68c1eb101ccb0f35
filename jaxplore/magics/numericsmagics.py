"""`%numerics` and `%%numerics`: their help, and how a record is shown."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from jaxplore.errors import OptionError
from jaxplore.faults import contained
from jaxplore.magics import calls, outputs
from jaxplore.magics.outputoption import Options, read_options
from jaxplore.magics.progress import QUIET_MEASURED, ProgressLine

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook
    from jaxplore.model.numerics import Numerics


@magics_class
class NumericsMagics(Magics):
    """`%numerics`, `%%numerics`."""

    def __init__(self, notebook: "Notebook") -> None:
        super().__init__(notebook.shell)
        self._notebook = notebook

    @no_var_expand
    @line_cell_magic
    def numerics(self, line: str, cell: str | None = None) -> Any:
        """The numbers inside one run, and where the first NaN or Inf was made.

            %numerics [-o NAME] f(x)
            %numerics [-o NAME] jax.grad(f)(x)
            %%numerics [-o NAME]
            code ...

        The call runs once, compiled, and each floating result in it is measured: smallest,
        largest, NaN, Inf, zeros. Shown are the expression, and the iteration of the loop,
        where the first bad number was made, what went in, why it happened, and what to write
        instead.

        A cell is one program, as for %%jit: the names it assigns are set in the notebook, a
        last expression is displayed. A cell that defines functions has no run to look at: run
        it as it is, then `%numerics f(x)`.

        Options:
            -o NAME: set NAME to the record; its `.result` is what the call returned.

        Twin: `jaxplore.numerics`.
        """
        __tracebackhide__ = True
        options = read_options(line, "%numerics" if cell is None else "%%numerics")
        if cell is None:
            self._line(options)
            return None
        if options.call:
            raise OptionError(
                f"%%numerics looks at the cell below it and takes options only.\n"
                f"Got: {options.call}\nDo: write it in the cell, or use `%numerics "
                f"{options.call}` with one %."
            )
        return self._cell(options, line, cell)

    def _line(self, options: Options) -> None:
        __tracebackhide__ = True
        target, args, kwargs = calls.call_of(self._notebook, options.call, "numerics")
        record = measured(target, args, kwargs)
        if record is not None:
            self._keep(record, options)

    def _cell(self, options: Options, line: str, cell: str) -> Any:
        __tracebackhide__ = True
        from jaxplore.magics.cell.run import CellRun

        cell_run = CellRun(self._notebook, "numerics", line, cell)
        program = cell_run.one_program()
        record = measured(program.run, tuple(program.inputs), {})
        # Where the measuring failed the cell still runs.
        given = program.run(*program.inputs) if record is None else record.result
        value, assigned = given.value
        self._notebook.shell.user_ns.update(assigned)
        if record is not None:
            self._keep(replace(record, result=value), options)
        return value

    def _keep(self, record: "Numerics", options: Options) -> None:
        if options.output:
            self._notebook.shell.user_ns[options.output] = record
        with contained("show the numbers"):
            from jaxplore.views.numbers import html, text

            data = {"text/plain": text.text(record), "text/html": html.html(record)}
            outputs.show(data, "numerics")


def measured(f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> "Numerics | None":
    """The record of a call; None when jaxplore itself failed. The user's own errors come
    through as they are."""
    __tracebackhide__ = True
    from jaxplore.capture.numerics.numerics import capture_numerics

    return calls.looked(
        "measure the numbers",
        lambda progress: capture_numerics(f, args, kwargs, progress=progress),
        ProgressLine(QUIET_MEASURED),
    )
