"""Whether a value holds a value of the trace that is running, which ends with the trace."""

import functools
from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import Any, Final

import jax
from jax.core import Tracer

from jaxplore.capture.functions.fingerprint import contents_of

# Beyond this many parts a value is taken to be free of tracers.
_MOST_PARTS: Final = 1_000


def holds_tracer(value: Any) -> bool:
    """Whether a traced value hides in something that is no pytree of arrays.

    Arrays in pytrees are results of the program; a function, a partial or an object that
    closed over one would keep a value that means nothing after the trace.
    """
    leaves = [leaf for leaf in jax.tree.leaves(value) if not _is_tracer(leaf)]
    pending, seen = leaves, set[int]()
    while pending and len(seen) < _MOST_PARTS:
        part = pending.pop()
        if _is_tracer(part):
            return True
        if id(part) not in seen:
            seen.add(id(part))
            pending.extend(_parts(part))
    return False


def _is_tracer(value: Any) -> bool:
    # By type alone: asking for its class may run its own code.
    return issubclass(type(value), Tracer)


def _parts(value: Any) -> Iterator[Any]:
    kind = type(value)
    if kind is FunctionType:
        for cell in value.__closure__ or ():
            try:
                yield cell.cell_contents
            except ValueError:  # not bound yet
                continue
    elif kind is MethodType:
        yield value.__self__
    elif kind is functools.partial:
        yield from (value.func, *value.args, *value.keywords.values())
    elif kind in (list, tuple, set, frozenset):
        yield from value
    elif kind is dict:
        yield from value.values()
    elif kind.__module__.split(".")[0] not in ("builtins", "jax", "jaxlib", "numpy"):
        try:
            yield from contents_of(value).values()
        except Exception:  # its own code runs when it is looked at
            return
