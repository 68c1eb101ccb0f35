"""A function's gradient beside its finite differences: which coordinates, and what they say."""

import inspect
import random
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np

from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.finite.evaluation import Evaluated, evaluated
from jaxplore.capture.finite.slopes import Slope, Values, slope_of, verdict_of
from jaxplore.capture.gradients.arguments import Arguments, Wrt, plain_function, read_arguments
from jaxplore.errors import JaxploreError
from jaxplore.model.finite import Compared, Coordinate

_STEPS: Final = 12
_ALL: Final = 100
"""So many coordinates are all compared."""
_SAMPLE: Final = 24
_DIRECTIONS: Final = 2
_MOST_LINES: Final = 250
"""Of a model with many leaves, fewer coordinates of each."""

# Of what a function computes in: the largest and the smallest step, relative to the size of
# the coordinate, and the relative error that is allowed.
_RANGES: Final = {
    "float64": (2e-2, 2e-8, 1e-5),
    "float32": (1e-1, 1e-3, 1e-2),
    "float16": (5e-1, 3e-2, 1e-1),
    "bfloat16": (5e-1, 1e-1, 3e-1),
}


def compare(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    wrt: Wrt,
    has_aux: bool,
    rtol: float | None,
) -> tuple[Compared, list[str]]:
    """Compare; also the names of the user's functions that have rules of their own.

    Raises:
        JaxploreError: There is nothing to compare, or it is not real.
    """
    plain = plain_function(f)
    arguments = read_arguments(plain, args, kwargs, wrt)
    paths = _paths(plain, arguments)
    _refuse_what_is_not_real(arguments, paths)
    with observer.paused():
        run, is_refused = _evaluated(plain, arguments, has_aux=has_aux)
        with jax.enable_x64(True) if run.is_double else nullcontext():
            found = [*_coordinates(run, arguments, paths, rtol)]
    sizes = [(paths[place], int(np.size(run.leaves[place]))) for place in arguments.wrt]
    return Compared(
        function=getattr(f, "__name__", type(f).__name__),
        coordinates=tuple(found),
        sizes=tuple(sizes),
        dtype=run.dtype,
        pinned_by=run.pinned_by,
        refused_double=is_refused,
        rtol=_range(run.dtype)[2] if rtol is None else rtol,
        is_scalar=run.is_scalar,
    ), run.rules


def _evaluated(
    f: Callable[..., Any], arguments: Arguments, *, has_aux: bool
) -> tuple[Evaluated, bool]:
    """In double precision; in its own where it refuses that."""
    try:
        with jax.enable_x64(True):
            return evaluated(f, arguments, has_aux=has_aux, double=True), False
    except JaxploreError:
        raise
    except Exception:  # its own error, or one about types that are mixed only now
        refused = True
    return evaluated(f, arguments, has_aux=has_aux, double=False), refused


def _range(dtype: str) -> tuple[float, float, float]:
    return _RANGES.get(dtype, _RANGES["bfloat16"])


def _paths(f: Callable[..., Any], arguments: Arguments) -> dict[int, str]:
    """What each traced leaf is called in the call."""
    names: list[str] = []
    with suppress(TypeError, ValueError):
        names = list(inspect.signature(f).parameters)
    tree = jax.tree.unflatten(arguments.tree, arguments.leaves)
    pairs = jax.tree_util.tree_flatten_with_path(tree)[0]
    found: dict[int, str] = {}
    for place, leaf in enumerate(arguments.traced):
        path: Any = pairs[leaf][0]
        head = path[1]
        if path[0].idx == 0:
            name = names[head.idx] if head.idx < len(names) else f"argument {head.idx}"
        else:
            name = str(head.key)
        found[place] = name + jax.tree_util.keystr(path[2:])
    return found


def _refuse_what_is_not_real(arguments: Arguments, paths: dict[int, str]) -> None:
    for place in (*arguments.wrt, *arguments.fixed_wrt):
        leaf = arguments.leaves[arguments.traced[place]]
        dtype = getattr(leaf, "dtype", None) or np.asarray(leaf).dtype
        if jnp.issubdtype(dtype, jnp.complexfloating):
            raise JaxploreError.of(
                failed="Cannot compare a complex gradient with finite differences.",
                given=f"{paths[place]}: {dtype}{list(np.shape(leaf))}",
                do="pass the real and the imaginary part as two arguments.",
            )
    if not arguments.is_concrete():
        raise JaxploreError.of(
            failed="Finite differences need numbers.",
            given="types without numbers",
            do="pass arrays.",
        )


def _coordinates(
    run: Evaluated, arguments: Arguments, paths: dict[int, str], rtol: float | None
) -> Iterator[Coordinate]:
    middle = run.value(run.leaves)
    if not np.isfinite(middle):
        raise JaxploreError.of(
            failed="Cannot compare with finite differences: the value is not finite.",
            given=f"{middle}",
            do="pass arguments at which the function is finite; jaxplore.numerics says where "
            "the first NaN or Inf is made.",
        )
    if rtol is None:
        rtol = _range(run.dtype)[2]
    total = sum(int(np.size(run.leaves[place])) for place in arguments.wrt)
    for place in arguments.wrt:
        leaf, gradient = run.leaves[place], run.gradient[place]
        finite = np.abs(gradient[np.isfinite(gradient)])
        leaf_size = float(np.max(finite, initial=0.0))
        typical = _typical(leaf)
        for index in _chosen(leaf, gradient, total, len(arguments.wrt)):
            slope = _slope_at(run, place, index, typical, middle)
            yield _coordinate(
                run, slope, paths[place], index, float(gradient[index]), rtol, leaf_size
            )
        if total > _ALL:
            for number in range(_DIRECTIONS if len(arguments.wrt) <= 10 else 1):
                direction = _direction(leaf, typical, number)
                expected = float(np.vdot(direction, gradient))
                values = _along_direction(run, place, direction, middle)
                slope = slope_of(values, resolution=_resolution(run))
                yield _coordinate(run, slope, paths[place], None, expected, rtol, 0.0)


