"""A code object as a key, and the names that it reads from outside.

Read from the bytecode in one pass, so that it costs microseconds. What a piece of code
reads does not change, so it is found once for equal code.
"""

import dis
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final
from weakref import WeakKeyDictionary


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What a function, and the functions inside it, read by name."""

    names: frozenset[str]
    """Globals, in whatever way."""
    attributes: dict[str, frozenset[str]]
    """Of each global, the attributes that are read at once: `m.k`."""
    whole: frozenset[str]
    """Globals that are also used in other ways: passed on, called, stored."""
    imported: tuple[str, ...]
    """Modules that it may import itself, or names of theirs."""
    every: frozenset[str]
    """All names, those of attributes too."""


def reads(code: CodeType) -> Reads:
    """The names that a code object reads, those inside it included."""
    found = _known.get(code)
    if found is None:
        found = _known[code] = _reads(code)
    return found


_known: Final[WeakKeyDictionary[CodeType, Reads]] = WeakKeyDictionary()


def key_of(code: CodeType) -> tuple[Any, ...]:
    """Everything in a code object that decides what it does, and how its text is laid out:
    a program points at the columns it was compiled from. Not where in a file it begins."""
    constants = tuple(
        [
            key_of(c) if isinstance(c, CodeType) else (type(c).__name__, repr(c))
            for c in code.co_consts
        ]
    )
    return (
        code.co_name,
        code.co_code,
        constants,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_argcount,
        code.co_kwonlyargcount,
        code.co_posonlyargcount,
        code.co_flags,
        code.co_linetable,
        code.co_exceptiontable,
    )


def codes(code: CodeType) -> Iterator[CodeType]:
    """A code object and those inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def _shifts(**bits: int) -> dict[int, int]:
    """Opcode -> by how many bits its argument is shifted, of those this Python has."""
    return {dis.opmap[name]: shift for name, shift in bits.items() if name in dis.opmap}


_ATTRIBUTE_BITS: Final = 1 if sys.version_info >= (3, 12) else 0
_GLOBALS: Final = _shifts(LOAD_GLOBAL=1, LOAD_NAME=0, LOAD_FROM_DICT_OR_GLOBALS=0)
_ATTRIBUTES: Final = _shifts(LOAD_ATTR=_ATTRIBUTE_BITS, LOAD_METHOD=0)
_IMPORT: Final = dis.opmap["IMPORT_NAME"]
_CACHE: Final = dis.opmap["CACHE"]
_EXTENDED: Final = dis.EXTENDED_ARG
# Where instructions may be others than those known here, every name may be a global.
_IS_KNOWN: Final = sys.version_info < (3, 14)


def _reads(code: CodeType) -> Reads:
    every: set[str] = set()
    names: set[str] = set()
    whole: set[str] = set()
    imported: set[str] = set()
    attributes: dict[str, set[str]] = {}
    for inner in codes(code):
        every.update(inner.co_names)
        if not _IS_KNOWN:
            names.update(inner.co_names)
            whole.update(inner.co_names)
        _scan(inner, names, whole, attributes)
        if _IMPORT in inner.co_code[::2]:
            imported.update(inner.co_names)
    return Reads(
        names=frozenset(names),
        attributes={name: frozenset(found) for name, found in attributes.items()},
        whole=frozenset(whole),
        imported=tuple(sorted(imported)),
        every=frozenset(every),
    )


def _scan(
    code: CodeType, names: set[str], whole: set[str], attributes: dict[str, set[str]]
) -> None:
    """One code object's loads of globals, each with the attribute read right after it."""
    loaded: str | None = None
    high = 0
    for op, low in zip(code.co_code[::2], code.co_code[1::2], strict=True):
        if op == _CACHE:
            continue
        if op == _EXTENDED:
            high = (high | low) << 8
            continue
        arg, high = high | low, 0
        if loaded is not None:
            if op in _ATTRIBUTES:
                name = code.co_names[arg >> _ATTRIBUTES[op]]
                attributes.setdefault(loaded, set()).add(name)
            else:
                whole.add(loaded)
            loaded = None
        if op in _GLOBALS:
            loaded = code.co_names[arg >> _GLOBALS[op]]
            names.add(loaded)
