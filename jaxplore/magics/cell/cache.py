"""The programs of the cells that ran last, found again when the same cell runs again."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

_MOST_KEPT: Final = 64


class CellPrograms:
    """The jitted programs of the cells that ran last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, Any] = OrderedDict()

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        """The program of a cell, made if it is new."""
        if key not in self._kept:
            self._kept[key] = make()
        self._kept.move_to_end(key)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]

    def clear(self) -> None:
        """Forget all of them."""
        self._kept.clear()
