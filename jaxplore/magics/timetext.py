"""What `%jtime` is given: its options, and one expression or two as calls to time.

Positions in the calls are those of the cell, so that a compile and an error point at the
expression the user wrote.
"""

import ast
import re
import symtable
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from jaxplore.errors import OptionError
from jaxplore.magics import versus
from jaxplore.magics.cell import text as celltext
from jaxplore.magics.cell.text import CellText
from jaxplore.magics.lineplace import placed

_COUNTED = re.compile(r"-([nrp])\s*(\S*)\s*")
_SWITCHES = re.compile(r"-([oq]+)(?:\s+|$)")
_LONGEST = 60
_KNOWN = "the options are -n N, -r R, -p P, -o and -q"


@dataclass(slots=True)
class Options:
    """The options, and the rest of the line."""

    number: int | None = None
    repeat: int | None = None
    precision: int = 3
    output: bool = False
    quiet: bool = False
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A call as the user wrote it."""

    text: str
    call: Callable[[], Any]
    lent: dict[str, Any]
    """What it uses, by name."""


def read_options(line: str) -> Options:
    """The options at the head of a magic's line.

    >>> read_options("-n 5 -r2 -qo f(x)")
    Options(number=5, repeat=2, precision=3, output=True, quiet=True, rest='f(x)')
    """
    options, rest = Options(), line.strip()
    while True:
        if found := _SWITCHES.match(rest):
            options.output |= "o" in found[1]
            options.quiet |= "q" in found[1]
        elif found := _COUNTED.match(rest):
            if not (found[2].isdecimal() and int(found[2])):
                raise OptionError(
                    f"%jtime takes a whole number from 1 after -{found[1]}.\n"
                    f"Got: {found[0].strip()}\nDo: write `-{found[1]} 7`, say; an expression "
                    "that begins with a minus goes in parentheses."
                )
            name = {"n": "number", "r": "repeat", "p": "precision"}[found[1]]
            setattr(options, name, int(found[2]))
        else:
            options.rest = rest
            return options
        rest = rest[found.end() :]


def refuse_rest(options: Options) -> None:
    """Raise an error when the line of `%%jtime` holds more than options."""
    if options.rest:
        raise OptionError(
            f"%%jtime times the cell below it and takes options only.\nGot: {options.rest}\n"
            f"Do: prepare what the cell needs in a cell of its own; {_KNOWN}."
        )


def expressions(text: str) -> list[str]:
    """The expression of a line, or the two that ` vs ` is between.

    >>> expressions("f(x) vs g(x)"), expressions("f('a vs b')")
    (['f(x)', 'g(x)'], ["f('a vs b')"])
    """
    if not text:
        raise OptionError(
            "%jtime needs something to time.\nGot: an empty line.\n"
            "Do: write an expression, as in `%jtime f(x)`, or two: `%jtime f(x) vs g(x)`."
        )
    parts = versus.split(text)
    if parts:
        return parts
    hint = f" ({_KNOWN})" if text.startswith("-") else ""
    raise OptionError(
        f"%jtime cannot read this as an expression: {versus.fault_of(text)}.\nGot: {text}\n"
        f"Do: write an expression, or two with ` vs ` between them{hint}; "
        "for statements use %%jtime."
    )


def written(text: str, scope: dict[str, Any]) -> Written:
    """An expression of a line magic as a call in the notebook's namespace."""
    tree = ast.parse(text, mode="eval")
    file_name = placed(tree, text, "jtime")
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    made = ast.copy_location(ast.Lambda(nothing, tree.body), tree.body)
    expression = ast.fix_missing_locations(ast.Expression(made))
    code = compile(expression, file_name, "eval", dont_inherit=True)
    return Written(shortened(text), eval(code, scope), _used([tree], scope))


def written_cell(cell: CellText, scope: dict[str, Any]) -> Written:
    """The body of a cell as a call. It gets a namespace of its own, which begins as the
    notebook's and lasts from run to run: nothing that it assigns reaches the notebook."""
    statements = celltext.parse(cell)
    if not statements:
        raise OptionError(
            "%%jtime needs something to time.\nGot: an empty cell.\nDo: write the code to time "
            "below it."
        )
    used, own = _used(statements, scope), dict(scope)
    names = [*_assigned(cell), _RESULT]
    last = statements[-1]
    if isinstance(last, ast.Expr):
        target = ast.Name(_RESULT, ast.Store())
        statements[-1] = ast.Assign([target], last.value)
        ast.copy_location(statements[-1], last)
    module = ast.fix_missing_locations(ast.Module(statements, []))
    try:
        code = compile(module, cell.file_name, "exec", dont_inherit=True)
    except SyntaxError as fault:  # what parses may still be misplaced: a `return`, an `await`
        place = fault.lineno or cell.first_line
        failed = f"The cell is not valid Python: {fault.msg}."
        raise cell.error(place, failed, "mend that line.") from None

    def run() -> Any:
        __tracebackhide__ = True
        exec(code, own)
        return [own.get(name) for name in names]

    return Written("the cell", run, used)


_RESULT = "<result>"


def _assigned(cell: CellText) -> list[str]:
    """The names that the cell assigns: their values are waited for."""
    table = symtable.symtable(cell.body, cell.file_name, "exec")
    return [symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()]


def _used(trees: Iterable[ast.AST], scope: dict[str, Any]) -> dict[str, Any]:
    nodes = (node for tree in trees for node in ast.walk(tree))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return {name: scope[name] for name in sorted(names) if name in scope}


def shortened(text: str) -> str:
    """An expression on one line."""
    line = text.replace("\n", " ")
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
