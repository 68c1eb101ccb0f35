"""Look at how XLA compiles: the function behind the explorer's pane of passes."""

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from jaxplore.errors import JaxploreError

if TYPE_CHECKING:
    from jaxplore.model.passes import Passes
    from jaxplore.widgets.live import CompilePasses


class Kept:
    """Takes what a capture lowered as bytes, so that XLA can compile it again when asked."""

    def __init__(self) -> None:
        self.compile: CompilePasses | None = None
        """None while nothing was lowered, or where another process cannot compile it."""

    def __call__(self, lowered: Any, index: Any, name: str) -> None:
        """Keep a lowered program, and what finds its equations."""
        from jaxplore.capture.passes.process import capture_passes
        from jaxplore.capture.passes.request import request_of

        with suppress(JaxploreError):
            self.compile = partial(capture_passes, request_of(lowered, index, name))


def passes(f: Any, /, *args: Any, timeout_s: float = 60, **kwargs: Any) -> "Passes":
    """What XLA did to a program, pass by pass, down to LLVM IR and machine code.

    The program is compiled once more, in a process of its own; no code of yours runs there,
    and nothing of this process changes.

    Args:
        f: A function, a jitted function or a method; or what `jax.jit(f).trace(...)` or
            `.lower(...)` returned.
        *args: Its arguments: arrays, pytrees of them, or `jax.ShapeDtypeStruct`.
        timeout_s: XLA is stopped after this many seconds.
        **kwargs: Its keyword arguments.

    Returns:
        The passes that changed something, each with its diff, linked to the equations and
        expressions that the lines came from. Where XLA failed or was stopped: what it did
        until then, and why it stopped.

    Raises:
        NotAProgramError: `f` is none of these.

    >>> import jax.numpy as jnp
    >>> seen = passes(lambda x: (x + 0) * 1 + x, jnp.ones(3))
    >>> seen.passes[0].words
    'simplify algebra'
    """
    from jaxplore.capture.passes.asking import asked
    from jaxplore.capture.passes.process import capture_passes
    from jaxplore.capture.programs.program import UserCodeFailed

    try:
        request = asked(f, args, kwargs)
    except UserCodeFailed as failed:
        error = failed.original
    else:
        return capture_passes(request, timeout_s=timeout_s)
    # Outside of the handler, where raising it does not rewrite its cause.
    raise error
