"""`jax.jit`, which recognises a function it compiled before.

In a notebook the same cell runs many times, and each run makes a new function object that
JAX has never seen. When nothing the program depends on has changed, the function that is
already compiled is given back. In doubt a new one is made.
"""

import inspect
import threading
from collections import OrderedDict
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final

import jax

from jaxplore.faults import contained
from jaxplore.transforms.fingerprint import Unknowable, fingerprint, freeze

# Compiled functions kept for a later redefinition. Small: each holds its executables.
_MOST_KEPT: Final = 64


class _Kept:
    """The most recently used jitted functions, by what they depend on."""

    def __init__(self) -> None:
        self._functions: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Any, fun: FunctionType) -> Any | None:
        with self._lock:
            found = self._functions.get(key)
            # A later retrace reads globals again, so they must be the same namespace.
            if found is None or found.__wrapped__.__globals__ is not fun.__globals__:
                return None
            self._functions.move_to_end(key)
            return found

    def keep(self, key: Any, jitted: Any) -> None:
        with self._lock:
            self._functions[key] = jitted
            self._functions.move_to_end(key)
            while len(self._functions) > _MOST_KEPT:
                self._functions.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._functions.clear()


kept: Final = _Kept()


def jit(*args: Any, **options: Any) -> Any:
    """Exactly `jax.jit`: the same arguments, the same object back.

    Redefining the same function (same code, defaults, referenced globals and helpers, same
    options) gives back the function that is already compiled.

    >>> import jaxplore.numpy as jnp
    >>> @jit
    ... def double(x):
    ...     return 2 * x
    >>> double(jnp.arange(3)).tolist()
    [0, 2, 4]
    """
    if not args:

        def decorate(fun: Callable[..., Any]) -> Any:
            return jit(fun, **options)

        jax.jit(**options)  # JAX checks the options now, as it would
        return decorate
    fun = args[0]
    key = _key(fun, options) if len(args) == 1 else None
    if key is not None:
        found = kept.find(key, fun)
        if found is not None:
            return found
    jitted = jax.jit(*args, **options)
    if key is not None and getattr(jitted, "__wrapped__", None) is fun:
        kept.keep(key, jitted)
    return jitted


def _key(fun: Any, options: dict[str, Any]) -> Any | None:
    """What the jitted function depends on, or None where that cannot be known."""
    if not isinstance(fun, FunctionType):
        return None
    key = None
    with contained("recognise a function that was compiled before"):
        try:
            key = fingerprint(fun), freeze(options)
        except (Unknowable, RecursionError):
            key = None
    return key


jit.__signature__ = inspect.signature(jax.jit)  # pyright: ignore[reportFunctionMemberAccess]
