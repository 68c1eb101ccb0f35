"""What goes to the host while a program runs, in words, and what to do about it."""

from dataclasses import replace
from typing import Final

from jaxplore.model.collectives import HostTransfer, TransferKind
from jaxplore.model.program import Program

_DEBUG: Final = frozenset(["debug_callback", "debug_print"])
_CALLS: Final = {
    "debug_callback": "a debug callback runs Python on the host",
    "debug_print": "`jax.debug.print` sends what it prints to the host",
    "pure_callback": "`jax.pure_callback` runs Python on the host, and the program waits for it",
    "io_callback": "`io_callback` runs Python on the host, and the program waits for it",
}
_WORDS: Final[dict[TransferKind, str]] = {
    "callback": "a callback runs Python on the host",
    "infeed": "the program waits for what the host feeds in",
    "outfeed": "what comes out is handed to the host",
    "send": "the program sends this to the host",
    "recv": "the program waits for what the host sends",
    "memory": "a copy between the memory of the device and that of the host",
}


def explained_transfer(transfer: HostTransfer, program: Program, devices: int) -> HostTransfer:
    """The transfer with what it is and what to do."""
    primitives = [program.equations[index].primitive for index in transfer.equations]
    called = next((name for name in primitives if name in _CALLS), "")
    return replace(
        transfer,
        explanation=_CALLS[called] if called else _WORDS[transfer.kind],
        advice=_advice(transfer, called, devices),
    )


def _advice(transfer: HostTransfer, called: str, devices: int) -> str:
    often = transfer.repeats is None or transfer.repeats > 1
    if called in _DEBUG and often:
        return "it runs in every round of the loop: print under `jax.lax.cond`, or after the loop"
    if called == "pure_callback" and often:
        return (
            "it runs in every round of the loop: write it in `jax.numpy`, or call it once outside"
        )
    return ""
