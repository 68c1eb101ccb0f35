"""One run of a `%%jit` or `%%grad` cell."""

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from jaxplore import look, transforms
from jaxplore.capture.program import UserCodeFailed
from jaxplore.errors import CellError
from jaxplore.faults import contained
from jaxplore.magics import cellcompile, celltext, outputs
from jaxplore.magics.cellprogram import CellProgram, build, has_functions
from jaxplore.magics.celltext import CellText
from jaxplore.magics.constants import Outputs
from jaxplore.magics.progress import ProgressLine
from jaxplore.views.gradients import gradient_line

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook

_DEFAULT_NAME = "cell"


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


class CellRun:
    """A cell magic at work on its cell."""

    def __init__(self, notebook: "Notebook", magic: str, line: str, body: str) -> None:
        self._notebook = notebook
        self._cell = self._locate(magic, line, body)

    def jit(self, options: Any) -> Any:
        """Run the cell of `%%jit`."""
        __tracebackhide__ = True
        cell = self._cell
        static, donate = _names(options.static), _names(options.donate)
        if self._defines_functions(cell):
            return self._jit_functions(cell, options, static, donate)
        statements = celltext.parse(cell)
        scope = self._notebook.shell.user_ns
        program = build(cell, statements, scope)
        inputs = cellcompile.inputs_of(cell, program, scope, static)
        name = options.name or _DEFAULT_NAME
        run = self._notebook.programs.get(
            ("jit", cell.raw, program.inputs, name, static, donate),
            lambda: cellcompile.jitted(cell, program, name, donate),
        )
        if options.name:
            scope[options.name] = _as_function(run, program, inputs, name)
        # A donated input is gone after the call: look at the program before.
        shapes = jax.tree.map(_shape_of, inputs)
        value = None
        if not options.no_run:
            value = self._set(run(*inputs), scope)
        if options.show or options.output:
            self._look(run, shapes, show=options.show, output=options.output)
        return value

    def grad(self, options: Any) -> Any:
        """Run the cell of `%%grad`."""
        __tracebackhide__ = True
        cell = self._cell
        if options.order < 1:
            raise CellError(
                f"--order must be at least 1.\nGot: --order {options.order}\n"
                "Do: use --order 1 for the gradient, 2 for the second derivative."
            )
        if self._defines_functions(cell):
            return self._grad_functions(cell, options)
        statements = celltext.parse(cell)
        scope = self._notebook.shell.user_ns
        program = build(cell, statements, scope)
        if not program.has_value and not cellcompile.assigned_name(program):
            raise cell.error(
                program.last,
                "The gradient needs a real scalar; the cell's last line gives none.",
                "end the cell with the scalar, or with an assignment to one name.",
            )
        inputs = cellcompile.inputs_of(cell, program, scope, ())
        names = _wanted(cell, program, scope, options.wrt, options.order)
        wanted = cellcompile.Gradients(names, options.order)
        run = self._notebook.programs.get(
            ("grad", cell.raw, program.inputs, wanted),
            lambda: cellcompile.jitted_gradient(cell, program, _DEFAULT_NAME, wanted),
        )
        value, assigned, grads = run(*inputs).value
        scope.update(assigned)
        scope[options.output or "grads"] = grads
        with contained("show the gradients"):
            shown = value if program.has_value else assigned[cellcompile.assigned_name(program)]
            outputs.show_line(gradient_line(shown, _norms(grads)), "gradient")
        if options.show:
            self._look(run, inputs, show=True, output=None)
        return value if program.has_value else None

    def _locate(self, magic: str, line: str, body: str) -> CellText:
        raw, first = celltext.locate(self._notebook.cells.text, f"%%{magic} {line}".strip(), body)
        name = self._notebook.cells.compile_as_cell(raw)
        return CellText(raw=raw, body=body, first_line=first, file_name=name)

    def _defines_functions(self, cell: CellText) -> bool:
        # A cell of functions may hold shell lines and magics; IPython knows how to read them.
        try:
            tree = ast.parse(self._notebook.shell.transform_cell(cell.body))
        except SyntaxError:
            return False
        return has_functions(tree.body)

    def _jit_functions(
        self, cell: CellText, options: Any, static: Sequence[str], donate: Sequence[str]
    ) -> Any:
        for option, given in (("--name", options.name), ("--no-run", options.no_run)):
            if given:
                raise CellError(
                    f"{option} is for a cell that is itself the program.\n"
                    f"Got: {option} on a cell that defines functions.\n"
                    f"Do: drop {option}; the functions keep their own names."
                )

        def compiled(fun: Any) -> Any:
            names = set(fun.__code__.co_varnames[: _parameter_count(fun)])
            settings: dict[str, Any] = {}
            for key, chosen in (("static_argnames", static), ("donate_argnames", donate)):
                own = tuple(name for name in chosen if name in names)
                if own:
                    settings[key] = own
            return transforms.jit(fun, **settings)

        made = self._run_functions(cell, compiled)
        if options.show or options.output:
            # A function has no program before it has arguments.
            calls = ", ".join(f"%explore {name}(...)" for name in made)
            outputs.show_line(f"{', '.join(made)}: jitted; to see it, call {calls}", "note")
        return None

    def _grad_functions(self, cell: CellText, options: Any) -> Any:
        scope = self._notebook.shell.user_ns
        made = self._run_functions(cell, _unchanged)
        for name in made:
            fun = scope[name]
            derivative = fun
            argnums = _argnums(cell, fun, options.wrt)
            for _ in range(options.order):
                derivative = transforms.grad(derivative, argnums=argnums)
            prefix = "grad" if options.order == 1 else f"grad{options.order}"
            scope[f"{prefix}_{name}"] = derivative
        return None

    def _run_functions(self, cell: CellText, change: Any) -> list[str]:
        """Run a cell statement by statement; each function it defines goes through `change`."""
        __tracebackhide__ = True
        shell = self._notebook.shell
        # IPython drops empty lines at the top; positions must not move.
        dropped = len(cell.body) - len(cell.body.lstrip("\n"))
        text = "\n" * (cell.first_line - 1 + dropped) + shell.transform_cell(cell.body)
        made: list[str] = []
        for statement in ast.parse(text, filename=cell.file_name).body:
            is_last_value = isinstance(statement, ast.Expr)
            kind = "single" if is_last_value else "exec"
            tree = ast.Interactive([statement]) if is_last_value else ast.Module([statement], [])
            if isinstance(statement, ast.AsyncFunctionDef):
                raise cell.error(
                    statement,
                    "JAX cannot trace an async function.",
                    "make it a plain def, or define it in another cell.",
                )
            code = compile(tree, cell.file_name, kind, dont_inherit=True)
            exec(code, shell.user_ns)
            if isinstance(statement, ast.FunctionDef):
                shell.user_ns[statement.name] = change(shell.user_ns[statement.name])
                made.append(statement.name)
        return made

    def _set(self, out: Outputs, scope: dict[str, Any]) -> Any:
        value, assigned = out.value
        scope.update(assigned)
        return value

    def _look(self, run: Any, inputs: Sequence[Any], *, show: bool, output: str | None) -> None:
        with contained("show the cell's program"):
            progress = ProgressLine()
            try:
                program = look.captured(run, tuple(inputs), {}, progress=progress)
            except UserCodeFailed as failed:
                raise failed.original from None
            finally:
                progress.done()
            if output:
                self._notebook.shell.user_ns[output] = program
            if show:
                outputs.show_object(look.explore(program), "explorer")


