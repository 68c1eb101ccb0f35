"""`jax.jit`, which recognises a function it compiled before.

In a notebook the same cell runs many times, and each run makes a new function object that
JAX has never seen. When nothing the program depends on has changed, the function that is
already compiled is given back. In doubt a new one is made.
"""

import inspect
from collections.abc import Callable
from typing import Any

import jax

from jaxplore.faults import contained


def jit(*args: Any, **options: Any) -> Any:
    """Exactly `jax.jit`: the same arguments, the same object back.

    Redefining the same function (same code, closure, defaults, referenced globals and
    helpers, same options) gives back the function that is already compiled. In doubt a new
    one is made: where names are looked up by text (`eval`, `globals`), where a clock, random
    numbers, a file or the environment is read, where an object keeps its state in C code,
    or where too much is reached to compare.

    Not seen are changes that no object shows: a file or a clock that code of a library or
    of C reads; what a library does to its own state, or the reload of a library's module
    that only the library itself uses; what NumPy's settings (`np.errstate`) say; a default
    or closure changed through the plain function after it was jitted. Call `.clear_cache()`
    after such a change. What Python code does while it is traced, such as printing, is not
    done again.

    >>> import jaxplore.numpy as jnp
    >>> @jit
    ... def double(x):
    ...     return 2 * x
    >>> double(jnp.arange(3)).tolist()
    [0, 2, 4]
    """
    if not args:

        def decorate(fun: Callable[..., Any]) -> Any:
            return jit(fun, **options)

        jax.jit(**options)  # JAX checks the options now, as it would
        return decorate
    # Imported when a function is first jitted: `import jaxplore` stays light.
    from jaxplore.transforms.kept import kept
    from jaxplore.transforms.known import keys_of

    fun = args[0]
    keys = keys_of(fun, options) if len(args) == 1 else None
    if keys is not None:
        found = None
        with contained("recognise a function that was compiled before"):
            found = kept.find(fun, *keys)
        if found is not None:
            return found
    jitted = jax.jit(*args, **options)
    if keys is not None:
        with contained("remember a compiled function"):
            kept.keep(fun, jitted, *keys)
    return jitted


jit.__signature__ = inspect.signature(jax.jit)  # pyright: ignore[reportFunctionMemberAccess]
