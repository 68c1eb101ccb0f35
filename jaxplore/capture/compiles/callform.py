"""How a function was called, as text: its static values, its structure, how they were given.

Nothing of the user's is kept, and none of their methods is run that JAX has not run.
"""

import enum
import functools
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Final

import jax

from jaxplore.capture.compiles.definition import code_of
from jaxplore.capture.compiles.serials import Serials
from jaxplore.capture.compiles.statictext import LONGEST, static_text
from jaxplore.capture.compiles.structures import structure_of
from jaxplore.capture.source import files
from jaxplore.model.compiles import Passed, Static, Structure

_Given = tuple[str, object, str]
"""(name, value, how it was given)."""


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
        given = list(_given(fun, args, kwargs))
    except (TypeError, ValueError):
        return CallForm()
    paths = tuple(names)
    traced = {path.split("[")[0].split(".")[0] for path in paths}
    statics: list[Static] = []
    structures: list[Structure] = []
    values: list[tuple[str, object]] = []
    for name, value, how in given:
        inside = any(p.startswith(name) for p in paths) if "[" in name else name in traced
        if inside or _is_empty_tree(value):
            if how not in ("default", "held"):
                structures.append(structure_of(name, value))
            continue
        statics.append(_static(name, value, serials))
        values.append((name, value))
    passed = tuple(Passed(name=name, how=how) for name, _, how in given if "[" not in name)
    return CallForm(tuple(statics), tuple(structures), passed, tuple(values))


def _given(fun: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[_Given]:
    """Each parameter; of `*args` and `**kwargs` each part: `a[1]`, `kw['train']`."""
    signature = inspect.signature(fun)
    bound = signature.bind(*args, **kwargs)
    explicit = set(bound.arguments)
    bound.apply_defaults()
    held = set(fun.keywords) if isinstance(fun, functools.partial) else set[str]()
    for place, (name, value) in enumerate(bound.arguments.items()):
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            yield from ((f"{name}[{i}]", part, "positional") for i, part in enumerate(value))
        elif kind is inspect.Parameter.VAR_KEYWORD:
            yield from ((f"{name}['{key}']", part, "keyword") for key, part in value.items())
        elif name in kwargs:
            yield name, value, "keyword"
        elif name in explicit and place < len(args):
            yield name, value, "positional"
        else:
            yield name, value, "held" if name in held else "default"


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


def _static(name: str, value: Any, serials: Serials) -> Static:
    # Of its class: the value's own __getattr__ is not ours to run.
    if hasattr(type(value), "static_text"):  # a constant of a %%jit cell says what it is
        return Static(name=name, text=str(value.static_text)[:LONGEST], key=hash(value))
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
    except Exception:
        return 0


# There is one of each, or they compare by what they are bound to.
_SHARED: Final = (type, ModuleType, BuiltinFunctionType, enum.Enum, MethodType)


def _compares_by_identity(value: Any) -> bool:
    if isinstance(value, _SHARED):
        return False
    return type(value).__hash__ in (object.__hash__, FunctionType.__hash__)
