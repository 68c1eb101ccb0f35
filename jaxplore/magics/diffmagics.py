"""`%jdiff`: what differs between two programs."""

from typing import TYPE_CHECKING

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from jaxplore import session
from jaxplore.errors import JaxploreError, OptionError
from jaxplore.faults import contained
from jaxplore.magics import calls, versus

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook
    from jaxplore.model.diff.difference import ProgramDiff
    from jaxplore.model.program import Program

_HOW = (
    "write `%jdiff f(x) vs g(x)`, or numbers that %ledger shows: `%jdiff 3 vs 12`; `%jdiff 12` "
    "compares a compile with the call it was compared with."
)


@magics_class
class DiffMagics(Magics):
    """`%jdiff`."""

    def __init__(self, notebook: "Notebook") -> None:
        super().__init__(notebook.shell)
        self._notebook = notebook

    @no_var_expand
    @line_magic
    def jdiff(self, line: str) -> "ProgramDiff | None":
        """What differs between two programs, equation by equation.

            %jdiff f(x) vs g(x)    two calls
            %jdiff 3 vs 12         two compiles, by their numbers in %ledger; or `%jdiff 3 12`
            %jdiff 12              a compile and the call that it was compared with
            %jdiff                 the same, for the newest compile of a function

        A side may also be anything that is a program already. Twin: `jaxplore.diff`.
        """
        __tracebackhide__ = True
        from jaxplore.model.diff.align import diff_programs

        sides = _sides(line)
        if len(sides) == 1:
            return self._recompiled(sides[0])
        programs = [self._program(side) for side in sides]
        one, other = programs
        if one is None or other is None:
            return None
        with contained("compare the programs", passing=(JaxploreError,)):
            return diff_programs(one, other)

    def _program(self, side: str) -> "Program | None":
        __tracebackhide__ = True
        return calls.program_of(self._notebook, side, "jdiff", ("jaxpr",))

    def _recompiled(self, number: str) -> "ProgramDiff | None":
        __tracebackhide__ = True
        story = session.why_in(self._notebook.observation.ledger, int(number))
        with contained("compare the programs", passing=(JaxploreError,)):
            return story.diff()


def _sides(line: str) -> list[str]:
    """The two sides of a line, or the one number."""
    text = line.strip() or "-1"
    words = text.split()
    if len(words) in (1, 2) and all(calls.number_of(word) is not None for word in words):
        return words
    sides = versus.split(text)
    if len(sides) == 2:
        return sides
    fault = "there is only one side" if sides else versus.fault_of(text)
    raise OptionError(f"%jdiff cannot read this as two programs: {fault}.\nGot: {text}\nDo: {_HOW}")
