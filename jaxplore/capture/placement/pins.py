"""Which call tied an array to its devices, from the stack that JAX keeps of its making.

JAX's own frames in the stack tell what the user called. Where they do not tell the reason,
such as for a compiled call, only the call is named.
"""

import os
from typing import Any, Final

import jax

from jaxplore.capture.source.spans import SpanTable
from jaxplore.model.placement import Pin

_JAX: Final = os.path.dirname(os.path.abspath(jax.__file__)) + os.sep
# Functions that place an array, by the names of their code.
_PLACING: Final = {
    "device_put": "jax.device_put",
    "make_array_from_callback": "jax.make_array_from_callback",
    "make_array_from_process_local_data": "jax.make_array_from_process_local_data",
    "make_array_from_single_device_arrays": "jax.make_array_from_single_device_arrays",
    "with_sharding_constraint": "jax.lax.with_sharding_constraint",
    "reshard": "jax.sharding.reshard",
    "pmap.<locals>.wrapped": "jax.pmap",
}
# Files whose frames a compiled call goes through, whatever it computes.
_CALLING: Final = ("pjit.py", "pxla.py", "profiler.py", "traceback_util.py")
_QUOTED: Final = 60


class Pins:
    """Makes pins, each distinct one once. One serves one capture."""

    def __init__(self, spans: SpanTable) -> None:
        self._spans = spans
        self._known: dict[Any, Pin | None] = {}

    def of(self, traceback: Any) -> Pin | None:
        """The call that made a pinned array; None where JAX kept no stack."""
        if traceback is None:
            return None
        if traceback not in self._known:
            self._known[traceback] = self._read(traceback)
        return self._known[traceback]

    def _read(self, traceback: Any) -> Pin | None:
        how, called = _how(traceback.raw_frames()[0])
        span = self._spans.of_traceback(traceback)
        if span is None:
            return Pin(how=how, span=None, words=called)
        expression = span.quoted(_QUOTED)
        said = f"{expression}, {span.place}" if expression else f"{called}, {span.place}"
        return Pin(how=how, span=span, words=said)


def _how(codes: list[Any]) -> tuple[str, str]:
    """What kind of call it was, and its name where no expression tells it."""
    inner: list[Any] = []
    for code in codes:
        if not code.co_filename.startswith(_JAX):
            break
        inner.append(code)
    # From the user's side: `device_put` inside of `make_array_...` is not what was called.
    names = [code.co_qualname for code in reversed(inner)]
    if names and names[0] in _PLACING:
        called = _PLACING[names[0]]
        return called.rpartition(".")[2], called
    if all(os.path.basename(code.co_filename) in _CALLING for code in inner):
        return "result", "a compiled call"
    return "operation", "an operation"