def _coordinate(
    run: Evaluated,
    slope: Slope,
    path: str,
    index: tuple[int, ...] | None,
    gradient: float,
    rtol: float,
    leaf_size: float,
) -> Coordinate:
    verdict, difference = verdict_of(
        slope, gradient, rtol=rtol, leaf_size=leaf_size, can_jump=run.dtype == "float64"
    )
    apart = abs(gradient - difference)
    larger = max(abs(gradient), abs(difference))
    return Coordinate(
        path=path,
        index=index,
        gradient=gradient,
        difference=difference,
        left=slope.left.value,
        right=slope.right.value,
        error=apart / larger if larger else apart,
        verdict=verdict,
    )


def _resolution(run: Evaluated) -> float:
    return float(jnp.finfo(jnp.dtype(run.dtype)).eps)


def _typical(leaf: Any) -> float:
    """The size of a leaf's elements; 1 where all are zero."""
    sizes = np.abs(np.asarray(leaf, np.float64))
    sizes = sizes[(sizes > 0) & np.isfinite(sizes)]
    return float(np.median(sizes)) if sizes.size else 1.0


def _chosen(leaf: Any, gradient: Any, total: int, leaves: int) -> list[tuple[int, ...]]:
    """Which elements to move: all of few, else the same sample in every run, and the one
    with the largest gradient."""
    shape, count = np.shape(leaf), int(np.size(leaf))
    if total <= _ALL:
        flat = list(range(count))
    else:
        most = min(_SAMPLE, max(_MOST_LINES // leaves, 2))
        flat = random.Random(0).sample(range(count), min(count, most))
        largest = int(np.argmax(np.nan_to_num(np.abs(gradient), nan=np.inf)))
        flat = sorted({*flat[: most - 1], largest}) if largest not in flat else sorted(flat)
    return [tuple(int(i) for i in np.unravel_index(i, shape)) for i in flat]


def _steps(run: Evaluated, size: float) -> Any:
    """Steps for a number of this size, largest first."""
    largest, smallest, _ = _range(run.dtype)
    return np.geomspace(largest * size, smallest * size, _STEPS)


def _slope_at(
    run: Evaluated, place: int, index: tuple[int, ...], typical: float, middle: float
) -> Slope:
    """The slope by one coordinate. One that is tiny beside others of its leaf is moved by
    steps of its own size too: if rounding lets those be seen, they are nearer to the point."""
    size, resolution = abs(float(run.leaves[place][index])), _resolution(run)
    wide = _along_coordinate(run, place, index, _steps(run, max(size, typical)), middle)
    found = slope_of(wide, resolution=resolution)
    if 0 < size < 1e-2 * typical and run.dtype == "float64":
        near = _along_coordinate(run, place, index, _steps(run, size), middle)
        nearer = slope_of(near, resolution=resolution)
        if nearer.central.error < 1e-4 * abs(nearer.central.value):
            return nearer
    return found


def _along_coordinate(
    run: Evaluated, place: int, index: tuple[int, ...], steps: Any, middle: float
) -> Values:
    leaf = run.leaves[place]
    here = float(leaf[index])

    def at(number: float) -> tuple[float, float]:
        moved = np.array(leaf)
        moved[index] = number
        return _value(run, place, moved), abs(float(moved[index]) - here)

    ahead, behind = [at(here + step) for step in steps], [at(here - step) for step in steps]
    return _values(middle, ahead, behind)


def _along_direction(run: Evaluated, place: int, direction: Any, middle: float) -> Values:
    leaf = run.leaves[place]
    wide = np.asarray(leaf, np.float64)

    def at(step: float) -> tuple[float, float]:
        moved = (wide + step * direction).astype(leaf.dtype)
        return _value(run, place, moved), abs(step)

    steps = _steps(run, 1.0)
    return _values(middle, [at(step) for step in steps], [at(-step) for step in steps])


def _values(
    middle: float, ahead: list[tuple[float, float]], behind: list[tuple[float, float]]
) -> Values:
    return Values(
        middle,
        [value for value, _ in ahead],
        [value for value, _ in behind],
        [step for _, step in ahead],
        [step for _, step in behind],
    )


def _value(run: Evaluated, place: int, moved: Any) -> float:
    leaves = list(run.leaves)
    leaves[place] = moved
    return run.value(leaves)


def _direction(leaf: Any, typical: float, number: int) -> Any:
    """A fixed random direction; each element moves in proportion to its size."""
    signs = np.random.default_rng(number).choice([-1.0, -0.5, 0.5, 1.0], np.shape(leaf))
    return signs * np.maximum(np.abs(np.asarray(leaf, np.float64)), typical)
