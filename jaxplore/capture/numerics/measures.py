"""The measurements themselves, as operations of the compiled program."""

from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxplore.capture.numerics.statistics import COUNTS, FLOATS, RUNS

# Where |tanh'| = 1 - t*t and logistic' = s*(1 - s) are below this, a unit hardly learns.
_FLAT: Final = 0.01


def measured(array: Any, saturation: str | None = None) -> tuple[Any, Any]:
    """The two rows of an array: minimum, maximum and sum of squares; and the counts."""
    with jax.enable_x64(True):
        return _measured(array, saturation)


def _measured(array: Any, saturation: str | None) -> tuple[Any, Any]:
    if jnp.issubdtype(array.dtype, np.complexfloating):
        return _complex(array)
    values = array if array.dtype.itemsize >= 4 else array.astype(np.float32)
    nan = values != values
    wide = values.astype(np.float64)
    floats = [
        jnp.min(values, initial=np.inf, where=~nan).astype(np.float64),
        jnp.max(values, initial=-np.inf, where=~nan).astype(np.float64),
        jnp.sum(wide * wide),
    ]
    counts = [
        _count(nan),
        _count(jnp.abs(values) == np.inf),
        _count(values == 0),
        _count(_flat(values, saturation)) if saturation else _number(0),
        _number(1),
    ]
    return jnp.stack(floats), jnp.stack(counts)


def _complex(array: Any) -> tuple[Any, Any]:
    real, imaginary = jnp.real(array), jnp.imag(array)
    parts = [part.astype(np.float64) for part in (real, imaginary)]
    floats = [_float(np.inf), _float(-np.inf), sum(jnp.sum(part * part) for part in parts)]
    counts = [
        _count(jnp.isnan(real) | jnp.isnan(imaginary)),
        _count(jnp.isinf(real) | jnp.isinf(imaginary)),
        _count((real == 0) & (imaginary == 0)),
        _number(0),
        _number(1),
    ]
    return jnp.stack(floats), jnp.stack(counts)


def _flat(values: Any, saturation: str) -> Any:
    if saturation == "tanh":
        return 1 - values * values < _FLAT
    if saturation == "logistic":
        return values * (1 - values) < _FLAT
    return values <= 0


def _count(flags: Any) -> Any:
    return jnp.sum(flags, dtype=np.int64)


def _float(number: float) -> Any:
    return jnp.asarray(number, dtype=np.float64)


def _number(number: int) -> Any:
    return jnp.asarray(number, dtype=np.int64)


def neutral(rows: int) -> tuple[Any, Any]:
    """Rows of arrays that were not there: what changes nothing when it is added."""
    floats = np.tile(np.array([np.inf, -np.inf, 0.0]), (rows, 1))
    counts = np.zeros((rows, COUNTS), dtype=np.int64)
    with jax.enable_x64(True):
        return jnp.asarray(floats).reshape(rows, FLOATS), jnp.asarray(counts)


def together(a: tuple[Any, Any], b: tuple[Any, Any]) -> tuple[Any, Any]:
    """Rows of the same arrays in two runs, as of one."""
    with jax.enable_x64(True):
        (a_floats, a_counts), (b_floats, b_counts) = a, b
        columns = [
            jnp.minimum(a_floats[:, 0], b_floats[:, 0]),
            jnp.maximum(a_floats[:, 1], b_floats[:, 1]),
            a_floats[:, 2] + b_floats[:, 2],
        ]
        return jnp.stack(columns, axis=1), a_counts + b_counts


def changed(rows: tuple[Any, Any], times: int, is_negated: bool) -> tuple[Any, Any]:
    """One row, of an array that was broadcast or negated."""
    floats, counts = rows
    with jax.enable_x64(True):
        if is_negated:
            floats = jnp.stack([-floats[1], -floats[0], floats[2]])
        if times != 1:
            floats = floats * np.array([1.0, 1.0, times])
            counts = counts * np.array([times, times, times, times, 1])
            if times == 0:
                floats, counts = (part[0] for part in neutral(1))
        return floats, counts


def once(row: tuple[Any, Any]) -> tuple[Any, Any]:
    """A row of several runs, as that of one larger array."""
    floats, counts = row
    with jax.enable_x64(True):
        return floats, counts.at[RUNS].set(1)


def constant(floats: list[float], counts: list[int]) -> tuple[Any, Any]:
    """A row of numbers that are known."""
    with jax.enable_x64(True):
        return jnp.asarray(np.array(floats)), jnp.asarray(np.array(counts, dtype=np.int64))


def table(rows: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    """Rows and tables of rows, one below the other."""
    if not rows:
        return neutral(0)
    with jax.enable_x64(True):
        floats = [jnp.reshape(part, (-1, FLOATS)) for part, _ in rows]
        counts = [jnp.reshape(part, (-1, COUNTS)) for _, part in rows]
        return lax.concatenate(floats, 0), lax.concatenate(counts, 0)
