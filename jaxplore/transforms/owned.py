"""What a function holds by itself, not by a name: defaults, closure, attributes.

Two functions of the same namespace read the same globals at any time, so equal contents
are enough there. What each holds by itself can be changed for one of them alone, so it has
to be the very same object, or out of everybody else's reach, or nothing that changes.
"""

import dis
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Final

import jax
import numpy as np

from jaxplore.capture.functions.coderead import codes
from jaxplore.capture.functions.contents import is_plain

_MOST_PARTS: Final = 1_000


def owned(fun: FunctionType) -> tuple[int, ...] | None:
    """Which objects that may change a function holds by itself, by identity.

    None when there are too many. The ids are good for as long as the function lives.
    """
    walk = _Walk()
    walk.function(fun)
    return None if walk.parts > _MOST_PARTS else tuple(walk.found)


def holds_nothing(fun: FunctionType) -> bool:
    """Whether a function has no defaults, no closure and no attributes."""
    return not (fun.__defaults__ or fun.__kwdefaults__ or fun.__closure__ or vars(fun))


# What `sys.getrefcount` says of an object that only its container holds.
_PROBE: Final[tuple[list[int]]] = ([],)
_ALONE: Final = sys.getrefcount(_PROBE[0])


class _Walk:
    """One way through what a function holds."""

    def __init__(self) -> None:
        self.found: list[int] = []
        self.parts = 0
        self._seen: set[int] = set()

    def function(self, fun: FunctionType) -> None:
        if self._is_seen(fun):
            return
        self.found.append(id(fun.__globals__))
        self.sequence(fun.__defaults__ or ())
        self.mapping(fun.__kwdefaults__ or {})
        self.mapping(vars(fun))
        cells = fun.__closure__ or ()
        for index, name in enumerate(fun.__code__.co_freevars):
            if sys.getrefcount(cells[index]) == _ALONE or _is_settled(fun, name):
                self.cell(cells[index])
            else:
                self.found.append(id(cells[index]))

    def cell(self, cell: CellType) -> None:
        try:
            is_alone = sys.getrefcount(cell.cell_contents) == _ALONE
        except ValueError:  # not bound yet
            self.found.append(id(cell))
            return
        self.value(cell.cell_contents, is_alone)

    def sequence(self, values: Sequence[Any]) -> None:
        for index in range(len(values)):
            is_alone = sys.getrefcount(values[index]) == _ALONE
            self.value(values[index], is_alone)

    def mapping(self, values: Mapping[Any, Any]) -> None:
        for key in list(values):
            is_alone = sys.getrefcount(values[key]) == _ALONE
            self.value(values[key], is_alone)

    def value(self, value: Any, is_alone: bool) -> None:
        kind = type(value)
        if is_plain(value) or isinstance(value, jax.Array | type | ModuleType) or kind is object:
            return
        if kind is tuple:
            self.sequence(value)
        elif kind is frozenset:
            self.sequence(tuple(value))
        elif isinstance(value, FunctionType):
            self.function(value)
        elif kind is MethodType:
            self.value(value.__self__, False)
            self.value(value.__func__, False)
        elif kind is partial:
            self.value(value.func, False)
            self.sequence(value.args)
            self.mapping(value.keywords)
        elif kind is list and is_alone:
            self.sequence(value)
        elif kind is dict and is_alone:
            self.mapping(value)
        elif kind is np.ndarray and is_alone and value.base is None:
            return
        elif _is_frozen(value) and not self._is_seen(value):
            self.mapping(vars(value))
        else:
            self.found.append(id(value))

    def _is_seen(self, value: Any) -> bool:
        self.parts += 1
        if id(value) in self._seen or self.parts > _MOST_PARTS:
            return True
        self._seen.add(id(value))
        return False


def _is_frozen(value: Any) -> bool:
    parameters = getattr(type(value), "__dataclass_params__", None)
    return bool(getattr(parameters, "frozen", False)) and hasattr(value, "__dict__")


# A function is made at most this many calls below the one that jits it.
_MOST_FRAMES: Final = 12
_BINDS: Final = ("STORE_DEREF", "DELETE_DEREF")
_BIND_CODES: Final = frozenset(dis.opmap[name] for name in _BINDS)
_MAY_STOP: Final = 0x20 | 0x80 | 0x200  # generators and coroutines go on later


def _is_settled(fun: FunctionType, name: str) -> bool:
    """Whether the function that makes `fun` has bound `name` for good, by the look of it."""
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    for _ in range(_MOST_FRAMES):
        if any(constant is fun.__code__ for constant in frame.f_code.co_consts):
            return _is_bound_for_good(frame.f_code, name, frame.f_lasti)
        if frame.f_back is None:
            return False
        frame = frame.f_back
    return False


def _is_bound_for_good(code: CodeType, name: str, reached: int) -> bool:
    if name not in code.co_cellvars or code.co_flags & _MAY_STOP:
        return False
    inner = [c for c in codes(code) if c is not code and name in c.co_freevars]
    if any(True for c in inner for _ in _bindings(c, name)):
        return False
    found = list(_bindings(code, name))
    count = (
        code.co_argcount
        + code.co_kwonlyargcount
        + bool(code.co_flags & 4)
        + bool(code.co_flags & 8)
    )
    if name in code.co_varnames[:count]:
        return not found
    loops = any("BACKWARD" in dis.opname[op] for op in code.co_code[::2])
    return len(found) == 1 and found[0] < reached and not loops


def _bindings(code: CodeType, name: str) -> Iterator[int]:
    """Where a code object binds a variable that it shares with functions inside it."""
    if _BIND_CODES.isdisjoint(code.co_code[::2]):
        return
    for instruction in dis.get_instructions(code):
        if instruction.opname in _BINDS and instruction.argval == name:
            yield instruction.offset
