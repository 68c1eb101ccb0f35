"""Align the texts of two programs that have no jaxpr: what was lowered or compiled already.

Line by line. Numbers of values and positions in the source differ between any two texts and
say nothing: lines that differ in these alone are the same.
"""

import re
from collections.abc import Sequence
from typing import Final

from jaxplore.model.diff.difference import DiffKind, EquationDiff
from jaxplore.model.diff.sequence import Pair, align, similar
from jaxplore.model.diff.tokens import Tokens

_SHORT_STRETCH: Final = 60
_POSITION: Final = re.compile(
    r",? ?metadata=\{[^}]*\}|,? ?stack_frame_id=\d+|,? ?backend_config=\{.*\}"
    r"| loc\(.*\)$|#loc\d*.*$"
)
_NAME: Final = re.compile(r"(?<=%)[\w.:#-]+")
_TYPE: Final = re.compile(r"\b[a-z]+\d*\[[^\]]*\](?:\{[^}]*\})?|tensor<[^>]*>")
_HEAD: Final = re.compile(r"[a-zA-Z_][\w.-]*\(|\bstablehlo\.\w+|\bfunc\.\w+|\bENTRY|\breturn")


def diff_texts(before: str, after: str) -> tuple[EquationDiff, ...]:
    """The lines of two texts, aligned; `before` and `after` of a row count lines from 0."""
    old, new = before.split("\n"), after.split("\n")
    tokens = Tokens()
    levels = [
        ([tokens[read(line)] for line in old], [tokens[read(line)] for line in new])
        for read in (plain_line, _without_types)
    ]
    pairs = align(levels)
    heads = [[tokens["head", _head(line)] for line in lines] for lines in (old, new)]
    pairs = sorted([*pairs, *similar(pairs, heads[0], heads[1], _SHORT_STRETCH)])
    return tuple(_rows(pairs, old, new))


def _rows(pairs: Sequence[Pair], old: Sequence[str], new: Sequence[str]) -> list[EquationDiff]:
    rows: list[EquationDiff] = []
    done = done_new = 0
    for one, two in [*pairs, (len(old), len(new))]:
        rows += [_row("removed", n, None) for n in range(done, one)]
        rows += [_row("added", None, n) for n in range(done_new, two)]
        if one < len(old):
            same = plain_line(old[one]) == plain_line(new[two])
            changes = () if same else _changes(old[one], new[two])
            rows.append(_row("same" if same else "changed", one, two, changes))
        done, done_new = one + 1, two + 1
    return rows


def _row(
    kind: DiffKind, before: int | None, after: int | None, changes: tuple[str, ...] = ()
) -> EquationDiff:
    return EquationDiff(kind=kind, before=before, after=after, changes=changes)


def _changes(before: str, after: str) -> tuple[str, ...]:
    """The types that differ, where both lines have as many."""
    old, new = _TYPE.findall(before), _TYPE.findall(after)
    if len(old) != len(new):
        return ()
    found = [f"{was} -> {now}" for was, now in zip(old, new, strict=True) if was != now]
    return tuple(dict.fromkeys(found))


def plain_line(line: str) -> str:
    """A line without the numbers of its values and without positions.

    >>> plain_line('  %add.3 = f32[3]{0} add(%a.1, %b), metadata={op_name="f"}')
    '  %add = f32[3]{0} add(%a, %b)'
    """
    return _NAME.sub(_base, _POSITION.sub("", line)).rstrip()


def _base(name: re.Match[str]) -> str:
    return re.sub(r"[._]?\d+(#\d+)?$|\.\d+(?=\.|$)", "", name[0])


def _without_types(line: str) -> str:
    return _TYPE.sub("*", plain_line(line))


def _head(line: str) -> str:
    found = _HEAD.search(line)
    return found[0] if found else line.strip()[:8]
