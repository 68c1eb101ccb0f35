"""An SVG as an image of an HTML output.

Where HTML is not trusted JupyterLab drops `<svg>` and leaves the text in it; an `<img>` with
the picture in its address stays. It cannot know the page's theme: its colours must read on a
light and on a dark page.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from html import escape
from typing import Final
from zlib import crc32

Place = tuple[float, float, float, float, str]
"""Left, top, right, bottom, and what a pointer is told there."""

QUIET: Final = "#767d86"
"""Text and lines: as far from white as from black."""
STRONG: Final = "#1976d2"
"""What is to be seen first."""


def img(svg: str, *, said: str, width: int, height: int, places: Iterable[Place] = ()) -> str:
    """The picture as an image; `said` is for readers who do not see it."""
    # A pointer does not reach into an image.
    svg = re.sub("<title>[^<]*</title>", "", svg)
    address = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
    areas = "".join(_area(*place) for place in places)
    name = f"jxp-{crc32((svg + areas).encode()):08x}"
    uses = f' usemap="#{name}"' if areas else ""
    image = (
        f'<img src="{address}" width="{width}" height="{height}" alt="{escape(said)}"{uses} '
        'style="max-width:none;background:none">'
    )
    return f'{image}<map name="{name}">{areas}</map>' if areas else image


def _area(left: float, top: float, right: float, bottom: float, said: str) -> str:
    sides = ",".join(f"{side:.0f}" for side in (left, top, max(right, left + 1), bottom))
    return f'<area coords="{sides}" title="{escape(said)}">'
