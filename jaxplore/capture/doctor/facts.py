"""All facts at once. Reading them starts no backend and imports nothing of other packages."""

import os
from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata
from typing import Final

import jax

from jaxplore.capture.doctor import (
    flags,
    frontend,
    machine,
    packages,
    process,
    settings,
    shadows,
)
from jaxplore.capture.doctor.watch import watch
from jaxplore.model.doctorfacts import Facts

_DETERMINISTIC: Final = "JAXPLORE_DETERMINISTIC"


def device_facts() -> Facts:
    """The facts about devices: quick where the machine has no accelerator."""
    found = machine.accelerators()
    count: object = getattr(jax.config, "jax_num_cpu_devices", -1)
    return Facts(
        python=process.python_version(),
        executable=packages.executable(),
        jax_file=jax.__file__,
        cores=machine.cores(),
        accelerators=found,
        backend=process.backend(),
        variables=watch.noted(process.variables()),
        packages=packages.packages() if found else (),
        jaxplore=_own_version(),
        plugins=packages.plugins() if found else (),
        platforms=str(getattr(jax.config, "jax_platforms", None) or ""),
        cpu_devices=count if isinstance(count, int) else -1,
    )


def all_facts(names: Mapping[str, object]) -> Facts:
    """All facts.

    Args:
        names: The user's variables, looked through for NumPy arrays.
    """
    facts = device_facts()
    xla_flags = facts.variable("XLA_FLAGS")
    # A backend that runs has read its flags; what was set since it has not.
    unread = xla_flags is not None and (
        not facts.backend.started or xla_flags.now != xla_flags.started_with
    )
    return replace(
        facts,
        packages=packages.packages(),
        plugins=packages.plugins(),
        x64=settings.x64(),
        x64_set_at=watch.x64_set_at,
        switches=settings.switches(),
        float64_names=settings.float64_names(names),
        unknown_flags=flags.unknown_flags(facts.value("XLA_FLAGS")) if unread else (),
        shadows=shadows.shadows(),
        cache=settings.cache(),
        front_end=frontend.front_end(),
        deterministic=os.environ.get(_DETERMINISTIC, "") not in ("", "0"),
    )


def started(facts: Facts) -> Facts:
    """The facts with JAX's backend started, where that does not end this process."""
    if facts.backend.started or facts.unknown_flags:
        return facts
    return replace(facts, backend=process.start())


def _own_version() -> str:
    try:
        return metadata.version("jaxplore")
    except metadata.PackageNotFoundError:
        return ""
