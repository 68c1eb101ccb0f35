"""How a function was called, as text: its arrays, its static values, its structure.

Nothing of the user's is kept, and none of their methods is run that JAX has not run.
"""

import enum
import inspect
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Final

import jax

from jaxplore.capture.compiles.definition import code_of
from jaxplore.capture.compiles.serials import Serials
from jaxplore.capture.programs.jaxprs import type_text
from jaxplore.capture.source import files
from jaxplore.model.compiles import Argument, Passed, Static, Structure

_PLAIN: Final = (int, float, complex, bool, str, bytes, type(None))
_NUMBERS: Final = (bool, int, float, complex)
_LONGEST: Final = 80
_MOST_PARTS: Final = 8


@dataclass(frozen=True, slots=True)
class CallForm:
    """A call without its arrays."""

    statics: tuple[Static, ...] = ()
    structures: tuple[Structure, ...] = ()
    passed: tuple[Passed, ...] = ()
    static_values: tuple[tuple[str, object], ...] = ()
    """(parameter, value) as it was passed. Not to be kept."""


def call_form(
    fun: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    names: Iterable[str],
    serials: Serials,
) -> CallForm:
    """How `fun` was called.

    Args:
        fun: The user's function.
        args: Its positional arguments.
        kwargs: Its keyword arguments.
        names: Paths of the arrays that were traced: a parameter that has none of them
            and is no empty container was compiled in.
        serials: Numbers objects that compare by identity.
    """
    try:
        signature = inspect.signature(fun)
        bound = signature.bind(*args, **kwargs)
    except (TypeError, ValueError):
        return CallForm()
    given = set(bound.arguments)
    bound.apply_defaults()
    traced = {name.split("[")[0].split(".")[0] for name in names}
    statics: list[Static] = []
    structures: list[Structure] = []
    values: list[tuple[str, object]] = []
    for name, value in bound.arguments.items():
        if name in traced or _is_empty_tree(value):
            if name in given:
                structures.append(_structure(name, value))
            continue
        statics.append(_static(name, value, serials))
        values.append((name, value))
    positional = list(bound.arguments)[: len(args)]
    passed = tuple(
        Passed(
            name=name,
            how="keyword"
            if name in kwargs
            else "positional"
            if name in positional and name in given
            else "default",
        )
        for name in bound.arguments
    )
    return CallForm(tuple(statics), tuple(structures), passed, tuple(values))


def static_values(
    fun: Any, args: tuple[Any, ...], kwargs: dict[str, Any], names: Iterable[str]
) -> tuple[tuple[str, object], ...]:
    """(parameter, value) of what was compiled in. Not to be kept."""
    code = code_of(fun)
    if code is None or files.owner(code.co_filename) == "internal":
        return ()
    return call_form(fun, args, kwargs, names, Serials()).static_values


def _is_empty_tree(value: Any) -> bool:
    return value is None or (isinstance(value, tuple | list | dict) and not jax.tree.leaves(value))


def _structure(name: str, value: Any) -> Structure:
    structure = jax.tree.structure(value)
    text = str(structure).removeprefix("PyTreeDef(").removesuffix(")")
    short = " ".join(text.split())
    return Structure(
        name=name,
        text=short if len(short) <= _LONGEST else short[: _LONGEST - 1] + "…",
        key=hash(structure),
    )


def argument(path: Any, aval: Any, array: Any) -> Argument:
    """The type and placement that one array was passed with."""
    committed = bool(getattr(array, "committed", False)) or bool(
        getattr(array, "_committed", False)
    )
    sharding = getattr(array, "sharding", None) if committed else None
    number = next((kind.__name__ for kind in _NUMBERS if type(array) is kind), "")
    return _argument(
        str(path),
        type_text(aval),
        bool(getattr(aval, "weak_type", False)),
        "" if sharding is None else _placement(sharding) + _layout(array),
        number,
    )


@lru_cache(maxsize=65_536)
def _argument(path: str, type: str, weak: bool, placement: str, number: str) -> Argument:
    # Equal arguments are one object: hundreds of earlier calls are kept for comparison.
    return Argument(path=path, type=type, weak_type=weak, placement=placement, number=number)


def _placement(sharding: Any) -> str:
    spec = getattr(sharding, "spec", None)
    devices = _devices(sharding)
    return devices if spec is None else f"{_axes(spec)} on {devices}"


def _axes(spec: Any) -> str:
    return str(spec).replace("PartitionSpec", "P")


def _devices(sharding: Any) -> str:
    devices = sorted(sharding.device_set, key=lambda device: device.id)
    if len(devices) > 4:
        return f"{len(devices)} devices {devices[0]}..{devices[-1]}"
    return ", ".join(str(device) for device in devices)


def _layout(array: Any) -> str:
    """A layout that is not the usual one, row by row."""
    layout = getattr(getattr(array, "format", None), "layout", None)
    order = tuple(getattr(layout, "major_to_minor", ()))
    return "" if order == tuple(range(len(order))) else f", layout {order}"


def _static(name: str, value: Any, serials: Serials) -> Static:
    # Of its class: the value's own __getattr__ is not ours to run.
    if hasattr(type(value), "static_text"):  # a constant of a %%jit cell says what it is
        return Static(name=name, text=str(value.static_text)[:_LONGEST], key=hash(value))
    by_identity = _compares_by_identity(value)
    text = static_text(value)
    key = serials.of(value) if by_identity else _hash(value)
    return Static(
        name=name,
        text=text,
        key=hash((type(value).__qualname__, text, key)),
        by_identity=by_identity,
    )


def _hash(value: Any) -> int:
    """JAX has hashed it, unless it is a default that was left out."""
    try:
        return hash(value)
    except TypeError:
        return 0


def _compares_by_identity(value: Any) -> bool:
    if isinstance(value, type | ModuleType | BuiltinFunctionType | enum.Enum):
        return False  # there is only one of each
    return type(value).__hash__ in (object.__hash__, FunctionType.__hash__)


def static_text(value: Any, depth: int = 2) -> str:
    """A static value as short text, written without the value's own `__repr__`.

    >>> static_text((1, "a")), static_text(len), static_text(3.5)
    ("(1, 'a')", 'len', '3.5')
    """
    return _text(value, depth)[:_LONGEST]


def _text(value: Any, depth: int) -> str:
    kind = type(value)
    if kind in _PLAIN:
        return repr(value)
    if isinstance(value, enum.Enum):
        return f"{kind.__name__}.{value.name}"
    if isinstance(value, FunctionType):
        return f"{value.__name__} (line {value.__code__.co_firstlineno})"
    if isinstance(value, MethodType):
        return f"{type(value.__self__).__name__}.{value.__func__.__name__}"
    if isinstance(value, type | ModuleType | BuiltinFunctionType):
        return value.__name__
    if depth and kind in (tuple, frozenset):
        parts = [_text(part, depth - 1) for part in list(value)[:_MOST_PARTS]]
        return f"({', '.join(parts)}{', ...' if len(value) > _MOST_PARTS else ''})"
    if depth and is_dataclass(value):
        parts = [
            f"{field.name}={_text(vars(value)[field.name], depth - 1)}"
            for field in fields(value)
            if field.name in getattr(value, "__dict__", {})
        ]
        return f"{kind.__name__}({', '.join(parts)})"
    own: dict[str, Any] = vars(value) if hasattr(value, "__dict__") else {}
    plain = [f"{n}={v!r}" for n, v in list(own.items())[:_MOST_PARTS] if type(v) in _PLAIN]
    return f"{kind.__name__}({', '.join(plain)}{', ...' if len(plain) < len(own) else ''})"
