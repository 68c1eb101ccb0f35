"""An IPython shell in this process, with everything it shows written down."""

import gc
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from jaxplore.transforms.kept import kept

EXTENSION = "jaxplore"


class _Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **_):
        self.shell.shown.append(Shown("display_data", dict(data), dict(metadata or {})))


class _Hook(DisplayHook):
    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        self.shell.shown.append(Shown("execute_result", dict(format_dict), dict(md_dict or {})))


@dataclass
class Shown:
    """One output of a cell."""

    kind: str
    data: dict[str, Any]
    metadata: dict[str, Any]

    @property
    def text(self) -> str:
        return self.data.get("text/plain", "")

    @property
    def view(self) -> str | None:
        return self.metadata.get("jaxplore", {}).get("view")


class Shell(InteractiveShell):
    """Writes down what is displayed; tracebacks as plain text."""

    displayhook_class = _Hook
    display_pub_class = _Publisher

    def __init__(self, **options):
        self.shown: list[Shown] = []
        self.traceback = ""
        super().__init__(**options)

    def _showtraceback(self, etype, evalue, stb):
        self.traceback = re.sub(r"\x1b\[[0-9;]*m", "", self.InteractiveTB.stb2text(stb))


@dataclass
class Ran:
    """What running one cell did."""

    result: Any
    shown: list[Shown] = field(default_factory=list)
    traceback: str = ""

    @property
    def error(self) -> BaseException | None:
        return self.result.error_before_exec or self.result.error_in_exec

    @property
    def value(self) -> Any:
        assert self.error is None, self.traceback
        return self.result.result

    @property
    def results(self) -> list[str]:
        """What the user's own expressions displayed."""
        return [s.text for s in self.shown if s.view is None]

    def of(self, view: str) -> list[Shown]:
        """What jaxplore displayed of one kind."""
        return [s for s in self.shown if s.view == view]

    @property
    def line(self) -> str:
        """The line under the cell; empty when there is none."""
        lines = self.of("compiles")
        assert len(lines) <= 1
        return lines[0].text if lines else ""

    @property
    def faults(self) -> list[str]:
        return [s.text for s in self.of("fault")]


class Notebook:
    """Runs cells as a notebook would."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.ns = shell.user_ns

    def run(self, cell: str, *, history: bool = True, silent: bool = False) -> Ran:
        """Run a cell, whatever happens in it."""
        self.shell.shown, self.shell.traceback = [], ""
        result = self.shell.run_cell(cell, store_history=history, silent=silent)
        return Ran(result, self.shell.shown, self.shell.traceback)

    def ok(self, cell: str, **options: Any) -> Ran:
        """Run a cell that must not fail."""
        ran = self.run(cell, **options)
        assert ran.error is None, ran.traceback
        assert not ran.faults, ran.faults
        return ran

    def fails(self, cell: str, kind: type[BaseException] | str = Exception) -> Ran:
        """Run a cell that must fail, with an error of this class or class name."""
        ran = self.run(cell)
        assert ran.error is not None, "the cell did not fail"
        if isinstance(kind, str):
            assert type(ran.error).__name__ == kind, ran.traceback
        else:
            assert isinstance(ran.error, kind), ran.traceback
        return ran

    def load(self) -> None:
        assert self.shell.extension_manager.load_extension(EXTENSION) is None

    def unload(self) -> None:
        self.shell.extension_manager.unload_extension(EXTENSION)


@pytest.fixture(scope="session")
def _shell():
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    InteractiveShell.clear_instance()
    shell = Shell.instance(config=config)
    yield shell
    Shell.clear_instance()


@pytest.fixture
def bare(_shell, monkeypatch, capsys):
    """A notebook without jaxplore. Asks for `capsys`, so that prints can be read."""
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "collect", lambda *_: 0)  # most of the time of a reset
        _shell.reset(new_session=True)
    kept.clear()
    notebook = Notebook(_shell)
    yield notebook
    notebook.unload()


@pytest.fixture
def nb(bare):
    """A notebook with jaxplore loaded, JAX imported and an array `x`."""
    bare.ok("%load_ext jaxplore")
    bare.ok("import jax, jax.numpy as jnp, numpy as np\nx = jnp.arange(4.0)")
    return bare
