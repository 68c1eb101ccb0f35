"""Types as XLA writes them: `f32[4,32]{1,0}`, `(f32[4], bf16[2,8]{1,0:S(5)})`."""

import re
from math import prod
from typing import Final

_ARRAY: Final = re.compile(r"\b([a-z]\w*)\[([\d,<=?]*)\](\{[^}]*\})?")
_LAYOUT: Final = re.compile(r"\{[^}]*\}|/\*[^*]*\*/ ?")
_BITS: Final = re.compile(r"^(?:bf|[a-z])(\d+)")

# XLA's names for memory of the host: pinned, and not pinned.
_HOST_SPACE: Final = re.compile(r"S\([56]\)")


def size_bytes(text: str) -> int:
    """Bytes of a type; of a tuple, of all its parts.

    >>> size_bytes("f32[4,32]{1,0}"), size_bytes("(bf16[8]{0}, s4[3], pred[2], f8e4m3fn[5])")
    (512, 25)
    """
    return sum(_bytes(dtype, dims) for dtype, dims, _ in _ARRAY.findall(text))


def _bytes(dtype: str, dims: str) -> int:
    bits = 8 if dtype == "pred" else int(found[1]) if (found := _BITS.match(dtype)) else 0
    return -(-bits * prod(_dimensions(dims)) // 8)


def _dimensions(dims: str) -> list[int]:
    # A dimension of bounded size, "<=8", is sent at its bound.
    return [int(dim.lstrip("<=?") or 0) for dim in dims.split(",")] if dims else []


def shapes(text: str) -> tuple[tuple[int, ...], ...]:
    """The shape of each array of a type.

    >>> shapes("(f32[4,32]{1,0}, f32[])")
    ((4, 32), ())
    """
    return tuple(tuple(_dimensions(dims)) for _, dims, _ in _ARRAY.findall(text))


def plain(text: str) -> str:
    """A type without its memory layout.

    >>> plain("(f32[4,32]{1,0}, /*index=1*/f32[]{:T(128)})")
    '(f32[4,32], f32[])'
    """
    return _LAYOUT.sub("", text)


def is_on_host(text: str) -> bool:
    """Whether a type's layout puts it in the host's memory.

    >>> is_on_host("f32[2]{0:S(5)}"), is_on_host("f32[2]{0}")
    (True, False)
    """
    return _HOST_SPACE.search(text) is not None
