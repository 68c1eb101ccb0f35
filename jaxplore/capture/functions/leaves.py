"""One value that a trace was specialised on: what to compare later, and how to say it.

Nothing of the value is kept but a digest and a few characters. A `jax.Array` cannot be
changed, so the array itself, weakly, stands for its contents until there is time to read
them (`settle`): between cells, and only where that is cheap and waits for nobody.
"""

import enum
import hashlib
import math
import weakref
from types import CodeType
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from jaxplore.capture.functions import lookup
from jaxplore.model.types import short_type

_SCALARS: Final = (int, float, complex, str, bytes, bool, type(None), type(...), range, slice)
_LONGEST_TEXT: Final = 60
_LONGEST_KEY: Final = 200
_MOST_SHOWN: Final = 4
_LARGEST_CPU_BYTES: Final = 16 << 20
_LARGEST_OTHER_BYTES: Final = 1 << 20
_LARGEST_AT_ONCE_BYTES: Final = 1 << 10
# Of a larger array only samples are read: what differs in them has changed.
_LARGEST_READ_BYTES: Final = 1 << 20


class Leaf:
    """A value as it was. `key` decides; `text` is for people."""

    __slots__ = ("_array", "key", "text")

    def __init__(self, key: Any, text: str, array: "weakref.ref[Any] | None" = None) -> None:
        self.key = key
        self.text = text
        self._array = array

    def settle(self) -> bool:
        """Read an array that was left for later, if that is cheap now. Whether it is done,
        or never can be."""
        if self._array is None or type(self.key) is not _Unread:
            return True
        array = self._array()
        if array is None or array.is_deleted():
            return True
        contents = _read(array, None)
        if contents is not None:
            self.key, self.text = contents
        return contents is not None or array.is_ready()

    def differs(self, now: "Leaf") -> bool:
        """Whether it is known that the value is another now."""
        if self._is_array_of(now):
            return False
        self.settle()
        now.settle()
        if type(self.key) is _Unread or type(now.key) is _Unread:
            # Of arrays that could not be read only the type is known.
            return _type_of(self.key) != _type_of(now.key)
        return self.key != now.key

    def equals(self, other: "Leaf") -> bool:
        """Whether the value is known to be the same, without reading anything."""
        if self._is_array_of(other):
            return True
        return type(self.key) is not _Unread and self.key == other.key

    def _is_array_of(self, other: "Leaf") -> bool:
        if self._array is None or other._array is None:
            return False
        array = self._array()
        return array is not None and array is other._array()


class _Unread:
    """The contents of an array, not read."""

    __slots__ = ("type",)

    def __init__(self, type: str) -> None:
        self.type = type


def _type_of(key: Any) -> Any:
    if type(key) is _Unread:
        return key.type
    return key[1] if type(key) is tuple and key[:1] == ("array",) else key


def leaf_of(value: Any) -> Leaf | None:
    """A scalar, a string, an array, a type, ...; None for what is made of parts."""
    kind = type(value)
    if lookup.is_opaque(value):
        return None
    if kind in _SCALARS:
        text = repr(value)
        return Leaf((kind.__name__, _short_key(text)), _shortened(text))
    if lookup.from_package(kind, "numpy", "ml_dtypes"):
        return _numpy_leaf(value)
    if lookup.is_jax_array(value):
        return None if issubclass(kind, Tracer) else _array_leaf(value)
    if is_enum(kind):
        name = lookup.instance_dict(value).get("_name_")
        text = f"{kind.__name__}.{name}"
        return Leaf(("enum", text), text)
    if lookup.from_package(kind, "jax", "jaxlib") and kind.__name__ in _TOLD_BY_REPR:
        text = repr(value)
        return Leaf((kind.__name__, _short_key(text)), _shortened(text))
    return None


def is_leaf(value: Any) -> bool:
    """Whether a value has no parts that matter: `leaf_of` tells it, or nothing can."""
    kind = type(value)
    return (
        kind in _SCALARS
        or lookup.from_package(kind, "numpy", "ml_dtypes")
        or lookup.is_jax_array(value)
        or is_enum(kind)
        or (lookup.from_package(kind, "jax", "jaxlib") and kind.__name__ in _TOLD_BY_REPR)
    )


def is_enum(kind: type[Any]) -> bool:
    return any(base is enum.Enum for base in lookup.mro(kind))


_TOLD_BY_REPR: Final = ("PartitionSpec", "NamedSharding", "SingleDeviceSharding", "Layout")


def container_leaf(value: Any, subscripts: list[str]) -> Leaf:
    """What a container is, apart from what its parts are."""
    name, count = type(value).__name__, len(subscripts)
    key = (name, count) if subscripts[:1] == ["[0]"] else (name, tuple(subscripts))
    return Leaf(("container", key), f"{name} of {count}")


