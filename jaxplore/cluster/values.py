"""Values that travel from the processes to the notebook: arrays as NumPy's, and an array that
the processes hold together put together again."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np


@dataclass(frozen=True, slots=True)
class Parts:
    """What one process holds of an array."""

    shape: tuple[int, ...]
    dtype: Any
    parts: tuple[tuple[tuple[tuple[int, int], ...], Any], ...]
    """First index and the index after the last per dimension, and the numbers there."""


def pack(value: Any) -> bytes:
    """A value of this process as bytes; as its own text where it cannot leave the process."""
    try:
        return pickle.dumps(jax.tree.map(_packed, value))
    except Exception:
        return pickle.dumps(repr(value))


def _packed(leaf: Any) -> Any:
    if not isinstance(leaf, jax.Array):
        return leaf
    if leaf.is_fully_addressable or leaf.is_fully_replicated:
        return np.asarray(leaf)
    parts = tuple(
        (
            tuple(
                (part.start or 0, size if part.stop is None else part.stop)
                for part, size in zip(shard.index, leaf.shape, strict=True)
            ),
            np.asarray(shard.data),
        )
        for shard in leaf.addressable_shards
        if shard.replica_id == 0
    )
    return Parts(leaf.shape, leaf.dtype, parts)


def unpack(packed: Sequence[bytes]) -> tuple[Any, ...]:
    """The values of all processes, from what `pack` gave in each."""
    values = [pickle.loads(one) for one in packed]
    structures = {str(jax.tree.structure(one)) for one in values}
    if len(structures) != 1:
        return tuple(values)
    leaves = [jax.tree.leaves(one) for one in values]
    whole = [_whole(column) for column in zip(*leaves, strict=True)]
    return tuple(
        jax.tree.unflatten(jax.tree.structure(one), [column[i] for column in whole])
        for i, one in enumerate(values)
    )


def _whole(column: Sequence[Any]) -> Sequence[Any]:
    """One leaf on every process, whole on each where they hold parts of it."""
    if not all(isinstance(one, Parts) for one in column):
        return column
    first: Parts = column[0]
    if any((one.shape, one.dtype) != (first.shape, first.dtype) for one in column):
        return column
    found = np.empty(first.shape, first.dtype)
    for one in column:
        for ranges, numbers in one.parts:
            found[tuple(slice(*pair) for pair in ranges)] = numbers
    return [found] * len(column)
