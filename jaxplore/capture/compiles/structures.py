"""The containers of an argument, with the static data in them, as text and as a key.

JAX's own text of a structure runs the user's `__repr__`, and its hash leaves the static
data of registered classes out.
"""

from typing import Any, Final

import jax

from jaxplore.capture.compiles.statictext import static_text
from jaxplore.model.compiles import Structure

# Longer than is shown, so that a difference far behind is one.
_SHOWN: Final = 2_000
# A structure of more nodes is compared by JAX's hash alone.
_MOST_NODES: Final = 5_000


def structure_of(name: str, value: Any) -> Structure:
    """The structure of one parameter's value."""
    tree = jax.tree.structure(value)
    if tree.num_nodes > _MOST_NODES:
        return Structure(name=name, text=f"{tree.num_leaves:,} leaves", key=hash(tree))
    keys: list[object] = []
    text = _read(tree, keys)
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return Structure(name=name, text=shown, key=hash(tuple(keys)))


def _read(tree: Any, keys: list[object]) -> str:
    data = tree.node_data()
    if data is None:
        keys.append("leaf")
        return "*"
    kind, own = data
    children = tree.children()
    keys.append((kind.__module__, kind.__qualname__, len(children)))
    if kind is type(None):
        return "None"
    parts = [_read(child, keys) for child in children]
    if kind is dict:
        names = [static_text(key) for key in own]
        keys.append(tuple(names))
        return "{" + ", ".join(f"{n}: {p}" for n, p in zip(names, parts, strict=True)) + "}"
    if kind is list:
        return f"[{', '.join(parts)}]"
    if kind is tuple:
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    if own is not None:
        said = static_text(own)
        keys.append((said, _hash(own)))
        parts.append(f"static {said}")
    return f"{kind.__name__}({', '.join(parts)})"


def _hash(value: Any) -> int:
    # JAX compares it as well; where it has no hash, its text must do.
    try:
        return hash(value)
    except Exception:
        return 0
