"""What differs between two programs: equations, what goes in and out, costs.

Written by `jaxplore.model.diff.align`; read by the views and the browser.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from jaxplore.model.compiles import asked
from jaxplore.model.program import Program, StageName
from jaxplore.model.record import Drawn, Record, written

DiffKind = Literal["same", "changed", "added", "removed"]

KINDS: Final[tuple[DiffKind, ...]] = ("same", "changed", "added", "removed")
SIGNS: Final[dict[DiffKind, str]] = {"same": " ", "changed": "~", "added": "+", "removed": "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EquationDiff(Record):
    """One equation in both programs, or in one of them.

    Of programs without a jaxpr, one line of their text.
    """

    kind: DiffKind
    before: int | None
    """Index into the equations (the lines) of the program before; None where it was added."""
    after: int | None
    changes: tuple[str, ...] = ()
    """What differs, each in a few words: `"f32[3] -> bf16[3]"`; for an equation that is in
    one program only, what it repeats or where it went: `"computes b again"`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentDiff(Record):
    """One input or result of the whole program."""

    kind: DiffKind
    name: str
    before: str
    """Its type; `""` where it was added."""
    after: str

    def __str__(self) -> str:
        if self.kind == "same":
            return f"{self.name}: {self.after}"
        if self.kind == "changed":
            return f"{self.name}: {self.before} -> {self.after}"
        return f"{self.name}: {self.before or self.after} {self.kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostDiff(Record):
    """One measure of both programs."""

    name: str
    """`"equations"`, `"flops"`, `"bytes moved"`, `"largest value"`, `"XLA's flops"`,
    `"XLA's bytes"`."""
    in_bytes: bool
    before: float | None
    """None where it is not known."""
    after: float | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ProgramDiff(Drawn):
    """Two programs, aligned equation by equation."""

    before: Program
    after: Program
    rows: tuple[EquationDiff, ...]
    """Every equation of both, in the order of both programs."""
    inputs: tuple[ArgumentDiff, ...]
    outputs: tuple[ArgumentDiff, ...]
    costs: tuple[CostDiff, ...]
    stage: StageName = "jaxpr"
    """What was aligned: the equations; or the lines of this stage's text, where one of the
    programs has no equations because it was given lowered or compiled."""

    @property
    def counts(self) -> dict[DiffKind, int]:
        """How many equations are the same, changed, added and removed."""
        found = Counter(row.kind for row in self.rows)
        return {kind: found[kind] for kind in KINDS}

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        parts = (*self.rows, *self.inputs, *self.outputs)
        return all(part.kind == "same" for part in parts)

    def summary(self) -> str:
        """One line: both names, and how many equations differ in which way.

        Example: `f -> g: 12 equations the same, 3 changed, 1 added, 0 removed`.
        """
        one, other = self.before.name, self.after.name
        name = one if one == other else f"{one} -> {other}"
        if self.is_empty:
            return f"{name}: no difference in {self._counted(len(self.rows))}"
        counts = self.counts
        head = f"{self._counted(counts['same'])} the same"
        rest = [f"{counts[kind]:,} {kind}" for kind in KINDS[1:]]
        return f"{name}: {', '.join([head, *rest])}"

    def highlights(self) -> tuple[str, ...]:
        """What most of the differences are, a line per kind.

        Example: `("changed: f32 -> bf16 in 45", "added: 16 convert_element_type")`.
        """
        changed = Counter(
            text
            for row in self.rows
            for text in {_without_shape(one) for one in row.changes}
            if row.kind == "changed"
        )
        lines = [_line("changed", [f"{text} in {count:,}" for text, count in _most(changed)])]
        if self.stage == "jaxpr":
            for kind, program in (("added", self.after), ("removed", self.before)):
                numbers = [row.after if kind == "added" else row.before for row in self._of(kind)]
                found = Counter(program.equations[n].primitive for n in numbers if n is not None)
                lines.append(_line(kind, [f"{count:,} {name}" for name, count in _most(found)]))
        again = sum(one.startswith("recompute") for row in self._of("added") for one in row.changes)
        lines.append(f"recomputed in the backward pass: {again:,}" if again else "")
        return tuple(line for line in lines if line)

    def _of(self, kind: str) -> list[EquationDiff]:
        return [row for row in self.rows if row.kind == kind]

    def _counted(self, count: int) -> str:
        noun = "equation" if self.stage == "jaxpr" else f"line of {self.stage}"
        if count == 1:
            return f"1 {noun}"
        return f"{count:,} {noun.replace('line', 'lines', 1) if ' ' in noun else noun + 's'}"

    def __str__(self) -> str:
        return written(self, self.summary())

    def __repr__(self) -> str:
        return str(self)

    def save(self, path: str | Path) -> Path:
        """Write one self-contained HTML page; it opens offline.

        Raises:
            JaxploreError: The file cannot be written there.
        """
        return asked["save diff"](self, path)

    def to_json(self) -> dict[str, Any]:
        """The rows in one text, and the rest; the two programs have a `to_json` of their own.

        `rows` has a sign per row: `=` for the same, `~` changed, `+` added, `-` removed. The
        equations of both programs come in order, so the signs say which a row is of.
        `changes` holds only the rows that have any.
        """
        rows = self.rows
        return {
            "names": [self.before.name, self.after.name],
            "summary": self.summary(),
            "highlights": list(self.highlights()),
            "stage": self.stage,
            "rows": "".join([SIGNS[row.kind] for row in rows]).replace(SIGNS["same"], "="),
            "changes": {str(i): list(row.changes) for i, row in enumerate(rows) if row.changes},
            "inputs": [one.to_json() for one in self.inputs],
            "outputs": [one.to_json() for one in self.outputs],
            "costs": [one.to_json() for one in self.costs],
        }


_MOST: Final = 4


def _most(found: "Counter[str]") -> list[tuple[str, int]]:
    """The most frequent, of equals the first in the alphabet."""
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def _line(kind: str, texts: list[str]) -> str:
    if not texts:
        return ""
    rest = len(texts) - _MOST
    more = [f"{rest:,} more"] if rest > 0 else []
    return f"{kind}: {', '.join([*texts[:_MOST], *more])}"


def _without_shape(change: str) -> str:
    """A change of type without the shape where that is the same; of what is read, without
    the names.

    >>> _without_shape("f32[3] -> bf16[3]"), _without_shape("f32[3] -> f32[4]")
    ('f32 -> bf16', 'f32[3] -> f32[4]')
    >>> _without_shape("reads b -> c")
    'inputs'
    """
    before, arrow, after = change.partition(" -> ")
    if not arrow:
        return change
    old, old_shape = _split_type(before)
    new, new_shape = _split_type(after)
    if before.startswith("reads ") and not old_shape and (before[6:] + after).isalpha():
        return "inputs"  # names of values, which say nothing in a sum
    return f"{old} -> {new}" if old_shape and old_shape == new_shape else change


def _split_type(text: str) -> tuple[str, str]:
    name, bracket, rest = text.partition("[")
    return (name, bracket + rest) if bracket and rest.endswith("]") else (text, "")
