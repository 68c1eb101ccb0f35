"""The programs to trace: a function's own, and the one that computes value and gradient."""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxplore.capture.gradients.arguments import Arguments
from jaxplore.errors import JaxploreError


def function_alone(f: Callable[..., Any], arguments: Arguments) -> Callable[..., Any]:
    """The function, of what is traced."""

    @functools.wraps(f, updated=())
    def alone(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = arguments.rebuilt(jax.tree.leaves((args, kwargs)))
        return f(*args, **kwargs)

    return _as_named_by(f, alone)


def value_and_gradient(
    f: Callable[..., Any], arguments: Arguments, *, has_aux: bool
) -> Callable[..., Any]:
    """Computes (value, auxiliary data, gradient by each `wrt` leaf), of what is traced."""

    @functools.wraps(f, updated=())
    def both(*args: Any, **kwargs: Any) -> Any:
        traced: list[Any] = jax.tree.leaves((args, kwargs))

        def of(*chosen: Any) -> Any:
            leaves = list(traced)
            for place, leaf in zip(arguments.wrt, chosen, strict=True):
                leaves[place] = leaf
            args, kwargs = arguments.rebuilt(leaves)
            return f(*args, **kwargs)

        chosen = [traced[place] for place in arguments.wrt]
        value, pull, *aux = jax.vjp(of, *chosen, has_aux=has_aux)
        return value, aux, pull(_cotangents(value))

    return _as_named_by(f, both)


def _cotangents(value: Any) -> Any:
    """Ones: the gradient of the sum of all results, of a scalar's own."""
    value = jax.tree.map(jnp.asarray, value)  # a function may return a Python number
    leaves = jax.tree.leaves(value)
    if not any(jnp.issubdtype(leaf.dtype, jnp.floating) for leaf in leaves) or any(
        jnp.issubdtype(leaf.dtype, jnp.complexfloating) for leaf in leaves
    ):
        raise JaxploreError.of(
            failed="Cannot take the gradient of this result.",
            given=", ".join(f"{leaf.dtype}{list(leaf.shape)}" for leaf in leaves[:5]) or "no array",
            do="let the function return real floating numbers, best one: a loss. "
            "Auxiliary data goes with has_aux=True.",
        )
    return jax.tree.map(_ones, value)


def _ones(leaf: Any) -> Any:
    if jnp.issubdtype(leaf.dtype, jnp.floating):
        return jnp.ones_like(leaf)
    return np.zeros(leaf.shape, jax.dtypes.float0)


def _as_named_by(f: Callable[..., Any], made: Any) -> Callable[..., Any]:
    """JAX names arguments by the signature, and in errors the function that is wrapped."""
    try:
        made.__signature__ = inspect.signature(f)
    except (TypeError, ValueError):
        del made.__wrapped__
    if not hasattr(f, "__name__"):
        made.__name__ = getattr(_innermost(f), "__name__", type(f).__name__)
    return made


def _innermost(f: Any) -> Any:
    while isinstance(f, functools.partial):
        f = f.func
    return f


def is_real_scalar(shapes: Sequence[Any]) -> bool:
    """Whether a result is one real floating number."""
    return (
        len(shapes) == 1
        and shapes[0].shape == ()
        and bool(jnp.issubdtype(shapes[0].dtype, jnp.floating))
    )
