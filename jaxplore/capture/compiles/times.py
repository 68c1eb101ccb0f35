"""The stage times of a compile, as they come in."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxplore.model.compiles import CacheOutcome


@dataclass(slots=True)
class Times:
    """What monitoring said of the compile that is running; seconds."""

    trace_s: float | None = None
    lower_s: float | None = None
    compile_s: float | None = None
    trace_at_s: float | None = None
    lower_at_s: float | None = None
    compile_at_s: float | None = None
    persistent_cache: "CacheOutcome | None" = None
    persistent_cache_s: float | None = None
    saved_s: float | None = None
    equations: int | None = None
