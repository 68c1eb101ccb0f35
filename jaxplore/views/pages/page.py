"""HTML that carries its own data and its own script: an output, or a whole page."""

import base64
import gzip
import json
from html import escape
from typing import Any

from jaxplore.model.program import Program
from jaxplore.views.pages.packing import pack

VIEW_FORMAT = "jaxplore.view/1"

# Above about this many bytes a program travels packed; a smaller one can be read by people.
_PLAIN_BYTES = 20_000
_BYTES_PER_VALUE = 100


def payload(program: Program) -> dict[str, Any]:
    """What the browser gets: the view's name and the program, packed when large."""
    data = program.to_json()
    head = {"format": VIEW_FORMAT, "view": "explorer"}
    texts = [*program.sources, *program.stages.values()]
    written = len(program.values) * _BYTES_PER_VALUE + sum(len(part.text) for part in texts)
    if written <= _PLAIN_BYTES:
        return {**head, "program": data}
    return {**head, "packed": pack(data)}


def zipped(data: dict[str, Any]) -> dict[str, Any]:
    """What goes beside a program, compressed when large."""
    written = json.dumps(data, separators=(",", ":"))
    if len(written) <= _PLAIN_BYTES:
        return data
    # No time stamp: the same record gives the same bytes.
    packed = gzip.compress(written.encode(), mtime=0)
    return {"format": data["format"], "gzip": base64.b64encode(packed).decode("ascii")}


def element(data: dict[str, Any], *, fallback: str, script: str, tag: str = "jxp-view") -> str:
    """The view with its data, a fallback inside for readers without script, and the script.

    The script comes last: an element that is upgraded while its children are still being
    parsed would find no data.
    """
    # Inside a script element only "<" can end the text; as an escape it means the same.
    written = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<{tag}>{fallback}<script type="application/json">{written}</script></{tag}>'
        f"<script>{script}</script>"
    )


def page(title: str, body: str) -> str:
    """A whole document around an element; opens offline."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
        "<style>:root{color-scheme:light dark}body{margin:12px;"
        "font-family:system-ui,sans-serif}</style>\n"
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
