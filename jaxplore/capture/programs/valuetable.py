"""The values of a program: their names, their types, and how they read in the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from jaxplore.capture import _hooks
from jaxplore.capture.programs import jaxprs
from jaxplore.model.program import Value, ValueKind
from jaxplore.model.types import short_type

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class _Type:
    """What all values of one type share."""

    number: int
    shape: tuple[int | str, ...]
    dtype: str
    weak_type: bool
    size_bytes: int
    sharding: str | None
    text: str


class ValueTable:
    """Numbers the variables and literals of a program as its jaxprs are walked.

    Each use of a nested program has variables of its own, so the caller holds one
    environment (variable -> index) per use; equal literals are one value.
    """

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.types: list[int] = []
        """Per value, a number that values of one type share."""
        self.uses: list[str] = []
        """Per value, how it reads where it is used: a literal says its type."""
        self._declarations: list[str] = []
        self._literals: dict[tuple[str, int], int] = {}
        self._types: dict[Any, _Type] = {}
        self._kept: list[Any] = []
        self._texts: dict[tuple[Any, ...], str] = {}
        self._named = 0
        self._prefix = ""

    def bind(self, env: dict[Any, int], var: Any, kind: ValueKind, *, read: bool = True) -> int:
        """The index of a variable that is defined here; `_` where nothing will read it."""
        index = env[var] = self._add(self._next_name() if read else "_", var.aval, kind)
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
        key = (self._literal_text(var.val), self._type(var.aval).number)
        index = self._literals.get(key)
        if index is None:
            index = self._literals[key] = self._add(key[0], var.aval, "literal")
        return index

    def declared(self, indices: Sequence[int]) -> str:
        """Values as they read where they are defined."""
        declarations = self._declarations
        return " ".join([declarations[index] for index in indices])

    def _add(self, name: str, aval: Any, kind: ValueKind) -> int:
        of = self._type(aval)
        index = len(self.values)
        self.values.append(
            Value(
                name=name,
                shape=of.shape,
                dtype=of.dtype,
                weak_type=of.weak_type,
                size_bytes=of.size_bytes,
                sharding=of.sharding,
                kind=kind,
            )
        )
        declaration = f"{name}:{of.text}"
        self.types.append(of.number)
        self._declarations.append(declaration)
        self.uses.append(declaration if kind == "literal" else name)
        return index

    def _type(self, aval: Any) -> _Type:
        try:
            known = self._types.get(aval)
            key = aval
        except Exception:  # a type that cannot be hashed: known by its identity
            key = id(aval)
            known = self._types.get(key)
        if known is None:
            self._kept.append(aval)
            known = self._types[key] = _type_of(aval, len(self._types))
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


def _type_of(aval: Any, number: int) -> _Type:
    try:
        shape, dtype = jaxprs.dimensions(aval), jaxprs.dtype_name(aval)
        return _Type(
            number=number,
            shape=shape,
            dtype=dtype,
            weak_type=bool(getattr(aval, "weak_type", False)),
            size_bytes=jaxprs.size_bytes(aval),
            sharding=jaxprs.sharding_text(aval),
            text=short_type(dtype, shape),
        )
    except Exception:  # somebody's own type: its name is all there is to say
        name = type(aval).__name__
        return _Type(number, (), name, False, 0, None, short_type(name, ()))


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
    try:
        text = " ".join(str(value).split())
    except Exception:  # a literal's own text is not ours to trust
        return f"<{type(value).__name__}>"
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
