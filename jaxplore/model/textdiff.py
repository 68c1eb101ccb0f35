"""What changed between two texts, as hunks with a few lines around each change.

The texts come as pairs of blocks (a block before, the same block after), so that a block
that did not change costs nothing and one that moved is no change.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

_HUNK: Final = re.compile(r"^@@ -(\d+),(\d+) \+(\d+),(\d+) @@$")

BlockPair = tuple[Sequence[str], Sequence[str]]
# Lines of one text, and those of the other, that are equal or that replace each other.
_Run = tuple[bool, int, int, int, int]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a diff: `" same"`, `"-gone"`, `"+new"` or `"@@ -1,4 +1,5 @@"`."""

    text: str
    before: int | None
    """Its place in the text before, from 0; None where it is not in it."""
    after: int | None


def unified(pairs: Iterable[BlockPair], *, context: int = 2) -> list[DiffLine]:
    """The changes between two texts that are given block by block.

    >>> pairs = [(["a", "b", "c"], ["a", "B", "c"])]
    >>> [line.text for line in unified(pairs, context=1)]
    ['@@ -1,3 +1,3 @@', ' a', '-b', '+B', ' c']
    """
    blocks = list(pairs)
    before = [line for block, _ in blocks for line in block]
    after = [line for _, block in blocks for line in block]
    lines: list[DiffLine] = []
    for hunk in _hunks(_joined(_runs(blocks)), context):
        _, top, _, new_top, _ = hunk[0]
        _, _, bottom, _, new_bottom = hunk[-1]
        head = f"@@ -{top + 1},{bottom - top} +{new_top + 1},{new_bottom - new_top} @@"
        lines.append(DiffLine(head, None, None))
        for same, first, last, new_first, new_last in hunk:
            if same:
                moved = new_first - first
                lines += [DiffLine(" " + before[i], i, i + moved) for i in range(first, last)]
                continue
            lines += [DiffLine("-" + before[i], i, None) for i in range(first, last)]
            lines += [DiffLine("+" + after[i], None, i) for i in range(new_first, new_last)]
    return lines


def applied(text: str, diff: str) -> str:
    """The text after, from the text before and a whole diff.

    >>> applied("a\\nb\\nc", "@@ -1,3 +1,3 @@\\n a\\n-b\\n+B\\n c")
    'a\\nB\\nc'
    """
    before = text.split("\n")
    after: list[str] = []
    done = 0
    for line in diff.split("\n") if diff else ():
        if head := _HUNK.match(line):
            first = int(head[1]) - 1
            after += before[done:first]
            done = first
        elif line.startswith("+"):
            after.append(line[1:])
        else:
            after += before[done : done + 1] if line.startswith(" ") else ()
            done += 1
    return "\n".join([*after, *before[done:]])


def _runs(blocks: Iterable[BlockPair]) -> Iterator[_Run]:
    top = new_top = 0
    for before, after in blocks:
        if before == after:
            found = [("equal", 0, len(before), 0, len(after))]
        else:
            found = SequenceMatcher(None, before, after).get_opcodes()
        for tag, first, last, new_first, new_last in found:
            yield tag == "equal", top + first, top + last, new_top + new_first, new_top + new_last
        top += len(before)
        new_top += len(after)


def _joined(runs: Iterable[_Run]) -> list[_Run]:
    """Neighbours of the same kind as one."""
    joined: list[_Run] = []
    for run in runs:
        if joined and joined[-1][0] == run[0]:
            same, first, _, new_first, _ = joined[-1]
            joined[-1] = (same, first, run[2], new_first, run[4])
        else:
            joined.append(run)
    return joined


def _hunks(runs: Sequence[_Run], context: int) -> Iterator[list[_Run]]:
    hunk: list[_Run] = []
    for number, (same, first, last, new_first, new_last) in enumerate(runs):
        if not same:
            hunk.append((same, first, last, new_first, new_last))
            continue
        follows, leads = bool(hunk), number + 1 < len(runs)
        if follows and leads and last - first <= 2 * context:
            hunk.append((same, first, last, new_first, new_last))
            continue
        if follows:
            kept = min(context, last - first)
            hunk.append((same, first, first + kept, new_first, new_first + kept))
            yield hunk
        kept = min(context, last - first)
        hunk = [(same, last - kept, last, new_last - kept, new_last)] if leads else []
    if hunk:
        yield hunk
