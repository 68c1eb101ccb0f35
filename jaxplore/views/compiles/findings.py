"""What is wrong and is no compile: stale results, static values that cannot be hashed."""

from collections.abc import Sequence
from html import escape

from jaxplore.model.findings import Finding


def text(findings: Sequence[Finding]) -> str:
    """Each finding on a line, what to do on the next."""
    return "\n".join(f"{one.id} {one}\n    {one.advice}" for one in findings)


def html(findings: Sequence[Finding]) -> str:
    """The same as HTML without script."""
    return "".join(
        f'<div class="jaxplore-finding" style="{_STYLE}"><b>{escape(one.id)}</b> '
        f'{escape(str(one))}<div style="opacity:.8">{escape(one.advice)}</div></div>'
        for one in findings
    )


def notice(said: str) -> str:
    """A warning of one or more lines in the same style."""
    head, _, more = said.partition("\n")
    more = f'<div style="opacity:.8;white-space:pre-wrap">{escape(more)}</div>' if more else ""
    return f'<div class="jaxplore-finding" style="{_STYLE}">{escape(head)}{more}</div>'


_STYLE = (
    "font-family:var(--jp-content-font-family,system-ui,sans-serif);font-size:12px;"
    # Where HTML is not trusted a color that is a variable is dropped.
    "border-left:3px solid #d08000;border-left-color:var(--jp-warn-color1,#d08000);"
    "padding-left:8px;margin:2px 0;overflow-wrap:anywhere"
)
