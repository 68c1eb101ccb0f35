"""Cells of a notebook that runs without the extension, as far as the shell knows them."""

import linecache
import sys
from typing import Any

from jaxplore.capture.source.files import Cell


def cell_of(file_name: str) -> Cell | None:
    """The cell that a file name stands for; None outside of IPython or for other files."""
    ipython = sys.modules.get("IPython")
    shell: Any = None if ipython is None else ipython.get_ipython()
    names: dict[str, int] = getattr(getattr(shell, "compile", None), "_filename_map", {})
    number = names.get(file_name)
    if number is None:
        return None
    return Cell(number, "".join(linecache.getlines(file_name)).rstrip("\n"))
