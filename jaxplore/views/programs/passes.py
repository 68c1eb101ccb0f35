"""What XLA did, as text and as HTML without script: a list of passes, each with its diff."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

from jaxplore.model.passes import Pass, Passes
from jaxplore.model.program import Stage
from jaxplore.model.span import Span
from jaxplore.model.wire.passes import encode_passes
from jaxplore.views.pages.page import zipped

# A cell must stay readable and a notebook small: longer texts are cut, and say so.
_TEXT_LINES: Final = 40
_HTML_LINES: Final = 200
_WIDEST: Final = 100
_LONGEST_QUOTE: Final = 60
_PRE: Final = "margin:0;font-size:12px;line-height:1.45;background:transparent;white-space:pre"


def payload(passes: Passes) -> dict[str, Any]:
    """What the browser gets, compressed when large."""
    return zipped(encode_passes(passes))


def text(passes: Passes) -> str:
    """The list of passes, then each change with the expression it is about."""
    parts = [str(passes)]
    for number, made in enumerate(passes.passes, 1):
        parts += ["", f"{number}  {made.summary()}", *_cut(_beside(made.diff), _TEXT_LINES)]
    return "\n".join(parts)


def html(passes: Passes) -> str:
    """The same, each diff folded; reads with its scripts and styles stripped."""
    folded = "".join(_pass(number, made) for number, made in enumerate(passes.passes, 1))
    error = f"<p><b>{escape(passes.error)}</b></p>" if passes.error else ""
    named = (("LLVM IR", passes.llvm), (passes.assembly_name, passes.assembly))
    code = "".join(_code(name, stage) for name, stage in named if stage is not None)
    return (
        '<details open class="jaxplore-passes"><summary style="cursor:pointer">'
        f"{escape(passes.summary())}</summary>{error}{folded}{code}</details>"
    )


def _pass(number: int, made: Pass) -> str:
    lines = _cut(_beside(made.diff), _HTML_LINES)
    return _folded(f"{number}  {made.summary()}", lines)


def _code(name: str, stage: Stage) -> str:
    return _folded(name, [stage.error] if stage.error else _cut(stage.text.split("\n"), 400))


def _folded(title: str, lines: Sequence[str]) -> str:
    body = escape("\n".join(lines))
    return f'<details><summary>{escape(title)}</summary><pre style="{_PRE}">{body}</pre></details>'


def _beside(diff: Stage) -> list[str]:
    """The lines of a diff, those that changed with the expression they came from."""
    origin: dict[int, Span] = {link.first_line: link.spans[0] for link in diff.links if link.spans}
    shown: list[str] = []
    for number, line in enumerate(diff.text.split("\n"), 1):
        short = line if len(line) <= _WIDEST else line[: _WIDEST - 1] + "…"
        span = origin.get(number) if line[:1] in "+-" else None
        shown.append(
            short if span is None else f"{short:<{_WIDEST}}  # {span.described(_LONGEST_QUOTE)}"
        )
    return shown


def _cut(lines: Sequence[str], most: int) -> list[str]:
    if len(lines) <= most:
        return list(lines)
    return [*lines[:most], f"... {len(lines) - most:,} more lines; .passes[i].diff.text has all"]
