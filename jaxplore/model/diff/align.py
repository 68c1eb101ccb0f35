"""Align two programs by their structure.

Level by level (see `difftokens`): equations that compute the same of the same inputs first,
whatever their types; then those whose results are used alike; then those of one expression
of the user's; last, in short stretches, those of one operation in one function. Lines are
never compared: an edit above a function moves all of them.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from jaxplore.errors import NotAProgramError
from jaxplore.model.diff.changes import changes_of
from jaxplore.model.diff.difference import DiffKind, EquationDiff, ProgramDiff
from jaxplore.model.diff.sequence import align, similar
from jaxplore.model.diff.text import diff_texts
from jaxplore.model.diff.tokens import Side, Tokens
from jaxplore.model.diff.whole import (
    argument_diffs,
    cost_diffs,
    has_equations,
    input_names,
    paired,
    result_diffs,
)
from jaxplore.model.program import Program, StageName

_Pair = tuple[int | None, int | None]
"""An equation before and its counterpart; None where there is none."""

# Beyond this many equations without a counterpart "the same operation" says nothing.
_SHORT_STRETCH: Final = 60
_RECOMPUTED: Final = "rematted_computation"


def diff_programs(before: Program, after: Program) -> ProgramDiff:
    """What differs between two programs.

    Takes time in proportion to their equations, however deep they are nested. Where one has
    no jaxpr, the latest text that both have is compared line by line.
    """
    stage = _compared(before, after)
    if stage == "jaxpr":
        rows = tuple(_Alignment(before, after).rows())
    else:
        rows = diff_texts(before.stages[stage].text, after.stages[stage].text)
    return ProgramDiff(
        before=before,
        after=after,
        stage=stage,
        rows=rows,
        inputs=argument_diffs(before, after),
        outputs=result_diffs(before, after),
        costs=cost_diffs(before, after),
    )


def _compared(before: Program, after: Program) -> StageName:
    """The stage in which two programs can be compared."""
    if has_equations(before) and has_equations(after):
        return "jaxpr"
    for stage in ("hlo", "stablehlo"):
        if all(p.stages.get(stage) and p.stages[stage].text for p in (before, after)):
            return stage
    texts = [", ".join(p.stages) or "no text" for p in (before, after)]
    raise NotAProgramError.of(
        failed="Cannot compare these programs: they have no stage in common.",
        given=f"{before.name} ({texts[0]}) and {after.name} ({texts[1]})",
        do="give the functions with their arguments, as in jaxplore.diff((f, x), (g, x)).",
    )


class _Alignment:
    """The alignment of two programs as far as it has come."""

    def __init__(self, before: Program, after: Program) -> None:
        self._tokens = Tokens()
        self._before = Side(before, self._tokens)
        self._after = Side(after, self._tokens)
        self._pairs: dict[int, int] = {}
        """Value before -> value after, for those that correspond."""
        self._first: tuple[dict[int, int], dict[int, int]] = ({}, {})
        """Per program, what is computed -> the first equation that computes it."""
        self._gone: dict[int, int] = {}
        """What is computed by equations that are in the one program only -> the first."""
        self._new: dict[int, int] = {}

    def rows(self) -> list[EquationDiff]:
        """The equations of both programs, aligned."""
        found: list[_Pair] = []
        # By hand, not by recursion: programs may be nested deeper than Python calls.
        open_levels = [self._level(0, 0)]
        while open_levels:
            pair = next(open_levels[-1], None)
            if pair is None:
                open_levels.pop()
                continue
            found.append(pair)
            open_levels += self._within(*pair)
        self._note_lonely(found)
        return [self._row(*pair) for pair in found]

    def _level(self, region: int, other: int) -> Iterator[_Pair]:
        """Align two levels; yields their equations with their counterparts."""
        old, new = self._before, self._after
        level, others = old.levels[region], new.levels[other]
        given = self._given(region, other)
        exact, loose = old.forward_tokens(region, level, given[0])
        exact_new, loose_new = new.forward_tokens(other, others, given[1])
        local, local_new = old.local_tokens(level), new.local_tokens(others)
        pairs = align(
            [
                (exact, exact_new),
                (loose, loose_new),
                (old.backward_tokens(region, level), new.backward_tokens(other, others)),
                (old.near_tokens(level, local), new.near_tokens(others, local_new)),
                (local, local_new),
            ]
        )
        alike = old.similar_tokens(level), new.similar_tokens(others)
        pairs = sorted([*pairs, *similar(pairs, *alike, _SHORT_STRETCH)])
        for one, two in pairs:
            self._pair_outputs(level[one], others[two])
        done = done_new = 0
        for one, two in [*pairs, (len(level), len(others))]:
            yield from ((number, None) for number in level[done:one])
            yield from ((None, number) for number in others[done_new:two])
            if one < len(level):
                yield level[one], others[two]
            done, done_new = one + 1, two + 1

    def _pair_outputs(self, before: int, after: int) -> None:
        old, new = self._before, self._after
        outputs = old.program.equations[before].outputs
        for one, two in zip(outputs, new.program.equations[after].outputs, strict=False):
            self._pairs[old.origin(one)] = new.origin(two)

    def _within(self, before: int | None, after: int | None) -> list[Iterator[_Pair]]:
        """The levels inside a row, the last first."""
        old, new = self._before, self._after
        regions = () if before is None else old.held(before)
        others = () if after is None else new.held(after)
        both = list(zip(regions, others, strict=False))
        lonely: list[_Pair] = [(number, None) for number in old.inside(regions[len(both) :])]
        lonely += [(None, number) for number in new.inside(others[len(both) :])]
        levels = [self._level(region, other) for region, other in both]
        return [iter(lonely), *reversed(levels)] if lonely else levels[::-1]

    def _given(self, region: int, other: int) -> tuple[list[int], list[int]]:
        """Tokens for what two regions are given: equal for what corresponds."""
        old, new = self._before.program, self._after.program
        values, others = _given_values(old, region), _given_values(new, other)
        if region == 0 and other == 0:
            names = _given_names(old), _given_names(new)
        else:
            names = self._operands(region, other)
        types = [old.values[value].type_text for value in values]
        pairs = paired(*names, types, [new.values[value].type_text for value in others])
        tokens = [self._tokens["given", region, other, place] for place in range(len(values))]
        theirs = [self._tokens["new", region, other, place] for place in range(len(others))]
        for one, two in pairs:
            theirs[two] = tokens[one]
            self._pairs[values[one]] = others[two]
        return tokens, theirs

    def _operands(self, region: int, other: int) -> tuple[list[str], list[str]]:
        """Names for what nested regions are given, equal where the holder reads values that
        correspond; `""` where that is not known."""
        old, new = self._before, self._after
        one, two = _holder_inputs(old.program, region), _holder_inputs(new.program, other)
        known = [self._pairs.get(old.uncast(value), -1) for value in one]
        seen = [new.uncast(value) for value in two]
        return [str(n) if n >= 0 else "" for n in known], [str(n) for n in seen]

    def _note_lonely(self, found: Sequence[_Pair]) -> None:
        """Note where each computation stands first, and which are in one program only."""
        for before, after in found:
            if before is not None:
                self._first[0].setdefault(self._before.digest[before], before)
                if after is None:
                    self._gone.setdefault(self._before.digest[before], before)
            if after is not None:
                self._first[1].setdefault(self._after.digest[after], after)
                if before is None:
                    self._new.setdefault(self._after.digest[after], after)

    def _row(self, before: int | None, after: int | None) -> EquationDiff:
        changes: tuple[str, ...] = ()
        kind: DiffKind = "changed"
        if before is not None and after is not None:
            changes = changes_of(self._before, before, self._after, after, self._pairs)
            kind = "changed" if changes else "same"
        elif after is not None:
            kind = "added"
            first, gone = self._first[1], self._gone
            changes = _repeats(self._after, after, first, self._before, gone, "before")
        elif before is not None:
            kind = "removed"
            first, new = self._first[0], self._new
            changes = _repeats(self._before, before, first, self._after, new, "now")
        return EquationDiff(kind=kind, before=before, after=after, changes=changes)


def _repeats(
    side: Side, number: int, first: dict[int, int], other: Side, moved: dict[int, int], when: str
) -> tuple[str, ...]:
    """What is known of an equation that is in one program only: that it computes something
    once more, or stands elsewhere in the other, which is the one `when`."""
    digest, equation = side.digest[number], side.program.equations[number]
    if digest < 0 or equation.regions:
        return ()
    earlier, elsewhere = first.get(digest, number), moved.get(digest)
    again = _RECOMPUTED in equation.scope
    if earlier < number:
        name = _results_of(side.program, earlier)
        return (f"recomputes {name}" if again else f"computes {name} again",)
    if elsewhere is not None:
        where = " into the recomputation" if again else ""
        return (f"moved{where}: {_results_of(other.program, elsewhere)} {when}",)
    return ("recomputation",) if again else ()


def _results_of(program: Program, number: int) -> str:
    names = [program.values[value].name for value in program.equations[number].outputs]
    return ", ".join(name for name in names if name != "_") or program.equations[number].primitive


def _given_values(program: Program, region: int) -> list[int]:
    whole = program.regions[region]
    return [*whole.constants, *whole.inputs]


def _given_names(program: Program) -> list[str]:
    return [*("" for _ in program.regions[0].constants), *input_names(program)]


def _holder_inputs(program: Program, region: int) -> list[int]:
    """What the equation that holds a region hands to it; empty where that is not plain."""
    whole = program.regions[region]
    holder = program.equations[whole.equation or 0]
    # The branches of a cond are not given what chooses among them.
    handed = holder.inputs[1:] if holder.primitive == "cond" else holder.inputs
    return list(handed) if len(handed) == len(whole.inputs) and not whole.constants else []
