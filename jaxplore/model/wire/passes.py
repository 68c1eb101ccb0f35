"""What XLA did, as columns: what a browser gets beside the program.

Equations are named as in the program. Texts are cut where they would make a notebook
heavy, and say so; the record itself has all of them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from jaxplore.model.passes import Passes
from jaxplore.model.program import Link, Stage
from jaxplore.model.span import Span

FORMAT: Final = "jaxplore.passes/1"

_LONGEST_LINE: Final = 2_000
_LONGEST_DIFF: Final = 60_000
_LONGEST_CODE: Final = 400_000
# All diffs together: the first passes change most, so each gets its own share at least.
_ALL_DIFFS: Final = 1_500_000
_LEAST_DIFF: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PassColumns:
    """One row per pass that changed something, in order."""

    name: list[int]
    """Index into `strings`, as are all texts."""
    words: list[int]
    pipeline: list[int]
    before: list[int]
    """Instructions before."""
    after: list[int]
    added: list[int]
    """Lines."""
    removed: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceColumns:
    """One row per expression that no equation stands for."""

    file: list[int]
    """Index into `strings`."""
    line: list[int]
    column: list[int]
    end_line: list[int]
    end_column: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWire:
    """A text; one row per link. Lines count from 1, ends are inclusive."""

    name: str
    text: str
    error: str | None
    left_out: int
    """How many lines were cut off at the end."""
    first_line: list[int]
    last_line: list[int]
    equation_count: list[int]
    """How many entries of `equations` belong to each link, in order."""
    equations: list[int]
    span_count: list[int]
    spans: list[int]
    """Index into `places`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassesWire:
    """Everything that XLA did."""

    format: str
    strings: list[str]
    places: PlaceColumns
    passes: PassColumns
    diffs: list[TextWire]
    """One per pass."""
    code: list[TextWire]
    """LLVM IR, and assembly or PTX: what there is of them."""
    error: str | None
    seconds: float


def encode_passes(passes: Passes) -> dict[str, Any]:
    """The JSON form of what XLA did."""
    strings, places = dict[str, int](), dict[Span, int]()

    def index(text: str) -> int:
        return strings.setdefault(text, len(strings))

    rows = passes.passes
    share = max(_LEAST_DIFF, min(_LONGEST_DIFF, _ALL_DIFFS // max(1, len(rows))))
    named = (("LLVM IR", passes.llvm), (passes.assembly_name, passes.assembly))
    wire = PassesWire(
        format=FORMAT,
        passes=PassColumns(
            name=[index(row.name) for row in rows],
            words=[index(row.words) for row in rows],
            pipeline=[index(row.pipeline) for row in rows],
            before=[row.before_instructions for row in rows],
            after=[row.after_instructions for row in rows],
            added=[row.added for row in rows],
            removed=[row.removed for row in rows],
        ),
        diffs=[_text("", row.diff, share, places) for row in rows],
        code=[_text(name, s, _LONGEST_CODE, places) for name, s in named if s is not None],
        places=_places(places, index),
        strings=list(strings),
        error=passes.error,
        seconds=round(passes.seconds, 3),
    )
    return asdict(wire)


def _text(name: str, stage: Stage, most: int, places: dict[Span, int]) -> TextWire:
    lines, left_out = _cut(stage.text.split("\n") if stage.text else [], most)
    links = [link for link in stage.links if link.first_line <= len(lines)]
    spans = [_spans(link) for link in links]
    return TextWire(
        name=name,
        text="\n".join(lines),
        error=stage.error,
        left_out=left_out,
        first_line=[link.first_line for link in links],
        last_line=[min(link.last_line, len(lines)) for link in links],
        equation_count=[len(link.equations) for link in links],
        equations=[equation for link in links for equation in link.equations],
        span_count=[len(found) for found in spans],
        spans=[places.setdefault(span, len(places)) for found in spans for span in found],
    )


def _spans(link: Link) -> Sequence[Span]:
    # Equations know their own expressions.
    return () if link.equations else link.spans


def _cut(lines: Sequence[str], most: int) -> tuple[list[str], int]:
    kept: list[str] = []
    for line in lines:
        shown = line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"
        most -= len(shown) + 1
        if most < 0 and kept:
            break
        kept.append(shown)
    return kept, len(lines) - len(kept)


def _places(spans: Iterable[Span], index: Callable[[str], int]) -> PlaceColumns:
    rows = list(spans)
    return PlaceColumns(
        file=[index(span.file) for span in rows],
        line=[span.line for span in rows],
        column=[span.column for span in rows],
        end_line=[span.end_line for span in rows],
        end_column=[span.end_column for span in rows],
    )
