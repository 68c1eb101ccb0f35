"""The containers of an argument, with the static data in them, as text and as a key.

JAX's own text of a structure runs the user's `__repr__`, and its hash leaves the static
data of registered classes out.
"""

from typing import Any

import jax

from jaxplore.capture.compiles.statictext import LONGEST, structure_text
from jaxplore.model.compiles import Structure


def structure_of(name: str, value: Any) -> Structure:
    """The structure of one parameter's value."""
    tree = jax.tree.structure(value)
    text = structure_text(tree)
    shown = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return Structure(name=name, text=shown, key=hash((text, hash(tree), _static_key(tree))))


def _static_key(tree: Any) -> int:
    """What the static data in a structure compares by, where its text says too little."""
    data = tree.node_data()
    if data is None:
        return 0
    kind, own = data
    keys = [_static_key(child) for child in tree.children()]
    if own is not None and kind not in (dict, list, tuple):
        try:
            keys.append(hash(own))  # JAX compares it as well
        except Exception:
            keys.append(0)
    return hash(tuple(keys)) if any(keys) else 0
