"""The user's own error leaves a public function as the user's function raised it."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def raises_the_users_errors(look: Callable[P, R]) -> Callable[P, R]:
    """Of a function that traces what users wrote: their error comes out of it unwrapped."""

    @wraps(look)
    def looked(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True
        from jaxplore.capture.programs.tracing import UserCodeFailed

        try:
            return look(*args, **kwargs)
        except UserCodeFailed as failed:
            error = failed.original
        # Outside of the handler, where raising it does not rewrite its cause.
        raise error

    return looked
