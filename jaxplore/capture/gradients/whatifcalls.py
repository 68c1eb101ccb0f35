"""Which equations were traced in which call of the user's functions.

While a function is traced, Python reports each call; a name scope is opened for it, so that
the equations say themselves where they were made. Nothing of the user's is changed. Calls
inside of programs that JAX keeps for later, such as a jitted function's, are left alone: they
would keep the scope.
"""

import inspect
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any, Final

import jax

from jaxplore.capture.source import files
from jaxplore.faults import contained

_SCOPE: Final = "jaxplore_call_"
_CALL: Final = re.compile(rf"{_SCOPE}(\d+)")
_PAUSES: Final = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function."""

    name: str
    qualified_name: str
    code: CodeType

    @property
    def shown(self) -> str:
        """What to call it: a module that is called has the name of its class."""
        path = self.qualified_name.rpartition("<locals>.")[2].split(".")
        return path[-2] if path[-1] == "__call__" and len(path) > 1 else self.name

    @property
    def names(self) -> tuple[str, ...]:
        """By which it can be named."""
        return self.name, self.qualified_name, self.shown


class Calls:
    """Watches the calls that happen while something is traced."""

    def __init__(self) -> None:
        self.found: list[Call] = []
        self._open: dict[int, AbstractContextManager[Any]] = {}
        self._depth = 0

    def watched(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """The function; while it runs, its calls are noted."""

        def run(*args: Any, **kwargs: Any) -> Any:
            before = sys.getprofile()
            self._depth = _programs_about(sys._getframe())  # pyright: ignore[reportPrivateUsage]
            sys.setprofile(self._event)
            try:
                return f(*args, **kwargs)
            finally:
                sys.setprofile(before)

        return run

    def _event(self, frame: FrameType, event: str, _arg: object) -> None:
        if event == "call":
            with contained("note a call"):
                self._called(frame)
        elif event == "return":
            scope = self._open.pop(id(frame), None)
            if scope is not None:
                scope.__exit__(None, None, None)

    def _called(self, frame: FrameType) -> None:
        code = frame.f_code
        # Comprehensions and module code are no functions one can wrap.
        is_function = code.co_name == "<lambda>" or not code.co_name.startswith("<")
        if not is_function or code.co_flags & _PAUSES or files.owner(code.co_filename) != "user":
            return
        if _programs_about(frame) > self._depth:
            return
        scope = jax.named_scope(f"{_SCOPE}{len(self.found)}")
        self.found.append(Call(code.co_name, code.co_qualname, code))
        scope.__enter__()
        self._open[id(frame)] = scope


def _programs_about(frame: FrameType | None) -> int:
    """How many programs are being traced about a frame, one within the other."""
    count = 0
    while frame is not None:
        code = frame.f_code
        if code.co_name.startswith("trace_to_jaxpr") and "jax" in code.co_filename:
            count += 1
        frame = frame.f_back
    return count


def calls_of(equation: Any) -> list[int]:
    """The calls that an equation was traced in, outermost first."""
    return [int(number) for number in _CALL.findall(str(equation.source_info.name_stack))]
