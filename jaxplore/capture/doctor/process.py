"""What this process started with, what its environment says now, and what JAX read of it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import jax

from jaxplore.capture import _hooks
from jaxplore.capture.doctor.names import OF_XLA
from jaxplore.model.doctorfacts import BackendState, Variable

_OF_JAX: Final = "JAX_"
# JAX's older name of the variable, still read.
_SETTINGS: Final = {"JAX_PLATFORM_NAME": "jax_platform_name"}


def backend() -> BackendState:
    """What JAX has started. Starts nothing."""
    state = _hooks.backend_state()
    if state is None or not state[0]:
        return BackendState(started=False)
    _, platforms, errors = state
    return BackendState(
        started=True,
        default=jax.default_backend(),
        platforms=tuple(platforms),
        devices=jax.local_device_count(),
        errors=tuple(errors.items()),
    )


def start() -> BackendState:
    """Start JAX's backend, without reserving a GPU's memory, and say how it went."""
    name = "XLA_PYTHON_CLIENT_PREALLOCATE"
    given = os.environ.get(name)
    os.environ[name] = "false"
    failure = ""
    try:
        jax.devices()
    except Exception as error:
        failure = str(error) or type(error).__name__
    finally:
        if given is None:
            del os.environ[name]
        else:
            os.environ[name] = given
    return replace(backend(), failure=failure)


def environment_at_start() -> Mapping[str, str] | None:
    """The environment this process started with; None where the system does not say."""
    try:
        with open("/proc/self/environ", "rb") as file:
            entries = file.read().split(b"\0")
    except OSError:
        return None
    pairs = (os.fsdecode(entry).partition("=") for entry in entries if b"=" in entry)
    return {name: value for name, _, value in pairs}


def variables() -> tuple[Variable, ...]:
    """The variables that matter to JAX and are set, or were when the process started."""
    started = environment_at_start()
    names = {*os.environ, *(started or ())}
    wanted = [name for name in OF_XLA if name in names]
    wanted += sorted(name for name in names if name.startswith(_OF_JAX) and _setting_of(name))
    return tuple(_variable(name, started) for name in wanted)


def _variable(name: str, started: Mapping[str, str] | None) -> Variable:
    setting = _setting_of(name)
    value = getattr(jax.config, setting, None) if setting else None
    return Variable(
        name=name,
        now=os.environ.get(name),
        started_with=None if started is None else started.get(name),
        is_start_known=started is not None,
        setting=setting,
        setting_value="" if value is None else str(value),
    )


def _setting_of(name: str) -> str:
    """JAX's setting of the same name; `""` where it has none."""
    setting = _SETTINGS.get(name, name.lower())
    return setting if name.startswith(_OF_JAX) and hasattr(jax.config, setting) else ""


def python_version() -> str:
    """`"3.11.9"`."""
    return ".".join(map(str, sys.version_info[:3]))
