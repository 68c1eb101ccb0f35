"""Compare ways to checkpoint: the function behind `%gradient --memory`.

What it needs is imported when it is first called: `import jaxplore` stays light.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from jaxplore.public.usererrors import raises_the_users_errors

if TYPE_CHECKING:
    from jaxplore.model.memoryoptions import CheckpointOptions


@raises_the_users_errors
def checkpoint_options(
    f: Callable[..., Any],
    /,
    *args: Any,
    wrt: int | str | Sequence[int | str] = 0,
    has_aux: bool = False,
    functions: Sequence[Callable[..., Any] | str] = (),
    **kwargs: Any,
) -> "CheckpointOptions":
    """What `jax.checkpoint` would save, and what it would cost, without running anything.

    The program is traced once and written anew: as it is; with each call of a function under
    `jax.checkpoint`; with each iteration of a loop; with the whole of it; and with JAX's
    policies. For each, the bytes that the forward pass keeps, and the operations that are
    done again. Nothing of yours is changed.

    Args:
        f: The function that is differentiated, such as a loss.
        *args: Its arguments: arrays, pytrees of them, or `jax.ShapeDtypeStruct`.
        wrt: By which arguments the gradient is taken.
        has_aux: Whether `f` returns a pair of its result and auxiliary data.
        functions: Functions that `f` calls, or their names. When none are given: your
            functions that are called several times, and loops.
        **kwargs: Its keyword arguments.

    Returns:
        A row for each way, the most bytes first.

    Raises:
        JaxploreError: `f` takes a gradient itself, or does not call a function of `functions`.

    >>> import jax, jax.numpy as jnp
    >>> def block(x):
    ...     return jnp.sin(jnp.sin(x))
    >>> def net(x):
    ...     return block(block(x)).sum()
    >>> seen = checkpoint_options(net, jnp.ones(8), functions=[block])
    >>> [(row.name, row.residual_bytes, row.recomputed_flops) for row in seen.rows]
    [('as it is', 128, 0), ('checkpoint on block', 32, 16), ('checkpoint on the whole', 0, 24)]
    """
    from jaxplore.capture.gradients.whatif import capture_options

    return capture_options(f, args, kwargs, wrt=wrt, has_aux=has_aux, functions=functions)
