"""What JAX is about to compile and run, compared with the other processes' programs.

Only compiles are seen: a call of what is compiled already never enters Python.
"""

import hashlib
import re
import sys
from collections.abc import Callable
from typing import Any, Final

from jaxplore.capture import _hooks
from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.source.spans import SpanTable
from jaxplore.cluster.meeting import Announced, Meeting
from jaxplore.errors import SpmdError
from jaxplore.faults import contained, reporter


class KeyValueStore:
    """The store of `jax.distributed`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put(self, key: str, text: str) -> None:
        self._client.key_value_set(key, text, allow_overwrite=True)

    def get(self, key: str, wait_s: float) -> str | None:
        # JAX raises where there is nothing, and where the store itself is lost.
        try:
            if wait_s:
                return str(self._client.blocking_key_value_get(key, int(wait_s * 1e3)))
            return str(self._client.key_value_try_get(key))
        except Exception:
            return None

    def drop(self, key: str) -> None:
        self._client.key_value_delete(key)


class Comparing:
    """The comparison in one process."""

    def __init__(self, meeting: Meeting, me: int) -> None:
        self._meeting = meeting
        self._me = me
        self._undo: Callable[[], None] | None = None

    def start(self) -> None:
        """Look at every compile from now on."""
        if self._undo is None:
            self._undo = _hooks.wrap_compile(self._before)

    def stop(self) -> None:
        """Look no more."""
        if self._undo is not None:
            self._undo()
            self._undo = None

    def _before(self, module: Any, devices: Any) -> None:
        __tracebackhide__ = True
        with contained("compare the processes' programs", passing=(SpmdError,)):
            group = sorted({int(device.process_index) for device in devices.flat})
            if len(group) < 2 or self._me not in group:
                return
            text = str(module)
            program = announced(text, *_called(module))
            if not observer.in_call:
                self._meeting.know(group, program)
                return
            others = self._meeting.meet(group, program, lambda: skeleton(text))
            if others:
                reporter.report(_warning(program, (self._me, *others)))


def announced(text: str, function: str, site: str) -> Announced:
    """A module of StableHLO as others compare it."""
    return Announced(_digest(skeleton(text)), _digest(comparable(text)), function, site)


# A value that decides nothing about how a program runs: an array, or a real number.
_CONSTANT: Final = re.compile(
    r"(stablehlo\.constant )dense(?:_resource)?<[^>\n]*>(?= : tensor<(?:\d|[bf][f\d]))"
)
_ADDRESS: Final = re.compile(r"\b\d{6,}\b")


def comparable(text: str) -> str:
    """A module's text without what differs between processes that run the same program: the
    addresses of Python functions that it calls.

    >>> comparable("a {index = 123456789 : ui64}\\nx python_cpu_callback {i = 123456789}")
    'a {index = 123456789 : ui64}\\nx python_cpu_callback {i = N}'
    """
    return "\n".join(
        _ADDRESS.sub("N", line) if "callback" in line else line for line in text.split("\n")
    )


def skeleton(text: str) -> str:
    """A module's text without the constants that decide nothing about how it runs.

    >>> skeleton("%c = stablehlo.constant dense<2.0> : tensor<f32>")
    '%c = stablehlo.constant  : tensor<f32>'
    >>> skeleton("%c = stablehlo.constant dense<2> : tensor<i32>")
    '%c = stablehlo.constant dense<2> : tensor<i32>'
    """
    return _CONSTANT.sub(r"\1", comparable(text))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _called(module: Any) -> tuple[str, str]:
    """The function of a module, and the user's expression that calls it."""
    name = str(module.operation.attributes["sym_name"]).strip('"')
    span = SpanTable().of_frame(sys._getframe(2))  # pyright: ignore[reportPrivateUsage]
    name = name.removeprefix("jit_")
    return "<lambda>" if name == "_lambda" else name, "" if span is None else span.described(60)


def _warning(program: Announced, processes: tuple[int, ...]) -> str:
    names = ", ".join(map(str, sorted(processes)))
    return (
        f"jaxplore: processes {names} compile other constants into {program.called}: results "
        "that JAX takes for equal on every process will differ; pass them as arguments"
    )
