"""One run of a `%%jit` or `%%grad` cell."""

import inspect
import keyword
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax

from jaxplore import transforms
from jaxplore.capture.programs.tracing import UserCodeFailed
from jaxplore.errors import CellError
from jaxplore.faults import contained
from jaxplore.magics import gradientmagics, outputs
from jaxplore.magics.cell import compiling, constants, functions, wrt
from jaxplore.magics.cell import text as celltext
from jaxplore.magics.cell.program import CellProgram, build, first_function, has_functions
from jaxplore.magics.cell.text import CellText
from jaxplore.magics.progress import ProgressLine
from jaxplore.public import look
from jaxplore.public.passes import Kept
from jaxplore.views.gradient.cellline import gradient_line

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook

_DEFAULT_NAME = "cell"


@dataclass(frozen=True, slots=True)
class OneProgram:
    """A cell as a jitted function, and what to call it with; gives `Outputs`."""

    run: Any
    inputs: list[Any]


class CellRun:
    """A cell magic at work on its cell."""

    def __init__(self, notebook: "Notebook", magic: str, line: str, body: str) -> None:
        self._notebook = notebook
        self._shell = notebook.shell
        self._scope: dict[str, Any] = notebook.shell.user_ns
        # Where the cell's own text is not to be had, positions are those of the magic's.
        self._cell = CellText(f"%%{magic} {line}\n{body}", body, 2, "<cell>")
        with contained("find the cell's text"):
            self._cell = self._located(f"%%{magic} {line}".strip(), body)

    def _located(self, magic: str, body: str) -> CellText:
        raw, first = celltext.locate(self._notebook.cells.text, magic, body)
        return CellText(raw, body, first, self._notebook.cells.compile_as_cell(raw))

    def jit(self, options: Any) -> Any:
        """Run the cell of `%%jit`."""
        __tracebackhide__ = True
        cell = self._cell
        _check_names(("--name", options.name), ("-o", options.output))
        static, donate = wrt.split([options.static or ""]), wrt.split([options.donate or ""])
        statements = functions.statements_of(self._shell, cell)
        if statements is not None and has_functions(statements):
            _refuse(options, "name", "no_run")
            change = functions.jitted(cell, statements, static, donate)
            first = self._notebook.observation.ledger.total_count
            made = functions.run(self._shell, cell, statements, change)
            if options.show or options.output:
                self._look_at_functions(made, first, show=options.show, output=options.output)
            return None
        program = build(cell, celltext.parse(cell), self._scope)
        inputs = compiling.inputs_of(cell, program, self._scope, static)
        name = options.name or _DEFAULT_NAME
        run = self._notebook.programs.get(
            ("jit", cell.raw, program.inputs, name, tuple(static), tuple(donate)),
            lambda: compiling.jitted(cell, program, name, donate),
        )
        if options.name:
            self._scope[options.name] = _as_function(run, program, inputs, name)
        # A donated input is gone after the call: look at the program by types.
        shapes = jax.tree.map(_shape_of, inputs)
        value = None
        if not options.no_run:
            value, assigned = run(*inputs).value
            self._scope.update(assigned)
        if not constants.all_comparable(inputs):
            run.clear_cache()  # nothing will ever ask for this program again
        if options.show or options.output:
            self._look(run, shapes, show=options.show, output=options.output)
        return value

    def one_program(self) -> "OneProgram":
        """The cell of `%%numerics`, not run.

        Raises:
            CellError: It defines functions, and so has no run that could be looked at.
        """
        __tracebackhide__ = True
        cell = self._cell
        statements = functions.statements_of(self._shell, cell)
        defined = None if statements is None else first_function(statements)
        if defined is not None:
            raise cell.error(
                defined,
                "%%numerics looks at one run of a cell, and this cell defines a function.",
                "run the cell without %%numerics, then look at a call: "
                f"`%numerics {getattr(defined, 'name', 'f')}(...)`.",
            )
        program = build(cell, celltext.parse(cell), self._scope)
        run = self._notebook.programs.get(
            ("numerics", cell.raw, program.inputs),
            lambda: compiling.jitted(cell, program, _DEFAULT_NAME, ()),
        )
        return OneProgram(run, compiling.inputs_of(cell, program, self._scope, ()))

    def grad(self, options: Any) -> Any:
        """Run the cell of `%%grad`."""
        __tracebackhide__ = True
        cell = self._cell
        _check_names(("-o", options.output))
        if options.order < 1:
            raise CellError(
                f"--order must be at least 1.\nGot: --order {options.order}\n"
                "Do: use --order 1 for the gradient, 2 for the second derivative."
            )
        statements = functions.statements_of(self._shell, cell)
        if statements is not None and has_functions(statements):
            made = functions.run(self._shell, cell, statements, _unchanged)
            for name in made:
                self._set_gradient_of(name, options)
            if options.show and made:
                # A function has no gradient to see before it has arguments.
                seen = ", ".join(f"%gradient {name}(...)" for name in made)
                outputs.show_line(f"{', '.join(made)}: to see the gradient, call {seen}", "note")
            return None
        program = build(cell, celltext.parse(cell), self._scope)
        last = compiling.assigned_name(program)
        if not program.has_value and not last:
            raise cell.error(
                program.last,
                "The gradient needs a real scalar; the cell's last line gives none.",
                "end the cell with the scalar, or with an assignment to one name.",
            )
        inputs = compiling.inputs_of(cell, program, self._scope, ())
        names = wrt.of_program(cell, program, self._scope, options.wrt, options.order)
        wanted = compiling.Gradients(names, options.order)
        run = self._notebook.programs.get(
            ("grad", cell.raw, program.inputs, wanted),
            lambda: compiling.jitted_gradient(cell, program, _DEFAULT_NAME, wanted),
        )
        # The cell may assign the names that it reads.
        before = {name: self._scope[name] for name in program.inputs}
        value, assigned, grads = run(*inputs).value
        self._scope.update(assigned)
        self._scope[options.output or "grads"] = grads
        with contained("show the gradients"):
            shown = value if program.has_value else self._scope[last]
            outputs.show_line(gradient_line(shown, wrt.norms(grads)), "gradient")
        if options.show:
            self._show_gradients(program, last, before, names, options.order)
        return value if program.has_value else None

    def _show_gradients(
        self,
        program: CellProgram,
        last: str,
        scope: dict[str, Any],
        names: Sequence[str],
        order: int,
    ) -> None:
        __tracebackhide__ = True
        for seen in gradientmagics.of_cell(program, last, scope, names, order):
            outputs.show_object(seen, "gradient")

    def _set_gradient_of(self, name: str, options: Any) -> None:
        derivative = fun = self._scope[name]
        argnums = wrt.of_function(fun, name, options.wrt)
        for _ in range(options.order):
            derivative = transforms.grad(derivative, argnums=argnums)
        prefix = "grad" if options.order == 1 else f"grad{options.order}"
        self._scope[f"{prefix}_{name}"] = derivative

    def _look_at_functions(
        self, names: Sequence[str], first: int, *, show: bool, output: str | None
    ) -> None:
        """Show the functions that the cell also called; `first` is the ledger's number of the
        first compile that may be one of the cell's."""
        rows = self._notebook.observation.ledger
        new = rows.newest(min(rows.total_count - first, len(rows)))
        called = {row.function: row for row in new if row.function in names and not row.variant}
        for name in names:
            row = called.get(name)
            if row is None:
                continue
            with contained("show the cell's program"):
                program = row.program()
                if output:
                    self._scope[output] = program
                if show:
                    outputs.show_object(look.explore(program), "explorer")
        # A function has no program before it has arguments.
        rest = [name for name in names if name not in called]
        if rest:
            calls = ", ".join(f"%explore {name}(...)" for name in rest)
            outputs.show_line(f"{', '.join(rest)}: jitted; to see it, call {calls}", "note")

    def _look(self, run: Any, inputs: Sequence[Any], *, show: bool, output: str | None) -> None:
        __tracebackhide__ = True
        progress = ProgressLine()
        error: Exception | None = None
        try:
            with contained("show the cell's program", passing=(UserCodeFailed,)):
                kept = Kept()
                program = look.captured(run, tuple(inputs), {}, progress=progress, keep=kept)
                if output:
                    self._scope[output] = program
                if show:
                    outputs.show_object(kept.explorer(program), "explorer")
        except UserCodeFailed as failed:
            error = failed.original
        finally:
            progress.done()
        if error is not None:
            raise error


