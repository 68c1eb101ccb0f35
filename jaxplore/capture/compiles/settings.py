"""JAX's settings that are part of what a program is compiled for, and when they changed."""

from itertools import zip_longest
from typing import Any, Final

import jax

from jaxplore.model.compiles import Setting

# Public names of those that users change; what a JAX does not have is not read.
_NAMES: Final = (
    "jax_enable_x64",
    "jax_explicit_x64_dtypes",
    "jax_default_matmul_precision",
    "jax_default_device",
    "jax_default_prng_impl",
    "jax_threefry_partitionable",
    "jax_enable_custom_prng",
    "jax_legacy_prng_key",
    "jax_random_seed_offset",
    "jax_high_dynamic_range_gumbel",
    "jax_numpy_dtype_promotion",
    "jax_numpy_rank_promotion",
    "jax_softmax_custom_jvp",
    "jax_disable_jit",
    "jax_debug_nans",
    "jax_debug_infs",
    "jax_debug_key_reuse",
    "jax_check_tracer_leaks",
    "jax_enable_checks",
    "jax_error_checking_behavior_nan",
    "jax_error_checking_behavior_divide",
    "jax_error_checking_behavior_oob",
    "jax_use_direct_linearize",
    "jax_remat3",
    "jax_optimization_level",
    "jax_exec_time_optimization_effort",
    "jax_memory_fitting_effort",
    "jax_memory_fitting_level",
    "jax_default_dtype_bits",
    "jax_xla_profile_version",
)


class Settings:
    """Reads the settings, and remembers in which cell each was seen changed."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}
        self._changed_in: dict[str, int | None] = {}

    def read(self, cell: int | None) -> tuple[Setting, ...]:
        """The settings now; what differs from the last reading changed in `cell`."""
        now = {name: _text(getattr(jax.config, name)) for name in _NAMES if _has(name)}
        now["mesh"] = _mesh()
        for name, text in now.items():
            if self._last.get(name, text) != text:
                self._changed_in[name] = cell
        self._last = now
        return tuple(
            Setting(name=name, text=text, changed_in=self._changed_in.get(name))
            for name, text in now.items()
        )


def _has(name: str) -> bool:
    return hasattr(jax.config, name)


def _text(value: Any) -> str:
    return str(getattr(value, "value", value))


def _mesh() -> str:
    """The mesh that `jax.set_mesh` (or `use_mesh`) set; `""` where there is none."""
    get: Any = getattr(jax.sharding, "get_abstract_mesh", None)
    mesh = None if get is None else get()
    if mesh is None or getattr(mesh, "empty", True):
        return ""
    return mesh_text(mesh)


def mesh_devices(mesh: Any) -> list[Any]:
    """The devices of a mesh in its order; none of an abstract one, which raises when asked."""
    try:
        return list(mesh.devices.flat)
    except (AttributeError, ValueError):
        return []


def mesh_text(mesh: Any) -> str:
    """The axes of a mesh, how they are used, and its devices in order where it has any."""
    types = [getattr(one, "name", str(one)) for one in getattr(mesh, "axis_types", None) or ()]
    axes = [
        f"{name}={size}" + (f" {kind}" if kind != "Auto" else "")
        for (name, size), kind in zip_longest(
            dict(mesh.shape).items(), types[: len(mesh.shape)], fillvalue="Auto"
        )
    ]
    devices = [str(device.id) for device in mesh_devices(mesh)[:16]]
    return ", ".join(axes) + (f" on devices {' '.join(devices)}" if devices else "")
