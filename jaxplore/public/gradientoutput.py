"""Lets a gradient be shown and saved.

What it needs is imported when something is first shown: `import jaxplore` stays light.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxplore.faults import contained
from jaxplore.model.compiles import asked
from jaxplore.model.record import drawings

if TYPE_CHECKING:
    from jaxplore.model.gradient import Gradient


def _drawn(record: "Gradient") -> str:
    """As HTML: with its script where the front end is built, else without."""
    from jaxplore.views.gradient.html import html
    from jaxplore.widgets import gradientpage

    with contained("draw a gradient"):
        if gradientpage.can_be_live():
            return gradientpage.html(record)
    return html(record)


def _bundle(record: "Gradient") -> tuple[dict[str, Any], dict[str, Any]]:
    from jaxplore.widgets import gradientpage

    data: dict[str, Any] = {"text/plain": f"gradient of {record.name}"}
    with contained("show a gradient"):
        data["text/plain"] = str(record)
        data["text/html"] = _drawn(record)
        if gradientpage.can_be_live():
            data[gradientpage.VIEW_MIME] = gradientpage.payload(record)
    return data, {"jaxplore": {"view": "gradient"}}


def _save(record: "Gradient", path: str | Path) -> Path:
    from jaxplore.widgets import gradientpage

    return gradientpage.save(record, path)


def _svg(record: "Gradient") -> str:
    from jaxplore.views.gradient.svg import svg

    return svg(record)


def install() -> None:
    """Let gradients be drawn, shown and saved."""
    asked["show gradient"] = _bundle
    asked["save gradient"] = _save
    asked["gradient as SVG"] = _svg
    drawings["Gradient"] = _drawn
