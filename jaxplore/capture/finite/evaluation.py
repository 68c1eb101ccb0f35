"""A function to be moved about: its value and its gradient at any leaves, in double precision
where it runs in it.

Leaves are numpy arrays here: what is moved is a copy, and nothing of the user's is consumed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxplore.capture.finite.precision import custom_rules, lowest_precision
from jaxplore.capture.gradients.arguments import Arguments
from jaxplore.errors import JaxploreError

Leaves = list[Any]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What is known of a function before it is moved."""

    leaves: Leaves
    """All that is traced; the floating ones in the precision it is run in."""
    value: Callable[[Leaves], float]
    gradient: dict[int, Any]
    """By place among the leaves."""
    dtype: str
    """What it computes in."""
    pinned_by: str
    is_double: bool
    """Whether it is run in double precision."""
    is_scalar: bool
    rules: list[str]


def evaluated(
    f: Callable[..., Any], arguments: Arguments, *, has_aux: bool, double: bool
) -> Evaluated:
    """Run a function and its gradient once. The user's own errors pass through."""
    leaves = [_own(arguments.leaves[place], double=double) for place in arguments.traced]

    def results(traced: Leaves) -> list[Any]:
        args, kwargs = arguments.rebuilt(traced)
        out = f(*args, **kwargs)
        return jax.tree.leaves(out[0] if has_aux else out)

    gradient, weights = _gradient(results, leaves, arguments.wrt)
    run, jaxpr = _as_compiled(results, leaves)

    def value(traced: Leaves) -> float:
        total = 0.0
        for weight, out in zip(weights, run(traced), strict=True):
            if weight is not None:
                total += float(np.vdot(weight, np.asarray(out).astype(np.float64)))
        return total

    moved = [place in arguments.wrt for place in range(len(leaves))]
    dtype, pinned_by = jnp.result_type(*[leaves[place] for place in arguments.wrt]), ""
    rules: list[str] = []
    if jaxpr is not None:
        found, pinned_by = lowest_precision(jaxpr, moved)
        coarser = jnp.finfo(found).eps > jnp.finfo(dtype).eps
        dtype, pinned_by = (found, pinned_by) if coarser else (dtype, "")
        rules = custom_rules(jaxpr)
    real = [weight for weight in weights if weight is not None]
    is_scalar = len(real) == 1 and real[0].shape == ()
    return Evaluated(leaves, value, gradient, str(dtype), pinned_by, double, is_scalar, rules)


def _own(leaf: Any, *, double: bool) -> Any:
    """A copy that may be given away; keys stay as they are."""
    dtype = getattr(leaf, "dtype", None)
    if dtype is not None and jnp.issubdtype(dtype, jax.dtypes.extended):
        return leaf
    own = np.asarray(leaf)
    if jnp.issubdtype(own.dtype, jnp.floating):
        return own.astype(np.float64 if double else jnp.asarray(leaf).dtype)
    if jnp.issubdtype(own.dtype, jnp.complexfloating):
        return own.astype(np.complex128) if double else own
    return own


def _gradient(
    results: Callable[[Leaves], list[Any]], leaves: Leaves, wrt: Sequence[int]
) -> tuple[dict[int, Any], list[Any]]:
    """The gradient by each moved leaf; and the weight of each result."""
    found: list[Any] = []

    def pulled(traced: Leaves) -> Any:
        def of(*chosen: Any) -> list[Any]:
            return results(_with(traced, wrt, chosen))

        out, pull = jax.vjp(of, *[traced[place] for place in wrt])
        found[:] = _weights(out)
        return pull([_cotangent(leaf, weight) for leaf, weight in zip(out, found, strict=True)])

    try:
        parts: Any = jax.jit(pulled)(leaves)
    except JaxploreError:
        raise
    except Exception:  # it needs numbers to decide what to do; or it fails op by op as well
        parts = pulled(_with(leaves, wrt, [jnp.asarray(leaves[place]) for place in wrt]))
    gradient = {
        place: np.asarray(part).astype(np.float64) for place, part in zip(wrt, parts, strict=True)
    }
    return gradient, found


def _cotangent(leaf: Any, weight: Any) -> Any:
    """By hand: it has the very type of its result."""
    if weight is None:
        return np.zeros(np.shape(leaf), jax.dtypes.float0)
    return jnp.asarray(weight, leaf.dtype)


def _weights(out: list[Any]) -> list[Any]:
    """One for a scalar. Other results are summed with weights that differ: errors that cancel
    in a plain sum do not cancel in such a one."""
    if not any(_is_real(leaf) for leaf in out) or any(
        jnp.issubdtype(leaf.dtype, jnp.complexfloating) for leaf in out
    ):
        raise JaxploreError.of(
            failed="Cannot compare this function with finite differences.",
            given=", ".join(f"{leaf.dtype}{list(leaf.shape)}" for leaf in out[:5]) or "no result",
            do="let it return real floating numbers; of complex ones, a real part or a norm. "
            "Auxiliary data goes with has_aux=True.",
        )
    real = [leaf for leaf in out if _is_real(leaf)]
    if len(real) == 1 and real[0].shape == ():
        return [np.ones(()) if _is_real(leaf) else None for leaf in out]
    random = np.random.default_rng(0)
    # Sixteenths: bfloat16 holds them as they are.
    return [random.integers(8, 25, leaf.shape) / 16.0 if _is_real(leaf) else None for leaf in out]


def _is_real(leaf: Any) -> bool:
    return bool(jnp.issubdtype(leaf.dtype, jnp.floating))


def _with(leaves: Leaves, places: Sequence[int], chosen: Sequence[Any]) -> Leaves:
    new = list(leaves)
    for place, leaf in zip(places, chosen, strict=True):
        new[place] = leaf
    return new


def _as_compiled(
    results: Callable[[Leaves], list[Any]], leaves: Leaves
) -> tuple[Callable[[Leaves], list[Any]], Any]:
    """The function compiled; or itself, where it needs numbers to decide what to do."""
    jitted: Any = jax.jit(lambda traced: results(traced))
    try:
        jaxpr = jitted.trace(leaves).jaxpr
        jitted(leaves)
    except Exception:  # whatever it is: op by op the function has just run
        return results, None
    # What is not moved stays on the device.
    there = {id(leaf): jax.device_put(leaf) for leaf in leaves}
    return (lambda traced: jitted([there.get(id(leaf), leaf) for leaf in traced])), jaxpr
