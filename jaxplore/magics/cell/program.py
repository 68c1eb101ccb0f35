"""A cell without functions, as a function: its inputs, its outputs, its code.

Only syntax happens here: nothing is run and JAX is not asked.
"""

import ast
import builtins
import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from jaxplore.magics.cell.names import names_of
from jaxplore.magics.cell.text import CellText

# Names no cell can write, so they collide with nothing.
_VALUE, _PACK = "<value>", "<pack>"

_CANNOT: dict[type[ast.AST], tuple[str, str]] = {
    ast.Await: ("await", "await in another cell and use the result here."),
    ast.AsyncFor: ("async for", "use it in another cell and use the result here."),
    ast.AsyncWith: ("async with", "use it in another cell and use the result here."),
    ast.Yield: ("yield", "collect the values in an array instead."),
    ast.YieldFrom: ("yield", "collect the values in an array instead."),
    ast.Return: ("return", "end the cell with the expression itself."),
    ast.Delete: ("del", "delete names in another cell."),
    ast.Global: ("global", "drop it: names assigned here are set in the notebook."),
    ast.Nonlocal: ("nonlocal", "drop it: names assigned here are set in the notebook."),
}


@dataclass(frozen=True, slots=True)
class CellProgram:
    """The cell's code as a function of the names it reads."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    has_value: bool
    """Whether the cell ends in an expression."""
    last: ast.stmt
    code: CodeType

    def function(self, name: str) -> Callable[..., tuple[Any, Any]]:
        """The cell as a Python function: inputs in, (value, {name: value}) out.

        All names it reads are its parameters, so it keeps nothing of the notebook alive.
        """
        scope = {"__name__": "__main__", "__builtins__": builtins, _PACK: self._pack}
        inner = FunctionType(self.code, scope, name)
        inner.__qualname__ = name
        return inner

    def _pack(self, names: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        assigned = {name: names[name] for name in self.outputs if name in names}
        return names.get(_VALUE), assigned


def has_functions(body: Sequence[ast.stmt]) -> bool:
    """Whether the cell defines functions at its top level."""
    return first_function(body) is not None


def first_function(body: Sequence[ast.stmt]) -> ast.stmt | None:
    """The first function that the cell defines at its top level."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return next((statement for statement in body if isinstance(statement, kinds)), None)


def build(cell: CellText, body: Sequence[ast.stmt], scope: Mapping[str, Any]) -> CellProgram:
    """The program of a cell.

    Args:
        cell: Its text.
        body: Its statements, without functions at top level.
        scope: The notebook's names.

    Raises:
        CellError: The cell cannot be a program; names the line.
    """
    if not body:
        raise cell.error(
            1, "There is nothing to compile: the cell is empty.", "write code below the magic."
        )
    for statement in body:
        _check(cell, statement)
    names = names_of(body)
    inputs = tuple(
        name
        for name, node in names.reads.items()
        if _is_input(cell, name, node, scope, names.assigns)
    )
    # A name that the cell may leave unassigned keeps its value in the notebook.
    outputs = tuple(names.assigns)
    statements = list(body)
    last = statements[-1]
    has_value = isinstance(last, ast.Expr)
    if isinstance(last, ast.Expr):
        target = ast.copy_location(ast.Name(_VALUE, ast.Store()), last)
        statements[-1] = ast.copy_location(ast.Assign([target], last.value), last)
    return CellProgram(
        inputs=inputs,
        outputs=outputs,
        has_value=has_value,
        last=last,
        code=_compile(cell, inputs, statements),
    )


def _check(cell: CellText, statement: ast.stmt) -> None:
    """Refuse what cannot be traced, outside of inner functions, where it is their affair."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.comprehension) and node.is_async:
            word, do = _CANNOT[ast.AsyncFor]
            raise cell.error(node.iter, f"A cell that is one program cannot use `{word}`.", do)
        if type(node) in _CANNOT:
            word, do = _CANNOT[type(node)]
            raise cell.error(node, f"A cell that is one program cannot use `{word}`.", do)
        if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names):
            raise cell.error(
                node,
                "A cell that is one program cannot use a star import.",
                "import in another cell, or name what you need.",
            )
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            # There these are its own affair, but for `global`, which would be lost.
            pending.extend(n for n in ast.walk(node) if isinstance(n, ast.Global))
        else:
            pending.extend(ast.iter_child_nodes(node))


def _is_input(
    cell: CellText,
    name: str,
    node: ast.AST,
    scope: Mapping[str, Any],
    assigned: Mapping[str, ast.AST],
) -> bool:
    if name in scope:
        return True
    # What the cell assigns somewhere may well be assigned by then; Python will say if not.
    if name in assigned or hasattr(builtins, name):
        return False
    known = [n for n in scope if not n.startswith("_")]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    hint = f"did you mean `{close[0]}`? " if close else ""
    raise cell.error(
        node,
        f"The cell reads `{name}`, which does not exist in the notebook.",
        f"{hint}assign `{name}` in the notebook before this cell runs.",
    )


def _compile(cell: CellText, inputs: Sequence[str], body: list[ast.stmt]) -> CodeType:
    end = body[-1]
    pack = ast.Call(
        ast.Name(_PACK, ast.Load()), [ast.Call(ast.Name("locals", ast.Load()), [], [])], []
    )
    function = ast.FunctionDef(
        name="cell",
        args=ast.arguments(
            posonlyargs=[],
            args=[ast.arg(name) for name in inputs],
            kwonlyargs=[],
            kw_defaults=[],
            defaults=[],
        ),
        body=[*body, ast.Return(pack)],
        decorator_list=[],
    )
    for node in ast.walk(function.args):
        ast.copy_location(node, body[0])
    function.lineno = function.end_lineno = 1
    function.col_offset = function.end_col_offset = 0
    for node in ast.walk(function.body[-1]):
        ast.copy_location(node, end)
    function.type_params = []  # pyright: ignore[reportAttributeAccessIssue]
    module = ast.fix_missing_locations(ast.Module([function], []))
    code = compile(module, cell.file_name, "exec", dont_inherit=True)
    made = next(c for c in code.co_consts if isinstance(c, CodeType))
    # IPython finds the source of a frame by what its code is called and where it begins: as
    # a module from line 1, the whole cell is found.
    return made.replace(co_name="<module>")
