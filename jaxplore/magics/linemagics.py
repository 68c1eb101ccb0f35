"""The line magics: look at a program, switch jaxplore."""

import ast
import shlex
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from jaxplore import look
from jaxplore.errors import JaxploreError, OptionError
from jaxplore.faults import contained
from jaxplore.magics import outputs
from jaxplore.magics.progress import ProgressLine

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook
    from jaxplore.model.program import Program

_HELP = """\
%%jit                 compile the cell, or the functions it defines
%%grad [WRT ...]      the gradient of the cell, or of the functions it defines
%explore f(x)         source, jaxpr, StableHLO, optimised HLO and graph, linked
%jaxpr f(x)           the jaxpr, with the expression each equation came from
%hlo f(x)             what XLA made of it, likewise
%ledger               what was compiled, why, and what it cost; --by, --since, --timeline
%why [n]              the whole story of one compile
%jtime f(x)           time honestly: first call in stages, then dispatch and run
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
        """`%explore f(x)`: the linked view of a call's program. Twin: `jaxplore.explore`."""
        __tracebackhide__ = True
        program = self._program(line, "explore")
        if program is None:
            return None
        with contained("show the explorer"):
            return look.explore(program)

    @no_var_expand
    @line_magic
    def jaxpr(self, line: str) -> None:
        """`%jaxpr f(x)`: the jaxpr, each equation with the expression it came from.

        Twin: `jaxplore.program`."""
        __tracebackhide__ = True
        program = self._program(line, "jaxpr", stages=("jaxpr",))
        if program is not None:
            with contained("show the jaxpr"):
                from jaxplore.views import program as program_view

                data = {"text/plain": program_view.text(program)}
                data["text/html"] = program_view.html(program)
                outputs.show(data, "jaxpr")

    @no_var_expand
    @line_magic
    def hlo(self, line: str) -> None:
        """`%hlo f(x)`: the optimised HLO, each instruction with where it came from.

        Twin: `jaxplore.program(f, x).stages["hlo"]`."""
        __tracebackhide__ = True
        program = self._program(line, "hlo", stages=("jaxpr", "hlo"))
        if program is not None:
            with contained("show the HLO"):
                from jaxplore.views import program as program_view

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

    def _program(
        self, line: str, magic: str, stages: tuple[str, ...] | None = None
    ) -> "Program | None":
        """The program of the call in a magic's line; None when jaxplore itself failed."""
        __tracebackhide__ = True
        from jaxplore.capture.programs.program import UserCodeFailed
        from jaxplore.model.program import Program

        target, args, kwargs = self._call(line, magic)
        if isinstance(target, Program):
            return target
        progress = ProgressLine()
        error: Exception | None = None
        try:
            with contained("read the program", passing=(UserCodeFailed, JaxploreError)):
                return look.captured(target, args, kwargs, stages=stages, progress=progress)
        except UserCodeFailed as failed:
            error = failed.original
        finally:
            progress.done()
        if error is not None:
            raise error
        return None

    def _call(self, line: str, magic: str) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        __tracebackhide__ = True
        if not line.strip():
            raise OptionError(
                f"%{magic} needs something to look at.\nGot: an empty line.\n"
                f"Do: write a call, as in `%{magic} f(x)`."
            )
        scope = self._notebook.shell.user_ns
        try:
            tree = ast.parse(line.strip(), mode="eval").body
        except SyntaxError as fault:
            raise OptionError(
                f"%{magic} cannot read this as an expression: {fault.msg}.\n"
                f"Got: {line.strip()}\nDo: write a call, as in `%{magic} f(x)`."
            ) from None
        if not isinstance(tree, ast.Call):
            return _evaluate(tree, scope), (), {}
        # The arguments as Python would pass them, stars and keywords included.
        collect = ast.Call(ast.Name("<collect>", ast.Load()), tree.args, tree.keywords)
        args, kwargs = _evaluate(ast.copy_location(collect, tree), {**scope, "<collect>": _collect})
        return _evaluate(tree.func, scope), args, kwargs


def _collect(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


def _evaluate(tree: ast.expr, scope: dict[str, Any]) -> Any:
    __tracebackhide__ = True
    expression = ast.fix_missing_locations(ast.Expression(tree))
    return eval(compile(expression, "<jaxplore magic>", "eval"), scope)
