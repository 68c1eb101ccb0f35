"""What jaxplore adds to a cell's output by itself. All of it carries the `jaxplore` key."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from IPython.display import display

from jaxplore.views.mode import deterministic

if TYPE_CHECKING:
    from jaxplore.model.compiles import Compile
    from jaxplore.model.diagnosis import Diagnosed
    from jaxplore.model.findings import Finding


def show(data: dict[str, Any], view: str) -> None:
    """Display a bundle under the running cell, marked as jaxplore's."""
    display(data, raw=True, metadata={"jaxplore": {"view": view}})


def show_line(text: str, view: str) -> None:
    """Display one quiet line."""
    show({"text/plain": text}, view)


def show_compiles(rows: "Sequence[Compile]", first: int) -> None:
    """The line under a cell that compiled something, which opens into the rows.

    `first` is the ledger's number of the first row.
    """
    from jaxplore.views.compiles import ledger

    times = not deterministic()
    line = ledger.cell_line(rows, times=times) if rows else ""
    if line:
        html = ledger.html(rows, times=times, first=first)
        show({"text/plain": line, "text/html": html}, "compiles")


def show_findings(findings: "Sequence[Finding]") -> None:
    """What is wrong with the results of a cell, and what to do."""
    if findings:
        from jaxplore.views.compiles import findings as view

        show({"text/plain": view.text(findings), "text/html": view.html(findings)}, "findings")


def show_error(error: BaseException) -> None:
    """The card of an error that has one, below its traceback."""
    from jaxplore.public.errors import explain_error

    card = explain_error(error)
    if card is not None:
        from jaxplore.views import errorcards as view

        show({"text/plain": view.text(card), "text/html": view.html(card)}, "card")


def show_diagnosed(found: "Sequence[Diagnosed]") -> None:
    """What is wrong with the devices, and what to type."""
    if found:
        from jaxplore.model.diagnosis import Diagnosis
        from jaxplore.views import doctor as view

        record = Diagnosis(findings=tuple(found), facts=())
        show({"text/plain": view.text(record), "text/html": view.html(record)}, "doctor")


def show_object(value: Any, view: str) -> None:
    """Display an object that draws itself, marked as jaxplore's."""
    display(value, metadata={"jaxplore": {"view": view}})
