"""Which equations a line of StableHLO or HLO came from.

XLA's metadata carries two things through all of its passes: the position of the user's
expression and the path of names down to the primitive. Together they name equations; a
line whose path names none of the expression's primitives is tied to the expression alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jaxplore.capture.source import files
from jaxplore.capture.source.spans import SpanTable
from jaxplore.model.program import Equation
from jaxplore.model.span import Span


@dataclass(frozen=True, slots=True)
class Frame:
    """A position as XLA writes it: columns in UTF-8 bytes."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    function: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an instruction says it comes from."""

    path: str
    """`"jit(loss)/jvp(enc)/dot_general"`."""
    frames: tuple[Frame, ...]
    """Innermost first."""


NOWHERE: Final = Origin("", ())

# An instruction that may come from more equations than this is tied to the expression alone.
_MOST_NAMED: Final = 16

# What XLA calls the loops that several primitives become.
_ALSO: Final = {"while": ("while", "scan"), "pjit": ("jit",)}
_CALL: Final = re.compile(r"^(\w+)\(.*\)$")


class EquationIndex:
    """Finds equations by origin."""

    def __init__(
        self, equations: Sequence[Equation], paths: Sequence[str], spans: SpanTable
    ) -> None:
        self._equations = equations
        self._spans = spans
        self._by_span: dict[Span, list[int]] = {}
        self._by_path: dict[str, list[int]] = {}
        self._known: dict[Origin, tuple[tuple[int, ...], tuple[Span, ...]]] = {}
        for index, (equation, path) in enumerate(zip(equations, paths, strict=True)):
            if equation.span is not None:
                self._by_span.setdefault(equation.span, []).append(index)
                self._by_path.setdefault(path, []).append(index)

    def find(self, origin: Origin) -> tuple[tuple[int, ...], tuple[Span, ...]]:
        """The equations and the expressions of an instruction; each may be empty."""
        known = self._known.get(origin)
        if known is None:
            known = self._known[origin] = self._find(origin)
        return known

    def _find(self, origin: Origin) -> tuple[tuple[int, ...], tuple[Span, ...]]:
        root, _, below = origin.path.partition("/")
        if not below and root.startswith("jit("):
            # Made by the whole program, not by an expression in it: its frame is the call.
            return (), ()
        span = self._span(origin.frames)
        if span is None:
            return (), ()
        same_path = self._by_path.get(f"/{below}", [])
        exact = [row for row in same_path if self._equations[row].span == span]
        equations = exact or self._match(origin.path, span)
        if len(equations) > _MOST_NAMED:
            # An unrolled loop: the expression says it, and every line naming every equation
            # would grow with the square of the program.
            return (), (span,)
        if equations:
            return tuple(equations), (span,)
        # XLA gives the instructions of a fusion the position of one of them: believe the
        # path, where it leads to an expression that the position overlaps.
        near = [row for row in same_path if _overlap(self._equations[row].span, span)]
        spans = dict.fromkeys(s for row in near if (s := self._equations[row].span))
        return tuple(near), tuple(spans) or (span,)

    def _span(self, frames: Sequence[Frame]) -> Span | None:
        shown = [f for f in frames if files.owner(f.file) != "internal"]
        if not shown:
            return None
        own = next((f for f in shown if files.owner(f.file) == "user"), shown[0])
        return self._spans.at(
            own.file, own.line, own.column, own.end_line, own.end_column, own.function
        )

    def _match(self, path: str, span: Span) -> list[int]:
        """Equations of an expression by the innermost primitive that a path names."""
        rows = self._by_span.get(span, [])
        phase = "backward" if "transpose(" in path else "forward"
        for part in reversed(path.split("/")):
            call = _CALL.match(part)
            name = call[1] if call else part
            names = _ALSO.get(name, (name,))
            same = [row for row in rows if self._equations[row].primitive in names]
            if same:
                return [row for row in same if self._equations[row].phase == phase] or same
        return []


def _overlap(one: Span | None, other: Span) -> bool:
    if one is None or one.file != other.file:
        return False
    return (one.line, one.column) < (other.end_line, other.end_column) and (
        other.line,
        other.column,
    ) < (one.end_line, one.end_column)
