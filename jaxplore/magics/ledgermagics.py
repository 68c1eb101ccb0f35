"""`%ledger` and `%why`: what was compiled, and the story of one compile."""

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from jaxplore import session
from jaxplore.errors import OptionError
from jaxplore.faults import contained
from jaxplore.magics import outputs
from jaxplore.views.mode import deterministic

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook


@magics_class
class LedgerMagics(Magics):
    """What was compiled."""

    def __init__(self, notebook: "Notebook") -> None:
        super().__init__(notebook.shell)
        self._notebook = notebook

    @no_var_expand
    @magic_arguments()
    @argument(
        "--by", choices=("function", "site", "line"), help="sums instead of one row per compile"
    )
    @argument("--since", type=int, metavar="CELL", help="only that cell and later ones")
    @argument("--timeline", action="store_true", help="a picture: the stages to scale")
    @argument("--live", action="store_true", help="the picture as a widget that goes on")
    @line_magic
    def ledger(self, line: str) -> Any:
        """What was compiled so far, why, and what it cost. Twin: `jaxplore.ledger()`.

        Sums are by function, by the call site that paid, or by the source line whose
        equations were compiled.
        """
        __tracebackhide__ = True
        options = _parsed(self.ledger, line)
        ledger = self._notebook.observation.ledger
        if options.since is not None:
            ledger = ledger.since(options.since)
        times = not deterministic()
        if options.live:
            with contained("show the live timeline"):
                return self._notebook.beside.live_timeline()
        with contained("show the ledger"):
            from jaxplore.views.compiles import ledger as ledger_view
            from jaxplore.views.compiles import sums
            from jaxplore.views.compiles import timeline as timeline_view

            if options.timeline:
                timeline = ledger.timeline()
                data = {"text/plain": timeline_view.plain(timeline)}
                data["text/html"] = timeline_view.html(timeline)
                outputs.show(data, "timeline")
                return None
            if options.by:
                data = {"text/plain": sums.text(ledger, options.by, times=times)}
                data["text/html"] = sums.html(ledger, options.by, times=times)
            else:
                rows, first = list(ledger), ledger.total_count - len(ledger)
                if options.since is not None:  # the last rows of the whole ledger
                    first = self._notebook.observation.ledger.total_count - len(ledger)
                found = ledger.findings
                text = ledger_view.table(rows, times=times, first=first, findings=found)
                html = ledger_view.html(
                    rows,
                    times=times,
                    line=ledger_view.totals(rows, times=times),
                    opened=True,
                    first=first,
                    findings=found,
                )
                data = {"text/plain": text, "text/html": html}
            outputs.show(data, "ledger")
        return None

    @no_var_expand
    @line_magic
    def why(self, line: str) -> None:
        """`%why [n]`: the whole story of one compile; of the newest when no number is given.

        The number is that of `%ledger`. Twin: `jaxplore.why`."""
        __tracebackhide__ = True
        number = line.strip() or "-1"
        try:
            n = int(number)
        except ValueError:
            raise OptionError(
                f"%why needs the number of a compile.\nGot: {number}\n"
                "Do: run %ledger to see the numbers, or %why alone for the newest."
            ) from None
        story = session.why_in(self._notebook.observation.ledger, n)
        with contained("tell why"):
            from jaxplore.views.compiles import why as why_view

            times = not deterministic()
            data = {"text/plain": why_view.text(story, times=times)}
            data["text/html"] = why_view.html(story, times=times)
            outputs.show(data, "why")


def _parsed(magic: Any, line: str) -> Any:
    """The options; what is wrong with them in three parts."""
    __tracebackhide__ = True
    error = ""
    try:
        return parse_argstring(magic, line)
    except Exception as fault:  # argparse's own, as IPython raises it
        error = str(fault)
    raise OptionError(
        f"%ledger does not know this option: {error}.\nGot: {line.strip()}\n"
        "Do: use --by function|site|line, --since CELL, --timeline or --live."
    )
