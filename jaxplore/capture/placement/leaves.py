"""What can be said of one leaf of a tree before its sharding is read."""

import math
from dataclasses import dataclass
from typing import Any, Final

import jax.core
import numpy as np

from jaxplore.capture.programs.jaxprs import dtype_name
from jaxplore.model.placement import LeafState

_NUMBERS: Final = (bool, int, float, complex)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One array, or what stands for one."""

    shape: tuple[int, ...]
    dtype: str
    element_bytes: float
    state: LeafState
    sharding: Any = None
    committed: bool = False
    traceback: Any = None
    said: str = ""
    """What to say of its place where it has no sharding."""

    @property
    def size_bytes(self) -> int:
        """Of the whole array, counted once."""
        return math.ceil(math.prod(self.shape) * self.element_bytes)


def read(value: Any) -> Leaf | None:
    """What a leaf is; None for what is no array: functions, text, ..."""
    if type(value) in _NUMBERS:
        # It has no size on a device before JAX makes an array of it.
        return Leaf((), type(value).__name__, 0, "host", said="on the host: a Python number")
    if isinstance(value, np.ndarray | np.generic):
        return Leaf(value.shape, str(value.dtype), value.itemsize, "host", said="on the host")
    shape = getattr(value, "shape", None)
    # A module such as `jax.numpy` has a `shape` and a `dtype`, too: functions.
    if not isinstance(shape, tuple) or not hasattr(value, "dtype"):
        return None
    if isinstance(value, jax.core.Tracer):
        return _abstract(value, said="not known while it is traced")
    if isinstance(value, jax.Array):
        return _array(value)
    return _abstract(value, said="nothing is said about its place")


def _array(value: Any) -> Leaf:
    base = _base(value)
    deleted = bool(base.is_deleted())
    return Leaf(
        shape=tuple(value.shape),
        dtype=dtype_name(value),
        element_bytes=_element_bytes(value, base, deleted=deleted),
        state="deleted" if deleted else "held",
        sharding=None if deleted else value.sharding,
        committed=bool(value.committed) and not deleted,
        traceback=None if deleted else getattr(base, "traceback", None),
        said="nowhere: it was deleted or donated",
    )


def _base(value: Any) -> Any:
    """The array of numbers that an array of keys is made of; any other array itself."""
    if jax.numpy.issubdtype(value.dtype, jax.dtypes.prng_key):
        return getattr(value, "_base_array", value)
    return value


def _element_bytes(value: Any, base: Any, *, deleted: bool) -> float:
    if base is not value:
        return base.dtype.itemsize * math.prod(base.shape[value.ndim :])
    if not deleted and _is_small(value.dtype) and value.size:
        # Some backends give each of these a byte, some pack them; only the array knows.
        with_all = value.on_device_size_in_bytes() / value.sharding.num_devices
        return with_all / max(math.prod(value.sharding.shard_shape(value.shape)), 1)
    return value.dtype.itemsize


def _is_small(dtype: Any) -> bool:
    """Whether an element may take less than a byte."""
    return str(dtype).endswith(("int4", "int2", "int1", "float4_e2m1fn"))


def _abstract(value: Any, *, said: str) -> Leaf:
    sharding = getattr(value, "sharding", None)
    mesh = getattr(sharding, "mesh", None)
    is_ref = isinstance(value, jax.Ref)
    if mesh is not None and not mesh.axis_names:
        sharding = None
    return Leaf(
        shape=tuple(value.shape),
        dtype=dtype_name(value),
        element_bytes=getattr(value.dtype, "itemsize", 0),
        state="held" if is_ref else "planned",
        sharding=sharding,
        # A reference does not say; what is not pinned is on one device.
        committed=is_ref and sharding is not None and sharding.num_devices > 1,
        said=said,
    )
