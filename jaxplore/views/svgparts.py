"""What the SVG of several records has in common: text that XML can hold, short numbers, letters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Final

MONOSPACE: Final = "ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace"
# What XML cannot hold, or would not keep as it is.
_IMPOSSIBLE: Final = re.compile("[\x00-\x1f\ufffe\uffff\ud800-\udfff]")
_SPECIAL: Final = re.compile("[&<>\"']|  ")


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG and its size."""

    svg: str
    width: int
    height: int
    said: str
    """What it shows, for readers who do not see it."""


def xml(text: str) -> str:
    """Any text on one line as XML: escaped, without the characters that XML cannot hold.

    >>> xml("a<b\\x00 c")
    'a&lt;b c'
    """
    if text.isprintable() and not _SPECIAL.search(text):
        return text
    return escape(" ".join(_IMPOSSIBLE.sub(" ", text).split()))


@lru_cache(4096)
def px(number: float) -> str:
    """A coordinate, short.

    >>> px(12.04), px(3)
    ('12', '3')
    """
    return f"{number:.1f}".removesuffix(".0")


def styled(root: str, rules: Mapping[str, str]) -> str:
    """Rules for what is inside of an element: a page may hold the picture as it is.

    >>> styled(".p", {" text": "fill:#000"})
    '.p text{fill:#000}'
    """
    return "".join(f"{root}{name}{{{rule}}}" for name, rule in rules.items())
