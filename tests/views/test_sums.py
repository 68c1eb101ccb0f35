"""The ledger's sums as HTML."""

import re
from collections.abc import Callable

from jaxplore.model.compiles import Compile
from jaxplore.model.ledger import Ledger
from jaxplore.views.compiles.sums import html

Make = Callable[..., Compile]


def test_numbers_stand_right_below_their_names_and_do_not_break(compiled: Make):
    shown = html(Ledger([compiled(avoidable=True)]), "function")
    cells = re.findall(r'<t[hd] style="([^"]*)">([^<]*)</t[hd]>', shown)
    right = [text for style, text in cells if style.endswith("right;white-space:nowrap")]
    left = [text for style, text in cells if style.endswith("text-align:left")]
    assert right == ["compiles", "total", "avoidable", "1", "143 ms", "143 ms"]
    assert left == ["function", "causes", "f", "R01"]
