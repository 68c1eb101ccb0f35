"""The expressions in a magic's line: one, or two with ` vs ` between them."""

import re
from typing import Final

_BETWEEN: Final = re.compile(r"(?<=\s)vs(?=\s)")


def split(text: str) -> list[str]:
    """The expression, or the two; nothing where the text is neither.

    >>> split("f(x) vs g(x)"), split("f('a vs b')"), split("f(x")
    (['f(x)', 'g(x)'], ["f('a vs b')"], [])
    """
    if fault_of(text) is None:
        return [text]
    # Only between two expressions is it the word; inside a string both parts are none.
    for found in _BETWEEN.finditer(text):
        parts = [text[: found.start()].strip(), text[found.end() :].strip()]
        if all(fault_of(part) is None for part in parts):
            return parts
    return []


def fault_of(text: str) -> str | None:
    """Why a text is no expression; None when it is one."""
    try:
        compile(text, "<jaxplore magic>", "eval", dont_inherit=True)
    except SyntaxError as fault:
        return fault.msg
    except ValueError as fault:  # a null byte
        return str(fault)
    return None
