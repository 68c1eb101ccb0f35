"""The machine as JAX sees it: its devices, and what each of them holds."""

from dataclasses import dataclass

from jaxplore.model.diagnosis import Diagnosed
from jaxplore.model.placement import Device
from jaxplore.model.record import Record, written


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUse(Record):
    """One device and what is on it."""

    device: Device
    is_default: bool
    """Whether arrays go there when nobody says where."""
    used_bytes: int | None
    """What the device's allocator has given out; None where it does not say (CPU)."""
    limit_bytes: int | None
    peak_bytes: int | None
    live_bytes: int
    """Of the arrays that Python still holds; an array seen twice counts once."""
    live_arrays: int
    compiles: int
    """Programs that the open ledgers saw compiled for it."""
    functions: tuple[str, ...]
    """Their names, most compiles first; at most eight."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Devices(Record):
    """The devices of this process and of those joined to it."""

    backend: str
    """`jax.default_backend()`."""
    process: int
    processes: int
    rows: tuple[DeviceUse, ...]
    findings: tuple[Diagnosed, ...]
    """What `doctor` says about devices: `D01` where an accelerator lies idle."""

    def __str__(self) -> str:
        return written(self, f"{len(self.rows)} devices")

    def __repr__(self) -> str:
        return str(self)
