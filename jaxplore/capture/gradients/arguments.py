"""The arguments of a call: which are traced, which the gradient is taken by, which are fixed.

Arrays are traced, and so are the Python numbers that the gradient is taken by. All else is
fixed, as under `jax.grad`: other Python numbers, text, functions, a module's settings.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MethodType
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from jaxplore.errors import JaxploreError

Wrt = int | str | Sequence[int | str]


@dataclass(frozen=True, slots=True)
class Arguments:
    """A call's arguments, flattened."""

    leaves: tuple[Any, ...]
    tree: Any
    traced: tuple[int, ...]
    """Which leaves are traced."""
    wrt: tuple[int, ...]
    """Which of the traced ones the gradient is taken by: places in `traced`."""
    fixed_wrt: tuple[int, ...]
    """Which of the traced ones stand in an argument the gradient is taken by, but have no
    derivative: integers, keys."""

    def given(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments and keyword arguments with nothing but what is traced."""
        kept = set(self.traced)
        leaves = [leaf if i in kept else None for i, leaf in enumerate(self.leaves)]
        return jax.tree.unflatten(self.tree, leaves)

    def rebuilt(self, traced: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments and keyword arguments, with these in the place of what is traced."""
        leaves = list(self.leaves)
        for place, leaf in zip(self.traced, traced, strict=True):
            leaves[place] = leaf
        return jax.tree.unflatten(self.tree, leaves)

    def is_concrete(self) -> bool:
        """Whether all are arrays or numbers, not types alone."""
        traced = [self.leaves[place] for place in self.traced]
        return all(
            isinstance(leaf, jax.Array | np.ndarray | np.generic | complex | float | int)
            or hasattr(leaf, "__jax_array__")
            for leaf in traced
        )


def read_arguments(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], wrt: Wrt
) -> Arguments:
    """Sort the arguments of a call.

    Raises:
        JaxploreError: `wrt` names no argument, or one without a derivative.
    """
    chosen = _chosen(f, args, kwargs, wrt)
    pairs, tree = jax.tree_util.tree_flatten_with_path((args, kwargs))
    leaves = tuple([leaf for _, leaf in pairs])
    inside = [(_key(path[0], path[1]) in chosen) for path, _ in pairs]
    traced = [
        place
        for place, leaf in enumerate(leaves)
        if _is_array(leaf) or (inside[place] and isinstance(leaf, float | complex))
    ]
    by = [i for i, place in enumerate(traced) if inside[place]]
    wanted = tuple([i for i in by if _is_real(leaves[traced[i]])])
    for argument in chosen:
        own = [leaf for (path, leaf) in pairs if _key(path[0], path[1]) == argument]
        if not any(_is_real(leaf) for leaf in own):
            raise JaxploreError.of(
                failed=f"Cannot take the gradient by argument {_said(argument)}.",
                given=", ".join(_type_text(leaf) for leaf in own[:5]) or "no leaf",
                do="name an argument of real floating numbers in wrt.",
            )
    fixed = tuple([i for i in by if i not in wanted])
    return Arguments(leaves, tree, tuple(traced), wanted, fixed)


def _key(part: Any, position: Any) -> int | str:
    """Position or name of the argument that a leaf's path begins with."""
    return position.idx if part.idx == 0 else str(position.key)


def _said(argument: int | str) -> str:
    return str(argument) if isinstance(argument, int) else repr(argument)


def _chosen(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], wrt: Wrt
) -> tuple[int | str, ...]:
    named = (wrt,) if isinstance(wrt, int | str) else tuple(wrt)
    positions: list[str] = []
    with suppress(TypeError, ValueError):
        positions = list(inspect.signature(f).parameters)
    found: list[int | str] = []
    for one in named:
        if isinstance(one, str) and one not in kwargs and one in positions:
            one = positions.index(one)
        elif isinstance(one, int) and -len(args) <= one < 0:
            one += len(args)
        if not (one in kwargs if isinstance(one, str) else 0 <= one < len(args)):
            raise JaxploreError.of(
                failed=f"Cannot take the gradient by wrt={wrt!r}.",
                given=f"{len(args)} arguments and the keywords {sorted(kwargs)}",
                do="name arguments of the call, by position or by name.",
            )
        found.append(one)
    if not found:
        raise JaxploreError.of(
            failed="Cannot take the gradient by nothing.",
            given=f"wrt={wrt!r}",
            do="name arguments of the call, by position or by name.",
        )
    return tuple(dict.fromkeys(found))


def _is_array(leaf: Any) -> bool:
    return (
        isinstance(leaf, jax.Array | np.ndarray | np.generic)
        or hasattr(leaf, "__jax_array__")
        # A module such as `jax.numpy` has functions of these names.
        or (isinstance(getattr(leaf, "shape", None), tuple) and hasattr(leaf, "dtype"))
    )


def _is_real(leaf: Any) -> bool:
    if _is_array(leaf):
        return bool(jnp.issubdtype(_dtype(leaf), jnp.floating))
    return isinstance(leaf, float)


def _dtype(leaf: Any) -> Any:
    found = getattr(leaf, "dtype", None)
    return found if found is not None else jnp.asarray(leaf).dtype


def _type_text(leaf: Any) -> str:
    if _is_array(leaf):
        return f"{_dtype(leaf)}{list(np.shape(leaf) if not hasattr(leaf, 'shape') else leaf.shape)}"
    return f"{leaf!r} ({type(leaf).__name__})"[:60]


def plain_function(f: Any) -> Any:
    """The function that was jitted: its equations are to stand in the program itself."""
    if isinstance(f, MethodType):
        function, owner = cast(Any, f.__func__), cast(Any, f.__self__)
        return functools.partial(plain_function(function), owner) if _is_jitted(function) else f
    return plain_function(f.__wrapped__) if _is_jitted(f) else f


def _is_jitted(f: Any) -> bool:
    if not hasattr(f, "lower") or not callable(getattr(f, "__wrapped__", None)):
        return False
    # Equinox's `filter_jit` traces arrays and fixes the rest, as is done here.
    return hasattr(f, "trace") or type(f).__module__.startswith("equinox.")
