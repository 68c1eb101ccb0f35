"""What devices send each other: the function behind `%collectives`.

What it needs is imported when it is first called: `import jaxplore` stays light.
"""

from typing import TYPE_CHECKING, Any

from jaxplore.public.usererrors import raises_the_users_errors

if TYPE_CHECKING:
    from jaxplore.capture.programs.tracing import Progress
    from jaxplore.model.collectives import Collectives
    from jaxplore.model.program import Program


@raises_the_users_errors
def collectives(f: Any, /, *args: Any, **kwargs: Any) -> "Collectives":
    """What devices send each other in one run of a program, and what made them do it.

    The program is compiled as a call would compile it, for the devices that its arguments are
    on; nothing runs. Bytes are those that each device sends by the ring algorithm: an
    all-reduce of `b` bytes over `n` devices `2 b (n-1)/n`, an all-gather into `b` bytes,
    a reduce-scatter and an all-to-all of `b` bytes `b (n-1)/n`, a permute and a broadcast `b`.
    A collective in a loop counts as often as the loop runs, where that is known before.

    Args:
        f: A function, a jitted function or a method; or what `jax.jit(f).trace(...)`,
            `.lower(...)` or `.compile()` returned; or a `Program` with its optimised HLO.
        *args: Its arguments: arrays, pytrees of them, or `jax.ShapeDtypeStruct` with a
            sharding.
        **kwargs: Its keyword arguments.

    Returns:
        A row for each collective in the optimised program, with the expression that caused
        it, why, and what avoids it; and what goes to the host and comes from it.

    Raises:
        NotAProgramError: `f` is none of these.

    >>> import jax.numpy as jnp
    >>> print(collectives(lambda x: x.sum(), jnp.ones(8)).devices)
    1
    """
    __tracebackhide__ = True
    return captured(f, args, kwargs)


def captured(
    f: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    progress: "Progress | None" = None,
) -> "Collectives":
    """`collectives`, telling the user's own errors (`UserCodeFailed`) from jaxplore's faults."""
    from jaxplore.advise.collectives.collectives import explained
    from jaxplore.capture.collectives.collectives import capture_collectives
    from jaxplore.model.compiles import Compile
    from jaxplore.model.program import Program

    if isinstance(f, Program | Compile) and not (args or kwargs):
        return of_program(f if isinstance(f, Program) else f.program())
    return explained(capture_collectives(f, args, kwargs, progress=progress))


def of_program(program: "Program") -> "Collectives":
    """What moves in a program that is captured already, with its stage `"hlo"`."""
    from jaxplore.advise.collectives.collectives import explained
    from jaxplore.capture.collectives.collectives import collectives_of

    return explained(collectives_of(program))
