"""`%collectives`: its help, and how a record is shown."""

from typing import TYPE_CHECKING

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from jaxplore.faults import contained
from jaxplore.magics import calls, outputs
from jaxplore.magics.outputoption import read_options

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook
    from jaxplore.model.collectives import Collectives


@magics_class
class CollectivesMagics(Magics):
    """`%collectives`."""

    def __init__(self, notebook: "Notebook") -> None:
        super().__init__(notebook.shell)
        self._notebook = notebook

    @no_var_expand
    @line_magic
    def collectives(self, line: str) -> None:
        """What devices send each other in one run of a call, and what made them do it.

            %collectives [-o NAME] f(x)

        The call is compiled, not run. Shown are each collective of the optimised program,
        its bytes and mesh axes, the expression that caused it, why, and what avoids it;
        and what goes to the host.

        Options:
            -o NAME: set NAME to the record.

        Twin: `jaxplore.collectives`.
        """
        __tracebackhide__ = True
        options = read_options(line, "%collectives")
        record = self._record(options.call)
        if record is None:
            return
        if options.output:
            self._notebook.shell.user_ns[options.output] = record
        with contained("show the collectives"):
            from jaxplore.views.collectives import html, text

            data = {"text/plain": text.text(record), "text/html": html.html(record)}
            outputs.show(data, "collectives")

    def _record(self, call: str) -> "Collectives | None":
        __tracebackhide__ = True
        from jaxplore.public.collectives import captured

        target, args, kwargs = calls.call_of(self._notebook, call, "collectives")
        return calls.looked(
            "read the collectives",
            lambda progress: captured(target, args, kwargs, progress=progress),
        )
