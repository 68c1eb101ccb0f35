"""`%%spmd`: a cell on every process of the cluster."""

import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, cell_magic, magics_class, no_var_expand
from IPython.display import display

from jaxplore.errors import ClusterError, OptionError
from jaxplore.faults import contained
from jaxplore.magics import outputs
from jaxplore.magics.cell import text as celltext
from jaxplore.magics.progress import WrittenOver
from jaxplore.views.mode import deterministic

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook
    from jaxplore.model.processes import Output, SpmdRun
    from jaxplore.views.processes.outputs import Apart


@dataclass(frozen=True, slots=True)
class Options:
    """What stands behind `%%spmd`."""

    timeout_s: float | None
    output: str | None


@magics_class
class SpmdMagic(Magics):
    """`%%spmd`."""

    def __init__(self, notebook: "Notebook") -> None:
        super().__init__(notebook.shell)
        self._notebook = notebook

    @no_var_expand
    @cell_magic
    def spmd(self, line: str, cell: str) -> None:
        """Run the cell on every process of the cluster that `jaxplore.cluster()` started.

            %%spmd [--timeout S] [-o NAME]
            code ...

        Names that it sets stay in the processes; nothing in the notebook's own namespace is
        read or set. What it shows is there once where the processes show the same, side by
        side where not. A process that is about to run another program than the others, or
        none, is named instead of waited for.

        Options:
            --timeout S: interrupt it after S seconds.
            -o NAME: set NAME in the notebook to a tuple, what the last expression was on each
                process; an array that they hold together is there as a whole, as NumPy's.

        Twin: `jaxplore.cluster().run(code)`.
        """
        __tracebackhide__ = True
        from jaxplore.cluster.public import current

        options = read_options(line)
        cluster = current()
        if cluster is None:
            raise ClusterError.of(
                failed="%%spmd needs a cluster to run the cell on, and none is running.",
                given=f"%%spmd {line}".strip(),
                do="start one in a cell before: `c = jaxplore.cluster(processes=2, devices=4)`.",
            )
        raw, first = celltext.locate(self._notebook.cells.text, f"%%spmd {line}".strip(), cell)
        shown = _Progress()
        outcome = cluster.execute(
            raw,
            cell,
            first,
            self._notebook.cells.number,
            timeout=options.timeout_s,
            wants_value=options.output is not None,
            progress=shown.write,
        )
        shown.done()
        with contained("show what the processes showed"):
            show(outcome.run)
        with contained("show what the processes compiled"):
            if self._notebook.mode == "on":
                _show_compiles(outcome.run)
        if outcome.error is not None:
            raise outcome.error
        if options.output is not None:
            self._notebook.shell.user_ns[options.output] = outcome.run.values


def read_options(line: str) -> Options:
    """The options of `%%spmd`.

    >>> read_options("--timeout 5 -o seen")
    Options(timeout_s=5.0, output='seen')
    """
    timeout_s, output = None, None
    words = iter(shlex.split(line))
    for word in words:
        value = next(words, "")
        if word == "--timeout" and _seconds(value) > 0:
            timeout_s = _seconds(value)
        elif word == "-o" and value.isidentifier():
            output = value
        else:
            raise OptionError(
                f"%%spmd does not know this option.\nGot: {word} {value}".rstrip()
                + "\nDo: write `%%spmd`, `%%spmd --timeout 60` (seconds) or `%%spmd -o NAME`."
            )
    return Options(timeout_s, output)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def show(run: "SpmdRun") -> None:
    """Show what the processes showed, in its order."""
    from jaxplore.model.processes import Output
    from jaxplore.views.processes import outputs

    for part in outputs.aligned(run.processes):
        if isinstance(part, Output):
            _show_once(part)
        else:
            _show_apart(part)


def _show_once(output: "Output") -> None:
    if output.kind == "stream":
        for name, text in output.data.items():
            stream = sys.stderr if name == "stderr" else sys.stdout
            stream.write(str(text))
            stream.flush()
    else:
        display(dict(output.data), raw=True, metadata=dict(output.metadata))


def _show_apart(part: "Apart") -> None:
    from jaxplore.views.processes import outputs

    data: dict[str, Any] = {
        "text/plain": outputs.apart_text(part),
        "text/html": outputs.apart_html(part),
    }
    display(data, raw=True)  # the user's own outputs: not marked as ours


def _show_compiles(run: "SpmdRun") -> None:
    from jaxplore.model.processes import ProcessCompiles
    from jaxplore.views.processes import cluster

    runs = [ProcessCompiles(process=p.process, compiles=p.compiles) for p in run.processes]
    line = cluster.cell_line(runs)
    if line:
        outputs.show({"text/plain": line, "text/html": cluster.cell_html(runs)}, "compiles")


class _Progress:
    """One line, written over while the cell lasts."""

    def __init__(self) -> None:
        self._line = WrittenOver()

    def write(self, line: str) -> None:
        if not deterministic():
            with contained("show progress"):
                self._line.write(line)

    def done(self) -> None:
        if self._line.is_shown:
            with contained("show progress"):
                self._line.write("")
