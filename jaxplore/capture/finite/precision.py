"""What a function computes in: whether it keeps to a lower precision than it is given."""

from collections.abc import Iterator, Sequence
from typing import Any

import jax.numpy as jnp

from jaxplore.capture import _hooks
from jaxplore.capture.programs import jaxprs
from jaxplore.capture.source.spans import SpanTable


def lowest_precision(jaxpr: Any, moved: Sequence[bool]) -> tuple[Any, str]:
    """The coarsest floating type that something computed from the moved inputs has, and the
    expression that made it so.

    Args:
        jaxpr: Of the function.
        moved: Which of its inputs are moved.
    """
    spans = SpanTable()
    found: tuple[Any, str] = (jnp.dtype("float64"), "")
    for equation in _reached(jaxprs.opened(jaxpr), moved):
        for var in equation.outvars:
            dtype = getattr(var.aval, "dtype", None)
            if dtype is None or not jnp.issubdtype(dtype, jnp.floating):
                continue
            if jnp.finfo(dtype).eps > jnp.finfo(found[0]).eps:
                span = spans.of_traceback(equation.source_info.traceback)
                found = (dtype, "" if span is None else span.quoted(60))
    return found


def _reached(jaxpr: Any, moved: Sequence[bool]) -> Iterator[Any]:
    """Equations that read something computed from the moved inputs, nested ones included."""
    reached = {var for var, is_moved in zip(jaxpr.invars, moved, strict=True) if is_moved}
    for equation in jaxpr.eqns:
        reads = [not isinstance(v, _hooks.Literal) and v in reached for v in equation.invars]
        if not any(reads):
            continue
        reached.update(equation.outvars)
        inner = [jaxprs.opened(part) for _, part in jaxprs.nested(equation.params)]
        if not inner:
            yield equation
        for part in inner:
            count = len(part.invars)
            # Loops hand their results back to their inputs, branches have one input less.
            plain = len(inner) == 1 and count == len(reads) and equation.primitive.name != "scan"
            yield from _reached(part, reads if plain else [True] * count)


def custom_rules(jaxpr: Any) -> list[str]:
    """Names of the user's own functions with a rule of differentiation, in order."""
    found: dict[str, None] = {}
    open_ = [jaxprs.opened(jaxpr)]
    while open_:
        for equation in open_.pop().eqns:
            for _, inner in jaxprs.nested(equation.params):
                open_.append(jaxprs.opened(inner))
            if equation.primitive.name.startswith("custom_"):
                name = _user_name(equation)
                if name:
                    found[name] = None
    return [*found]


def _user_name(equation: Any) -> str:
    """The function's name; empty where it is a library's."""
    for _, inner in jaxprs.nested(equation.params):
        info = getattr(jaxprs.opened(inner), "debug_info", None)
        said = str(getattr(info, "func_src_info", "") or "")
        if said and "site-packages" not in said:
            return said.split(" at ")[0]
    return ""
