"""A gradient as an output that needs no kernel: the mirror, live, with the tables beside it."""

from pathlib import Path
from typing import Any

from jaxplore.errors import JaxploreError
from jaxplore.model.gradient import Gradient
from jaxplore.views.gradient import html as view
from jaxplore.views.gradient import wire, words
from jaxplore.views.mode import deterministic
from jaxplore.views.pages import page
from jaxplore.widgets.assets import script
from jaxplore.widgets.explorer import VIEW_MIME as VIEW_MIME

_BUNDLE = "gradient.js"
_TAG = "jxp-gradient"


def can_be_live() -> bool:
    """Whether outputs may hold a script, and the front end is built."""
    if deterministic():
        return False
    try:
        script(_BUNDLE)
    except JaxploreError:
        return False
    return True


def payload(gradient: Gradient) -> dict[str, Any]:
    """What JupyterLab's extension gets: it has the explorer for the whole program, too."""
    return wire.payload(gradient, with_program=True)


def html(gradient: Gradient) -> str:
    """The view with its data and its script; the picture inside is for readers without."""
    data = wire.payload(gradient, with_program=False)
    return page.element(data, fallback=view.html(gradient), script=script(_BUNDLE), tag=_TAG)


def save(gradient: Gradient, path: str | Path) -> Path:
    """Write one self-contained HTML page, with the explorer of the whole program in a tab.

    Raises:
        JaxploreError: The file cannot be written there.
    """
    target = Path(path)
    body = _page(gradient) if can_be_live() else view.html(gradient)
    try:
        target.write_text(page.page(words.summary(gradient), body), encoding="utf-8")
    except OSError as fault:
        raise JaxploreError.of(
            failed="Cannot save the gradient.",
            given=f"{target} ({fault.strerror})",
            do="name a file in a folder that exists and can be written.",
        ) from fault
    return target


def _page(gradient: Gradient) -> str:
    scripts = f"{script('explorer.js')}</script><script>{script(_BUNDLE)}"
    return page.element(payload(gradient), fallback=view.html(gradient), script=scripts, tag=_TAG)
