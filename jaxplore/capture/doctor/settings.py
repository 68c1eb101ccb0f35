"""JAX's settings that change speed or results, the persistent cache, and what the user has."""

import os
from collections.abc import Mapping
from typing import Final

import jax
import numpy as np

from jaxplore.model.doctorfacts import CacheFacts

# Setting -> its value where nobody touched it.
_SWITCHES: Final[Mapping[str, object]] = {
    "jax_debug_nans": False,
    "jax_debug_infs": False,
    "jax_disable_jit": False,
    "jax_log_compiles": False,
    "jax_explain_cache_misses": False,
    "jax_check_tracer_leaks": False,
    "jax_enable_checks": False,
}


def switches() -> tuple[tuple[str, str], ...]:
    """Settings for debugging that are on."""
    found = ((name, getattr(jax.config, name, usual)) for name, usual in _SWITCHES.items())
    return tuple((name, str(value)) for name, value in found if value != _SWITCHES[name])


def x64() -> bool:
    """Whether JAX computes with 64 bits."""
    return bool(getattr(jax.config, "jax_enable_x64", False))


def cache() -> CacheFacts:
    """The persistent compilation cache, and whether this process could write to it."""
    directory = str(getattr(jax.config, "jax_compilation_cache_dir", None) or "")
    is_on = bool(directory) and bool(getattr(jax.config, "jax_enable_compilation_cache", True))
    if not directory or "://" in directory:
        return CacheFacts(on=is_on, directory=directory)
    return CacheFacts(on=is_on, directory=directory, is_writable=_can_write(directory))


def _can_write(directory: str) -> bool:
    """Whether files can be made there, or the folder itself; nothing is made."""
    place = os.path.abspath(directory)
    while not os.path.lexists(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    return os.path.isdir(place) and os.access(place, os.W_OK | os.X_OK)


def float64_names(names: Mapping[str, object]) -> tuple[str, ...]:
    """The user's variables that hold NumPy arrays of 64-bit floats."""
    return tuple(
        name
        for name, value in list(names.items())
        if not name.startswith("_") and type(value) is np.ndarray and value.dtype == np.float64
    )