def _unchanged(fun: Any) -> Any:
    return fun


def _check_names(*given: tuple[str, str | None]) -> None:
    for option, name in given:
        if name is not None and (not name.isidentifier() or keyword.iskeyword(name)):
            raise CellError(
                f"{option} needs a name that Python can assign.\n"
                f"Got: {option} {name}\nDo: use letters, digits and _, not beginning with a digit."
            )


def _refuse(options: Any, *names: str) -> None:
    for name in names:
        if getattr(options, name):
            option = f"--{name.replace('_', '-')}"
            raise CellError(
                f"{option} is for a cell that is itself the program.\n"
                f"Got: {option} on a cell that defines functions.\n"
                f"Do: drop {option}; the functions keep their own names."
            )


def _shape_of(leaf: Any) -> Any:
    if not hasattr(leaf, "shape"):
        return leaf
    weak = bool(getattr(leaf, "weak_type", False))
    # Where an array is pinned is part of its program.
    sharding = leaf.sharding if getattr(leaf, "committed", False) else None
    return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, weak_type=weak, sharding=sharding)


def _as_function(
    run: Any, program: CellProgram, inputs: Sequence[Any], name: str
) -> Callable[..., Any]:
    """The cell's program as a function of its traced inputs, in the order they are read."""
    traced = [i for i, value in enumerate(inputs) if jax.tree.leaves(value)]
    fixed = list(inputs)
    for i in traced:
        fixed[i] = None  # an array held here would never be freed
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature([inspect.Parameter(program.inputs[i], kind) for i in traced])

    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError as fault:
            raise TypeError(f"{name}{signature}: {fault}") from None
        whole = list(fixed)
        for i in traced:
            whole[i] = constants.close(given[program.inputs[i]])
        whole[-1] = compiling.classes_of([constants.open_(value) for value in whole[:-1]])
        value, assigned = run(*whole).value
        if program.has_value:
            return value
        return assigned if len(assigned) != 1 else next(iter(assigned.values()))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"The cell's program: {name}{signature}."
    call.__signature__ = signature  # pyright: ignore[reportFunctionMemberAccess]
    return call
