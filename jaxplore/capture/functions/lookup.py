"""Look into the user's objects without running any of their code.

No property, no `__getattr__`, no `__eq__` and no `__repr__` is called: attributes are taken
from where Python keeps them. What cannot be found that way is `MISSING`.
"""

import dataclasses
import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterator
from types import (
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any, Final

import jax

from jaxplore.capture.source import files

MISSING: Final = object()

DICTS: Final = (dict, OrderedDict, defaultdict)
_LISTS: Final = (list, tuple, deque)


def is_namespace(kind: type[Any]) -> bool:
    """Whether a class of Python's own only holds what the user puts into it."""
    return kind is SimpleNamespace or type.__getattribute__(kind, "__module__") == "argparse"


def qualified_name(kind: type[Any]) -> str:
    """A class's name, whatever its metaclass says."""
    held: Any = type.__dict__["__qualname__"]
    return str(held.__get__(kind))


def mro(kind: type[Any]) -> tuple[type[Any], ...]:
    """The classes of a class, whatever its metaclass says."""
    return type.__dict__["__mro__"].__get__(kind)


def is_a(value: object, kind: type[Any]) -> bool:
    """`isinstance`, but nothing of the object's own is asked: `__class__` may be a property."""
    return any(base is kind for base in mro(type(value)))


def is_opaque(value: object) -> bool:
    """Whether even asking for the object's class, or comparing it, runs the user's code."""
    kind = type(value)
    return _is_strange(kind) or _is_strange(type(kind))


def _is_strange(meta: type[Any]) -> bool:
    """Whether a class is a metaclass of the user's that changes what classes do."""
    if meta is type or not any(base is type for base in mro(meta)) or not is_user_class(meta):
        return False
    return any(class_attribute(meta, n) is not class_attribute(type, n) for n in _OF_CLASSES)


_OF_CLASSES: Final = ("__eq__", "__hash__", "__getattribute__", "__getattr__")


def from_package(kind: type[Any], *names: str) -> bool:
    """Whether a class belongs to one of these packages."""
    module = type.__getattribute__(kind, "__module__")
    return isinstance(module, str) and module.split(".", 1)[0] in names


def is_jax_array(value: object) -> bool:
    return from_package(type(value), "jax", "jaxlib") and issubclass(type(value), jax.Array)


def class_attribute(kind: type[Any], name: str) -> Any:
    """What a class or its nearest base holds under a name, as it is held."""
    for base in mro(kind):
        found = type.__dict__["__dict__"].__get__(base).get(name, MISSING)
        if found is not MISSING:
            return found
    return MISSING


def instance_dict(value: object) -> dict[str, Any]:
    """An object's `__dict__`, or an empty one."""
    for base in mro(type(value)):
        holder = type.__dict__["__dict__"].__get__(base).get("__dict__")
        if type(holder) in (GetSetDescriptorType, MemberDescriptorType):
            found = holder.__get__(value)
            return found if type(found) is dict else {}
    return {}


def contents(value: object) -> Iterator[tuple[str, Any]]:
    """An object's attributes: those in its `__dict__` and those in slots."""
    yield from tuple(instance_dict(value).items())
    for base in reversed(mro(type(value))):
        for name, slot in members(base):
            if type(slot) is MemberDescriptorType and name not in ("__dict__", "__weakref__"):
                found = _slot(slot, value)
                if found is not MISSING:
                    yield name, found


def attribute(value: object, name: str) -> Any:
    """An attribute of an instance where that is a plain value; else MISSING."""
    held = class_attribute(type(value), name)
    if type(held) is MemberDescriptorType:
        return _slot(held, value)
    if type(held).__name__ == "_tuplegetter" and is_a(value, tuple):
        return held.__get__(value, type(value))
    found = instance_dict(value).get(name, MISSING)
    if found is not MISSING:
        # A property of the class comes first, whatever the instance has.
        return MISSING if class_attribute(type(held), "__set__") is not MISSING else found
    if held is MISSING or class_attribute(type(held), "__get__") is not MISSING:
        return MISSING
    return held


def members(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    """What a class itself holds, as it is held."""
    return tuple(type.__dict__["__dict__"].__get__(kind).items())


def is_plain(held: Any) -> bool:
    """Whether what a class holds is also what its attribute is."""
    if held is MISSING:
        return False
    if type(held) is FunctionType or from_package(type(held), "jax", "jaxlib"):
        return True
    return class_attribute(type(held), "__get__") is MISSING


def _slot(slot: Any, value: object) -> Any:
    try:
        return slot.__get__(value, type(value))
    except (AttributeError, TypeError):  # not set, or of another class
        return MISSING


def parts(value: Any) -> list[tuple[str, Any]] | None:
    """What a container holds, each with its subscript: `("['lr']", 0.1)`; None for others."""
    kind = type(value)
    names = class_attribute(kind, "_fields")
    if is_a(value, tuple):
        items = tuple.__iter__(value)
        if type(names) is tuple and len(names) == tuple.__len__(value):
            return [(f".{name}", part) for name, part in zip(names, items, strict=True)]
        return [(f"[{index}]", part) for index, part in enumerate(items)]
    for base in (list, deque):
        if is_a(value, base):
            return [(f"[{index}]", part) for index, part in enumerate(tuple(base.__iter__(value)))]
    if kind is MappingProxyType:
        return None
    if is_a(value, dict):
        return [(f"[{key_text(k)}]", part) for k, part in tuple(dict.items(value))]
    return None


def item(value: Any, key: Any) -> Any:
    """What a plain container has under a constant subscript; else MISSING."""
    kind = type(value)
    # Another key with the same hash may be an object whose __eq__ would run.
    if kind in DICTS and all(id(type(k)) in _PLAIN_KEYS for k in (key, *value)):
        return value.get(key, MISSING)
    if kind in _LISTS and type(key) is int and -len(value) <= key < len(value):
        return value[key]
    return MISSING


# By identity: comparing classes may run code of a metaclass.
_PLAIN_KEYS: Final = frozenset(map(id, (str, int, float, bool, bytes, tuple, type(None))))


def key_text(key: object) -> str:
    """A dictionary's key as it would be written."""
    if id(type(key)) in _PLAIN_KEYS and type(key) is not tuple:
        return repr(key)
    return f"<{type(key).__name__}>"


def field_names(kind: type[Any]) -> tuple[str, ...] | None:
    """The fields of a dataclass; None for other classes."""
    held = class_attribute(kind, "__dataclass_fields__")
    if type(held) is not dict:
        return None
    return tuple(n for n, f in held.items() if type(f) is dataclasses.Field)


def is_user_class(kind: type[Any]) -> bool:
    """Whether a class statement of the user's made it."""
    if not kind.__flags__ & _HEAP_TYPE:
        return False
    name = type.__getattribute__(kind, "__module__")
    module = sys.modules.get(name) if type(name) is str else None
    # Code that is run without a module of its own makes classes of any name.
    return module is None or name == "builtins" or is_user_module(module)


_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made by a class statement


def is_users(fun: FunctionType) -> bool:
    """Whether the user wrote the function."""
    return files.owner(fun.__code__.co_filename) == "user"


def is_user_module(module: ModuleType) -> bool:
    held = vars(module)
    name = held.get("__name__")
    if name == "__main__":
        return True
    file = held.get("__file__")
    if type(name) is str and name.split(".")[0] in sys.stdlib_module_names:
        return False
    return type(file) is not str or files.owner(file) == "user"


def knows_jax(kind: type[Any]) -> bool:
    """Whether a class comes from a library that is written for JAX."""
    for base in mro(kind):
        module = sys.modules.get(str(type.__getattribute__(base, "__module__")))
        if module is not None and base is not object:
            held = vars(module)
            if "jax" in held or "jnp" in held:
                return True
    return False
