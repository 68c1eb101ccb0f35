"""What a code object reads from outside: `cfg.k`, `table['lr']`, `self.scale`.

Read from the bytecode, so that no source is needed. Only what stands in one chain of names
is followed; where a value goes on somewhere else, the chain ends and the value counts as
read in whole. What the code itself changes (`calls += 1`) is not something it depends on,
and is listed apart.
"""

import dis
import sys
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Final, Literal

Scope = Literal["global", "local", "module"]
Step = tuple[Literal[".", "[]"], Any]


@dataclass(frozen=True, slots=True)
class Access:
    """One chain of names, from a name that is not made in the code."""

    scope: Scope
    """`"local"`: a parameter or a variable of an enclosing function; `"module"`: a module
    that the code imports itself."""
    name: str
    steps: tuple[Step, ...]
    called: bool = False
    """Whether it is called, and nothing else is done with it."""
    line: int | None = None
    """Where the chain begins and ends; columns in UTF-8 bytes."""
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


@dataclass(slots=True)
class Accesses:
    """All that a code object and the functions written inside it read and change."""

    reads: list[Access] = field(default_factory=list[Access])
    writes: list[Access] = field(default_factory=list[Access])
    attributes: set[str] = field(default_factory=set[str])
    """Names of the attributes that are read of anything."""


def step_text(step: Step) -> str:
    """`".k"` or `"['lr']"`, as it is written behind a name."""
    kind, name = step
    return f".{name}" if kind == "." else f"[{name!r}]"


def accesses_of(code: CodeType) -> Accesses:
    """What `code` reads and changes; remembered for as long as the code lives."""
    known = _known.get(id(code))
    if known is not None and known[0]() is code:
        return known[1]
    found = Accesses()
    arguments = code.co_argcount + code.co_kwonlyargcount
    outside = (*code.co_varnames[:arguments], *code.co_freevars)
    _Scan(code, {name: ("local", name, ()) for name in outside}, found).run()
    key = id(code)
    _known[key] = weakref.ref(code, lambda _: _known.pop(key, None)), found
    return found


_known: Final[dict[int, tuple["weakref.ref[CodeType]", Accesses]]] = {}

_Root = tuple[Scope, str, tuple[Step, ...]]
_Position = tuple[int | None, int | None, int | None, int | None]
_Instruction = tuple[str, Any, _Position]
_CALLED: Final = "<called>"
"""Comes after a name whose chain is going to be called."""
_NOWHERE: Final[_Position] = (None, None, None, None)
_SILENT: Final = frozenset(["CACHE", "EXTENDED_ARG", "NOP", "NOT_TAKEN", "PRECALL", "RESUME"])
_LOADS_GLOBAL: Final = frozenset(["LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"])
_LOADS_LOCAL: Final = frozenset(
    ["LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK", "LOAD_DEREF", "LOAD_CLASSDEREF"]
)
_LOADS_ATTRIBUTE: Final = frozenset(["LOAD_ATTR", "LOAD_METHOD"])
_LOADS_CONSTANT: Final = frozenset(["LOAD_CONST", "LOAD_SMALL_INT"])
_STORES_LOCAL: Final = frozenset(["STORE_FAST", "STORE_DEREF"])


