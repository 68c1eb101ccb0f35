"""Where loops stand in the source: is it the function that is called again, or its loop?"""

import re
from typing import Final

from jaxplore.model.program import Source
from jaxplore.model.span import Span

_FOR: Final = re.compile(r"\s*(async\s+)?(for|while)\b")
_WITH: Final = re.compile(r"\s*(async\s+)?with\b")
_DEFINITION: Final = re.compile(r"\s*(async\s+)?(def|class)\b")
_COMPREHENSION: Final = re.compile(r"\bfor\b.+\bin\b")
_FARTHEST: Final = 2000


class Loops:
    """Reads indentation only: a source may be a stretch of a file that does not parse."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        self._texts = {s.file: (s.first_line, s.text.split("\n")) for s in sources}
        self._known: dict[tuple[str, int], tuple[str, ...]] = {}

    def about(self, span: Span | None) -> tuple[str, ...] | None:
        """`"for"` and `"with"` statements of its function about an expression, innermost
        first. None where its source is not known."""
        if span is None or span.file not in self._texts:
            return None
        key = (span.file, span.line)
        if key not in self._known:
            self._known[key] = self._headers(*key)
        return self._known[key]

    def repeats(self, span: Span | None) -> bool | None:
        """Whether a loop of its own function is about an expression."""
        headers = self.about(span)
        return None if headers is None else "for" in headers

    def _headers(self, file: str, line: int) -> tuple[str, ...]:
        first, lines = self._texts[file]
        place = line - first
        if not 0 <= place < len(lines):
            return ()
        headers: list[str] = []
        text = lines[place]
        if _COMPREHENSION.search(text):
            headers.append("for")
        indent = _indent(text)
        for above in range(place - 1, max(place - _FARTHEST, 0) - 1, -1):
            text = lines[above]
            if not text.strip() or text.lstrip().startswith("#") or _indent(text) >= indent:
                continue
            indent = _indent(text)
            if _DEFINITION.match(text):
                break
            if _FOR.match(text):
                headers.append("for")
            elif _WITH.match(text):
                headers.append("with")
        return tuple(headers)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
