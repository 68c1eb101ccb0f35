"""`%%jit` and `%%grad`: their options and their help. What they do is in `cell/run`."""

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, cell_magic, magics_class, output_can_be_silenced
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook


@magics_class
class CellMagics(Magics):
    """The cell magics."""

    def __init__(self, notebook: "Notebook") -> None:
        super().__init__(notebook.shell)
        self._notebook = notebook

    @magic_arguments()
    @argument("--static", metavar="a,b", help="names to compile in although they could be traced")
    @argument("--donate", metavar="a,b", help="names whose memory the results may reuse")
    @argument("--name", metavar="NAME", help="bind the cell's program as a function of its inputs")
    @argument("--show", action="store_true", help="show the program in the explorer")
    @argument("--no-run", action="store_true", help="prepare the program, do not call it")
    @argument("-o", "--output", metavar="NAME", help="set NAME to the cell's Program")
    @output_can_be_silenced
    @cell_magic
    def jit(self, line: str, body: str) -> Any:
        """Compile a cell.

        A cell that defines functions: each top-level def becomes jitted under its own name.
        A cell that defines none is itself the program: the names it reads are its inputs
        (arrays and Python floats are traced, everything else is compiled in), the names it
        assigns are set in the notebook, a last expression is displayed.
        """
        __tracebackhide__ = True
        from jaxplore.magics.cell.run import CellRun

        options = parse_argstring(self.jit, line)
        return CellRun(self._notebook, "jit", line, body).jit(options)

    @magic_arguments()
    @argument("wrt", nargs="*", help="names to differentiate by; all floating inputs by default")
    @argument("--order", type=int, default=1, metavar="N", help="order of the derivative")
    @argument("--show", action="store_true", help="show forward and backward, and what is kept")
    @argument("-o", "--output", metavar="NAME", help="set NAME, not `grads`, to the gradients")
    @output_can_be_silenced
    @cell_magic
    def grad(self, line: str, body: str) -> Any:
        """The gradient of a cell.

        A cell that defines functions: each top-level `def f` also gives `grad_f` (with
        `--order 2`: `grad2_f`). A cell that defines none must end in a real scalar: its
        value is set as in `%%jit`, and its gradients as the dict `grads`.
        """
        __tracebackhide__ = True
        from jaxplore.magics.cell.run import CellRun

        options = parse_argstring(self.grad, line)
        return CellRun(self._notebook, "grad", line, body).grad(options)
