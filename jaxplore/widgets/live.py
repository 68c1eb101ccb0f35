"""The explorer as an ordinary ipywidget, for those who have a kernel."""

from typing import Any

import anywidget
import traitlets

from jaxplore.widgets.assets import script
from jaxplore.widgets.passesjob import CompilePasses, PassesJob, State


class ExplorerWidget(anywidget.AnyWidget):
    """Shows one program. `selected` follows the page, and the page follows `selected`."""

    _esm = traitlets.Unicode().tag(sync=True)
    payload = traitlets.Dict().tag(sync=True)
    selected = traitlets.Int(None, allow_none=True).tag(sync=True)
    request = traitlets.Dict().tag(sync=True)
    """What the page asks for: `{"what": "passes", "serial": 1}`, or `"cancel"`."""
    passes = traitlets.Dict().tag(sync=True)
    """How XLA's passes stand, as `jaxplore.widgets.passesjob.State` says."""

    def __init__(
        self,
        payload: dict[str, Any],
        equations: int,
        compile_passes: CompilePasses | None = None,
    ) -> None:
        """Show a payload.

        Args:
            payload: What `jaxplore.views.pages.page.payload` gave.
            equations: How many the program has.
            compile_passes: What runs when the page asks for XLA's passes; without it the
                page says how to get them.
        """
        self._equations = equations
        self._job = PassesJob(compile_passes, self._tell, payload.get("passes"))
        # In a box of widgets an element without a width of its own has none at all.
        super().__init__(
            _esm=script("widget.js"),
            payload=payload,
            passes=self._job.state,
            layout={"width": "100%"},
        )

    @traitlets.validate("selected")
    def _is_an_equation(self, proposal: Any) -> int | None:
        value = proposal["value"]
        if value is not None and not 0 <= value < self._equations:
            raise traitlets.TraitError(
                f"Cannot select this equation.\nGot: {value}\n"
                f"Do: give an index from 0 to {self._equations - 1}, or None."
            )
        return value

    @traitlets.observe("request")
    def _answer(self, change: Any) -> None:
        what = change["new"].get("what")
        if what == "cancel":
            self._job.cancel()
        elif what == "passes":
            self._job.start()

    def _tell(self, state: State) -> None:
        self.passes = state

    def close(self) -> None:
        """Remove the widget from the page; XLA's process, if there is one, ends."""
        self._job.cancel()
        super().close()
