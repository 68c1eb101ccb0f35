"""Measured seconds per expression, as the page reads them."""

from collections.abc import Iterable, Mapping
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


def columns(seconds: Mapping[Span, float], program: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The wire's spans that were measured, by index, and their seconds."""
    strings, spans = program["strings"], program["spans"]
    places = zip(
        spans["file"],
        spans["line"],
        spans["column"],
        spans["end_line"],
        spans["end_column"],
        strict=True,
    )
    index = {(strings[file], *rest): i for i, (file, *rest) in enumerate(places)}
    found: dict[int, float] = {}
    for span, time_s in seconds.items():
        place = (span.file, span.line, span.column, span.end_line, span.end_column)
        if place in index:
            found[index[place]] = time_s
    return {"span": sorted(found), "seconds": [found[i] for i in sorted(found)]}
