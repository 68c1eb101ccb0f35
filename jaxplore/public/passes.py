"""Look at how XLA compiles: the function behind the explorer's pane of passes."""

import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from jaxplore.errors import JaxploreError
from jaxplore.faults import contained
from jaxplore.public.usererrors import raises_the_users_errors

if TYPE_CHECKING:
    from jaxplore.model.passes import Passes
    from jaxplore.model.program import Program
    from jaxplore.widgets.explorer import Explorer
    from jaxplore.widgets.passesjob import CompilePasses


class Kept:
    """Takes what a capture lowered as bytes, so that XLA can compile it again when asked."""

    def __init__(self) -> None:
        self.compile: CompilePasses | None = None
        """None while nothing was lowered, or where another process cannot compile it."""

    def __call__(self, lowered: Any, index: Any, name: str) -> None:
        """Keep a lowered program, and what finds its equations."""
        from jaxplore.capture.passes.process import capture_passes
        from jaxplore.capture.passes.request import request_of

        with contained("keep the program for its passes"), suppress(JaxploreError):
            self.compile = partial(capture_passes, request_of(lowered, index, name))
            # Whether or not the extension is loaded, the page may ask.
            hear_pages(running_shell())

    def explorer(self, program: "Program") -> "Explorer":
        """The view of what was captured, which finds its passes when it is asked."""
        from jaxplore.public.several import found_collectives
        from jaxplore.widgets.explorer import Explorer

        return Explorer(program, passes=self.compile, collectives=found_collectives(program))


def running_shell() -> Any:
    """The shell of this process, without importing one."""
    ipython: Any = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def hear_pages(shell: Any) -> None:
    """Let the pages of a shell's notebook ask, where it has any."""
    manager = getattr(getattr(shell, "kernel", None), "comm_manager", None)
    if manager is not None:
        from jaxplore.widgets.asks import asks

        asks.connect(manager)


def forget_pages() -> None:
    """Let no page ask any more."""
    if "jaxplore.widgets.asks" in sys.modules:
        from jaxplore.widgets.asks import asks

        asks.disconnect()


@raises_the_users_errors
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
    >>> seen = passes(lambda x: x @ x.T, jnp.ones((3, 3)))
    >>> seen.passes[0].words
    'fold transposes into their users'
    """
    from jaxplore.capture.passes.asking import asked
    from jaxplore.capture.passes.process import capture_passes

    request = asked(f, args, kwargs)
    return capture_passes(request, timeout_s=timeout_s)
