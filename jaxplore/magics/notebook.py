"""The extension in one IPython shell: its hooks, its magics, its switch."""

import sys
from typing import TYPE_CHECKING, Any, Final

from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

from jaxplore import session
from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.source import files
from jaxplore.faults import contained, reporter
from jaxplore.magics import outputs
from jaxplore.magics.cell.cache import CellPrograms
from jaxplore.magics.cells import RunningCells
from jaxplore.public import passes, persistentcache

if TYPE_CHECKING:
    from jaxplore.capture.compiles.observer import Running
    from jaxplore.magics.beside.beside import Beside
    from jaxplore.model.compiles import Compile

MODES: Final = {
    "on": "a line under each cell that compiled something",
    "quiet": "record compiles, show no line by itself",
    "off": "observe nothing",
}


_OURS: Final = "jaxplore."


class Notebook:
    """jaxplore at work in one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell: Final = shell
        self.cells: Final = RunningCells(shell)
        self.programs: Final = CellPrograms()
        self.mode = "on"
        self.observation = session.start()
        self._observing = True
        self._shown = 0
        self._beside: Beside | None = None
        self._depth = 0
        """How many cells are running, one inside another."""
        self._hidden: dict[tuple[str, str], Any] = {}
        """The user's own magics of the same names."""

    def load(self) -> None:
        from jaxplore.magics.cellmagics import CellMagics
        from jaxplore.magics.collectivesmagics import CollectivesMagics
        from jaxplore.magics.diffmagics import DiffMagics
        from jaxplore.magics.doctormagic import DoctorMagic
        from jaxplore.magics.gradientmagics import GradientMagics
        from jaxplore.magics.ledgermagics import LedgerMagics
        from jaxplore.magics.linemagics import LineMagics
        from jaxplore.magics.numericsmagics import NumericsMagics
        from jaxplore.magics.placementmagics import PlacementMagics
        from jaxplore.magics.spmdmagic import SpmdMagic
        from jaxplore.magics.timemagics import TimeMagics

        before = {kind: dict(found) for kind, found in self._magics().items()}
        self.shell.register_magics(CellMagics(self))
        self.shell.register_magics(LineMagics(self))
        self.shell.register_magics(DiffMagics(self))
        self.shell.register_magics(GradientMagics(self))
        self.shell.register_magics(LedgerMagics(self))
        self.shell.register_magics(TimeMagics(self))
        self.shell.register_magics(NumericsMagics(self))
        self.shell.register_magics(CollectivesMagics(self))
        self.shell.register_magics(PlacementMagics(self))
        self.shell.register_magics(SpmdMagic(self))
        self.shell.register_magics(DoctorMagic(self))
        for kind, found in self._magics().items():
            for name, magic in before[kind].items():
                if found.get(name) is not magic:
                    self._hidden[kind, name] = magic
        events: Any = self.shell.events
        events.register("pre_run_cell", self._before_cell)
        events.register("post_run_cell", self._after_cell)
        self.cells.watch_compiler()
        self._watch()
        with contained("let the pages ask for passes"):
            passes.hear_pages(self.shell)
        reporter.add(self._write_quiet_line)

    def unload(self) -> None:
        """Undo everything `load` did, as far as it is still ours."""
        events: Any = self.shell.events
        for name, callback in (
            ("pre_run_cell", self._before_cell),
            ("post_run_cell", self._after_cell),
        ):
            with contained("remove a cell hook"):
                events.unregister(name, callback)
        self.cells.unwatch_compiler()
        with contained("end what runs beside the cells"):
            if self._beside is not None:
                self._beside.close()
        self._stop_observing()
        reporter.remove(self._write_quiet_line)
        self._forget_magics()
        self.programs.clear()

    @property
    def beside(self) -> "Beside":
        """What runs beside the cells."""
        if self._beside is None:
            from jaxplore.magics.beside.beside import Beside

            self._beside = Beside(self.shell, self.cells, self.observation)
        return self._beside

    def _watch(self) -> None:
        observer.trace_sinks.append(self._note_trace)
        observer.begin_sinks.append(self._warn)

    def _unwatch(self) -> None:
        with contained("stop looking at traces"):
            observer.trace_sinks.remove(self._note_trace)
            observer.begin_sinks.remove(self._warn)

    def _note_trace(self, *trace: Any) -> None:
        self.beside.note_trace(*trace)

    def _warn(self, running: "Running") -> None:
        self.beside.stage.warn(running)

    def switch(self, mode: str) -> None:
        """`%jaxplore on|quiet|off`."""
        self.mode = mode
        if mode == "off":
            self._stop_observing()
        elif not self._observing:
            session.resume(self.observation)
            self._watch()
            self._observing = True
            self._shown = self.observation.ledger.total_count

    def _stop_observing(self) -> None:
        if self._observing:
            session.stop(self.observation)
            self._unwatch()
            self._observing = False

    def _write_quiet_line(self, line: str) -> None:
        outputs.show_line(line, "fault")

    def _before_cell(self, info: ExecutionInfo) -> None:
        if info.silent:
            return
        self._depth += 1
        if self._depth == 1:
            with contained("start watching a cell"):
                reporter.forget()
                self._shown = self.observation.ledger.total_count
                self.cells.begin(info)
                self.beside.begin(show=self.mode == "on")

    def _after_cell(self, result: ExecutionResult) -> None:
        if result.info is not None and result.info.silent:
            return
        # The cell that loaded the extension ends without having begun.
        self._depth = max(self._depth - 1, 0)
        if self._depth or not self._observing:
            return
        with contained("note what a cell set"):
            self.beside.note_environment()
        with contained("end the line of the running stage"):
            self.beside.stage.end()
        with contained("note what a cell changed"):
            self.beside.note_cell(result)
        rows: list[Compile] = []
        with contained("show what a cell compiled"):
            rows = self._new_rows()
            if self.mode == "on":
                outputs.show_compiles(rows, self._shown - len(rows))
        if self.mode == "on" and rows:
            with contained("look for idle devices"):
                outputs.show_diagnosed(self.beside.device_findings())
        if self.mode == "on" and result.error_in_exec is not None:
            with contained("explain an error"):
                outputs.show_error(result.error_in_exec)
        with contained("look for stale results"):
            found = self.beside.findings(result)
            if self.mode == "on":
                outputs.show_findings(found)

    def _new_rows(self) -> "list[Compile]":
        ledger = self.observation.ledger
        new = ledger.total_count - self._shown
        self._shown = ledger.total_count
        return ledger.newest(new)

    def _magics(self) -> dict[str, dict[str, Any]]:
        magics: Any = self.shell.magics_manager.magics
        return {kind: magics[kind] for kind in ("line", "cell")}

    def _forget_magics(self) -> None:
        for kind, found in self._magics().items():
            for name, function in list(found.items()):
                owner = type(getattr(function, "__self__", None)).__module__
                if owner.startswith(_OURS):
                    del found[name]
                    if (kind, name) in self._hidden:
                        found[name] = self._hidden[kind, name]
        registry: Any = self.shell.magics_manager.registry
        for name in [n for n, m in registry.items() if type(m).__module__.startswith(_OURS)]:
            del registry[name]


_loaded: dict[int, Notebook] = {}


def load(shell: InteractiveShell) -> None:
    """Load the extension into a shell, once."""
    if id(shell) in _loaded:
        return
    notebook = Notebook(shell)
    _loaded[id(shell)] = notebook
    try:
        notebook.load()
    except BaseException:
        unload(shell)
        raise


def of(shell: InteractiveShell) -> Notebook | None:
    """jaxplore in a shell, where it is loaded."""
    return _loaded.get(id(shell))


def unload(shell: InteractiveShell) -> None:
    """Remove the extension from a shell."""
    notebook = _loaded.pop(id(shell), None)
    if notebook is not None:
        notebook.unload()
    if not _loaded:
        # What belongs to the process goes with the last shell.
        files.cells.clear()
        files.moves.clear()
        if "jaxplore.transforms.kept" in sys.modules:
            from jaxplore.transforms.kept import kept

            kept.clear()
        with contained("stop hearing the pages"):
            passes.forget_pages()
        persistentcache.cache(False)
