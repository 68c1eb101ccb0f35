"""What jaxplore adds to a cell's output by itself. All of it carries the `jaxplore` key."""

from collections.abc import Sequence
from typing import Any

from IPython.display import display

from jaxplore.model.compiles import Compile
from jaxplore.views.mode import deterministic


def show(data: dict[str, Any], view: str) -> None:
    """Display a bundle under the running cell, marked as jaxplore's."""
    display(data, raw=True, metadata={"jaxplore": {"view": view}})


def show_line(text: str, view: str) -> None:
    """Display one quiet line."""
    show({"text/plain": text}, view)


def show_compiles(rows: Sequence[Compile]) -> None:
    """The line under a cell that compiled something, which opens into the rows."""
    from jaxplore.views import ledger

    times = not deterministic()
    line = ledger.cell_line(rows, times=times)
    if line:
        html = ledger.html(rows, times=times)
        show({"text/plain": line, "text/html": html}, "compiles")


def show_object(value: Any, view: str) -> None:
    """Display an object that draws itself, marked as jaxplore's."""
    display(value, metadata={"jaxplore": {"view": view}})
