"""Look at a gradient: the function behind `%gradient`.

What it needs is imported when it is first called: `import jaxplore` stays light.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from jaxplore.public.usererrors import raises_the_users_errors

if TYPE_CHECKING:
    from jaxplore.model.gradient import Gradient


@raises_the_users_errors
def gradient(
    f: Callable[..., Any],
    /,
    *args: Any,
    wrt: int | str | Sequence[int | str] = 0,
    has_aux: bool = False,
    **kwargs: Any,
) -> "Gradient":
    """The gradient of a function: forward and backward pass, and what is kept between them.

    What is shown depends on what `f` is:

    - a function with a real scalar result: its gradient. So `gradient(jax.grad(f), 1.0)`
      shows the second derivative of a function of one number;
    - a function with any other real result: the gradient of the sum of its elements;
    - a function that computes a derivative itself and returns no scalar, such as
      `jax.value_and_grad(loss)`, `jax.grad(loss)` of a vector, `jax.jacrev(f)`,
      `jax.hessian(f)`, or a training step: the derivative it computes, the outermost that
      has a backward pass, the largest of several.

    Args:
        f: A function, a jitted function, a method or a model that can be called.
        *args: Its arguments: arrays, pytrees of them, or `jax.ShapeDtypeStruct`. With
            arrays the gradient is computed once, and the record has numbers.
        wrt: By which arguments: positions or names, one or several. Their floating leaves
            count; of a model, settings and functions are left alone.
        has_aux: Whether `f` returns a pair of its result and auxiliary data.
        **kwargs: Its keyword arguments. Python numbers that the gradient is not taken by
            are constants, as under `jax.grad`.

    Returns:
        Both passes as programs, linked; the values kept between them with their bytes; and
        where the gradient stops. Holds no array.

    Raises:
        JaxploreError: `wrt` names nothing that has a gradient, or the result has none.

    >>> import jax, jax.numpy as jnp
    >>> seen = gradient(lambda x: jnp.sin(x).sum(), jax.ShapeDtypeStruct((8,), "float32"))
    >>> [(kept.name, kept.type, kept.size_bytes) for kept in seen.residuals]
    [('jnp.sin(x)', 'f32[8]', 32)]
    >>> [equation.primitive for equation in seen.backward.equations]
    ['broadcast_in_dim', 'mul']
    """
    from jaxplore.capture.gradients.gradient import capture_gradient

    return capture_gradient(f, args, kwargs, wrt=wrt, has_aux=has_aux)
