"""Which equations a line of StableHLO or HLO came from.

XLA's metadata carries two things through all of its passes: the position of the user's
expression and the path of names down to the primitive. Where the program was lowered with
labels (see `labels`), the path has the equation's own. Elsewhere both together name
equations; a line whose path names none of the expression's primitives is tied to the
expression alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jaxplore.capture.programs.labels import LabelledEquations, labels_in, without_labels
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


Found = tuple[tuple[int, ...], tuple[Span, ...]]
"""Equations, and expressions."""

NOWHERE: Final = Origin("", ())

# An instruction that may come from more equations than this is tied to the expression alone.
_MOST_NAMED: Final = 16
# The same where labels say for sure that it comes from each of them.
_MOST_USES: Final = 64

# What XLA folds into a product that is next to it.
_LAYOUT: Final = frozenset(["transpose", "reshape", "squeeze", "convert_element_type", "copy"])

# What XLA calls the loops that several primitives become.
_ALSO: Final = {"while": ("while", "scan"), "pjit": ("jit",)}
_CALL: Final = re.compile(r"^(\w+)\(.*\)$")


class EquationIndex:
    """Finds equations by origin."""

    def __init__(
        self,
        equations: Sequence[Equation],
        paths: Sequence[str],
        spans: SpanTable,
        labelled: LabelledEquations | None = None,
    ) -> None:
        self._equations = equations
        self._spans = spans
        self._by_span: dict[Span, list[int]] = {}
        self._by_path: dict[str, list[int]] = {}
        self._labelled = labelled
        self._makers: dict[int, int] | None = None
        """Value -> the equation that makes it."""
        self._known: dict[Origin, Found] = {}
        for index, (equation, path) in enumerate(zip(equations, paths, strict=True)):
            if equation.span is not None:
                self._by_span.setdefault(equation.span, []).append(index)
                self._by_path.setdefault(path, []).append(index)

    def find(self, origin: Origin) -> Found:
        """The equations and the expressions of an instruction; each may be empty."""
        known = self._known.get(origin)
        if known is None:
            known = self._known[origin] = self._find(origin)
        return known

    def with_product(self, found: Found, primitive: str) -> Found:
        """What a product of XLA's came from: where it has the name of a transpose that it
        took in, also the equation whose result was transposed."""
        rows = list(found[0])
        if not rows or any(self._equations[row].primitive == primitive for row in rows):
            return found
        at = rows[0]
        while (equation := self._equations[at]).primitive in _LAYOUT and equation.inputs:
            made = self._made_by().get(equation.inputs[0])
            if made is None:
                return found
            rows.append(made)
            at = made
        return self._tied(rows) if equation.primitive == primitive else found

    def _made_by(self) -> dict[int, int]:
        if self._makers is None:
            rows = enumerate(self._equations)
            self._makers = {value: row for row, e in rows for value in e.outputs}
        return self._makers

    def _find(self, origin: Origin) -> Found:
        if self._labelled is not None and (labels := labels_in(origin.path)):
            if named := self._labelled.find(labels):
                return self._tied(named)
            origin = Origin(without_labels(origin.path), origin.frames)
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

    def _tied(self, rows: Sequence[int]) -> Found:
        spans = tuple(dict.fromkeys(s for row in rows if (s := self._equations[row].span)))
        if len(rows) > _MOST_USES:
            # A helper that JAX lowers once for all who call it.
            return (), spans if len(spans) <= _MOST_NAMED else ()
        return tuple(rows), spans

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
