"""Sorting what a cell reads into what is traced and what is compiled in.

Arrays and Python floats are traced, also inside containers. Everything else is a constant
of the program, compared by value: the type system of `jit` does the comparing, because a
constant is a pytree node without leaves whose metadata is the value's key.
"""

import copy
from collections import deque
from collections.abc import Sequence
from types import FunctionType, ModuleType
from typing import Any

import jax
import numpy as np

from jaxplore.capture.functions.fingerprint import freeze, is_user_class


@jax.tree_util.register_static
class Constant:
    """A value that is compiled in. Equal when a program made with one fits the other."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.is_comparable = True
        try:
            self._key = freeze(value)
        except Exception:
            # Not comparable, or its own code fails: never equal, so it is traced anew.
            self._key = object()
            self.is_comparable = False

    @property
    def static_text(self) -> str:
        """What the ledger says of it when another value needs another compile."""
        value = self.value
        # By type alone: asking for its class may run its own code.
        if issubclass(type(value), FunctionType | type | ModuleType):
            return str(value.__name__)
        plain = type(value) in (bool, int, float, complex, str, bytes, type(None))
        return repr(value) if plain else type(value).__name__

    def __repr__(self) -> str:
        # Part of a type as JAX prints it: the same for all constants, their values aside.
        return "constant"

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and self._key == other._key


def _is_constant(leaf: Any) -> bool:
    return isinstance(leaf, Constant)


def is_traced(leaf: Any) -> bool:
    """Whether a leaf is traced: an array or a Python float."""
    return type(leaf) is float or _is_array(leaf)


def close(value: Any) -> Any:
    """A value with its constants wrapped, ready to be passed to a jitted function."""
    return jax.tree.map(lambda leaf: leaf if is_traced(leaf) else Constant(leaf), value)


def open_(value: Any) -> Any:
    """The inverse of `close`."""
    return jax.tree.map(
        lambda leaf: leaf.value if _is_constant(leaf) else leaf, value, is_leaf=_is_constant
    )


def all_comparable(values: Sequence[Any]) -> bool:
    """Whether a program made with these constants can ever be used again."""
    leaves = jax.tree.leaves(list(values), is_leaf=_is_constant)
    return all(leaf.is_comparable for leaf in leaves if _is_constant(leaf))


@jax.tree_util.register_pytree_node_class
class Outputs:
    """What a cell's program returns: arrays as leaves, everything else as metadata."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def tree_flatten(self) -> tuple[Sequence[Any], Any]:
        leaves, structure = jax.tree.flatten(self.value)
        arrays = [leaf for leaf in leaves if _is_array(leaf)]
        rest = [None if _is_array(leaf) else _Kept(leaf) for leaf in leaves]
        return arrays, (structure, tuple(rest))

    @classmethod
    def tree_unflatten(cls, metadata: Any, leaves: Sequence[Any]) -> "Outputs":
        structure, rest = metadata
        arrays = iter(leaves)
        whole = [next(arrays) if kept is None else _copied(kept.value) for kept in rest]
        return cls(jax.tree.unflatten(structure, whole))


def _copied(value: Any) -> Any:
    """What the cell made when it was traced, fresh for each run: the user may change it."""
    if type(value) not in _MUTABLE and not is_user_class(type(value)):
        return value
    try:
        return copy.deepcopy(value)
    except Exception:  # a lock, a file: there is only the one
        return value


_MUTABLE = (set, bytearray, deque)


class _Kept:
    """A value in metadata, compared by identity: it was made when the cell was traced."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _is_array(leaf: Any) -> bool:
    try:
        if isinstance(leaf, jax.Array):
            return True
        # Text, dates and objects are no arrays to JAX.
        return isinstance(leaf, np.ndarray | np.generic) and leaf.dtype.kind in "biufcV"
    except Exception:  # its own code runs when its class is asked for
        return False
