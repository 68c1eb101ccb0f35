"""Static values as short text, without running any method of the user's."""

import enum
import functools
import re
from dataclasses import fields, is_dataclass
from types import (
    BuiltinFunctionType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, Final

from jax.tree_util import PyTreeDef

from jaxplore.capture.source import files

# Longer than is shown, so that a difference far behind is one.
LONGEST: Final = 2_000
_PLAIN: Final = (int, float, complex, bool, str, bytes, type(None), range)
_MOST_PARTS: Final = 32
_MOST_NODES: Final = 5_000
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
# Their own texts are short, say the value, and run no code of the user's.
_TRUSTED: Final = (
    "numpy",
    "jax",
    "jaxlib",
    "pathlib",
    "fractions",
    "decimal",
    "datetime",
    "ml_dtypes",
)


def static_text(value: Any, depth: int = 4) -> str:
    """A static value as text.

    >>> static_text((1, "a")), static_text((2,)), static_text(len), static_text(3.5)
    ("(1, 'a')", '(2,)', 'len', '3.5')
    """
    text = _text(value, depth)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _text(value: Any, depth: int) -> str:
    kind = type(value)
    if kind in _PLAIN:
        return repr(value)
    if isinstance(value, enum.Enum):
        return f"{kind.__name__}.{value.name}"
    if isinstance(value, type | ModuleType | BuiltinFunctionType):
        return value.__name__
    name = _function_name(value)
    if name:
        return name
    if isinstance(value, functools.partial):
        return _call("partial", [value.func, *value.args], value.keywords, depth)
    if depth <= 0:
        return f"{kind.__name__}(...)"
    if isinstance(value, tuple | list | set | frozenset):
        return _collection(value, depth)
    if isinstance(value, dict):
        parts = [
            f"{_text(k, 0)}: {_text(v, depth - 1)}" for k, v in list(value.items())[:_MOST_PARTS]
        ]
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, PyTreeDef):  # its own text runs the user's __repr__
        return structure_text(value, depth)
    if kind.__module__.split(".")[0] in _TRUSTED:
        # "cpu:0" and "float32", not how to make them.
        name = getattr(value, "__name__", None) if callable(value) else None
        if isinstance(name, str):
            return name
        named = kind.__name__.endswith("Device") or repr(value).startswith("dtype(")
        return _ADDRESS.sub("", " ".join((str(value) if named else repr(value)).split()))
    return _instance(value, depth)


def structure_text(tree: Any, depth: int = 4) -> str:
    """The containers of a tree, with the static data in registered ones; `*` is an array.

    >>> import jax
    >>> structure_text(jax.tree.structure({"a": [1, (2,)], "b": None}))
    "{'a': [*, (*,)], 'b': None}"
    """
    if tree.num_nodes > _MOST_NODES:
        return f"{tree.num_leaves:,} leaves"
    data = tree.node_data()
    if data is None:
        return "*"
    kind, own = data
    if kind is type(None):
        return "None"
    parts = [structure_text(child, depth) for child in tree.children()]
    if kind is dict:
        pairs = zip(own, parts, strict=True)
        return "{" + ", ".join(f"{_text(key, 0)}: {part}" for key, part in pairs) + "}"
    if kind is list:
        return f"[{', '.join(parts)}]"
    if kind is tuple:
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    if own is not None:
        parts.append(f"static {_text(own, depth)}")
    return f"{kind.__name__}({', '.join(parts)})"


def _function_name(value: Any) -> str:
    if isinstance(value, FunctionType):
        inside = files.owner(value.__code__.co_filename) == "internal"
        line = "" if inside else f" (line {value.__code__.co_firstlineno})"
        return f"{value.__name__}{line}"
    if isinstance(value, MethodType):
        return f"{type(value.__self__).__name__}.{value.__func__.__name__}"
    if type(value).__name__ == "PjitFunction":
        return str(getattr(value, "__name__", "jitted function"))
    return ""


def _call(name: str, args: Any, kwargs: Any, depth: int) -> str:
    parts = [_text(part, depth - 1) for part in args]
    parts += [f"{key}={_text(part, depth - 1)}" for key, part in kwargs.items()]
    return f"{name}({', '.join(parts)})"


def _collection(value: Any, depth: int) -> str:
    kind = type(value)
    names = getattr(kind, "_fields", None)
    items = list(tuple.__iter__(value) if isinstance(value, tuple) else value)
    parts = [_text(part, depth - 1) for part in items[:_MOST_PARTS]]
    if isinstance(value, set | frozenset):
        parts.sort()
    if names is not None and len(names) == len(items):
        pairs = zip(names, parts, strict=False)
        return f"{kind.__name__}({', '.join(f'{n}={p}' for n, p in pairs)})"
    inside = ", ".join(parts) + (", ..." if len(items) > _MOST_PARTS else "")
    if isinstance(value, list):
        return f"[{inside}]"
    if isinstance(value, tuple):
        return f"({inside},)" if len(items) == 1 else f"({inside})"
    return f"{{{inside}}}"


def _instance(value: Any, depth: int) -> str:
    """An object of a class of the user's or of a library: by its attributes."""
    kind = type(value)
    own = _attributes(value)
    if is_dataclass(value):
        own = {field.name: own[field.name] for field in fields(value) if field.name in own}
        return _call(kind.__name__, [], own, depth)
    plain = {n: v for n, v in list(own.items())[:_MOST_PARTS] if type(v) in _PLAIN}
    text = _call(kind.__name__, [], plain, depth)
    return text if len(plain) == len(own) else f"{text[:-1]}{', ' * bool(plain)}...)"


def _attributes(value: Any) -> dict[str, Any]:
    """What an object holds, without asking its class."""
    own: dict[str, Any] = dict(vars(value)) if hasattr(value, "__dict__") else {}
    for base in type(value).__mro__:
        for name, member in vars(base).items():
            if isinstance(member, MemberDescriptorType) and name not in own:
                try:
                    own[name] = member.__get__(value)
                except AttributeError:  # not set
                    continue
    return own
