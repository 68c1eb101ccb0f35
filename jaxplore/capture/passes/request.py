"""What a process of its own needs to compile a program again, as bytes.

Nothing of the user's is kept alive: no function, no array, no tracer; what is kept is the
text of the program, as MLIR packs it, and what its equations are found by.
"""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jax

from jaxplore.capture import _hooks
from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.programs.linking import EquationIndex
from jaxplore.errors import JaxploreError

MODULE: Final = "program.mlirbc"
OPTIONS: Final = "options.pb"
DESCRIPTION: Final = "request.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A program as XLA is given it."""

    name: str
    module: bytes
    """StableHLO as MLIR bytecode, positions included."""
    options: bytes
    """XLA's options, as JAX would set them in this process."""
    platforms: tuple[str, ...]
    """`("cpu",)`, as the environment variable JAX_PLATFORMS names them."""
    devices: tuple[int, ...]
    cpu_devices: int | None
    """How many CPU devices this process has; None where the program runs on others."""
    index: EquationIndex
    """Finds the equations that a line came from."""

    def write(self, folder: Path) -> None:
        """Put what the worker needs into a folder."""
        (folder / MODULE).write_bytes(self.module)
        (folder / OPTIONS).write_bytes(self.options)
        (folder / DESCRIPTION).write_text(json.dumps({"devices": self.devices}))


def request_of(lowered: Any, index: EquationIndex, name: str) -> Request:
    """The request for a lowered program.

    Raises:
        JaxploreError: It was lowered for devices that another process cannot use, or this
            JAX does not say what it gives XLA.
    """
    with observer.paused():
        if jax.process_count() > 1:
            raise JaxploreError.of(
                failed="Cannot compile this program in a process of its own.",
                given=f"a program over {jax.process_count()} processes",
                do="ask in a session of one process; jax.make_mesh with its devices will do.",
            )
        options = _hooks.xla_options(lowered)
        if options is None:
            raise JaxploreError.of(
                failed="Cannot ask JAX what it gives XLA.",
                given=f"jax {jax.__version__}, {type(lowered).__name__}",
                do="lower the program for devices that are there, with a JAX that jaxplore "
                "is tested with.",
            )
        packed = io.BytesIO()
        module: Any = lowered.compiler_ir("stablehlo")
        module.operation.write_bytecode(packed)
        lowering: Any = lowered._lowering
        devices: list[Any] = list(lowering._device_list)
        client = devices[0].client
        return Request(
            name=name,
            module=packed.getvalue(),
            options=options.SerializeAsString(),
            platforms=tuple(lowering._platforms),
            devices=tuple(device.id for device in devices),
            cpu_devices=client.device_count() if client.platform == "cpu" else None,
            index=index,
        )
