"""Models of libraries: their arrays are inputs of a program, whatever else they hold.

Traced as it is, a model that holds functions beside its arrays would be a constant, and
nothing could be said of where its arrays are.
"""

import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import jax

from jaxplore.capture.placement import leaves

_JAX: Final = ("jax.", "jaxlib.")


class _Model:
    """A tree with arrays and other things in it."""

    def __init__(self, value: Any) -> None:
        found, self._structure = jax.tree.flatten(value)
        self._is_array = [_is_array(one) for one in found]
        self.is_mixed = any(self._is_array) and not all(self._is_array)
        self.has_arrays = any(self._is_array)
        # None is no leaf: of what is passed only the arrays are.
        self.arrays = self._structure.unflatten(
            [one if known else None for one, known in zip(found, self._is_array, strict=True)]
        )
        self._rest = [
            None if is_array else one for one, is_array in zip(found, self._is_array, strict=True)
        ]

    def with_arrays(self, given: Any) -> Any:
        """The model with the arrays of a tree that has nothing else."""
        arrays = iter(jax.tree.leaves(given))
        return self._structure.unflatten(
            [
                next(arrays) if is_array else one
                for one, is_array in zip(self._rest, self._is_array, strict=True)
            ]
        )


def _is_array(leaf: Any) -> bool:
    # Numbers beside functions are settings: `range(config["layers"])` must go on to work.
    return not isinstance(leaf, int | float | complex) and leaves.read(leaf) is not None


def as_function(target: Any, args: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """A function of arrays and its arguments.

    A model that is called becomes the argument `self`; models among the arguments keep their
    functions out of them. What JAX itself jitted stays as it is.
    """
    if not callable(target) or f"{type(target).__module__}.".startswith(_JAX):
        return target, args
    called, models = _Model(target), [_Model(arg) for arg in args]
    is_jitted = callable(getattr(target, "lower", None))
    is_called = called.has_arrays and not is_jitted
    if not (is_jitted or is_called or any(model.is_mixed for model in models)):
        return target, args
    given = tuple(
        model.arrays if model.is_mixed else arg for model, arg in zip(models, args, strict=True)
    )
    fun = _function(target, called if is_called else None, models)
    return fun, (called.arrays, *given) if is_called else given


def _function(target: Any, called: _Model | None, models: list[_Model]) -> Callable[..., Any]:
    def whole(*args: Any, **kwargs: Any) -> Any:
        function = target
        if called is not None:
            function, args = called.with_arrays(args[0]), args[1:]
        given = [
            model.with_arrays(arg) if model.is_mixed else arg
            for model, arg in zip(models, args, strict=True)
        ]
        return function(*given, **kwargs)

    whole.__name__ = getattr(target, "__name__", type(target).__name__)
    with suppress(TypeError, ValueError):
        own = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)] if called else []
        others = inspect.signature(target).parameters.values()
        signature = inspect.Signature([*own, *others])
        whole.__signature__ = signature  # pyright: ignore[reportFunctionMemberAccess]
    return whole
