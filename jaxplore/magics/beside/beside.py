"""What runs beside the user's cells: the line of the running stage, the watch for stale
results, the watch on the environment, the live timelines.

Imported with the first cell that runs, or the first function that is traced: loading the
extension stays quick.
"""

import time
import weakref
from typing import TYPE_CHECKING, Any, Final

import jax
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

from jaxplore.capture.compiles.callform import static_values
from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.doctor.watch import watch
from jaxplore.magics.beside.livestage import LiveStage
from jaxplore.magics.beside.stalewatch import StaleWatch
from jaxplore.magics.cells import RunningCells
from jaxplore.model.findings import Finding
from jaxplore.model.timeline import CellRun
from jaxplore.views.mode import deterministic

if TYPE_CHECKING:
    from jaxplore.model.diagnosis import Diagnosed
    from jaxplore.session import Observation


class Beside:
    """The companions of one notebook's cells."""

    def __init__(
        self, shell: InteractiveShell, cells: RunningCells, observation: "Observation"
    ) -> None:
        self._shell = shell
        self._cells = cells
        self._observation = observation
        self._began_s = 0.0
        self._timelines: weakref.WeakSet[Any] = weakref.WeakSet()
        self._looked_at_devices = False
        self.stage: Final = LiveStage(shell, observer.running)
        self.stale: Final = StaleWatch()

    def begin(self, *, show: bool) -> None:
        """A cell begins."""
        self._began_s = time.time()
        if show:
            self.stage.begin()
        watch.begin()

    def note_trace(
        self, fun: Any, args: tuple[Any, ...], kwargs: dict[str, Any], params: Any
    ) -> None:
        """A function missed JAX's caches: it may have been traced."""
        statics = static_values(fun, args, kwargs, params.arg_names or ())
        self.stale.note(fun, statics, self._cells.number, jaxpr=params.params["jaxpr"])

    def note_environment(self) -> None:
        """A cell has ended: which variables it set."""
        watch.end(self._cells.number, self._cells.text)

    def note_cell(self, result: ExecutionResult) -> None:
        """A cell has ended: what it changed, how long it ran, what its error says."""
        number, ledger = self._cells.number, self._observation.ledger
        observer.end_cell(number)
        if self._began_s:
            ledger.note_cell(CellRun(number=number, start_s=self._began_s, end_s=time.time()))
        self._observation.failed(result.error_in_exec, number)
        for widget in tuple(self._timelines):
            widget.update(ledger, ledger.cells)

    def findings(self, result: ExecutionResult) -> list[Finding]:
        """What is wrong with the cell's results: functions it used that were traced with
        values which have changed, static values without a hash."""
        number, ledger = self._cells.number, self._observation.ledger
        found = self.stale.check(self._cells.text, self._shell.user_ns, number)
        for finding in found:
            ledger.note(finding)
        unhashable = [
            one
            for one in ledger.findings
            if one.id == "R08" and one.cell == number and result.error_in_exec is not None
        ]
        return [*unhashable[-1:], *found]

    def device_findings(self) -> "tuple[Diagnosed, ...]":
        """What keeps JAX from the devices it should use: told once, with the first compile.

        Not what the user chose, such as `JAX_PLATFORMS=cpu`: that is for `%devices` to say."""
        if self._looked_at_devices or deterministic():
            return ()
        self._looked_at_devices = True
        # Where JAX uses an accelerator nothing is asked: nvidia-smi alone may take a second.
        if jax.default_backend() != "cpu":
            return ()
        from jaxplore.public.doctor import device_findings

        return tuple(one for one in device_findings() if one.severity == "error")

    def live_timeline(self) -> Any:
        """A picture of the ledger that goes on as cells run."""
        ledger = self._observation.ledger
        if deterministic():
            return ledger.timeline()
        from jaxplore.widgets.timeline import TimelineWidget

        widget = TimelineWidget(ledger, ledger.cells)
        self._timelines.add(widget)
        return widget

    def close(self) -> None:
        """The extension is unloaded."""
        self.stage.end()
        self.stale.clear()
        watch.clear()