def _unchanged(fun: Any) -> Any:
    return fun


def _parameter_count(fun: Any) -> int:
    code = fun.__code__
    return int(code.co_argcount + code.co_kwonlyargcount)


def _shape_of(leaf: Any) -> Any:
    if not hasattr(leaf, "shape"):
        return leaf
    weak = bool(getattr(leaf, "weak_type", False))
    return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, weak_type=weak)


def _as_function(run: Any, program: CellProgram, inputs: Sequence[Any], name: str) -> Any:
    """The cell's program as a function of its traced inputs, in the order they are read."""
    traced = [i for i, value in enumerate(inputs) if jax.tree.leaves(value)]
    fixed = list(inputs)
    for i in traced:
        fixed[i] = None  # an array held here would never be freed

    def call(*arrays: Any) -> Any:
        whole = list(fixed)
        for i, array in zip(traced, arrays, strict=True):
            whole[i] = array
        value, assigned = run(*whole).value
        if program.has_value:
            return value
        return assigned if len(assigned) != 1 else next(iter(assigned.values()))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"The cell's program: {name}({', '.join(program.inputs[i] for i in traced)})."
    return call


def _wanted(
    cell: CellText, program: CellProgram, scope: Mapping[str, Any], wrt: Sequence[str], order: int
) -> tuple[str, ...]:
    """The inputs to differentiate by."""
    names = [name for part in wrt for name in _names(part)]
    for name in names:
        if name not in program.inputs:
            raise CellError(
                f"The cell does not read `{name}`, so it has no gradient by it.\n"
                f"Got: %%grad {name}; the cell reads {', '.join(program.inputs) or 'nothing'}.\n"
                "Do: name inputs of the cell, or none for all floating ones."
            )
        if not _has_floats(scope[name]):
            raise CellError(
                f"There is no gradient by `{name}`: it holds no floating numbers.\n"
                f"Got: {name} of type {_type_name(scope[name])}.\n"
                f"Do: make it floating, as in `{name} = jnp.float32({name})` or 3.0 for 3."
            )
    chosen = names or [name for name in program.inputs if _has_floats(scope[name])]
    if not chosen:
        raise cell.error(
            program.last,
            "There is nothing to differentiate by: the cell reads no floating numbers.",
            "assign a floating array or a Python float before this cell, and use it here.",
        )
    for name in chosen:
        shape = getattr(scope[name], "shape", ())
        if order > 1 and (shape != () or len(jax.tree.leaves(scope[name])) != 1):
            raise CellError(
                f"--order {order} needs scalar inputs.\n"
                f"Got: `{name}` of type {_type_name(scope[name])}.\n"
                "Do: name scalar inputs, or use jaxplore.hessian on a function."
            )
    return tuple(chosen)


