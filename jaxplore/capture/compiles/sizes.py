"""How much memory a compiled program needs, as XLA counts it.

XLA takes long to say it of a program with many arrays (3 % of the compile), so such
programs are asked when somebody wants to know, if they are still alive then.
"""

import itertools
import threading
import weakref
from collections import OrderedDict
from typing import Any, Final

Sizes = tuple[int | None, int | None, int | None]
"""Bytes of temporaries, arguments and results."""

UNKNOWN: Final[Sizes] = (None, None, None)
# Up to this many arrays XLA answers at once.
_FEW_ARRAYS: Final = 32
_MOST_WAITING: Final = 10_000


class LaterSizes:
    """Programs whose sizes nobody asked for yet; none is kept alive."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[int, weakref.ref[Any]] = OrderedDict()
        self._next = itertools.count()
        self._lock = threading.Lock()

    def put(self, executable: Any) -> int:
        """Number a program, to ask for later."""
        number = next(self._next)
        with self._lock:
            self._waiting[number] = weakref.ref(executable)
            while len(self._waiting) > _MOST_WAITING:
                self._waiting.popitem(last=False)
        return number

    def ask(self, number: int) -> Sizes:
        """The sizes of a program; unknown where it is gone."""
        with self._lock:
            reference = self._waiting.get(number)
        executable = None if reference is None else reference()
        return UNKNOWN if executable is None else sizes_of(executable)


later: Final = LaterSizes()


def sizes_now_or_later(executable: Any, arrays: int) -> tuple[Sizes, int | None]:
    """The sizes, or the number to ask `later` with.

    Args:
        executable: What JAX loaded.
        arrays: How many arrays go in and out.
    """
    if arrays <= _FEW_ARRAYS or getattr(executable, "xla_executable", None) is None:
        return sizes_of(executable), None
    return UNKNOWN, later.put(executable)


def sizes_of(executable: Any) -> Sizes:
    """The sizes of a loaded executable; unknown where XLA does not say."""
    loaded = getattr(executable, "xla_executable", None)
    stats = None if loaded is None else loaded.get_compiled_memory_stats()
    if stats is None:
        return UNKNOWN
    return stats.temp_size_in_bytes, stats.argument_size_in_bytes, stats.output_size_in_bytes
