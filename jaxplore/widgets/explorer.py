"""The explorer: a program shown as linked source, jaxpr, StableHLO, HLO and graph."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxplore.errors import JaxploreError
from jaxplore.faults import contained
from jaxplore.model.program import Program
from jaxplore.views import dot, page
from jaxplore.views import program as program_view
from jaxplore.views.drawings import draw_program
from jaxplore.views.mode import deterministic
from jaxplore.widgets.assets import script

if TYPE_CHECKING:
    from jaxplore.widgets.live import ExplorerWidget

VIEW_MIME = "application/vnd.jaxplore.view.v1+json"


class Explorer:
    """A program to look at. Shown by a notebook as an output that needs no kernel.

    In JupyterLab and Notebook 7 the jaxplore extension draws it, also in a saved notebook
    that is not trusted; elsewhere its HTML carries its own script; where scripts are
    stripped the source and the jaxpr remain; in a terminal it is text.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._widget: ExplorerWidget | None = None

    def __repr__(self) -> str:
        return program_view.text(self.program)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        data: dict[str, Any] = {"text/plain": self.program.summary()}
        with contained("draw the explorer"):
            data["text/plain"] = repr(self)
            if deterministic():
                data["text/html"] = self._static()
            else:
                payload = page.payload(self.program)
                data[VIEW_MIME] = payload
                data["text/html"] = self._element(payload)
        return data, {"jaxplore": {"view": "explorer"}}

    def _repr_html_(self) -> str:
        return self._element(page.payload(self.program))

    def _static(self) -> str:
        return draw_program(self.program)

    def _element(self, payload: dict[str, Any]) -> str:
        return page.element(payload, fallback=self._static(), script=script("explorer.js"))

    def widget(self) -> "ExplorerWidget":
        """The live ipywidget: composes in boxes; its `selected` is the equation selected in
        the page (an index into `program.equations`, or None), readable, settable and
        observable."""
        if self._widget is None:
            from jaxplore.widgets.live import ExplorerWidget

            self._widget = ExplorerWidget(page.payload(self.program), len(self.program.equations))
        return self._widget

    @property
    def selected(self) -> int | None:
        """The selected equation of the live widget."""
        return self.widget().selected

    @selected.setter
    def selected(self, equation: int | None) -> None:
        self.widget().selected = equation

    def save(self, path: str | Path) -> Path:
        """Write one self-contained HTML page; it opens offline.

        Raises:
            JaxploreError: The file cannot be written there.
        """
        target = Path(path)
        body = self._element(page.payload(self.program))
        try:
            target.write_text(page.page(self.program.name, body), encoding="utf-8")
        except OSError as fault:
            raise JaxploreError.of(
                failed="Cannot save the explorer.",
                given=f"{target} ({fault.strerror})",
                do="name a file in a folder that exists and can be written.",
            ) from fault
        return target

    def to_dot(self) -> str:
        """The graph as DOT source."""
        return dot.dot(self.program)

    def to_svg(self) -> str:
        """The graph as SVG, drawn by `dot`; `pip install 'jaxplore[dot]'` brings one."""
        return dot.svg(self.program)

    def to_mermaid(self) -> str:
        """The graph as a Mermaid flowchart."""
        return dot.mermaid(self.program)
