"""The line magics: look at a program, switch jaxplore."""

import shlex
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from jaxplore.errors import OptionError
from jaxplore.faults import contained
from jaxplore.magics import calls, outputs

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook

_HELP = """\
%%jit                 compile the cell, or the functions it defines
%%grad [WRT ...]      the gradient of the cell, or of the functions it defines
%explore f(x)         source, jaxpr, StableHLO, optimised HLO and graph, linked;
                      %explore 12: of a compile that %ledger shows
%jaxpr f(x)           the jaxpr, with the expression each equation came from
%hlo f(x)             what XLA made of it, likewise; --passes: each step of its way there
%gradient f(x)        forward and backward side by side, and what is kept between them;
                      --wrt a,b; --steps: how it is derived; --memory: what-if
%jdiff f(x) vs g(x)   what differs between two programs; %jdiff 12: a compile and the
                      call it was compared with
%ledger               what was compiled, why, and what it cost; --by, --since, --timeline
%why [n]              the whole story of one compile
%jtime f(x)           time honestly: first call in stages, then dispatch and run
%numerics f(x)        where the first NaN or Inf is made, why, and what to write instead;
                      %%numerics: in a cell
%placement params     which device holds what, and which call pinned it there; of f(x):
                      inputs, outputs and sharding constraints
%collectives f(x)     what devices send each other, why, and what avoids it; -o NAME
%devices              memory, live arrays and compiles of each device
%doctor               what is wrong with the installation, and how to mend it
%%spmd                on every process of jaxplore.cluster(); --timeout S, -o NAME
%jaxplore on|quiet|off
%jaxplore cache on|off|status"""


@magics_class
class LineMagics(Magics):
    """`%explore`, `%jaxpr`, `%hlo`, `%jaxplore`."""

    def __init__(self, notebook: "Notebook") -> None:
        super().__init__(notebook.shell)
        self._notebook = notebook

    @no_var_expand
    @line_magic
    def explore(self, line: str) -> Any:
        """`%explore f(x)`: the linked view of a call's program. Twin: `jaxplore.explore`.

        `%explore 12`: of a compile, by its number in `%ledger`, while its function lives."""
        __tracebackhide__ = True
        from jaxplore.public.passes import Kept

        kept = Kept()
        program = calls.program_of(self._notebook, line, "explore", keep=kept)
        if program is None:
            return None
        with contained("show the explorer"):
            return kept.explorer(program)

    @no_var_expand
    @line_magic
    def jaxpr(self, line: str) -> None:
        """`%jaxpr f(x)`: the jaxpr, each equation with the expression it came from.

        Twin: `jaxplore.program`."""
        __tracebackhide__ = True
        program = calls.program_of(self._notebook, line, "jaxpr", ("jaxpr",))
        if program is not None:
            with contained("show the jaxpr"):
                from jaxplore.views.programs import program as program_view

                data = {"text/plain": program_view.text(program)}
                data["text/html"] = program_view.html(program, with_source=False)
                outputs.show(data, "jaxpr")

    @no_var_expand
    @line_magic
    def hlo(self, line: str) -> None:
        """`%hlo f(x)`: the optimised HLO, each instruction with where it came from.

        Twin: `jaxplore.program(f, x).stages["hlo"]`.

        `%hlo --passes f(x)`: what each of XLA's passes changed, down to LLVM IR and machine
        code; XLA compiles the program once more for it, in a process of its own. Twin:
        `jaxplore.passes`."""
        __tracebackhide__ = True
        option, _, call = line.strip().partition(" ")
        if option == "--passes":
            from jaxplore.magics.passesmagic import show_passes

            show_passes(self._notebook, call)
            return
        program = calls.program_of(self._notebook, line, "hlo", ("jaxpr", "hlo"))
        if program is not None:
            with contained("show the HLO"):
                from jaxplore.views.programs import program as program_view

                outputs.show_line(program_view.stage_text(program, "hlo"), "hlo")

    @no_var_expand
    @line_magic
    def jaxplore(self, line: str) -> None:
        """`%jaxplore on|quiet|off|help`: what jaxplore shows by itself.

        `%jaxplore cache on [DIR]|off|status`: JAX's persistent compilation cache."""
        __tracebackhide__ = True
        from jaxplore.magics.notebook import MODES

        mode = line.strip() or "help"
        if mode.split()[0] == "cache":
            from jaxplore.magics.cachemagic import cache_command

            outputs.show_line(cache_command(shlex.split(mode)[1:]), "cache")
        elif mode in MODES:
            self._notebook.switch(mode)
            outputs.show_line(f"jaxplore {mode}: {MODES[mode]}", "mode")
        elif mode == "help":
            outputs.show_line(_HELP, "help")
        else:
            raise OptionError(
                f"%jaxplore does not know this mode.\nGot: {mode}\n"
                f"Do: use one of {', '.join([*MODES, 'cache', 'help'])}."
            )
