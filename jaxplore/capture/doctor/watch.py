"""Which cell set an environment variable, and whether JAX had started before it.

Looked at between cells only: a dozen look-ups in a dictionary.
"""

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import jax

from jaxplore.capture import _hooks
from jaxplore.capture.doctor.names import OF_XLA
from jaxplore.model.span import Span

if TYPE_CHECKING:
    from jaxplore.model.doctorfacts import Variable

_OF_JAX: Final = ("JAX_PLATFORMS", "JAX_ENABLE_X64", "JAX_NUM_CPU_DEVICES", "JAX_DEBUG_NANS")
_WATCHED: Final = (*OF_XLA, *_OF_JAX)


@dataclass(frozen=True, slots=True)
class _Note:
    value: str | None
    span: Span | None
    after_backend: bool | None


class Watch:
    """What changed of the environment, cell by cell."""

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}
        self._had_x64 = False
        self._was_started: bool | None = None
        self.x64_set_at: Span | None = None
        """The cell that switched x64 on after the backend had started."""
        self._notes: dict[str, _Note] = {}

    def begin(self) -> None:
        """A cell begins."""
        self._before = {name: os.environ.get(name) for name in _WATCHED}
        self._had_x64 = _x64()
        self._was_started = _started()

    def end(self, number: int, text: str) -> None:
        """The cell has ended: note what it set."""
        before, self._before = self._before, {}
        for name, old in before.items():
            new = os.environ.get(name)
            if new != old:
                self._notes[name] = _Note(new, assignment(name, number, text), self._order())
        if before and self._was_started and not self._had_x64 and _x64():
            self.x64_set_at = line_with(re.compile("enable_x64"), number, text)

    def _order(self) -> bool | None:
        """Whether the backend had started before the cell; None where it did so within it."""
        if self._was_started:
            return True
        return False if _started() is False else None

    def noted(self, variables: "tuple[Variable, ...]") -> "tuple[Variable, ...]":
        """Variables with what is known of who set them."""
        return tuple(self._with_note(one) for one in variables)

    def _with_note(self, variable: "Variable") -> "Variable":
        note = self._notes.get(variable.name)
        if note is None or note.value != variable.now:
            return variable
        return replace(variable, set_at=note.span, after_backend=note.after_backend)

    def clear(self) -> None:
        """Forget all."""
        self._before.clear()
        self._notes.clear()
        self.x64_set_at = None


watch: Final = Watch()


def _x64() -> bool:
    return bool(getattr(jax.config, "jax_enable_x64", False))


def _started() -> bool | None:
    state = _hooks.backend_state()
    return None if state is None else state[0]


def assignment(name: str, number: int, text: str) -> Span | None:
    """The line of a cell that sets a variable; None where none does so in plain sight.

    >>> assignment("XLA_FLAGS", 3, "import os\\nos.environ['XLA_FLAGS'] = '--xla'").place
    'cell 3 line 2'
    """
    pattern = re.compile(
        rf"""environ(\[|\.setdefault\(|\.update\(.*)\s*["']?{name}\b|%(set_)?env\s+{name}\b"""
        rf"""|putenv\(\s*["']{name}\b|environ\.update\(.*\b{name}\s*="""
    )
    return line_with(pattern, number, text)


def line_with(pattern: re.Pattern[str], number: int, text: str) -> Span | None:
    """The first line of a cell's code that a pattern is found in."""
    for line, code in enumerate(text.split("\n"), 1):
        if pattern.search(code) and not code.lstrip().startswith("#"):
            indent = len(code) - len(code.lstrip())
            return Span(
                file=f"cell {number}",
                line=line,
                column=indent,
                end_line=line,
                end_column=len(code.rstrip()),
                function="<module>",
                text=code.strip(),
            )
    return None
