"""What is going on while a large program is read: one line that is written over."""

from typing import Any

from IPython.display import DisplayHandle

from jaxplore.faults import contained
from jaxplore.views.mode import deterministic

# Below this many equations no step takes a second: of reading a program, and of compiling it
# with a measurement after each of them.
QUIET_EQUATIONS = 1_000
QUIET_MEASURED = 50


class WrittenOver:
    """One line of a cell's output, the newest."""

    def __init__(self) -> None:
        self._handle: DisplayHandle | None = None

    @property
    def is_shown(self) -> bool:
        """Whether there is one already."""
        return self._handle is not None

    def write(self, line: str) -> None:
        """Show a line in place of the one before."""
        bundle: dict[str, Any] = {"text/plain": line}
        metadata = {"jaxplore": {"view": "progress"}}
        if self._handle is None:
            self._handle = DisplayHandle()
            self._handle.display(bundle, raw=True, metadata=metadata)
        else:
            self._handle.update(bundle, raw=True, metadata=metadata)


class ProgressLine:
    """Shows each step of a large program; a small one shows nothing."""

    def __init__(self, quiet_equations: int = QUIET_EQUATIONS) -> None:
        self._quiet_equations = quiet_equations
        self._line = WrittenOver()
        self._steps: list[str] = []

    def __call__(self, step: str, equations: int) -> None:
        """Say that a step begins."""
        if equations < self._quiet_equations or deterministic():
            return
        with contained("show progress"):
            self._steps.append(step)
            self._line.write(f"{equations:,} equations: {', '.join(self._steps)} ...")

    def done(self) -> None:
        """Say that all steps ended, where one was shown."""
        if self._line.is_shown:
            with contained("show progress"):
                self._line.write(f"{', '.join(self._steps)}: done")
