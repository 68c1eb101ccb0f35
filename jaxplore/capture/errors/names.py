"""What the user calls an array: the expression of the line that failed, or a part of it."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jax

from jaxplore.model.span import Span

_MOST_LEAVES: Final = 2_000


def named_arrays(span: Span | None, names: Mapping[str, Any]) -> dict[str, Any]:
    """Expression -> array, for the names in an expression and what is in their trees.

    Nothing of the user's is called but what takes their own pytrees apart.

    Args:
        span: The expression.
        names: The names that it may use, with their values.
    """
    found: dict[str, Any] = {}
    for name in _names(span):
        if name in names:
            for path, leaf in _leaves(names[name]):
                found.setdefault(name + path, leaf)
                if len(found) >= _MOST_LEAVES:
                    return found
    return found


def _names(span: Span | None) -> Iterator[str]:
    """The names in an expression, in the order they are written."""
    if span is None:
        return
    try:
        tree = ast.parse(span.text.strip())
    except SyntaxError:
        return
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    yield from dict.fromkeys(
        node.id for node in sorted(named, key=lambda node: (node.lineno, node.col_offset))
    )


def _leaves(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, jax.Array):
        yield "", value
    elif not callable(value):
        for path, leaf in jax.tree_util.tree_flatten_with_path(value)[0]:
            if isinstance(leaf, jax.Array):
                yield jax.tree_util.keystr(path), leaf
