"""What is measured or told per expression, as the page reads it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from jaxplore.model.span import Span


class Line(Protocol):
    """What an expression took, its own part."""

    @property
    def span(self) -> Span | None: ...
    @property
    def self_s(self) -> float: ...


class Measured(Protocol):
    """A profile."""

    @property
    def lines(self) -> Iterable[Line]: ...


Seconds = Mapping[Span, float] | Measured


def by_span(seconds: Seconds) -> dict[Span, float]:
    """Seconds of each expression; those of one that has several lines are added."""
    if isinstance(seconds, Mapping):
        return dict(seconds)
    found: dict[Span, float] = {}
    for line in seconds.lines:
        if line.span is not None:
            found[line.span] = found.get(line.span, 0.0) + line.self_s
    return found


def places(program: Mapping[str, Any]) -> Callable[[Span | None], int]:
    """Finds the index of an expression among the spans of a program's columns; -1 for none."""
    strings, spans = program["strings"], program["spans"]
    rows = zip(
        spans["file"],
        spans["line"],
        spans["column"],
        spans["end_line"],
        spans["end_column"],
        strict=True,
    )
    index = {(strings[file], *rest): i for i, (file, *rest) in enumerate(rows)}

    def place(span: Span | None) -> int:
        if span is None:
            return -1
        key = (span.file, span.line, span.column, span.end_line, span.end_column)
        return index.get(key, -1)

    return place


def columns(
    seconds: Mapping[Span, float], place: Callable[[Span | None], int]
) -> dict[str, list[Any]]:
    """The wire's spans that were measured, by index, and their seconds."""
    found = {place(span): time_s for span, time_s in seconds.items()}
    measured = sorted(index for index in found if index >= 0)
    return {"span": measured, "seconds": [found[index] for index in measured]}