def set_leaf(value: Any) -> Leaf | None:
    """A set of plain values; None where its members cannot be told."""
    members = [leaf_of(member) for member in tuple(value)]
    keys: list[Any] = []
    for member in members:
        if member is None or type(member.key) is _Unread:
            return None
        keys.append(member.key)
    texts = sorted(member.text for member in members if member is not None)
    shown = ", ".join(texts)
    return Leaf(("set", frozenset(keys)), _shortened(f"{{{shown}}}"))


def code_leaf(code: CodeType, doc: object, place: str) -> Leaf:
    """What a function does; not where it stands, nor what its docstring says."""
    known = _codes.get(id(code))
    if known is None or known[0]() is not code:
        digest = _digest(repr(_code_key(code, doc)).encode(errors="surrogatepass"))
        key = id(code)
        known = _codes[key] = weakref.ref(code, lambda _: _codes.pop(key, None)), digest
    return Leaf(("code", known[1]), place)


_codes: Final[dict[int, tuple["weakref.ref[CodeType]", bytes]]] = {}


def _code_key(code: CodeType, doc: object = None) -> tuple[Any, ...]:
    return (
        code.co_code,
        tuple([_constant(c) for c in code.co_consts if type(c) is not str or c != doc]),
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_argcount,
        code.co_kwonlyargcount,
        code.co_posonlyargcount,
        code.co_flags,
    )


def _constant(value: Any) -> Any:
    if isinstance(value, CodeType):
        return _code_key(value)
    if isinstance(value, frozenset):
        members: list[str] = [repr(_constant(part)) for part in value]  # pyright: ignore
        return "frozenset", sorted(members)
    if isinstance(value, tuple):
        return tuple([_constant(part) for part in value])  # pyright: ignore
    return type(value).__name__, repr(value)


def _numpy_leaf(value: Any) -> Leaf | None:
    kind = type(value)
    if issubclass(kind, np.generic):
        return Leaf(("numpy", str(value.dtype), repr(value)), _shortened(str(value)))
    if issubclass(kind, np.dtype):
        return Leaf(("dtype", str(value)), str(value))
    if issubclass(kind, np.ufunc):
        return Leaf(("name", "numpy", value.__name__), value.__name__)
    # A subclass may compute what it holds when it is asked.
    if kind is not np.ndarray or value.dtype.hasobject:
        return None
    return Leaf(*_contents(value, value.dtype, value.shape))


def _array_leaf(array: Any) -> Leaf | None:
    if jnp.issubdtype(array.dtype, jax.dtypes.extended):
        if not jnp.issubdtype(array.dtype, jax.dtypes.prng_key):
            return None
        # The numbers of a key are an array that is there already.
        numbers = jax.random.key_data(array)
        contents = _read(numbers, _LARGEST_AT_ONCE_BYTES)
        return None if contents is None else Leaf(*contents, weakref.ref(array))
    reference = weakref.ref(array)
    contents = _read(array, _LARGEST_AT_ONCE_BYTES)
    if contents is not None:
        return Leaf(*contents, reference)
    name = short_type(str(array.dtype), array.shape)
    return Leaf(_Unread(name), name, reference)


def _read(array: Any, most_bytes: int | None) -> tuple[Any, str] | None:
    """Key and text of an array on a device; None where reading it costs or waits."""
    if array.is_deleted() or not array.is_fully_addressable or not array.is_ready():
        return None
    devices = tuple(array.devices())
    on_cpu = all(device.platform == "cpu" for device in devices)
    if most_bytes is not None and (not on_cpu or len(devices) > 1):
        return None
    limit = most_bytes or (_LARGEST_CPU_BYTES if on_cpu else _LARGEST_OTHER_BYTES)
    if array.nbytes > limit:
        return None
    with jax.transfer_guard("allow"):
        if len(devices) == 1:
            # Of another array object: the user's own would keep the copy on the host.
            host = np.asarray(array.addressable_data(0))
        else:
            host = np.empty(array.shape, array.dtype)
            for shard in array.addressable_shards:
                host[shard.index] = np.asarray(shard.data)
    return _contents(host, array.dtype, array.shape)


def _contents(host: "np.ndarray[Any, Any]", dtype: Any, shape: tuple[int, ...]) -> tuple[Any, str]:
    """Key and text of an array on the host."""
    name = short_type(str(dtype), shape)
    part: Any = host
    if host.nbytes > _LARGEST_READ_BYTES:
        step = math.ceil(host.nbytes / _LARGEST_READ_BYTES)
        part = (host.reshape(-1) if host.flags.c_contiguous else host.flat)[::step]
    data = np.ascontiguousarray(part).reshape(-1).view(np.uint8)
    text = name
    if 0 < host.size <= _MOST_SHOWN and host.dtype.kind in "biufc":
        text = " ".join(str(host.tolist()).split()) if host.size > 1 else str(host.reshape(-1)[0])
    return ("array", name, _digest(data)), text


def _digest(data: Any) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _short_key(text: str) -> Any:
    return text if len(text) <= _LONGEST_KEY else _digest(text.encode(errors="surrogatepass"))


def _shortened(text: str) -> str:
    text = " ".join(text.split()) if "\n" in text else text
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
