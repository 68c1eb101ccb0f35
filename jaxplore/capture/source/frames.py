"""Call stacks as a tree: the user's and the libraries' frames on the way to each equation.

Tracebacks repeat: a loop that was unrolled gives equal ones, and JAX compares them in C. So
each distinct one is read once, and frames that share callers are one.
"""

from typing import Any, Final

from jaxplore.capture.source import files
from jaxplore.capture.source.spans import SpanTable
from jaxplore.model.program import Frame, FrameOwner
from jaxplore.model.span import Span

Place = tuple[int | None, Span | None]
"""The innermost frame of an equation, and the expression that made it."""

_NOWHERE: Final[Place] = (None, None)


class FrameTable:
    """Makes frames, each distinct one once. One table serves one capture."""

    def __init__(self, spans: SpanTable) -> None:
        self.frames: list[Frame] = []
        self._spans = spans
        # By identity: `SpanTable` makes each span once, and hashing one costs more.
        self._index: dict[tuple[int | None, int], int] = {}
        self._expressions: list[tuple[Span, FrameOwner]] = []
        """Per frame, the innermost expression of the user's on the way to it; where there is
        none, the innermost of a library's."""
        # The keys hold the code objects whose identities `SpanTable` goes by.
        self._calls: dict[Any, tuple[tuple[Span, FrameOwner], ...]] = {}

    def below(self, holder: int | None) -> "Places":
        """The places of a program's equations, by their tracebacks.

        Args:
            holder: The frame of the equation that holds the program. JAX cuts the tracebacks
                of a nested program at its border: what called it is the holder's stack.
        """
        return Places(self, holder)

    def place(self, traceback: Any, holder: int | None) -> Place:
        """Where an equation of this traceback stands."""
        frame = holder
        for span, owner in self._calls_of(traceback):
            frame = self._frame(frame, span, owner)
        return _NOWHERE if frame is None else (frame, self._expressions[frame][0])

    def _frame(self, caller: int | None, span: Span, owner: FrameOwner) -> int:
        key = (caller, id(span))
        index = self._index.get(key)
        if index is None:
            index = self._index[key] = len(self.frames)
            self.frames.append(Frame(span=span, caller=caller, owner=owner))
            expression = (span, owner)
            if owner == "library" and caller is not None:
                above = self._expressions[caller]
                expression = above if above[1] == "user" else expression
            self._expressions.append(expression)
        return index

    def _calls_of(self, traceback: Any) -> tuple[tuple[Span, FrameOwner], ...]:
        """Spans on a traceback, outermost first."""
        if traceback is None:
            return ()
        known = self._calls.get(traceback)
        if known is None:
            known = self._calls[traceback] = tuple(reversed([*self._read(traceback)]))
        return known

    def _read(self, traceback: Any) -> list[tuple[Span, FrameOwner]]:
        codes, offsets = traceback.raw_frames()
        calls: list[tuple[Span, FrameOwner]] = []
        for code, offset in zip(codes, offsets, strict=True):
            owner = files.owner(code.co_filename)
            if owner == "internal":
                continue
            span = self._spans.of_instruction(code, offset)
            if span is not None:
                calls.append((span, owner))
        return calls


class Places(dict[Any, Place]):
    """Traceback -> place, for the equations of one program; made as they are asked for."""

    __slots__ = ("_holder", "_table")

    def __init__(self, table: FrameTable, holder: int | None) -> None:
        super().__init__()
        self._table = table
        self._holder = holder

    def __missing__(self, traceback: Any) -> Place:
        place = self[traceback] = self._table.place(traceback, self._holder)
        return place
