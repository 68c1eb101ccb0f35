"""In the program's own process, after its `import jax`: write down every compile."""

import os
import threading
from typing import Any, Final

import jax

from jaxplore import faults
from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.programs.program import capture_program
from jaxplore.model.compiles import Miss
from jaxplore.model.program import Program
from jaxplore.model.run import ProgramLine, ProgramText
from jaxplore.model.span import Span
from jaxplore.run.journal import Journal
from jaxplore.session import Observation

# The text of a larger program helps nobody; its lines with most equations are shown.
_MOST_EQUATIONS: Final = 5_000
_MOST_LINES: Final = 400
_WIDEST: Final = 300


def begin(folder: str) -> None:
    """Observe this process to its end, and what it forks."""
    journal = Journal(folder)
    # The program's stderr is its own: what jaxplore could not do stands in the report.
    faults.reporter.write = journal.fault
    journal.jax(jax.__version__)
    recording = _Recording(journal)
    os.register_at_fork(after_in_child=recording.forked)
    observer.add(recording.record)
    attach_programs(recording)


def attach_programs(recording: "_Recording") -> None:
    """Let a recording see the program of each compile as well."""
    observer.program_sinks.append(recording.seen)


class _Recording(Observation):
    """An observation whose rows are written down at once. Nobody asks for its ledger: a
    program that asks for one of its own gets the same answer as without it."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal
        self._writing = threading.Lock()
        self._newest = threading.local()

    def forked(self) -> None:
        """This process was forked just now; what other threads held nobody gives back."""
        self._writing = threading.Lock()
        self._lock = threading.Lock()

    def record(self, miss: Miss) -> None:
        with self._writing:
            super().record(miss)
            number = self._journal.compiled(self.ledger[-1])
        self._newest.compile = (miss, number)

    def seen(self, miss: Miss, jaxpr: Any) -> None:
        """Write the program of the compile that was just recorded."""
        recorded, number = getattr(self._newest, "compile", (None, None))
        self._newest.compile = (None, None)
        if recorded is not miss or number is None or miss.kind == "eager":
            return
        equations = miss.equations or 0
        if equations > _MOST_EQUATIONS:
            note = f"not shown: {equations:,} equations; see the source lines that made them"
            text = ProgramText(lines=(), note=note)
        else:
            text = _text_of(capture_program(jaxpr, stages=("jaxpr",)))
        with self._writing:
            self._journal.program(number, text)


def _text_of(program: Program) -> ProgramText:
    """The jaxpr's lines, each with the expression it comes from."""
    stage = program.stages["jaxpr"]
    origin = {link.first_line: link.spans[0] for link in stage.links if link.spans}
    lines = stage.text.split("\n")
    shown = [
        ProgramLine(
            text=line[:_WIDEST],
            place="" if number not in origin else _place(origin[number]),
        )
        for number, line in enumerate(lines[:_MOST_LINES], 1)
    ]
    return ProgramText(lines=tuple(shown), lines_left_out=len(lines) - len(shown))


def _place(span: Span) -> str:
    return f"{span.file.rsplit('/', 1)[-1]}:{span.line}  {span.quoted(60)}".rstrip()
