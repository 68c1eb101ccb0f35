"""What an explanation is made of, and the words that all of them use."""

from dataclasses import dataclass, field

from jaxplore.model.compiles import Change, Miss
from jaxplore.model.span import Span

_QUOTED = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The id of a cause, what to say, and what to do about it."""

    id: str
    explanation: str
    advice: str
    changes: tuple[Change, ...] = ()
    details: tuple[str, ...] = ()
    compared_at_s: float | None = field(default=None, compare=False)
    """When the earlier compile that this one was compared with began to compile."""


def at(span: Span | None) -> str:
    """The beginning of an advice: where to do it, with the user's own words."""
    if span is None:
        return ""
    text = span.quoted(_QUOTED)
    # Half an expression would not be found in the source.
    shown = "" if not text or text.endswith("…") else f" `{text}`"
    return f"{span.place}{shown}: "


def at_call(miss: Miss) -> str:
    """`at` of the call that had to wait."""
    return at(miss.call_site)


def ordinal(number: int) -> str:
    """A number as a rank.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd']
    """
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def more(count: int, noun: str) -> str:
    """What is not said in full.

    >>> more(0, "argument"), more(1, "argument"), more(48, "argument")
    ('', ', and 1 more argument', ', and 48 more arguments')
    """
    if count <= 0:
        return ""
    return f", and {count} more {noun}" if count == 1 else f", and {count} more {noun}s"
