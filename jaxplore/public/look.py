"""Look at a program: the functions behind `%jaxpr`, `%hlo` and `%explore`.

What they need is imported when they are first called: `import jaxplore` stays light.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jaxplore.public.usererrors import raises_the_users_errors

if TYPE_CHECKING:
    from jaxplore.capture.programs.program import Keep
    from jaxplore.capture.programs.tracing import Progress
    from jaxplore.model.program import Program
    from jaxplore.widgets.explorer import Explorer


@raises_the_users_errors
def program(f: Any, /, *args: Any, stages: Sequence[str] | None = None, **kwargs: Any) -> "Program":
    """What JAX saw when it traced a function, and what XLA made of it.

    Args:
        f: A function, a jitted function or a method; or a jaxpr; or what
            `jax.jit(f).trace(...)`, `.lower(...)` or `.compile()` returned; or a row of a
            ledger whose function is still alive.
        *args: Its arguments: arrays, pytrees of them, or `jax.ShapeDtypeStruct`.
        stages: The texts to make, of `"jaxpr" "stablehlo" "hlo"`; all when not given. To
            make `"hlo"`, XLA compiles the program.
        **kwargs: Its keyword arguments.

    Returns:
        Equations and values with their types, nested programs included, each equation
        tied to the expression that made it, and the texts with links to both. Holds no
        array.

    Raises:
        NotAProgramError: `f` is none of these.

    >>> import jax, jax.numpy as jnp
    >>> seen = program(lambda x: jnp.sin(x) * 2, jnp.ones(3), stages=("jaxpr",))
    >>> [equation.primitive for equation in seen.equations]
    ['sin', 'mul']
    >>> seen.equations[0].span.text
    'jnp.sin(x)'
    """

    return captured(f, args, kwargs, stages=stages)


def captured(
    f: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    stages: Sequence[str] | None = None,
    progress: "Progress | None" = None,
    keep: "Keep | None" = None,
) -> "Program":
    """`program`, telling the user's own errors (`UserCodeFailed`) from jaxplore's faults."""
    from jaxplore.capture.programs.program import capture_program
    from jaxplore.model.compiles import Compile
    from jaxplore.model.program import Program

    if isinstance(f, Program | Compile) and not (args or kwargs):
        return f if isinstance(f, Program) else f.program()
    return capture_program(f, args, kwargs, stages=stages, progress=progress, keep=keep)


@raises_the_users_errors
def explore(
    f: Any, /, *args: Any, stages: Sequence[str] | None = None, **kwargs: Any
) -> "Explorer":
    """A program as a linked view of source, jaxpr, StableHLO, optimised HLO and graph.

    Of a program that runs on several devices it also shows what they send each other. Takes
    what `program` takes, or a `Program`, or what `collectives` gave.
    """
    from jaxplore.model.collectives import Collectives
    from jaxplore.public.passes import Kept

    if isinstance(f, Collectives) and not (args or kwargs):
        from jaxplore.widgets.explorer import Explorer

        return Explorer(f.program, collectives=f)
    kept = Kept()
    made = captured(f, args, kwargs, stages=stages, keep=kept)
    return kept.explorer(made)
