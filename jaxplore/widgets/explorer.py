"""The explorer: a program shown as linked source, jaxpr, StableHLO, HLO and graph."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jaxplore.errors import JaxploreError
from jaxplore.faults import contained
from jaxplore.model.collectives import Collectives
from jaxplore.model.passes import Passes
from jaxplore.model.program import Program
from jaxplore.model.wire.collectives import encode_collectives
from jaxplore.views.drawings import draw_program
from jaxplore.views.graph import dot, mermaid, svg
from jaxplore.views.mode import deterministic
from jaxplore.views.pages import page
from jaxplore.views.programs import passes as passes_view
from jaxplore.views.programs import program as program_view
from jaxplore.widgets.asks import asks
from jaxplore.widgets.assets import script
from jaxplore.widgets.measured import Seconds, by_span, columns, places

if TYPE_CHECKING:
    from jaxplore.widgets.live import ExplorerWidget
    from jaxplore.widgets.passesjob import CompilePasses

VIEW_MIME = "application/vnd.jaxplore.view.v1+json"


class Explorer:
    """A program to look at. Shown by a notebook as an output that needs no kernel.

    In JupyterLab and Notebook 7 the jaxplore extension draws it, also in a saved notebook
    that is not trusted; elsewhere its HTML carries its own script; where scripts are
    stripped the source and the jaxpr remain; in a terminal it is text.
    """

    def __init__(
        self,
        program: Program,
        seconds: Seconds | None = None,
        passes: "Passes | CompilePasses | None" = None,
        collectives: Collectives | None = None,
    ) -> None:
        """Show a program.

        Args:
            program: What to show.
            seconds: What its expressions took: a mapping from `Span` to seconds, or a
                profile, whose `lines` have `span` and `self_s`.
            passes: What XLA did, or what finds it out when the page asks.
            collectives: What its devices send each other and the host.
        """
        self.program = program
        self.seconds = None if seconds is None else by_span(seconds)
        self.collectives = collectives
        self._passes = passes
        self._widget: ExplorerWidget | None = None

    def __repr__(self) -> str:
        text = program_view.text(self.program)
        if self.collectives is None:
            return text
        return f"{text}\n{program_view.sending_text(self.collectives)}"

    def __rich__(self) -> object:
        from jaxplore.views.programs.programrich import rendered

        return rendered(self.program)

    def _payload(self) -> dict[str, Any]:
        """What the browser gets."""
        data = page.payload(self.program)
        if self.seconds is not None or self.collectives is not None:
            place = places(data["program"] if "program" in data else self.program.to_json())
            if self.seconds is not None:
                data["seconds"] = columns(self.seconds, place)
            if self.collectives is not None:
                data["collectives"] = page.zipped(encode_collectives(self.collectives, place))
        if isinstance(self._passes, Passes):
            data["passes"] = passes_view.payload(self._passes)
        return data

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        data: dict[str, Any] = {"text/plain": self.program.summary()}
        with contained("draw the explorer"):
            data["text/plain"] = repr(self)
            if deterministic():
                data["text/html"] = self._static()
            else:
                payload = self._payload()
                data[VIEW_MIME] = {**payload, **self._ask()}
                data["text/html"] = self._element(payload)
        return data, {"jaxplore": {"view": "explorer"}}

    def _repr_html_(self) -> str:
        return self._element(self._payload())

    def _ask(self) -> dict[str, str]:
        """What the page asks the kernel for the passes with; only JupyterLab's can ask."""
        if self._passes is None or isinstance(self._passes, Passes):
            return {}
        serial = asks.serial_of(self._passes)
        return {} if serial is None else {"ask": serial}

    def _static(self) -> str:
        if self.collectives is None:
            return draw_program(self.program)
        # Of the stages only the jaxpr is the same for every version of XLA.
        stages = ("jaxpr",) if deterministic() else None
        return program_view.html(self.program, stages=stages, sent=self.collectives)

    def _element(self, payload: dict[str, Any]) -> str:
        return page.element(payload, fallback=self._static(), script=script("explorer.js"))

    def widget(self) -> "ExplorerWidget":
        """The live ipywidget: composes in boxes; its `selected` is the equation selected in
        the page (an index into `program.equations`, or None), readable, settable and
        observable."""
        if self._widget is None:
            from jaxplore.widgets.live import ExplorerWidget

            ask = None if isinstance(self._passes, Passes) else self._passes
            self._widget = ExplorerWidget(self._payload(), len(self.program.equations), ask)
        return self._widget

    def passes(self, *, timeout_s: float = 60) -> Passes:
        """What XLA did to the program, pass by pass; from then on the page holds it too.

        Raises:
            JaxploreError: The program was not lowered here, so XLA cannot compile it again.
        """
        if self._passes is None:
            raise JaxploreError.of(
                failed="Cannot let XLA compile this program again.",
                given=f"the program {self.program.name} alone, without its StableHLO",
                do="explore the function: explore(f, x).passes().",
            )
        if not isinstance(self._passes, Passes):
            self._passes = self._passes(timeout_s=timeout_s)
        return self._passes

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
        body = self._element(self._payload())
        try:
            target.write_text(page.page(self.program.name, body), encoding="utf-8")
        except OSError as fault:
            raise JaxploreError.of(
                failed="Cannot save the explorer.",
                given=f"{target} ({fault.strerror})",
                do="name a file in a folder that exists and can be written.",
            ) from fault
        return target

    def to_dot(self, *, groups: bool = False, depth: int | None = None) -> str:
        """The graph as DOT source, an equation per node.

        Args:
            groups: Clusters of the user's functions, lines and name scopes instead.
            depth: How many levels of these are open; the others are a node each.
        """
        return dot.dot(self.program, groups=groups, depth=depth)

    def to_svg(self, *, engine: Literal["jaxplore", "dot"] = "jaxplore") -> str:
        """The first view of the graph as SVG, drawn by jaxplore.

        Args:
            engine: `"dot"` has graphviz draw `to_dot()`, every equation of it;
                `pip install 'jaxplore[dot]'` brings one.

        Raises:
            JaxploreError: There is no graphviz, or it fails.
        """
        if engine not in ("jaxplore", "dot"):
            raise JaxploreError.of(
                failed="Cannot draw the graph as SVG.",
                given=f"engine={engine!r}",
                do='use engine="jaxplore" or engine="dot".',
            )
        return dot.svg(self.program) if engine == "dot" else svg.svg(self.program, self.collectives)

    def to_mermaid(self, *, groups: bool = False, depth: int | None = None) -> str:
        """The graph as a Mermaid flowchart; `groups` and `depth` as in `to_dot`."""
        return mermaid.mermaid(self.program, groups=groups, depth=depth)
