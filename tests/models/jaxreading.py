"""JAX's own jaxpr and XLA's own text, read as simply as can be: what jaxplore is held to."""

import re
from collections.abc import Iterator
from typing import Any

# Primitive, types in, types out.
Row = tuple[str, tuple[str, ...], tuple[str, ...]]


def rows(jaxpr: Any) -> list[Row]:
    """Each equation with those of its nested programs after it, in JAX's order."""
    found: list[Row] = []
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        found.append((equation.primitive.name, types(equation.invars), types(equation.outvars)))
        for inner in programs_in(equation.params):
            found += rows(inner)
    return found


def programs_in(params: dict[str, Any]) -> Iterator[Any]:
    for value in params.values():
        for part in value if isinstance(value, (tuple, list)) else [value]:
            if hasattr(getattr(part, "jaxpr", part), "eqns"):
                yield part


def types(variables: Any) -> tuple[str, ...]:
    return tuple(variable.aval.str_short(short_dtypes=True) for variable in variables)


def whole_types(jaxpr: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Types of a program's inputs and outputs."""
    opened = getattr(jaxpr, "jaxpr", jaxpr)
    return types(opened.invars), types(opened.outvars)


def lines_named(text: str) -> set[tuple[str, int]]:
    """Each file and line that the metadata of an executable's text names."""
    table = text[: text.index("StackFrames")]
    files = dict(re.findall(r'^(\d+) "(.*)"$', table[: table.index("FunctionNames")], re.MULTILINE))
    rows = re.findall(r"\{file_name_id=(\d+) .*?\bline=(\d+) end_line=(\d+)", table)
    return {
        (files[file], line)
        for file, first, last in rows
        for line in range(int(first), int(last) + 1)
    }
