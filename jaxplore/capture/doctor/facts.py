"""All facts at once. Reading them starts no backend and imports nothing of other packages."""

from importlib import metadata

import jax

from jaxplore.capture.doctor import machine, packages, process
from jaxplore.model.doctorfacts import Facts


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
        variables=process.variables(),
        packages=packages.packages() if found else (),
        jaxplore=_own_version(),
        plugins=packages.plugins() if found else (),
        platforms=str(getattr(jax.config, "jax_platforms", None) or ""),
        cpu_devices=count if isinstance(count, int) else -1,
    )


def _own_version() -> str:
    try:
        return metadata.version("jaxplore")
    except metadata.PackageNotFoundError:
        return ""
