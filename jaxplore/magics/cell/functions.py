"""A cell that defines functions: run statement by statement, its functions changed.

Everything but the functions runs as in any cell: shell lines, magics, decorators, a last
expression that is displayed.
"""

import ast
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from jaxplore import transforms
from jaxplore.errors import CellError
from jaxplore.magics.cell.text import CellText

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def statements_of(shell: "InteractiveShell", cell: CellText) -> list[ast.stmt] | None:
    """The statements of a cell, shell lines and magics turned into calls.

    None when it is not even then valid Python.
    """
    # IPython drops empty lines at the top; positions must not move.
    dropped = len(cell.body) - len(cell.body.lstrip("\n"))
    text = "\n" * (cell.first_line - 1 + dropped) + shell.transform_cell(cell.body)
    try:
        return ast.parse(text, filename=cell.file_name).body
    except SyntaxError:
        return None


def run(
    shell: "InteractiveShell",
    cell: CellText,
    statements: Sequence[ast.stmt],
    change: Callable[[Any], Any],
) -> list[str]:
    """Run the statements; each function defined at top level goes through `change`.

    Returns:
        The names of the functions, without those that the cell deleted again.

    Raises:
        CellError: A function is async; nothing has run then.
    """
    __tracebackhide__ = True
    for statement in statements:
        if isinstance(statement, ast.AsyncFunctionDef):
            raise cell.error(
                statement,
                "JAX cannot trace an async function.",
                "make it a plain def, or define it in another cell.",
            )
    scope: dict[str, Any] = shell.user_ns
    flags = shell.compile.flags
    silenced = cell.body.rstrip().endswith(";")
    made: list[str] = []
    # Held until the end: a function that runs again is found by its old self.
    earlier = [scope.get(s.name) for s in statements if isinstance(s, ast.FunctionDef)]
    for statement in statements:
        shown = statement is statements[-1] and isinstance(statement, ast.Expr) and not silenced
        tree = ast.Interactive([statement]) if shown else ast.Module([statement], [])
        kind = "single" if shown else "exec"
        exec(compile(tree, cell.file_name, kind, flags=flags, dont_inherit=True), scope)
        if isinstance(statement, ast.FunctionDef):
            scope[statement.name] = change(scope[statement.name])
            made.append(statement.name)
    del earlier
    return [name for name in dict.fromkeys(made) if name in scope]


def jitted(
    cell: CellText, statements: Sequence[ast.stmt], static: Sequence[str], donate: Sequence[str]
) -> Callable[[Any], Any]:
    """What `%%jit` does to each function: jit it, with the options that name its parameters.

    Raises:
        CellError: An option names a parameter that no function of the cell has.
    """
    known = [n for s in statements if isinstance(s, ast.FunctionDef) for n in _arguments(s)]
    for option, names in (("--static", static), ("--donate", donate)):
        for name in names:
            if name not in known:
                raise CellError(
                    f"{option} names `{name}`, which no function of this cell takes.\n"
                    f"Got: {option} {name}; they take {', '.join(dict.fromkeys(known)) or 'none'}."
                    "\nDo: name a parameter of one of the functions."
                )

    def compiled(fun: Any) -> Any:
        own = parameters(fun)
        options = {"static_argnames": static, "donate_argnames": donate}
        chosen = {key: tuple(n for n in names if n in own) for key, names in options.items()}
        return transforms.jit(fun, **{key: names for key, names in chosen.items() if names})

    return compiled


def _arguments(function: ast.FunctionDef) -> list[str]:
    given = function.args
    return [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]


def parameters(fun: Any) -> list[str]:
    """Names of a function's parameters; none where it does not say."""
    try:
        return list(inspect.signature(fun).parameters)
    except (TypeError, ValueError):
        return []
