"""The machine as JAX sees it: the function behind `%devices`.

What it needs is imported when it is first called: `import jaxplore` stays light.
"""

from typing import TYPE_CHECKING

from jaxplore.faults import contained

if TYPE_CHECKING:
    from jaxplore.model.devices import Devices
    from jaxplore.model.diagnosis import Diagnosed


def devices() -> "Devices":
    """The devices of this process, what each holds, and what was compiled for it.

    Starts JAX's backend where it has not started. Waits for no computation.

    Returns:
        A row per device: kind, memory in use and its limit (None where the device does not
        say, such as a CPU), bytes and number of the arrays that Python still holds, and the
        programs that the open ledgers saw compiled for it. `findings` warns where an
        accelerator lies idle, with the reason and what to type. Holds no array.

    >>> seen = devices()
    >>> seen.rows[0].device.name, seen.rows[0].is_default
    ('cpu:0', True)
    """
    from jaxplore import session
    from jaxplore.capture.placement.machine import capture_devices

    found: tuple[Diagnosed, ...] = ()
    with contained("look for idle accelerators"):
        from jaxplore.public.doctor import device_findings

        found = tuple(one for one in device_findings() if one.severity != "note")
    return capture_devices(session.observed(), found)
