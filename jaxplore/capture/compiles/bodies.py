"""What a loop outside jit repeats, and how: scan, while_loop, cond, map."""

from typing import Any, Final

from jaxplore.capture.programs.jaxprs import nested, opened
from jaxplore.capture.source import files
from jaxplore.capture.source.spans import SpanTable
from jaxplore.model.compiles import Setting

_LOOKED_AT: Final = 50


def body_text(jaxpr: Any) -> str:
    """The functions that an operation such as scan repeats: `"<lambda> line 12"`; `""` for an
    operation that repeats none."""
    found: dict[str, None] = {}
    for equation in opened(jaxpr).eqns:
        for _, inner in nested(equation.params):
            info = getattr(opened(inner), "debug_info", None)
            text = _body(info) or _first_expression(opened(inner))
            if text:
                found[text] = None
    return ", ".join(found)


def _body(info: Any) -> str:
    file_name = getattr(info, "func_filename", None)
    name = str(getattr(info, "func_name", "") or "")
    if file_name is None or files.owner(file_name) != "user" or not name:
        return ""
    source = str(getattr(info, "func_src_info", "") or "")
    line = getattr(info, "func_lineno", None)
    if line is None and source.rpartition(":")[2].isdigit():
        line = int(source.rpartition(":")[2])
    return f"{name} line {line}" if line else name


def _first_expression(jaxpr: Any) -> str:
    """Where the user's code in a library's loop body stands: `lax.map` wraps what it maps."""
    spans = SpanTable()
    for equation in jaxpr.eqns[:_LOOKED_AT]:
        span = spans.of_traceback(equation.source_info.traceback)
        if span is not None and span.function != "<module>":
            return f"{span.function.rpartition('.')[2]} line {span.line}"
    return ""


def body_options(jaxpr: Any) -> tuple[Setting, ...]:
    """How an operation repeats its body: `length=10`, `reverse=True`."""
    found: list[Setting] = []
    for equation in opened(jaxpr).eqns[:1]:
        for name, value in equation.params.items():
            if type(value) in (int, bool, str):
                found.append(Setting(name=name, text=str(value)))
    return tuple(found)
