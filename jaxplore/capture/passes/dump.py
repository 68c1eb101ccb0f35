"""The files that XLA writes while it compiles one module, put in order.

XLA writes the module's text before the first pass, after each pass that changed it, at the
start of each pipeline, and at the end; then LLVM IR and machine code, per kernel.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_FIRST: Final = re.compile(r"^(module_\d+\..*?)\.before_optimizations\.txt$")
_STEP: Final = re.compile(r"^(\d+)\.(.+?)\.after_(.+?)(?:\.before_(.+))?\.txt$")
_LAST: Final = re.compile(r"^\w*after_optimizations\.txt$")
_START: Final = "pipeline-start"


@dataclass(frozen=True, slots=True)
class Written:
    """A text of the module, and the pass after which it was written."""

    path: Path
    name: str
    """The pass; `""` for a text at the start of a pipeline."""
    pipeline: str


class Dump:
    """What is in a folder so far."""

    def __init__(self, folder: Path) -> None:
        names = sorted(path.name for path in folder.iterdir() if path.is_file())
        firsts = [match[1] for name in names if (match := _FIRST.match(name))]
        self._folder = folder
        # Only one module is compiled; a GPU's autotuning may compile more after it.
        self._prefix = firsts[0] + "." if firsts else None
        self._rest: list[str] = []
        if self._prefix is not None:
            cut = len(self._prefix)
            self._rest = [name[cut:] for name in names if name.startswith(self._prefix)]

    @property
    def first(self) -> Path | None:
        """The text before the first pass; None when XLA has not begun."""
        return self._path("before_optimizations.txt") if self._prefix else None

    def steps(self) -> list[Written]:
        """The texts after it, in order."""
        numbered = [(int(match[1]), match) for name in self._rest if (match := _STEP.match(name))]
        steps = [
            Written(self._path(match[0]), _pass_name(match), match[2])
            for _, match in sorted(numbered, key=lambda pair: pair[0])
        ]
        last = next((name for name in self._rest if _LAST.match(name)), None)
        return [*steps, Written(self._path(last), "final", "")] if last else steps

    def kernels(self, *endings: str) -> Iterator[Path]:
        """The files of kernels, by the first ending that any has."""
        for ending in endings:
            found = [name for name in self._rest if f".{name}".endswith(ending)]
            if found:
                yield from (self._path(name) for name in found)
                return

    def newest(self) -> tuple[int, str]:
        """How many texts there are, and the pass that wrote the newest."""
        steps = [step for step in self.steps() if step.name]
        return len(steps), steps[-1].name if steps else ""

    def _path(self, name: str) -> Path:
        return self._folder / f"{self._prefix}{name}"


def _pass_name(match: re.Match[str]) -> str:
    return "" if match[3] == _START else match[3]
