"""Numbers for objects that are told apart by identity."""

import itertools
import threading
import weakref
from typing import Any


class Serials:
    """A number for each very object, as long as it lives; keeps nothing alive.

    By identity, not equality: two bound methods are equal, but JAX traces both.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Any], int]] = {}
        self._next = itertools.count()
        self._lock = threading.RLock()

    def of(self, value: Any) -> int:
        """The number of `value`; -1 for None."""
        if value is None:
            return -1
        key = id(value)
        with self._lock:
            known = self._known.get(key)
            if known is not None and known[0]() is value:
                return known[1]
            serial = next(self._next)
            try:
                self._known[key] = (weakref.ref(value, lambda _: self._drop(key, serial)), serial)
            except TypeError:  # cannot be referred to weakly: each time another
                return serial
            return serial

    def _drop(self, key: int, serial: int) -> None:
        with self._lock:
            known = self._known.get(key)
            if known is not None and known[1] == serial:
                del self._known[key]
