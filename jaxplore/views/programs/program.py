"""A program as text and as HTML without script: source, jaxpr and a picture of the graph."""

from collections.abc import Sequence
from html import escape
from typing import Final

from jaxplore.faults import contained
from jaxplore.model.collectives import Collectives
from jaxplore.model.program import Program, Source, Stage
from jaxplore.model.span import Span
from jaxplore.views.mode import deterministic
from jaxplore.views.picture import img
from jaxplore.views.units import counted

STAGE_TITLES = {"jaxpr": "jaxpr", "stablehlo": "StableHLO", "hlo": "optimised HLO"}

# A cell must stay readable and a notebook small: longer texts are cut, and say so.
_TEXT_LINES = 200
_HTML_LINES = 400
_WIDEST = 64
# A picture costs its reader's notebook four thirds of its size.
_PICTURE_BYTES: Final = 40_000
_PICTURE_HEIGHT: Final = 1000
_SMALLEST: Final = 0.6


def text(program: Program) -> str:
    """The jaxpr with the user's expression beside each equation.

    For terminals, screen readers and notebooks under test: no times, no ids.
    """
    stage = program.stages.get("jaxpr")
    if stage is None:
        stage = next(iter(program.stages.values()), Stage(text="", links=()))
    lines = _beside(stage)
    return "\n".join([program.summary(), *_cut(lines, _TEXT_LINES)])


def stage_text(program: Program, name: str) -> str:
    """One stage's text with the user's expression beside each line that has one."""
    stage = program.stages.get(name, Stage(text="", links=(), error="not made"))
    return "\n".join([program.summary(), *_cut(_beside(stage), _TEXT_LINES)])


def _beside(stage: Stage) -> list[str]:
    """The lines of a stage, each with where it comes from."""
    lines = stage.text.split("\n") if stage.text else []
    if stage.error:
        lines.append(stage.error)
    origin: dict[int, Span] = {}
    for link in stage.links:
        if link.spans:
            origin[link.first_line] = link.spans[0]
    widths = [len(line) for number, line in enumerate(lines, 1) if number in origin]
    width = min(max(widths, default=0), _WIDEST)
    return [
        f"{line:<{width}}  # {_where(origin[number])}" if number in origin else line
        for number, line in enumerate(lines, 1)
    ]


def _where(span: Span) -> str:
    file = span.file.rsplit("/", 1)[-1]
    expression = " ".join(span.text.split())
    shown = expression if len(expression) <= 60 else expression[:59] + "…"
    return f"{file}:{span.line}  {shown}" if shown else f"{file}:{span.line}"


def _cut(lines: Sequence[str], most: int) -> list[str]:
    if len(lines) <= most:
        return list(lines)
    return [*lines[:most], f"... {len(lines) - most:,} more lines; .save('program.html') has all"]


_PRE = "margin:0;font-size:12px;line-height:1.45;background:transparent;white-space:pre"
_COLUMN = "text-align:left;vertical-align:top;padding:0 16px 0 0"


def html(
    program: Program,
    *,
    stages: Sequence[str] | None = None,
    with_source: bool = True,
    sent: Collectives | None = None,
) -> str:
    """Source and jaxpr side by side, the graph and the other stages below.

    Reads with its scripts and styles stripped, as on GitHub; all text is escaped. In
    deterministic mode without the graph: which equations there are depends on JAX's version.
    With `sent` it says what devices send, and the graph is marked where they do.
    Without the source each line of the jaxpr still has its expression beside it.
    """
    names = [n for n in program.stages if stages is None or n in stages]
    source = "\n".join(_numbered(part) for part in program.sources)
    columns: list[str] = []
    if source and with_source:
        columns.append(_column("source", _cut(source.split("\n"), _HTML_LINES)))
    if "jaxpr" in names:
        lines = _beside(program.stages["jaxpr"])
        columns.append(_column("jaxpr", _cut(lines, _HTML_LINES)))
    graph = "" if deterministic() else _graph(program, sent)
    moved = "" if sent is None else f"<p>{escape(sending_text(sent))}</p>"
    folded = "".join(_folded(n, program.stages[n]) for n in names if n != "jaxpr")
    return (
        '<details open class="jaxplore-program"><summary style="cursor:pointer">'
        f"{escape(program.summary())}</summary>"
        f"{moved}<table><tbody><tr>{''.join(columns)}</tr></tbody></table>{graph}{folded}"
        "</details>"
    )


def sending_text(sent: Collectives) -> str:
    """What devices send, in one line; how much of it depends on the version of XLA."""
    from jaxplore.views.graph.sending import overview

    return counted(sent.devices, "device") if deterministic() else overview(sent)


def _graph(program: Program, sent: Collectives | None) -> str:
    """The picture; nothing where it cannot be small."""
    from jaxplore.views.graph.svg import small_picture

    with contained("draw the graph"):
        drawn = small_picture(program, _PICTURE_BYTES, sent)
        if drawn is not None:
            scale = max(_SMALLEST, min(1, _PICTURE_HEIGHT / drawn.height))
            width, height = round(drawn.width * scale), round(drawn.height * scale)
            image = img(drawn.svg, said=drawn.said, width=width, height=height)
            return f'<div style="overflow-x:auto"><b>graph</b><br>{image}</div>'
    return ""


def _numbered(source: Source) -> str:
    lines = source.text.split("\n")
    width = len(str(source.first_line + len(lines) - 1))
    rows = [f"{n:>{width}}  {line}" for n, line in enumerate(lines, source.first_line)]
    return "\n".join([source.file, *rows])


def _column(title: str, lines: Sequence[str]) -> str:
    body = escape("\n".join(lines))
    return f'<td style="{_COLUMN}"><b>{title}</b><pre style="{_PRE}">{body}</pre></td>'


def _folded(name: str, stage: Stage) -> str:
    lines = stage.text.split("\n") if stage.text else [stage.error or ""]
    body = escape("\n".join(_cut(lines, _HTML_LINES)))
    title = STAGE_TITLES[name]
    return f'<details><summary>{title}</summary><pre style="{_PRE}">{body}</pre></details>'
