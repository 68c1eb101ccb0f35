"""What goes between the devices and the host: callbacks, feeds, copies to the host's memory."""

import re
from typing import Final

from jaxplore.capture.collectives.hlotypes import is_on_host, size_bytes
from jaxplore.capture.programs.hlomodule import Computation, Instruction
from jaxplore.model.collectives import TransferKind

_TARGET: Final = re.compile(r'custom_call_target="([^"]*)"')
# xla_python_cpu_callback, xla_ffi_python_gpu_callback, xla_ffi_partitioned_python_cpu_callback,
# xla_buffer_python_cpu_callback, ...
_CALLBACK: Final = re.compile(r"python_(cpu|gpu)_callback$")
_MOVES: Final = frozenset(["annotate_device_placement", "MoveToHost", "MoveToDevice"])
_COPIES: Final = frozenset(["copy", "copy-start", "dynamic-slice", "dynamic-update-slice"])
_FEEDS: Final[dict[str, TransferKind]] = {"infeed": "infeed", "outfeed": "outfeed"}
_ENDS: Final[dict[str, TransferKind]] = {"send": "send", "recv": "recv"}


def transfer(computation: Computation, instruction: Instruction) -> tuple[TransferKind, int] | None:
    """The kind of transfer and its bytes, both ways together; None for anything else."""
    operation = instruction.operation
    if operation == "custom-call":
        return _custom(computation, instruction)
    if operation in _FEEDS:
        text = instruction.type if operation == "infeed" else _first_type(computation, instruction)
        return _FEEDS[operation], size_bytes(text)
    if operation in _ENDS and "is_host_transfer=true" in instruction.attributes:
        # What comes out is the buffer, with numbers that tell how far it is.
        text = instruction.type.partition("]")[0] + "]"
        return _ENDS[operation], size_bytes(text)
    if operation in _COPIES:
        return _copy(computation, instruction)
    return None


def _custom(computation: Computation, instruction: Instruction) -> tuple[TransferKind, int] | None:
    found = _TARGET.search(instruction.attributes)
    if found is None:
        return None
    if _CALLBACK.search(found[1]):
        given = sum(size_bytes(text) for text in operand_types(computation, instruction))
        return "callback", given + size_bytes(instruction.type)
    return ("memory", size_bytes(instruction.type)) if found[1] in _MOVES else None


def _copy(computation: Computation, instruction: Instruction) -> tuple[TransferKind, int] | None:
    operation = instruction.operation
    types = operand_types(computation, instruction)
    # What a slice is put into lies where the result does.
    place = 1 if operation == "dynamic-update-slice" else 0
    if len(types) <= place:
        return None
    # The start of a copy gives (what it becomes, what it was, how far it is).
    became = instruction.type.lstrip("(").split(", ")[0] if operation == "copy-start" else ""
    result = became or instruction.type
    if is_on_host(types[place]) == is_on_host(result):
        return None
    moved = types[place] if operation == "dynamic-update-slice" else result
    return "memory", size_bytes(moved)


def operand_types(computation: Computation, instruction: Instruction) -> list[str]:
    """The types of what an instruction reads."""
    return [computation[name].type for name in instruction.reads if name in computation]


def _first_type(computation: Computation, instruction: Instruction) -> str:
    return next(iter(operand_types(computation, instruction)), "")
