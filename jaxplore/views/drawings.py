"""Gives the records their HTML forms; imported once, by `jaxplore` itself."""

from typing import Final

from jaxplore.model.compiles import Compile, Ledger
from jaxplore.model.display import drawings
from jaxplore.model.program import Program
from jaxplore.views import ledger, program
from jaxplore.views.mode import deterministic

# Of the stages only the jaxpr is the same for every version of XLA.
_STABLE_STAGES: Final = ("jaxpr",)


def _program(record: Program) -> str:
    return program.html(record, stages=_STABLE_STAGES if deterministic() else None)


def _ledger(record: Ledger) -> str:
    return ledger.html(tuple(record), times=not deterministic())


def _compile(record: Compile) -> str:
    return ledger.html((record,), times=not deterministic(), line=str(record))


def install() -> None:
    """Let the records find their drawings."""
    drawings.update({Program: _program, Ledger: _ledger, Compile: _compile})
