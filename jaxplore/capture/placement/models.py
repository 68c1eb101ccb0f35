"""A model that is called itself: its arrays are inputs of the program, not constants."""

import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import jax

from jaxplore.capture.placement import leaves


def as_function(target: Any, args: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """A function with the model as its first argument, `self`; anything else as it is.

    Traced as it is, a model such as an Equinox module would hold its arrays as constants, and
    nothing could be said of where they are.
    """
    if not callable(target) or callable(getattr(target, "lower", None)):
        return target, args
    values, structure = jax.tree.flatten(target)
    is_array = [leaves.read(value) is not None for value in values]
    if not any(is_array):
        return target, args
    # None is no leaf: of what is passed only the arrays are.
    arrays = [value if known else None for value, known in zip(values, is_array, strict=True)]
    return _function(target, values, is_array), (structure.unflatten(arrays), *args)


def _function(target: Any, values: list[Any], is_array: list[bool]) -> Callable[..., Any]:
    structure = jax.tree.structure(target)
    rest = [None if known else value for value, known in zip(values, is_array, strict=True)]

    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        given = iter(jax.tree.leaves(self))
        whole = [
            next(given) if known else value for value, known in zip(rest, is_array, strict=True)
        ]
        return structure.unflatten(whole)(*args, **kwargs)

    called.__name__ = type(target).__name__
    with suppress(TypeError, ValueError):
        own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
        others = inspect.signature(target).parameters.values()
        called.__signature__ = inspect.Signature([own, *others])  # pyright: ignore[reportFunctionMemberAccess]
    return called
