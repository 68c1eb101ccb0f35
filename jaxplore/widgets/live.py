"""The explorer as an ordinary ipywidget, for those who have a kernel."""

from typing import Any

import anywidget
import traitlets

from jaxplore.widgets.assets import script


class ExplorerWidget(anywidget.AnyWidget):
    """Shows one program. `selected` follows the page, and the page follows `selected`."""

    _esm = traitlets.Unicode().tag(sync=True)
    payload = traitlets.Dict().tag(sync=True)
    selected = traitlets.Int(None, allow_none=True).tag(sync=True)

    def __init__(self, payload: dict[str, Any], equations: int) -> None:
        self._equations = equations
        # In a box of widgets an element without a width of its own has none at all.
        super().__init__(_esm=script("widget.js"), payload=payload, layout={"width": "100%"})

    @traitlets.validate("selected")
    def _is_an_equation(self, proposal: Any) -> int | None:
        value = proposal["value"]
        if value is not None and not 0 <= value < self._equations:
            raise traitlets.TraitError(
                f"Cannot select this equation.\nGot: {value}\n"
                f"Do: give an index from 0 to {self._equations - 1}, or None."
            )
        return value
