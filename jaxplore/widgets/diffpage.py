"""A difference as an output that needs no kernel: both programs side by side, with a script."""

from pathlib import Path
from typing import Any

from jaxplore.errors import JaxploreError
from jaxplore.model.diff.difference import ProgramDiff
from jaxplore.views.mode import deterministic
from jaxplore.views.pages import page
from jaxplore.views.programs import diff as view
from jaxplore.widgets.assets import script

_BUNDLE = "diff.js"


def can_be_live() -> bool:
    """Whether outputs may hold a script, and the front end is built."""
    if deterministic():
        return False
    try:
        script(_BUNDLE)
    except JaxploreError:
        return False
    return True


def payload(diff: ProgramDiff) -> dict[str, Any]:
    """What the browser gets: the difference, and both programs as the explorer gets them."""
    return {
        "format": page.VIEW_FORMAT,
        "view": "diff",
        "diff": diff.to_json(),
        "before": page.payload(diff.before),
        "after": page.payload(diff.after),
    }


def html(diff: ProgramDiff) -> str:
    """The view with its data and its script; the table inside is for readers without."""
    element = page.element(payload(diff), fallback=view.html(diff), script=script(_BUNDLE))
    return element.replace("<jxp-view>", "<jxp-diff>", 1).replace("</jxp-view>", "</jxp-diff>", 1)


def save(diff: ProgramDiff, path: str | Path) -> Path:
    """Write one self-contained HTML page.

    Raises:
        JaxploreError: The file cannot be written there.
    """
    target = Path(path)
    body = html(diff) if can_be_live() else view.html(diff)
    try:
        target.write_text(page.page(diff.summary(), body), encoding="utf-8")
    except OSError as fault:
        raise JaxploreError.of(
            failed="Cannot save the difference.",
            given=f"{target} ({fault.strerror})",
            do="name a file in a folder that exists and can be written.",
        ) from fault
    return target
