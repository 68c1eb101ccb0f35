"""What is wrong with an installation, and how to put it right."""

from dataclasses import dataclass
from typing import Literal

from jaxplore.model.record import Record, written

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosed(Record):
    """One finding about this process or what is installed for it."""

    id: str
    """`"D01"`: the same for the same trouble, in every version."""
    severity: Severity
    """`"error"`: JAX does not do what was asked for; `"warning"`: it soon will not, or is slow;
    `"note"`: good to know."""
    title: str
    """`"JAX computes on the CPU although this machine has a GPU"`."""
    found: str
    """The facts: `"NVIDIA H100 (driver 550.54), jax-cuda12-plugin is not installed"`."""
    fix: str
    """What to type, exactly: `pip install -U "jax[cuda12]"`."""

    def __str__(self) -> str:
        return f"{self.id} {self.severity}: {self.title}\n  found: {self.found}\n  fix: {self.fix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis(Record):
    """All findings, worst first, and the facts they are read from."""

    findings: tuple[Diagnosed, ...]
    facts: tuple[tuple[str, str], ...]
    """What was looked at, in order: `("jax", "0.12.0")`, `("backend", "cpu")`, ..."""

    def __str__(self) -> str:
        return written(self, "\n".join(map(str, self.findings)))
