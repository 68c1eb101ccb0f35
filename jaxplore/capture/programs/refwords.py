"""Words for equations that read references, and write into them."""

from collections.abc import Callable
from typing import Any, Final

import jax

from jaxplore.capture.programs.wording import plain


def _place(equation: Any, first: int) -> str:
    """`"{0}[{1},0:2]"`; the inputs from `first` on are indices."""
    names = [f"{{{i}}}" for i in range(first, len(equation.invars))]
    indexers: Any = jax.tree.unflatten(equation.params["tree"], names)
    said = "{0}"
    for indexer in indexers:
        indices = getattr(indexer, "indices", None)
        if indices is None:  # another view of it: of its bits, of its transpose, ...
            return "a part of {0}"
        said += f"[{','.join(_index(index) for index in indices)}]"
    return said


def _index(index: Any) -> str:
    start, size = getattr(index, "start", None), getattr(index, "size", None)
    if start is None:
        return index if isinstance(index, str) else plain(index)
    stride = getattr(index, "stride", 1)
    step = "" if stride == 1 else f":{stride}"
    if isinstance(start, int) and isinstance(size, int) and isinstance(stride, int):
        return f"{start}:{start + (size - 1) * stride + 1 if size else start}{step}"
    return f"{start}:{start}+{size}{step}"


def _get(equation: Any) -> str:
    return f"reads {_place(equation, 1)} of a reference"


def _swap(equation: Any) -> str:
    return f"writes {{1}} into {_place(equation, 2)} of a reference; gives what was there"


def _add(equation: Any) -> str:
    return f"adds {{1}} to {_place(equation, 2)} of a reference"


def _always(text: str) -> Callable[[Any], str]:
    return lambda _: text


REF_WORDS: Final[dict[str, Callable[[Any], str]]] = {
    "get": _get,
    "swap": _swap,
    "addupdate": _add,
    "new_ref": _always("makes a reference that holds {0}"),
    "freeze": _always("the value in the reference {0}, for good"),
}