class _Scan:
    """One pass over one code object."""

    def __init__(self, code: CodeType, outside: Mapping[str, _Root], found: Accesses) -> None:
        self._code = code
        self._found = found
        self._list: Final = list(_instructions(code))
        self._module = not code.co_flags & 0x02  # CO_NEWLOCALS: not a function's
        stored = [name for op, name, _ in self._list if op in _STORES_LOCAL]
        self._once: Final = {name for name in stored if stored.count(name) == 1}
        # A parameter that is assigned again is not what was passed any more.
        self._roots = {
            name: root
            for name, root in outside.items()
            if name not in stored or name in code.co_freevars
        }

    def run(self) -> None:
        index = 0
        while index < len(self._list):
            index = self._one(index)
        for inner in self._code.co_consts:
            if isinstance(inner, CodeType):
                outside = {n: self._roots[n] for n in inner.co_freevars if n in self._roots}
                _Scan(inner, outside, self._found).run()

    def _one(self, index: int) -> int:
        """Handle the instruction at `index` and its chain; returns where to go on."""
        op, name, position = self._list[index]
        if op in _LOADS_ATTRIBUTE or op.startswith("LOAD_SUPER"):
            self._found.attributes.add(str(name))
        elif op in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            self._write(("global", name, ()), position)
        elif op == "STORE_DEREF" and name in self._code.co_freevars and name in self._roots:
            self._write(self._roots[name], position)
        elif op == "IMPORT_NAME":
            return self._import(index)
        root = self._root_at(index)
        return index + 1 if root is None else self._chain(root, index + 1, position)

    def _root_at(self, index: int) -> _Root | None:
        op, name, _ = self._list[index]
        if op.startswith("LOAD_FAST") and name in (
            *self._code.co_cellvars,
            *self._code.co_freevars,
        ):
            return None  # the cell, for a function that is made here; not what is in it
        if op in _LOADS_LOCAL or op == "LOAD_NAME":
            found = self._roots.get(name)
            if found is not None:
                return found
        if op in _LOADS_GLOBAL:
            return "global", name, ()
        return None

    def _chain(self, root: _Root, index: int, position: _Position) -> int:
        """Follow attributes and constant subscripts, then see what becomes of the value."""
        scope, name, steps = root
        called = False
        while True:
            op, what, _ = self._at(index)
            if op == _CALLED:
                called = True
                index += 1
                continue
            if op in _LOADS_ATTRIBUTE:
                self._found.attributes.add(what)
                steps, width = (*steps, _attribute(what)), 1
            elif op in _LOADS_CONSTANT and self._is_subscript(index + 1):
                steps, width = (*steps, _item(what)), 2
            else:
                break
            position = _joined(position, self._at(index + width - 1)[2])
            index += width
        if called:
            self._found.reads.append(Access(scope, name, steps, True, *position))
        else:
            self._end((scope, name, steps), index, position)
        return index

    def _end(self, chain: _Root, index: int, position: _Position) -> None:
        """See what becomes of a value that is not called."""
        scope, root, steps = chain
        op, what, _ = self._at(index)
        after, field_name, _ = self._at(index + 1)
        if op in ("STORE_ATTR", "DELETE_ATTR"):
            self._write((scope, root, (*steps, _attribute(what))), position)
        elif op == "COPY" and after in _LOADS_ATTRIBUTE:  # obj.name += ...
            self._write((scope, root, (*steps, _attribute(field_name))), position)
        elif op.startswith("LOAD_") and after in ("STORE_SUBSCR", "DELETE_SUBSCR", "COPY"):
            constant = op in _LOADS_CONSTANT
            self._write((scope, root, (*steps, _item(what)) if constant else steps), position)
        elif op in _STORES_LOCAL and what in self._once and what not in self._code.co_freevars:
            self._roots[what] = chain
        elif op in ("POP_TOP", "STORE_NAME") and self._module:
            pass  # shown, or given another name: not used yet
        elif op != "POP_TOP":
            self._found.reads.append(Access(scope, root, steps, False, *position))

    def _import(self, index: int) -> int:
        """`import m`, `import m as n`, `from m import a, b`."""
        module: _Root = "module", str(self._list[index][1]), ()
        index += 1
        op, what, _ = self._at(index)
        while op == "IMPORT_FROM":
            taken: _Root = "module", module[1], (_attribute(what),)
            index = self._bind(taken, index + 1)
            op, what, _ = self._at(index)
        return self._bind(module, index)

    def _bind(self, root: _Root, index: int) -> int:
        op, what, _ = self._at(index)
        if op in _STORES_LOCAL and what in self._once:
            self._roots[what] = root
            return index + 1
        return index

    def _write(self, root: _Root, position: _Position) -> None:
        self._found.writes.append(Access(*root, False, *position))

    def _is_subscript(self, index: int) -> bool:
        op, what, _ = self._at(index)
        return op == "BINARY_SUBSCR" or (op == "BINARY_OP" and what == "[]")

    def _at(self, index: int) -> _Instruction:
        return self._list[index] if index < len(self._list) else ("", None, _NOWHERE)


def _attribute(name: str) -> Step:
    return ".", name


def _item(key: Any) -> Step:
    return "[]", key


def _joined(first: _Position, last: _Position) -> _Position:
    return first[0], first[1], last[2], last[3]


def _instructions(code: CodeType) -> Iterator[_Instruction]:
    """Instructions that matter, pairs of them taken apart: (name, argument, position)."""
    early = False
    for found in dis.get_instructions(code):
        name = found.opname
        if name in _SILENT:
            continue
        if name == "PUSH_NULL":
            # Older Python has it before what is called, newer Python behind it.
            early = _NULL_FIRST
            if not early:
                yield _CALLED, None, _NOWHERE
            continue
        at = found.positions
        position = (
            _NOWHERE if at is None else (at.lineno, at.col_offset, at.end_lineno, at.end_col_offset)
        )
        argument: Any = found.argrepr if name == "BINARY_OP" else found.argval
        parts = _PAIRS.get(name)
        if parts is not None:
            for part, one in zip(parts, argument, strict=True):
                yield part, one, position
        else:
            yield name, argument, position
        if (name in _PUSHES_NULL and (found.arg or 0) & 1) or name == "LOAD_METHOD":
            yield _CALLED, None, _NOWHERE
        elif early and name not in _LOADS_ATTRIBUTE and name.startswith("LOAD_"):
            early = False
            yield _CALLED, None, _NOWHERE


_NULL_FIRST: Final = sys.version_info < (3, 13)
_PUSHES_NULL: Final = (
    ("LOAD_GLOBAL", "LOAD_ATTR") if sys.version_info >= (3, 12) else ("LOAD_GLOBAL",)
)
_PAIRS: Final = {
    f"{first}_FAST{borrow}_{second}_FAST{borrow}": (f"{first}_FAST", f"{second}_FAST")
    for first in ("LOAD", "STORE")
    for second in ("LOAD", "STORE")
    for borrow in ("", "_BORROW")
}
