"""Derive a gradient step by step: the function behind `%gradient --steps`.

What it needs is imported when it is first called: `import jaxplore` stays light.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from jaxplore.public.usererrors import raises_the_users_errors

if TYPE_CHECKING:
    from jaxplore.model.derivation import Derivation


@raises_the_users_errors
def derivation(
    f: Callable[..., Any],
    /,
    *args: Any,
    wrt: int | str | Sequence[int | str] = 0,
    has_aux: bool = False,
    **kwargs: Any,
) -> "Derivation":
    """How the gradient of a function comes about: f, its jvp, linearised, transposed.

    Each equation of `f` is shown with its rule, in words, in symbols, and as the equations that
    JAX's own rule writes for it; then what is kept of the forward pass; then the way back, with
    the sums where a value is used more than once; then what the gradient does not need. What
    jitted functions hold stands in its place. Nothing is run. Of a long function, the first 60
    equations.

    Args:
        f: A function, a jitted function, a method or a model that can be called.
        *args: Its arguments: arrays, pytrees of them, or `jax.ShapeDtypeStruct`.
        wrt: By which arguments: positions or names, one or several.
        has_aux: Whether `f` returns a pair of its result and auxiliary data.
        **kwargs: Its keyword arguments.

    Returns:
        A step for each equation. Holds no array.

    Raises:
        JaxploreError: `wrt` names nothing that has a gradient, or the result has none.

    >>> import jax.numpy as jnp
    >>> seen = derivation(lambda x: jnp.sin(x) * x, 1.0)
    >>> [step.linear for step in seen.steps]
    ['da = k1 * dx', 'db = da * x + a * dx']
    >>> [(back.to, back.text) for step in seen.back for back in step.contributions]
    [('a', 'gb * x'), ('x', 'a * gb'), ('x', 'k1 * ga')]
    """
    from jaxplore.capture.gradients.steps import capture_steps

    return capture_steps(f, args, kwargs, wrt=wrt, has_aux=has_aux)
