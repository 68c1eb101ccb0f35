"""What is wrong with this process and what is installed for it: the function behind `%doctor`.

What it needs is imported when it is first called: `import jaxplore` stays light.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxplore.model.diagnosis import Diagnosed


def device_findings() -> "tuple[Diagnosed, ...]":
    """What `doctor` says about devices: `D01` where an accelerator lies idle, and why.

    Starts no backend. For `jaxplore.devices()`; it is here because what asks JAX must not
    give advice.
    """
    from jaxplore.advise.doctor.doctor import DEVICES, findings
    from jaxplore.capture.doctor.facts import device_facts

    return findings(device_facts(), DEVICES)
