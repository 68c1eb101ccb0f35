"""Names of a program's inputs and outputs, and the arrays that were passed for them."""

import inspect
from contextlib import suppress
from itertools import groupby
from typing import Any

import jax

from jaxplore.capture.placement import leaves
from jaxplore.capture.placement.leaves import Leaf
from jaxplore.capture.programs import jaxprs
from jaxplore.capture.programs.tracing import Made


def names(made: Made) -> list[str]:
    """`"params['w']"` for each input, in order."""
    info = None if made.jaxpr is None else getattr(jaxprs.opened(made.jaxpr), "debug_info", None)
    known = getattr(info, "arg_names", None)
    by_place = [
        _argument_path(path)
        for path, _ in jax.tree_util.tree_flatten_with_path(made.compiled.args_info)[0]
    ]
    if known is None or len(known) != len(by_place):
        return by_place
    return [str(name) or place for name, place in zip(known, by_place, strict=True)]


def _argument_path(path: Any) -> str:
    """`"args[0]['w']"`, or the keyword: what JAX gives is a path in `(args, kwargs)`."""
    if getattr(path[0], "idx", None) == 0:
        return "args" + jax.tree_util.keystr(path[1:])
    return str(getattr(path[1], "key", "")) + jax.tree_util.keystr(path[2:])


def result_names(made: Made) -> list[str]:
    """`"result['loss']"` for each output, in order."""
    found = jax.tree_util.tree_flatten_with_path(made.compiled.out_info)[0]
    return ["result" + jax.tree_util.keystr(path) for path, _ in found]


def given(
    made: Made, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> list[Leaf | None]:
    """What was passed for each input; None where that cannot be told."""
    called = names(made)
    values = jax.tree.leaves((args, kwargs))
    if len(values) == len(called):
        return [leaves.read(value) for value in values]
    # Some arguments are no inputs: static ones, and what is no array.
    bound: dict[str, Any] = {}
    with suppress(TypeError, ValueError):
        bound = inspect.signature(target).bind(*args, **kwargs).arguments
    found: list[Leaf | None] = []
    for root, paths in groupby(called, key=_root):
        count = len(list(paths))
        values = jax.tree.leaves(bound.get(root))
        fits = len(values) == count
        found += [leaves.read(value) for value in values] if fits else [None] * count
    return found


def _root(name: str) -> str:
    return name.partition("[")[0].partition(".")[0]
