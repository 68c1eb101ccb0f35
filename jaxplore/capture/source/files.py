"""Whose code a frame is, and what the user calls its file.

A code object's file name is a fact of the whole process, and so is the name the user
knows it by: `/tmp/ipykernel_41/9.py` is "cell 7". The magics name the cells as they
run; everything else here reads.
"""

import linecache
import os
import sysconfig
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import CodeType
from typing import Final, Literal

import jax

Owner = Literal["user", "library", "internal"]

_JAX: Final = os.path.dirname(os.path.abspath(jax.__file__)) + os.sep
_JAXPLORE: Final = os.path.abspath(__file__).rpartition(os.path.join("capture", "source"))[0]
_STDLIB: Final = tuple(
    path + os.sep
    for path in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    if path
)
_PACKAGES: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


@dataclass(frozen=True, slots=True)
class Cell:
    """A notebook cell that has run."""

    number: int
    text: str


def _unknown(_file_name: str) -> Cell | None:
    return None


class _Cells:
    """File name -> cell, for code that was typed into a notebook."""

    def __init__(self) -> None:
        self._cells: dict[str, Cell] = {}
        self._lock = threading.Lock()
        self.ask: Callable[[str], Cell | None] = _unknown
        """Asked for files not named: a notebook that runs without the extension."""

    def name(self, file_name: str, number: int, text: str) -> None:
        """Say that code compiled under `file_name` is cell `number`."""
        with self._lock:
            self._cells[file_name] = Cell(number, text)

    def get(self, file_name: str) -> Cell | None:
        cell = self._cells.get(file_name)
        return self.ask(file_name) if cell is None else cell

    def clear(self) -> None:
        with self._lock:
            self._cells.clear()


cells: Final = _Cells()


class _Moves:
    """Where code stands now that was compiled somewhere else: a cell edited above it, or run
    again, gives a function that was reused another file and other lines."""

    def __init__(self) -> None:
        self._moves: dict[str, dict[tuple[int, int], tuple[str, int]]] = {}
        self._lock = threading.Lock()

    def moved(self, old: CodeType, new: CodeType) -> None:
        """Say that the lines of `old` now stand where `new` does."""
        lines = old.co_firstlineno, _last_line(old)
        shift = new.co_firstlineno - old.co_firstlineno
        with self._lock:
            of_file = self._moves.setdefault(old.co_filename, {})
            if old.co_filename == new.co_filename:
                of_file.pop(lines, None)  # back where it was compiled
            else:
                of_file[lines] = (new.co_filename, shift)

    def place(self, file_name: str, line: int) -> tuple[str, int]:
        """The file that a line stands in now, and by how many lines it moved."""
        for (first, last), place in self._moves.get(file_name, {}).items():
            if first <= line <= last:
                return place
        return file_name, 0

    def clear(self) -> None:
        with self._lock:
            self._moves.clear()


def _last_line(code: CodeType) -> int:
    own = [line for _, _, line in code.co_lines() if line is not None]
    inner = [_last_line(c) for c in code.co_consts if isinstance(c, CodeType)]
    return max([code.co_firstlineno, *own, *inner])


moves: Final = _Moves()


@cache
def owner(file_name: str) -> Owner:
    """Who wrote the code in a file.

    "internal" is JAX, jaxplore, the standard library and frozen code: never shown.
    "library" is any other installed package: shown where the user has no frame.
    """
    if file_name.startswith((_JAX, _JAXPLORE, "<frozen", "<jaxplore")):
        return "internal"
    if any(part in file_name for part in _PACKAGES):
        return "internal" if _is_runtime(file_name) else "library"
    if file_name.startswith(_STDLIB):
        return "internal"
    return "user"


# Packages that carry user code out but never are the user's code themselves.
_RUNTIMES: Final = ("jaxlib", "numpy", "IPython", "ipykernel", "tornado", "zmq", "traitlets")


def _is_runtime(file_name: str) -> bool:
    after = next(file_name.split(part, 1)[1] for part in _PACKAGES if part in file_name)
    return after.split(os.sep, 1)[0] in _RUNTIMES


def display_name(file_name: str) -> str:
    """What the user calls a file: `"cell 7"`, or its path."""
    cell = cells.get(file_name)
    return file_name if cell is None else f"cell {cell.number}"


def source_lines(file_name: str) -> list[str]:
    """The lines of a file or cell, without newlines; empty when it cannot be read."""
    cell = cells.get(file_name)
    if cell is not None:
        return cell.text.split("\n")
    if file_name == "<string>":
        # Every eval() is of this name; what `python -c` was given would be shown for all.
        return []
    linecache.checkcache(file_name)  # a module may have been edited and reloaded
    return [line.rstrip("\n") for line in linecache.getlines(file_name)]
