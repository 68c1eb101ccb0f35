"""What JAX makes of a function when it traces it, or what was made already."""

import functools
import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import jax
import numpy as np

from jaxplore.capture.programs import jaxprs
from jaxplore.capture.programs.labels import Labels
from jaxplore.errors import NotAProgramError

Progress = Callable[[str, int], None]


class UserCodeFailed(Exception):
    """The user's own function raised while JAX traced it; `original` is what it raised."""

    def __init__(self, original: Exception) -> None:
        super().__init__(str(original))
        self.original = original


class Made:
    """What JAX made of a function, as far as it got."""

    def __init__(self, name: str, jaxpr: Any = None) -> None:
        self.name = name
        self.jaxpr = jaxpr
        self.traced: Any = None
        self.lowered: Any = None
        self.compiled: Any = None
        self.labels: Labels | None = None


def trace(target: Any, args: tuple[Any, ...], kwargs: dict[str, Any], say: Progress) -> Made:
    """What JAX makes of a function when it traces it; or what is made already."""
    made = _already_made(target)
    if made is not None:
        if args or kwargs:
            raise NotAProgramError.of(
                failed="A program that is made already takes no arguments.",
                given=f"{type(target).__name__} and {len(args) + len(kwargs)} arguments",
                do="pass it alone, or pass the function.",
            )
        return made
    if not callable(target):
        raise NotAProgramError.of(
            failed="Cannot show this as a program.",
            given=_described(target),
            do="pass a function and its arguments, a jaxpr, or what .trace(), .lower() or "
            ".compile() returned.",
        )
    name = _name_of(target)
    say(f"tracing {name}", 0)
    made = Made(name)
    if not _is_jitted_by_jax(target):
        fun, args, kwargs = _closing_over_constants(target, args, kwargs)
        target = jax.jit(_hashable(fun))
    jitted: Any = target
    try:
        made.traced = jitted.trace(*args, **kwargs)
    except Exception as fault:
        # Without this frame: none of ours helps the reader.
        inner = None if fault.__traceback__ is None else fault.__traceback__.tb_next
        raise UserCodeFailed(fault.with_traceback(inner)) from fault
    made.jaxpr = made.traced.jaxpr
    return made


def _is_jitted_by_jax(target: Any) -> bool:
    """Whether JAX traces it as it is. What a library jits (`nnx.jit`, `eqx.filter_jit`) gives
    the library's own stages, and is a function to JAX."""
    is_jitted = hasattr(target, "trace") and hasattr(target, "lower")
    # What pmap makes is an ordinary function with these attributes.
    makers = ("jax", "jaxlib", "builtins")
    return is_jitted and type(target).__module__.partition(".")[0] in makers


def _hashable(fun: Callable[..., Any]) -> Callable[..., Any]:
    """A function that JAX can look up. A model that is called, such as an Equinox module, is
    compared by its arrays and cannot be: they become constants."""
    try:
        hash(fun)
    except TypeError:

        @functools.wraps(fun)
        def called(*args: Any, **kwargs: Any) -> Any:
            return fun(*args, **kwargs)

        return called
    return fun


def _already_made(target: Any) -> Made | None:
    if jaxprs.is_jaxpr(target):
        info = getattr(jaxprs.opened(target), "debug_info", None)
        name = getattr(info, "func_name", None) or "jaxpr"
        return Made(str(name), target)
    kind = type(target).__name__
    if isinstance(target, jax.stages.Traced):
        made = Made(str(target.fun_name), target.jaxpr)
        made.traced = target
        return made
    if isinstance(target, jax.stages.Lowered):
        made = Made(_module_name(target.as_text()) or kind)
        made.lowered = target
        return made
    if isinstance(target, jax.stages.Compiled):
        made = Made(_module_name(target.as_text() or "") or kind)
        made.compiled = target
        return made
    return None


def _module_name(text: str) -> str:
    head = text[:2000].split("\n")
    for line in head:
        for mark in ("module @", "HloModule "):
            if line.startswith(mark):
                name = line.removeprefix(mark).split()[0].rstrip(",")
                return name.removeprefix("jit_")
    return ""


def _described(target: Any) -> str:
    text = " ".join(repr(target).split())
    return f"{text[:80]} ({type(target).__name__})"


def _name_of(target: Any) -> str:
    while isinstance(target, functools.partial):
        target = target.func
    return str(getattr(target, "__name__", type(target).__name__))


def _closing_over_constants(
    fun: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    """Arguments that are no arrays (text, functions, modules, ...) become constants."""
    if all(is_traceable(arg) for arg in (*args, *kwargs.values())):
        return fun, args, kwargs
    traced = [i for i, arg in enumerate(args) if is_traceable(arg)]
    fixed = {key: arg for key, arg in kwargs.items() if not is_traceable(arg)}

    @functools.wraps(fun)
    def closed(*arrays: Any, **named: Any) -> Any:
        whole = list(args)
        for position, array in zip(traced, arrays, strict=True):
            whole[position] = array
        return fun(*whole, **fixed, **named)

    # JAX names arguments by the signature: of the function's, what is left to be passed.
    wrapped: Any = closed
    with suppress(TypeError, ValueError):
        given = list(inspect.signature(fun).parameters.values())
        left = [p for i, p in enumerate(given) if i in traced or i >= len(args)]
        kept = [p for p in left if p.name not in fixed]
        wrapped.__signature__ = inspect.Signature(kept)
    del wrapped.__wrapped__
    rest = {key: arg for key, arg in kwargs.items() if key not in fixed}
    return closed, tuple(args[i] for i in traced), rest


def is_traceable(argument: Any) -> bool:
    """Whether an argument holds nothing but arrays and numbers."""
    leaves = jax.tree.leaves(argument)
    return all(
        isinstance(leaf, jax.Array | np.ndarray | np.generic | int | float | complex)
        or hasattr(leaf, "__jax_array__")
        # A module such as `jax.numpy` has functions of these names.
        or (isinstance(getattr(leaf, "shape", None), tuple) and hasattr(leaf, "dtype"))
        for leaf in leaves
    )
