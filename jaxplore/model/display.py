"""How a record finds its HTML form without knowing who draws it."""

from collections.abc import Callable
from typing import Any, Final

# Name of a record's class -> function that draws it; `jaxplore.views.drawings` fills it in.
drawings: Final[dict[str, Callable[[Any], str]]] = {}


class Drawn:
    """A record that notebooks show as HTML when `views` is there to draw it."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        draw = drawings.get(type(self).__name__)
        return None if draw is None else draw(self)
