"""Versions and what asks for them, as far as they are plain numbers with dots.

Of a version that is anything else (a release candidate, one built from source) nothing is
said: a finding must be true.
"""

import re
from typing import Final

_PLAIN: Final = re.compile(r"\d+(\.\d+)*")
_CLAUSE: Final = re.compile(r"(<=|>=|==|!=|~=|<|>)(\d+(?:\.\d+)*)(\.\*)?")

Release = tuple[int, ...]


def release(version: str) -> Release | None:
    """The numbers of a version without the zeros at its end; None where it has more.

    >>> release("0.10.2"), release("12.0"), release("0.11.0rc1")
    ((0, 10, 2), (12,), None)
    """
    if _PLAIN.fullmatch(version) is None:
        return None
    numbers = [int(part) for part in version.split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def satisfies(version: str, wanted: str) -> bool | None:
    """Whether a version is one of those wanted; None where that cannot be said.

    >>> satisfies("0.10.2", ">=0.4.38,!=0.7.0"), satisfies("0.10.2", "<0.5"), satisfies("1", "@x")
    (True, False, None)
    """
    have = release(version)
    if have is None:
        return None
    answers = [_holds(have, clause.strip()) for clause in wanted.split(",") if clause.strip()]
    if False in answers:
        return False
    return None if None in answers else True


def _holds(have: Release, clause: str) -> bool | None:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        return None
    sign, number, is_prefix = match.groups()
    parts = tuple(int(part) for part in number.split("."))
    if is_prefix:
        begins = _padded(have, len(parts))[: len(parts)] == parts
        return {"==": begins, "!=": not begins}.get(sign)
    want = release(number) or ()
    if sign == "~=":
        return have >= want and _padded(have, len(parts))[: len(parts) - 1] == parts[:-1]
    return {
        "<=": have <= want,
        ">=": have >= want,
        "==": have == want,
        "!=": have != want,
        "<": have < want,
        ">": have > want,
    }[sign]


def _padded(numbers: Release, length: int) -> Release:
    return numbers + (0,) * (length - len(numbers))


def at_least(version: str, least: str) -> bool | None:
    """Whether a version is `least` or later; None where that cannot be said."""
    return satisfies(version, f">={least}")
