"""What an object holds, where Python does not say so itself: slots, C state, array data."""

import datetime
import decimal
from contextlib import suppress
from types import GenericAlias, MemberDescriptorType, UnionType
from typing import Any, Final

import numpy as np

_LARGEST_COPIED_BYTES: Final = 1 << 16
_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made by a class statement
_POINTER: Final = 8

SCALARS: Final = frozenset(
    (int, float, complex, str, bytes, bool, type(None), type(...), type(NotImplemented), range)
)


class Unknowable(Exception):
    """A value that a program may depend on in a way that cannot be compared."""


# Compared by value, and by text: Decimal("-0") == Decimal("0").
_VALUES: Final = frozenset(
    (
        datetime.date,
        datetime.time,
        datetime.datetime,
        datetime.timedelta,
        datetime.timezone,
        decimal.Decimal,
        GenericAlias,
        UnionType,
    )
)


def value_key(value: Any, kind: type[Any]) -> Any | None:
    """The key of a date, a decimal number or the like; None for other objects."""
    if kind not in _VALUES:
        return None
    hash(value)
    return "value", kind, value, repr(value)


def is_plain(value: Any) -> bool:
    """Whether a value never changes and holds nothing that does."""
    kind = type(value)
    return kind in SCALARS or kind in _VALUES or isinstance(value, np.generic | np.dtype)


def is_made_by_class(kind: type[Any]) -> bool:
    """Whether a class statement made the class, or C code that does as if."""
    return kind.__flags__ & _HEAP_TYPE != 0


def compares_by_value(kind: type[Any]) -> bool:
    """Whether a library's class says what equality means, and hashes accordingly."""
    return kind.__eq__ is not object.__eq__ and kind.__hash__ not in (None, object.__hash__)


def hides_state(kind: type[Any]) -> bool:
    """Whether instances have room for more than attributes: C code keeps its state there."""
    if not is_made_by_class(kind) or kind.__itemsize__:
        return True
    room = sum(len(_slots(base)) for base in kind.__mro__)
    room += (kind.__dictoffset__ > 0) + (kind.__weakrefoffset__ > 0)
    return kind.__basicsize__ > object.__basicsize__ + room * _POINTER


def _slots(kind: type[Any]) -> list[tuple[str, Any]]:
    """The slots that a class adds: the name it was given, and the descriptor."""
    given = vars(kind).get("__slots__", ())
    found: list[tuple[str, Any]] = []
    for name in (given,) if isinstance(given, str) else tuple(given):
        private = name.startswith("__") and not name.endswith("__")
        mangled = f"_{kind.__name__.lstrip('_')}{name}" if private else name
        descriptor = vars(kind).get(mangled)
        if isinstance(descriptor, MemberDescriptorType):
            found.append((mangled, descriptor))
    return found


def contents_of(value: Any) -> dict[str, Any]:
    """An object's attributes, those in slots too."""
    contents: dict[str, Any] = dict(getattr(value, "__dict__", {}))
    for base in type(value).__mro__:
        for name, descriptor in _slots(base):
            with suppress(AttributeError):  # not set
                # A subclass may have something else under this name.
                contents[name] = descriptor.__get__(value, type(value))
    return contents


def numpy_key(value: Any) -> Any:
    """An array, number or dtype of NumPy's own classes, by its data."""
    if isinstance(value, np.dtype):
        return "dtype", type(value).__name__, repr(value)
    if value.nbytes > _LARGEST_COPIED_BYTES or value.dtype.hasobject:
        raise Unknowable("numpy array")
    data = np.asarray(value).tobytes()
    return "numpy", type(value).__qualname__, repr(value.dtype), value.shape, data
