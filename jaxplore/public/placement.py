"""Which device holds what: the function behind `%placement`.

What it needs is imported when it is first called: `import jaxplore` stays light.
"""

from typing import TYPE_CHECKING, Any

from jaxplore.public.usererrors import raises_the_users_errors

if TYPE_CHECKING:
    from jaxplore.model.placement import Placement


@raises_the_users_errors
def placement(tree: Any, /, *args: Any, **kwargs: Any) -> "Placement":
    """Which device holds what of a tree of arrays, or of a program. Runs nothing.

    Of arrays: where each is, how it is split, whether it is pinned to its devices and which
    call pinned it. Of a function: where XLA puts what goes in and what comes out, and every
    sharding constraint within, each with its expression.

    Args:
        tree: An array or any tree of arrays, NumPy arrays, numbers and
            `jax.ShapeDtypeStruct`; a model that is a tree is one. Or a function, a jitted
            function or a method, or what `.trace(...)`, `.lower(...)` or `.compile()` of one
            returned.
        *args: The function's arguments; `jax.ShapeDtypeStruct` with a sharding will do.
        **kwargs: Its keyword arguments.

    Returns:
        A row per array or value, by path; `sharding`, `devices`, `committed` and
        `bytes_per_device` by path; `imbalance`. Holds no array. Dimensions of arrays with more
        than two are counted from 0.

    Raises:
        JaxploreError: `tree` holds no array.

    >>> import jax, numpy as np
    >>> mesh = jax.make_mesh((1,), ("data",))
    >>> x = jax.device_put(np.ones((8, 4)), jax.sharding.NamedSharding(mesh, jax.P("data")))
    >>> seen = placement({"x": x, "n": 3})
    >>> seen.sharding
    {"['n']": 'on the host: a Python number', "['x']": 'on cpu:0'}
    >>> seen["['x']"].pinned_by.how
    'device_put'
    """
    __tracebackhide__ = True
    from jaxplore.capture.placement.program import capture_program
    from jaxplore.capture.placement.tree import capture_tree

    if not (args or kwargs or is_program(tree)):
        return capture_tree((("", tree),))
    return capture_program(tree, args, kwargs)


def is_program(target: Any) -> bool:
    """Whether something by itself is a program, not a tree of arrays."""
    import jax

    if isinstance(target, jax.stages.Traced | jax.stages.Lowered | jax.stages.Compiled):
        return True
    if not callable(target):
        return False
    leaves = jax.tree.leaves(target)
    return is_jitted(target) or (len(leaves) == 1 and leaves[0] is target)


def is_jitted(target: Any) -> bool:
    """Whether something is what `jax.jit`, or a library's, made of a function."""
    return callable(target) and callable(getattr(target, "lower", None))
