"""Which leaves of a tree hold numbers that are not finite."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at all leaves found."""

    leaves: int
    numbers: int
    bad: list[str]
    """A line for each leaf with NaN or Inf: `"['w'] f32[2,3]: 1 NaN, first at [0, 2]"`."""


def is_function(tree: Any) -> bool:
    """Whether something is to be called: a function, and no model that holds arrays."""
    return callable(tree) and not any(_is_array(leaf) for leaf in jax.tree.leaves(tree))


def types_alone(tree: Any) -> Any:
    """The same tree with types in the place of arrays: tracing needs no more."""

    def type_of(leaf: Any) -> Any:
        if isinstance(leaf, jax.Array | np.ndarray):
            kept: Any = jax.typeof(leaf)
            return jax.ShapeDtypeStruct(kept.shape, kept.dtype, weak_type=kept.weak_type)
        return leaf

    return jax.tree.map(type_of, tree)


def bad_leaves(tree: Any) -> Seen:
    """Look at all floating leaves."""
    pairs = [
        (path, leaf)
        for path, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]
        if _is_array(leaf) or isinstance(leaf, float | complex)
    ]
    numbers = 0
    bad: list[str] = []
    for path, leaf in pairs:
        dtype = getattr(leaf, "dtype", np.dtype(type(leaf)) if not _is_array(leaf) else None)
        numbers += int(np.size(leaf))
        if dtype is None or not jnp.issubdtype(dtype, jnp.inexact):
            continue
        values = np.asarray(leaf)
        values = values.astype(np.complex128 if np.iscomplexobj(values) else np.float64)
        wrong = ~np.isfinite(values)
        if wrong.any():
            bad.append(_line(jax.tree_util.keystr(path) or "the result", dtype, values, wrong))
    return Seen(len(pairs), numbers, bad)


def _line(path: str, dtype: Any, values: Any, wrong: Any) -> str:
    nan, inf = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    counts = ", ".join(f"{n:,} {word}" for n, word in ((nan, "NaN"), (inf, "Inf")) if n)
    place = ""
    if values.ndim:
        first = np.unravel_index(int(np.argmax(wrong)), values.shape)
        place = f" of {values.size:,}, the first at [{', '.join(str(int(i)) for i in first)}]"
    return f"{path} {dtype}{list(values.shape)}: {counts}{place}"


def _is_array(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array | np.ndarray | np.generic)
