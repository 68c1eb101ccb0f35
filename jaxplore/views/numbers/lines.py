"""The numbers of a run per expression of the user's: what its equations gave to the others.

Which equations an expression becomes depends on JAX's version; what it gives does not.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jaxplore.advise.numbers.badpoints import is_of_derivative, magnitude
from jaxplore.advise.numbers.numberflow import NumberFlow
from jaxplore.model.numerics import Numerics, NumericsRow
from jaxplore.model.program import Phase
from jaxplore.model.span import Span

FOREIGN = "code without a place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one expression computed in one direction."""

    span: Span | None
    phase: Phase
    minimum: float | None
    maximum: float | None
    nan: int
    inf: int
    zero: int
    size: int
    saturated: float | None
    """The share of its activation's units that are; None where it has none."""
    rows: tuple[NumericsRow, ...]
    """Of all its equations, also of those that only it reads."""
    is_first_bad: bool

    @property
    def magnitude(self) -> float:
        """The largest modulus of its finite numbers; 0 where it has none."""
        largest = magnitude(self.minimum, self.maximum)
        return largest if math.isfinite(largest) else 0.0

    @property
    def is_bad(self) -> bool:
        """Whether it gave a NaN or Inf."""
        return bool(self.nan or self.inf)

    @property
    def expression(self) -> str:
        """The expression on one line."""
        return FOREIGN if self.span is None else self.span.quoted(80)


def lines(record: Numerics) -> list[Line]:
    """One per expression and direction, in the order they are first computed."""
    program, flow = record.program, NumberFlow(record.program)
    groups: dict[tuple[Span | None, Phase], list[NumericsRow]] = {}
    for row in record.rows:
        # What an equation that holds a program gives, an equation within gave already.
        if row.runs and not program.equations[row.equation].regions:
            groups.setdefault((row.span, row.phase), []).append(row)
    first = _first_bad(record, flow, groups)
    outputs = {flow.origin(value) for value in program.regions[0].outputs}
    return [
        _line(key, rows, _given(flow, rows, outputs), is_first_bad=key == first)
        for key, rows in groups.items()
    ]


def _first_bad(
    record: Numerics, flow: NumberFlow, groups: dict[tuple[Span | None, Phase], list[NumericsRow]]
) -> tuple[Span | None, Phase] | None:
    """The line of the first bad number: a derivative's is that of the backward pass."""
    bad = record.first_bad
    if bad is None:
        return None
    backward: tuple[Span | None, Phase] = (bad.span, "backward")
    return backward if is_of_derivative(flow, bad) and backward in groups else (bad.span, bad.phase)


def _given(flow: NumberFlow, rows: Sequence[NumericsRow], outputs: set[int]) -> list[NumericsRow]:
    """Those rows whose numbers leave the expression, in its own direction."""
    values = [
        row
        for row in rows
        if row.phase == "backward" or not flow.is_only_for_backward(row.equation)
    ]
    inner = {row.equation for row in values}
    found = [row for row in values if _is_read_outside(flow, row, inner, outputs)]
    # The value that a gradient is of is read by nothing.
    found = found or [row for row in values if not _readers(flow, row) & inner]
    return found or list(rows)


def _is_read_outside(
    flow: NumberFlow, row: NumericsRow, inner: set[int], outputs: set[int]
) -> bool:
    equations = flow.program.equations
    if not outputs.isdisjoint(equations[row.equation].outputs):
        return True
    return any(equations[index].phase == row.phase for index in _readers(flow, row) - inner)


def _readers(flow: NumberFlow, row: NumericsRow) -> set[int]:
    values = flow.program.equations[row.equation].outputs
    return {index for value in values for index, _ in flow.readers(value)}


def _line(
    key: tuple[Span | None, Phase],
    rows: Sequence[NumericsRow],
    given: Sequence[NumericsRow],
    *,
    is_first_bad: bool,
) -> Line:
    span, phase = key
    saturated = [(row.saturated, row.size) for row in rows if row.saturated is not None]
    return Line(
        span=span,
        phase=phase,
        minimum=min(_known(row.minimum for row in given), default=None),
        maximum=max(_known(row.maximum for row in given), default=None),
        nan=sum(row.nan for row in given),
        inf=sum(row.inf for row in given),
        zero=sum(row.zero for row in given),
        size=sum(row.size for row in given),
        saturated=_share(saturated) if saturated else None,
        rows=tuple(rows),
        is_first_bad=is_first_bad,
    )


def _known(numbers: Iterator[float | None]) -> list[float]:
    return [one for one in numbers if one is not None]


def _share(parts: Sequence[tuple[int, int]]) -> float:
    return sum(part for part, _ in parts) / max(1, sum(whole for _, whole in parts))
