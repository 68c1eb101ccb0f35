"""The table of errors that have a card: what their messages say -> who explains them.

A row is added here and explained in a file of this folder. JAX's texts differ between
versions: a pattern holds only the words that stayed.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from jaxplore.advise.errors import devices, meshes, shardings
from jaxplore.model.errorcard import ErrorCard, ErrorFacts

Explain = Callable[[ErrorFacts, re.Match[str]], ErrorCard | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One error of the catalogue."""

    id: str
    kind: str
    """The name of its class, or of one that it inherits from."""
    pattern: re.Pattern[str]
    explain: Explain


def _row(id: str, kind: str, pattern: str, explain: Explain) -> Row:
    return Row(id, kind, re.compile(pattern, re.DOTALL), explain)


TABLE: Final[tuple[Row, ...]] = (
    _row("E20", "ValueError", devices.PATTERN, devices.explain),
    _row("E25", "ValueError", shardings.ASKED, shardings.asked),
    _row("E26", "ValueError", shardings.UNEVEN, shardings.uneven),
    _row("E26", "ValueError", shardings.UNEVEN_SHARD_MAP, shardings.uneven_shard_map),
    _row("E27", "ValueError", meshes.NO_AXIS, meshes.no_axis),
    _row("E28", "Exception", meshes.NO_MESH, meshes.no_mesh),
    _row("E29", "ValueError", meshes.TWO_MESHES, meshes.two_meshes),
    _row("E30", "ShardingTypeError", "", shardings.types),
    _row("E31", "ValueError", shardings.RANK, shardings.rank),
    _row("E32", "Exception", shardings.TWICE, shardings.twice),
)


def has_card(kinds: Sequence[str], message: str) -> bool:
    """Whether an error of these classes and this message may have a card."""
    return any(row.kind in kinds and row.pattern.search(message) for row in TABLE)


def card(facts: ErrorFacts) -> ErrorCard | None:
    """The card of an error; None where there is none."""
    for row in TABLE:
        match = row.pattern.search(facts.message) if row.kind in facts.kinds else None
        found = None if match is None else row.explain(facts, match)
        if found is not None:
            return found
    return None
