"""What-if: what a gradient keeps, and computes again, under each way to checkpoint."""

from dataclasses import dataclass

from jaxplore.model.record import Record, written


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointOption(Record):
    """One way to write the function."""

    name: str
    """`"checkpoint on block"`."""
    function: str
    """What would be wrapped: a function's name, `"the whole"`, an expression of a loop; empty
    for the function as it is."""
    policy: str
    """One of `jax.checkpoint_policies`; empty for none."""
    calls: int
    """How many parts of the program are computed again, each by itself."""
    residual_bytes: int
    """What the forward pass makes and keeps for the backward pass."""
    recomputed_flops: int
    """Operations more than without any checkpoint of these."""
    share: float
    """Of the operations of the function itself."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, weakref_slot=True)
class CheckpointOptions(Record):
    """A table of ways to write one function; nothing of it was run."""

    name: str
    rows: tuple[CheckpointOption, ...]
    """The most bytes first."""
    forward_flops: int
    """Operations of the function itself."""
    proposed: bool
    """Whether the functions were found, not named."""

    def __str__(self) -> str:
        return written(self, self.name)

    def __repr__(self) -> str:
        return str(self)
