"""The values of a program: their names, their types, and how they read in the text."""

from collections.abc import Sequence
from typing import Any, Final

from jaxplore.capture import _hooks
from jaxplore.capture.programs import jaxprs
from jaxplore.model.program import Value, ValueKind

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"


class ValueTable:
    """Numbers the variables and literals of a program as its jaxprs are walked.

    Each use of a nested program has variables of its own, so the caller holds one
    environment (variable -> index) per use; equal literals are one value.
    """

    def __init__(self) -> None:
        self.values: list[Value] = []
        self._literals: dict[tuple[str, Any], int] = {}
        self._types: dict[Any, tuple[Any, ...]] = {}
        self._texts: dict[tuple[Any, ...], str] = {}
        self._named = 0
        self._prefix = ""

    def bind(self, env: dict[Any, int], var: Any, kind: ValueKind, *, read: bool = True) -> int:
        """The index of a variable that is defined here; `_` where nothing will read it."""
        index = env[var] = len(self.values)
        name = self._next_name() if read else "_"
        self.values.append(self._value(name, var.aval, kind))
        return index

    def _next_name(self) -> str:
        """`letters(n)`, where all but the last letter changes only every 26 names."""
        rest, last = divmod(self._named, 26)
        if last == 0 and rest:
            self._prefix = letters(rest)
        self._named += 1
        return self._prefix + _ALPHABET[last]

    def read(self, env: dict[Any, int], var: Any) -> int:
        """The index of a variable or a literal that is used here."""
        if not isinstance(var, _hooks.Literal):
            return env[var]
        key = (self._literal_text(var.val), self._facts(var.aval))
        index = self._literals.get(key)
        if index is None:
            index = self._literals[key] = len(self.values)
            self.values.append(self._value(key[0], var.aval, "literal"))
        return index

    def use(self, index: int) -> str:
        """A value as it reads where it is used: a literal says its type."""
        row = self.values[index]
        return f"{row.name}:{row.type_text}" if row.kind == "literal" else row.name

    def declared(self, indices: Sequence[int]) -> str:
        """Values as they read where they are defined."""
        rows = [self.values[index] for index in indices]
        return " ".join([f"{row.name}:{row.type_text}" for row in rows])

    def _value(self, name: str, aval: Any, kind: ValueKind) -> Value:
        shape, dtype, weak_type, size_bytes, sharding = self._facts(aval)
        return Value(
            name=name,
            shape=shape,
            dtype=dtype,
            weak_type=weak_type,
            size_bytes=size_bytes,
            sharding=sharding,
            kind=kind,
        )

    def _facts(self, aval: Any) -> tuple[Any, ...]:
        known = self._types.get(aval)
        if known is None:
            known = self._types[aval] = (
                jaxprs.dimensions(aval),
                jaxprs.dtype_name(aval),
                bool(getattr(aval, "weak_type", False)),
                jaxprs.size_bytes(aval),
                jaxprs.sharding_text(aval),
            )
        return known

    def _literal_text(self, value: Any) -> str:
        # Printing a numpy scalar is slow, and programs repeat the same few numbers.
        if getattr(value, "shape", None) != ():
            return literal_text(value)
        number = value.item()
        # -0.0 equals 0.0, but reads otherwise.
        key = (value.dtype, number, repr(number) if number == 0 else "")
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = literal_text(value)
        return text


def literal_text(value: Any) -> str:
    """A constant in a jaxpr's text.

    >>> literal_text(2.0), literal_text(True)
    ('2.0', 'True')
    """
    # JAX wraps Python numbers in subclasses whose text names the type once more.
    if isinstance(value, float):
        value = float(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        value = int(value)
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else text[:39] + "…"


def letters(index: int) -> str:
    """The name of the index-th value: a, b, ..., z, ba, bb, ... as JAX names them.

    >>> [letters(i) for i in (0, 25, 26, 27, 676)]
    ['a', 'z', 'ba', 'bb', 'baa']
    """
    name = ""
    while True:
        index, letter = divmod(index, 26)
        name = chr(97 + letter) + name
        if index == 0:
            return name
