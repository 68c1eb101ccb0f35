"""The measurements themselves, as operations of the compiled program.

All numbers of an array but its squares are counted in one pass over it: one reduction with
several operands, which XLA makes one loop of. They are counted in integers, the smallest and
the largest by the bits of the numbers, whose order is that of integers: so the machine takes
many elements at a time, which it may not where floating numbers are added in order (measured
on two cores: 0.6 ns an element, and 0.9 for the squares; all together as doubles 3.0). It is
written with JAX's primitives, not with `jax.numpy`: a program has thousands of these, and each
is traced and compiled.

Squares are summed in double precision, in which those of no float32 overflow or vanish
(where the machine has it: a TPU's doubles have the range of its floats). Those of doubles
themselves do beyond 1e154 and below 1e-162.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxplore.capture.numerics.statistics import COUNTS, FLOATS, RUNS

Row = tuple[tuple[Any, ...], tuple[Any, ...]]
"""Numbers of one array, as single numbers: those of the first table, those of the second. The
smallest and the largest may still be integers of the same order."""
Table = tuple[Any, Any]
"""Numbers of several arrays, a row for each."""

# Where |tanh'| = 1 - t*t and logistic' = s*(1 - s) are below this, a unit hardly learns.
_FLAT: Final = 0.01
_WIDE: Final = np.float64
_INTEGERS: Final[dict[int, Any]] = {4: np.int32, 8: np.int64}
_MOST_INT32: Final = 2**31 - 1


def measured(array: Any, saturation: str | None = None) -> Row:
    """The row of an array."""
    with jax.enable_x64(True):
        array = jnp.asarray(array)
        return _whole(_counted(array, saturation, tuple(range(array.ndim))))


def measured_together(arrays: Sequence[Any], saturation: str | None) -> Row:
    """The rows of several arrays of one size, as columns: one loop for all of them."""
    with jax.enable_x64(True):
        flat = [lax.reshape(array, (1, array.size)) for array in arrays]
        # Else XLA would look for each element's array in the loop itself.
        joined = lax.optimization_barrier(lax.concatenate(flat, 0))
        return _whole(_counted(joined, saturation, (1,)))


def _whole(counted: tuple[Sequence[Any], Sequence[Any]]) -> Row:
    floats, counts = counted
    like = counts[0]
    missing = [jnp.zeros_like(like)] * (COUNTS - 1 - len(counts))
    return tuple(floats), (*counts, *missing, jnp.ones_like(like))


# Arrays of one type are traced once.
@partial(jax.jit, static_argnames=("saturation", "axes"))
def _counted(
    array: Any, saturation: str | None, axes: tuple[int, ...]
) -> tuple[Sequence[Any], Sequence[Any]]:
    if jnp.issubdtype(array.dtype, np.complexfloating):
        return _complex(array, axes)
    return _real(array, saturation, axes)


def _real(
    array: Any, saturation: str | None, axes: tuple[int, ...]
) -> tuple[Sequence[Any], Sequence[Any]]:
    values = lax.convert_element_type(array, np.float32) if array.dtype.itemsize < 4 else array
    bits = lax.bitcast_convert_type(values, _INTEGERS[values.dtype.itemsize])
    infinite = _ordered(np.array(np.inf, values.dtype).view(bits.dtype))
    size = lax.bitwise_and(bits, _same(bits, np.iinfo(bits.dtype).max))
    nan = lax.gt(size, _same(bits, infinite))
    order = _ordered(bits)
    least = lax.select(nan, _same(bits, infinite), order)
    greatest = lax.select(nan, _same(bits, ~infinite), order)
    flags = [nan, lax.eq(size, _same(bits, infinite)), lax.eq(size, _same(bits, 0))]
    if saturation is not None:
        flags.append(_flat(values, saturation))
    counts = [_countable(flag) for flag in flags]
    begin = (infinite, ~infinite, *[count.dtype.type(0) for count in counts])
    low, high, *sums = lax.reduce((least, greatest, *counts), begin, _together, axes)
    wide = lax.convert_element_type(values, _WIDE)
    squares = lax.reduce(lax.mul(wide, wide), _WIDE(0), lax.add, axes)
    return (low, high, squares), sums


def _ordered(bits: Any) -> Any:
    """The bits of floating numbers as integers of the same order; and back."""
    shift = bits.dtype.itemsize * 8 - 1
    rest = np.iinfo(bits.dtype).max
    if isinstance(bits, np.generic | np.ndarray):
        return bits.dtype.type(bits ^ ((bits >> shift) & rest))
    sign = lax.shift_right_arithmetic(bits, _same(bits, shift))
    return lax.bitwise_xor(bits, lax.bitwise_and(sign, _same(bits, rest)))


def _numbers(part: Any) -> Any:
    """As doubles what may still be integers of the same order."""
    if np.issubdtype(part.dtype, np.integer):
        part = lax.bitcast_convert_type(
            _ordered(jnp.asarray(part)), f"float{part.dtype.itemsize * 8}"
        )
    return lax.convert_element_type(part, _WIDE)


def _complex(array: Any, axes: tuple[int, ...]) -> tuple[Sequence[Any], Sequence[Any]]:
    parts = (lax.real(array), lax.imag(array))
    wide = [lax.convert_element_type(part, _WIDE) for part in parts]
    flags = [
        lax.bitwise_or(*[lax.ne(part, part) for part in parts]),
        lax.bitwise_or(*[lax.eq(lax.abs(part), _same(part, np.inf)) for part in parts]),
        lax.bitwise_and(*[lax.eq(part, _same(part, 0)) for part in parts]),
    ]
    squares = lax.add(*[lax.mul(part, part) for part in wide])
    counts = [_countable(flag) for flag in flags]
    begin = (_WIDE(0), *[count.dtype.type(0) for count in counts])
    total, *sums = lax.reduce((squares, *counts), begin, _sums, axes)
    return (lax.full_like(total, np.inf), lax.full_like(total, -np.inf), total), sums


def _together(a: Any, b: Any) -> Any:
    return (lax.min(a[0], b[0]), lax.max(a[1], b[1]), *map(lax.add, a[2:], b[2:]))


def _sums(a: Any, b: Any) -> Any:
    return tuple(map(lax.add, a, b))


def _flat(values: Any, saturation: str) -> Any:
    one = _same(values, 1)
    if saturation == "max":
        return lax.le(values, _same(values, 0))
    slope = lax.sub(one, values if saturation == "logistic" else lax.mul(values, values))
    if saturation == "logistic":
        slope = lax.mul(values, slope)
    return lax.lt(slope, _same(values, _FLAT))


def _countable(flags: Any) -> Any:
    return lax.convert_element_type(flags, np.int32 if flags.size <= _MOST_INT32 else np.int64)


def _same(values: Any, number: float) -> Any:
    return lax.full_like(values, number)


def neutral(rows: int) -> tuple[Any, Any]:
    """Rows of arrays that were not there: what changes nothing when it is added."""
    floats = np.tile(np.array([np.inf, -np.inf, 0.0]), (rows, 1))
    counts = np.zeros((rows, COUNTS), dtype=np.int64)
    with jax.enable_x64(True):
        return jnp.asarray(floats).reshape(rows, FLOATS), jnp.asarray(counts)


def varying(tree: Any, axes: Sequence[str]) -> Any:
    """The same numbers, as JAX types what differs along these axes of a mesh."""

    def cast(part: Any) -> Any:
        kind: Any = jax.typeof(part)
        along = kind.mat.varying if hasattr(kind, "mat") else kind.vma  # by JAX's version
        missing = tuple([axis for axis in axes if axis not in along])
        return lax.pcast(part, missing, to="varying") if missing else part

    with jax.enable_x64(True):
        return jax.tree.map(cast, tree)


def of_devices(tables: Table) -> Table:
    """Tables of several devices, one behind the other, as one: each ran on a part."""
    floats, counts = tables
    with jax.enable_x64(True):
        columns = [floats[..., 0].min(0), floats[..., 1].max(0), floats[..., 2].sum(0)]
        # All ran at once.
        sums = [counts[..., :RUNS].sum(0), counts[..., RUNS:].max(0)]
        return jnp.stack(columns, 1), lax.concatenate(sums, 1)


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


def changed(row: Row, times: int, is_negated: bool) -> Row:
    """The row of an array that was broadcast or negated."""
    (low, high, squares), (nan, inf, zero, saturated, runs) = row
    with jax.enable_x64(True):
        if is_negated:
            low, high = jnp.negative(high), jnp.negative(low)
        if times == 0:
            return constant([np.inf, -np.inf, 0.0], [0, 0, 0, 0, 1])
        if times != 1:
            squares = jnp.multiply(squares, _WIDE(times))
            nan, inf, zero, saturated = (
                jnp.multiply(jnp.asarray(count, np.int64), np.int64(times))
                for count in (nan, inf, zero, saturated)
            )
        return (low, high, squares), (nan, inf, zero, saturated, runs)


def of_table(table: Table, number: int) -> Row:
    """One row of a table."""
    floats, counts = table
    with jax.enable_x64(True):
        return (
            tuple([floats[number, column] for column in range(FLOATS)]),
            tuple([counts[number, column] for column in range(COUNTS)]),
        )


def of_columns(columns: Row, position: int) -> Row:
    """One row of several that are columns, in doubles."""
    with jax.enable_x64(True):
        if np.ndim(columns[0][0]):
            floats, counts = ([c[position] for c in part] for part in columns)
        else:
            floats, counts = columns
        return tuple([_numbers(part) for part in floats]), tuple(counts)


def once(row: Row) -> Row:
    """A row of several runs, as that of one larger array."""
    return row[0], (*row[1][:RUNS], np.int64(1))


def constant(floats: Sequence[float], counts: Sequence[int]) -> Row:
    """A row of numbers that are known."""
    return tuple([_WIDE(f) for f in floats]), tuple([np.int64(c) for c in counts])


def table(rows: Sequence[Row], tables: Sequence[Table]) -> Table:
    """Rows, or columns of several, and below them tables."""
    parts = list(tables)
    with jax.enable_x64(True):
        if rows:
            parts.insert(0, _of_rows(rows))
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return neutral(0)
        return (
            lax.concatenate([floats for floats, _ in parts], 0),
            lax.concatenate([counts for _, counts in parts], 0),
        )


def in_order(table: Table, order: Sequence[int]) -> Table:
    """A table's rows in this order."""
    if list(order) == list(range(len(order))):
        return table
    at = np.array(order, dtype=np.int32)
    with jax.enable_x64(True):
        return table[0][at], table[1][at]


def _of_rows(rows: Sequence[Row]) -> Table:
    floats = [_column([floats[c] for floats, _ in rows], _numbers) for c in range(FLOATS)]
    counts = [_column([counts[c] for _, counts in rows], _counts) for c in range(COUNTS)]
    return jnp.stack(floats, 1), jnp.stack(counts, 1)


def _counts(part: Any) -> Any:
    return lax.convert_element_type(part, np.int64)


def _column(numbers: Sequence[Any], converted: Callable[[Any], Any]) -> Any:
    """Numbers below each other. All of one type are converted at once: each conversion of a
    number alone would be a kernel."""
    sizes = [np.size(number) for number in numbers]
    places = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    kinds: dict[Any, list[int]] = {}
    for index, number in enumerate(numbers):
        kinds.setdefault(np.result_type(number), []).append(index)
    parts = [
        converted(lax.concatenate([lax.reshape(numbers[i], (sizes[i],)) for i in indices], 0))
        for indices in kinds.values()
    ]
    if len(parts) == 1:
        return parts[0]
    order = np.concatenate([places[i] for indices in kinds.values() for i in indices])
    return lax.concatenate(parts, 0)[np.argsort(order)]
