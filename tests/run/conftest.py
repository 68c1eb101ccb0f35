"""Programs that run twice: under `python`, and under `jaxplore run`."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

LIMIT_S = 120
ENVIRONMENT = {**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONHASHSEED": "0"}


@dataclass(frozen=True)
class Outcome:
    """What a shell sees of a program."""

    stdout: str
    stderr: str
    code: int
    """Minus the signal's number where a signal ended it."""


@dataclass(frozen=True)
class Observed:
    """A program under observation."""

    outcome: Outcome
    report: dict[str, Any]
    page: str

    @property
    def functions(self) -> list[str]:
        """What was compiled, without operations outside jit."""
        return [row["function"] for row in self.report["compiles"] if row["kind"] != "eager"]


def outcome_of(command: list[str], folder: Path, *, stdin: str = "", **environment: str) -> Outcome:
    """Run a command to its end."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**ENVIRONMENT, **environment},
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=LIMIT_S,
    )
    # Where objects lie in memory differs between any two runs.
    texts = [re.sub("0x[0-9a-f]{6,}", "0x", text) for text in (done.stdout, done.stderr)]
    return Outcome(*texts, done.returncode)


@pytest.fixture(autouse=True, scope="session")
def signals_end_programs() -> None:
    """A shell that starts the tests behind its back ignores signals, and what it starts does."""
    for number, usual in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


class Workplace:
    """A folder with programs in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return name

    def plain(self, *command: str, flags: tuple[str, ...] = (), **options: Any) -> Outcome:
        """Run a program as users do without jaxplore."""
        return outcome_of([sys.executable, *flags, *command], self.folder, **options)

    def observed(self, *command: str, flags: tuple[str, ...] = (), **options: Any) -> Observed:
        """Run it under observation; the reports lie beside its folder."""
        page = self.folder.parent / "report.html"
        report = page.with_suffix(".json")
        files = ["-o", str(page), "--json", str(report)]
        outcome = outcome_of(
            [sys.executable, *flags, "-m", "jaxplore", "run", *files, *command],
            self.folder,
            **options,
        )
        return Observed(outcome, json.loads(report.read_text()), page.read_text(encoding="utf-8"))

    def same(self, *command: str, **options: Any) -> Observed:
        """Run it both ways; nobody can tell the difference."""
        plain = self.plain(*command, **options)
        observed = self.observed(*command, **options)
        assert observed.outcome.stdout.split("\n") == plain.stdout.split("\n")
        assert observed.outcome.stderr.split("\n") == plain.stderr.split("\n")
        assert observed.outcome.code == plain.code
        return observed


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """An empty folder for programs."""
    folder = tmp_path / "place"
    folder.mkdir()
    return Workplace(folder)
