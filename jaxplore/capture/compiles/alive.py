"""The programs that were compiled, as long as JAX itself keeps them.

JAX keeps a jaxpr and its executable with the function they were made of. Here are weak
references to both, of the newest compiles only: nothing lives longer for being looked at.
"""

import threading
import weakref
from collections import OrderedDict
from typing import Any, Final

import jax

from jaxplore.errors import JaxploreError

_MOST: Final = 512


class AlivePrograms:
    """Jaxprs and executables by the moment that XLA began to compile them.

    That moment is in every row of a ledger, and no two compiles of a process share it.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[float, tuple[weakref.ref[Any], weakref.ref[Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, compile_at_s: float | None, jaxpr: Any, executable: Any) -> None:
        """Note a program that was just compiled."""
        if compile_at_s is None:
            return
        entry = weakref.ref(jaxpr), weakref.ref(executable)
        with self._lock:
            self._known[compile_at_s] = entry
            if len(self._known) > _MOST:
                self._known.popitem(last=False)

    def get(self, compile_at_s: float | None, name: str) -> "CompiledBefore | None":
        """The program that was compiled then; None where it is gone, or was never seen."""
        with self._lock:
            entry = None if compile_at_s is None else self._known.get(compile_at_s)
        jaxpr = None if entry is None else entry[0]()
        if entry is None or jaxpr is None:
            return None
        return CompiledBefore(name, jaxpr, entry[1]())

    def after_fork(self) -> None:
        """In a forked process: the lock may have been held by a thread that is not there."""
        self._lock = threading.Lock()


class CompiledBefore(jax.stages.Traced):
    """A program as JAX has it in memory, to be read like what `jax.jit(f).trace` returns.

    Lowering it gives back what was compiled: nothing is compiled again.
    """

    def __init__(self, name: str, jaxpr: Any, executable: Any) -> None:
        # Not JAX's own constructor, which wants what a compile does not leave behind.
        self._seen = name, jaxpr
        self._executable = executable

    @property
    def fun_name(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride, reportIncompatibleMethodOverride]
        return self._seen[0]

    @property
    def jaxpr(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride, reportIncompatibleMethodOverride]
        return self._seen[1]

    def lower(self, **_: Any) -> Any:
        """Itself: the next step is to ask for the compiled program."""
        return self

    def as_text(self, **_: Any) -> str:
        """StableHLO is what JAX forgets first."""
        raise JaxploreError.of(
            failed="The StableHLO of a compiled program is not kept by JAX.",
            given=self.fun_name,
            do=f"give the function and its arguments: jaxplore.explore({self.fun_name}, ...).",
        )

    def compile(self) -> Any:
        """The executable that is loaded."""
        if self._executable is None:
            raise JaxploreError.of(
                failed="The compiled program is gone: JAX let go of it.",
                given=self.fun_name,
                do="call the function again.",
            )
        return self._executable


alive: Final = AlivePrograms()
