"""What a jitted function and its options are recognised by."""

from types import FunctionType
from typing import Any

from jaxplore.capture.functions.fingerprint import Unknowable, fingerprint, freeze
from jaxplore.faults import contained
from jaxplore.transforms.owned import owned


def keys_of(fun: Any, options: dict[str, Any]) -> tuple[Any, Any] | None:
    """What the function and its options depend on, or None where that cannot be known."""
    if not isinstance(fun, FunctionType):
        return None
    keys = None
    with contained("recognise a function that was compiled before"):
        try:
            held = owned(fun)
            keys = None if held is None else (fingerprint(fun), (freeze(options), held))
        except (Unknowable, RecursionError):
            keys = None
    return keys
