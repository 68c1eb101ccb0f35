"""Types of arrays as text."""

import re
from functools import lru_cache
from typing import Final

_SHORT_KINDS: Final = {"float": "f", "int": "i", "uint": "u", "complex": "c", "bfloat": "bf"}

_KIND: Final = re.compile(r"^(float|int|uint|complex|bfloat)(?=\d)")


@lru_cache(maxsize=4096)
def short_type(dtype: str, shape: tuple[int | str, ...]) -> str:
    """A type as JAX prints it.

    >>> short_type("float32", (2, 3)), short_type("bool", ()), short_type("bfloat16", (1,))
    ('f32[2,3]', 'bool[]', 'bf16[1]')
    """
    if dtype == "token":
        return dtype
    name = _KIND.sub(lambda kind: _SHORT_KINDS[kind[1]], dtype)
    return f"{name}[{','.join(str(size) for size in shape)}]"