def _has_floats(value: Any) -> bool:
    leaves = jax.tree.leaves(value)
    return any(cellcompile.is_floating(leaf) for leaf in leaves)


def _type_name(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    return type(value).__name__ if dtype is None else f"{dtype}{list(value.shape)}"


def _argnums(cell: CellText, fun: Any, wrt: Sequence[str]) -> int | tuple[int, ...]:
    names = [name for part in wrt for name in _names(part)]
    if not names:
        return 0
    parameters = list(fun.__code__.co_varnames[: fun.__code__.co_argcount])
    unknown = [name for name in names if name not in parameters]
    if unknown:
        raise CellError(
            f"{fun.__name__} has no parameter `{unknown[0]}` to differentiate by.\n"
            f"Got: %%grad {' '.join(names)}; its parameters are {', '.join(parameters)}.\n"
            "Do: name its parameters."
        )
    positions = tuple(parameters.index(name) for name in names)
    return positions[0] if len(positions) == 1 else positions


def _norms(grads: Mapping[str, Any]) -> dict[str, float]:
    """Euclidean norm of the gradient by each input."""
    # With numpy: an operation of JAX would compile, in the user's name.
    norms: dict[str, float] = {}
    for name, tree in grads.items():
        leaves = [np.asarray(leaf).astype(np.float64) for leaf in jax.tree.leaves(tree)]
        norms[name] = float(np.sqrt(sum(float((leaf**2).sum()) for leaf in leaves)))
    return norms
