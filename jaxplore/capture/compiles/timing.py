"""Run a call by the clock: the first time, once, or many times.

Between two readings of the clock stands nothing but the call and the wait for its result.
"""

import functools
import itertools
import operator
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Thread
from time import perf_counter
from typing import Any, Final

import jax
import numpy as np
from jax.core import Tracer

from jaxplore.capture import _hooks
from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.programs.jaxprs import type_text
from jaxplore.faults import contained

# The one array that most calls return can be waited for without looking into a tree.
_wait_for_array = operator.methodcaller("block_until_ready")


class TimedCall:
    """One call and how to wait for its result."""

    def __init__(self, call: Callable[[], Any]) -> None:
        _hooks.hide_frames_of(__file__)
        self._call = call
        self._wait: Callable[[Any], Any] = jax.block_until_ready
        self.waited = False
        """Whether the first result held an array of JAX."""

    def first(self) -> float:
        """Seconds of the first call, until its result is there."""
        __tracebackhide__ = True
        call, wait = self._call, jax.block_until_ready
        start = perf_counter()
        result = call()
        wait(result)
        seconds = perf_counter() - start
        self.waited = any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(result))
        if isinstance(result, jax.Array) and not isinstance(result, Tracer):
            self._wait = _wait_for_array
        return seconds

    def once(self) -> tuple[float, float]:
        """Seconds of one run: until the call returned, and until its result was there."""
        __tracebackhide__ = True
        call, wait = self._call, self._wait
        start = perf_counter()
        result = call()
        returned = perf_counter()
        try:
            wait(result)
        except AttributeError:
            self._wait = jax.block_until_ready  # not the one array that it was at first
            self._wait(result)
        return returned - start, perf_counter() - start

    def often(self, number: int) -> float:
        """Mean seconds of `number` runs, each of which waits for its result."""
        __tracebackhide__ = True
        call, wait, turns = self._call, self._wait, itertools.repeat(None, number)
        try:
            start = perf_counter()
            for _ in turns:
                # In one expression: no result may live on while the next is computed.
                wait(call())
            return (perf_counter() - start) / number
        except AttributeError as fault:
            if wait is not _wait_for_array or fault.name != "block_until_ready":
                raise
        # Not the one array that it was at first; where the fault is the call's own, it comes again.
        self._wait = jax.block_until_ready
        return self.often(number)


def drain() -> None:
    """Wait until the devices have done what was asked of them earlier."""
    with contained("wait for earlier work"), observer.paused():
        for array in jax.live_arrays():
            _settle(array)
        # A device works in the order it was asked: also what nobody holds is done before this.
        for device, step in _steps():
            with suppress(Exception):  # a transfer guard, say: then held arrays must do
                _settle(step(jax.device_put(_ONE, device)))


def _settle(array: Any) -> None:
    # The error of an earlier computation belongs to who asks for its result.
    with suppress(Exception):
        array.block_until_ready()


_ONE: Final = np.float32(1)


@functools.cache
def _steps() -> list[tuple[Any, Callable[[Any], Any]]]:
    """Each device with a program that it can run."""
    steps: list[tuple[Any, Callable[[Any], Any]]] = []

    def compile_steps() -> None:
        with contained("prepare to wait for earlier work"), observer.paused():
            step = jax.jit(lambda a: a + 1)
            for device in jax.local_devices():
                lowered = step.lower(jax.device_put(_ONE, device))
                steps.append((device, lowered.compile()))

    # On a thread of its own: a mesh or another setting of the user's is not in force there.
    thread = Thread(target=compile_steps)
    thread.start()
    thread.join()
    return steps


class Lent:
    """The arrays a call is given: a donated one is gone after the first call."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        """`values`: what the call uses, by the name the user knows it by."""
        self._arrays: list[tuple[str, jax.Array]] = []
        with contained("list the arrays of a call"):
            for name, value in values.items():
                for path, leaf in jax.tree_util.tree_flatten_with_path(value)[0]:
                    if isinstance(leaf, jax.Array) and not _is_deleted(leaf):
                        self._arrays.append((name + jax.tree_util.keystr(path), leaf))

    def gone(self) -> str:
        """The first array that was taken since, as `x (f32[4])`; `""` when all are there."""
        for path, array in self._arrays:
            if _is_deleted(array):
                return f"{path} ({type_text(array.aval)})"
        return ""


def _is_deleted(array: Any) -> bool:
    return not isinstance(array, Tracer) and array.is_deleted()
