"""How many bytes each device sends in one collective.

By the ring algorithm, over `n` devices that take part together:

- all-reduce of `b` bytes: `2 b (n-1)/n`. Each part goes around once to be added up, and once
  more to be handed out.
- all-gather into `b` bytes: `b (n-1)/n`, each device's own part to all others.
- reduce-scatter of `b` bytes: `b (n-1)/n`.
- all-to-all of `b` bytes, ragged or not: `b (n-1)/n`; a device keeps the part that is its own.
- collective-permute and collective-broadcast of `b` bytes: `b`.

A part of a byte counts as one. XLA may choose another algorithm, and a machine another way; the
numbers are for comparing programs, and a lower bound for most algorithms.
"""

from jaxplore.model.collectives import CollectiveKind


def sent_bytes(kind: CollectiveKind, operand_bytes: int, group_size: int) -> int:
    """Bytes that each device sends.

    Args:
        kind: The collective.
        operand_bytes: Bytes that go in on each device.
        group_size: Devices that take part together.

    >>> sent_bytes("all-reduce", 64, 4), sent_bytes("all-gather", 64, 4)
    (96, 192)
    >>> sent_bytes("reduce-scatter", 64, 4), sent_bytes("collective-permute", 64, 4)
    (48, 64)
    """
    others = group_size - 1
    if others < 1:
        return 0
    if kind in ("collective-permute", "collective-broadcast"):
        return operand_bytes
    if kind == "all-gather":
        return operand_bytes * others
    rounds = 2 if kind == "all-reduce" else 1
    return -(-rounds * operand_bytes * others // group_size)
