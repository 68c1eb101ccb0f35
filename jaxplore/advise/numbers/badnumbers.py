"""What made the first bad number of a run, and what to do about it."""

from dataclasses import dataclass
from typing import Final

from jaxplore.advise.numbers.badfixes import (
    Fix,
    Where,
    double_where,
    known_form,
    single,
    where_about,
)
from jaxplore.advise.numbers.badpoints import bad_point
from jaxplore.advise.numbers.badwords import counted, told
from jaxplore.advise.numbers.numberflow import NumberFlow
from jaxplore.model.numerics import Input, Numerics
from jaxplore.model.record import Record
from jaxplore.model.span import Span

_QUOTED: Final = 80
_OUT_OF_RANGE: Final = (
    "root of a negative number",
    "log of a negative number",
    "power of a negative number",
    "outside of a domain",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadNumber(Record):
    """A cause of a NaN or Inf: the id of the catalogue, what happened, what to do."""

    id: str
    """`"Q04"` where only a derivative is bad, else `"E19"`."""
    kind: str
    """`"where with an unsafe branch"`, `"log at zero"`, ...; empty where none is known."""
    explanation: str
    advice: str
    span: Span | None
    """The expression to change."""
    rewrite: str
    """What to write instead of it; empty where that depends on what the program means."""


def causes(record: Numerics) -> tuple[BadNumber, ...]:
    """Why there are bad numbers, first what came first."""
    found = [_argument(one) for one in record.bad_arguments]
    if record.first_bad is not None:
        found.append(_made(record))
    return tuple(found)


def _argument(given: Input) -> BadNumber:
    return BadNumber(
        id="E19",
        kind="bad argument",
        explanation=f"`{given.name}` held {counted(given.range.nan, given.range.inf)} of "
        f"{given.range.size:,} before anything ran",
        advice=f"look at what made `{given.name}`, not at this program",
        span=None,
        rewrite="",
    )


def _made(record: Numerics) -> BadNumber:
    bad = record.first_bad
    assert bad is not None
    flow = NumberFlow(record.program)
    point = bad_point(flow, bad)
    where = where_about(record, flow, bad, point)
    words = told(bad, point)
    kind, said, general = words.kind, words.explanation, words.advice
    fix = stable = known_form(flow, bad)
    is_hidden = where is not None and bool(where.condition)
    if where is not None and is_hidden:
        said += f"; `{where.span.quoted(_QUOTED)}` leaves that element out of the value"
        has_gradient = any(one.phase == "backward" for one in record.program.equations)
        if has_gradient and not bad.reaches_result:
            return _harmless(kind, said, bad.span)
        said += _BOTH if has_gradient else _WOULD
        kind = "where with an unsafe branch"
        fix = double_where(flow, bad, point, where)
        if point.operation != "infinities":
            general = _safe_argument(where)
    fix = fix or single(record, flow, point)
    return BadNumber(
        id="Q04" if point.is_of_derivative or is_hidden else "E19",
        kind=kind,
        explanation=said,
        advice=_advice(fix, general, of_more=fix is stable, is_guess=kind in _OUT_OF_RANGE),
        span=bad.span if fix is None else fix.span,
        rewrite="" if fix is None else fix.text,
    )


_BOTH: Final = ", but its gradient goes through both branches, and 0 * inf is NaN"
_WOULD: Final = "; a gradient would go through both branches all the same, and 0 * inf is NaN"


def _harmless(kind: str, said: str, span: Span | None) -> BadNumber:
    return BadNumber(
        id="E19",
        kind=kind,
        explanation=said,
        advice="nothing needs to be done: neither the value nor the gradient is bad because of it",
        span=span,
        rewrite="",
    )


def _safe_argument(where: Where) -> str:
    return (
        f"choose a safe argument before the operation too: where `{where.condition}` is "
        f"{'false' if where.is_true_case else 'true'}, give it 1"
    )


def _advice(fix: Fix | None, general: str, *, of_more: bool, is_guess: bool) -> str:
    if fix is None:
        return general
    if of_more:
        return f"for `{fix.span.quoted(_QUOTED)}` write `{fix.text}`"
    # Only the user knows what a number that is out of range means.
    given = "if such a number can only be a rounding error, " if is_guess else ""
    return f"{given}write `{fix.text}`"
