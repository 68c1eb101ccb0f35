"""A module's text in blocks, one per computation, so that two texts of it can be compared."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from jaxplore.model.program import Link, Stage
from jaxplore.model.span import Span
from jaxplore.model.textdiff import DiffLine

_COMPUTATION: Final = re.compile(r"^(?:(ENTRY) )?%?([\w.\-]+) .*\{$")
_INSTRUCTION: Final = re.compile(r"^\s+(?:ROOT )?%?([\w.\-]+) = ")

Found = tuple[tuple[int, ...], tuple[Span, ...]]
NOTHING: Final[Found] = ((), ())


@dataclass(frozen=True, slots=True)
class Module:
    """A text of the module: its lines in a steady order, and what each is linked to."""

    blocks: dict[str, tuple[str, ...]]
    """By the name of the computation; `""` is the module's head, `"ENTRY"` the entry."""
    links: dict[str, tuple[Found, ...]]
    """Per block, one per line."""

    @property
    def text(self) -> str:
        """All blocks, in order."""
        return "\n".join(line for block in self.blocks.values() for line in block)

    @property
    def is_whole(self) -> bool:
        """Whether it has an end: the entry comes last."""
        return "}" in self.blocks.get("ENTRY", ())

    @property
    def instructions(self) -> int:
        """How many instructions all computations have, those inside of fusions too."""
        return sum(
            _INSTRUCTION.match(line) is not None for block in self.blocks.values() for line in block
        )

    def found(self) -> list[Found]:
        """Per line of the text, what it is linked to."""
        return [found for block in self.links.values() for found in block]

    def by_instruction(self) -> dict[str, Found]:
        """What each instruction is linked to, by its name; the entry's come first."""
        named: dict[str, Found] = {}
        for key in sorted(self.blocks, key=lambda name: name != "ENTRY"):
            for line, found in zip(self.blocks[key], self.links[key], strict=True):
                if match := _INSTRUCTION.match(line):
                    named.setdefault(match[1], found)
        return named


def module_of(stage: Stage, before: Module | None) -> Module:
    """A module from its text; computations that were there `before` keep their places."""
    links = _per_line(stage)
    blocks: dict[str, tuple[str, ...]] = {}
    found: dict[str, tuple[Found, ...]] = {}
    key, lines = "", list[tuple[str, Found]]()

    def end() -> None:
        if lines:
            blocks[key] = tuple(line for line, _ in lines)
            found[key] = tuple(here for _, here in lines)

    for number, line in enumerate(stage.text.split("\n"), 1):
        if start := _COMPUTATION.match(line):
            end()
            key, lines = start[1] or start[2], []
        lines.append((line, links.get(number, NOTHING)))
    end()
    order = _order(list(blocks), [] if before is None else list(before.blocks))
    return Module({name: blocks[name] for name in order}, {name: found[name] for name in order})


def pairs_of(before: Module, after: Module) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Blocks before and after, in an order that fits both texts."""
    new = list(after.blocks)
    at = 0
    for name, block in before.blocks.items():
        if name in after.blocks:
            while new[at] != name:
                yield (), after.blocks[new[at]]
                at += 1
            at += 1
        yield block, after.blocks.get(name, ())
    for name in new[at:]:
        yield (), after.blocks[name]


def links_of(diff: Sequence[DiffLine], before: Module, after: Module) -> tuple[Link, ...]:
    """The links of a diff's lines: of a line that is gone, those it had."""
    old, new = before.found(), after.found()
    links: list[Link] = []
    for number, line in enumerate(diff, 1):
        equations, spans = NOTHING
        if line.after is not None:
            equations, spans = new[line.after]
        elif line.before is not None:
            equations, spans = old[line.before]
        if equations or spans:
            links.append(
                Link(first_line=number, last_line=number, equations=equations, spans=spans)
            )
    return tuple(links)


def _order(names: Sequence[str], before: Sequence[str]) -> list[str]:
    """Names in the order they had before; a new one after the one it is printed behind."""
    known, present = set(before), set(names)
    followers: dict[str | None, list[str]] = {}
    last: str | None = None
    for name in names:
        if name in known:
            last = name
        else:
            followers.setdefault(last, []).append(name)
    order = list(followers.get(None, ()))
    for name in before:
        if name in present:
            order += [name, *followers.get(name, ())]
    return order


def _per_line(stage: Stage) -> dict[int, Found]:
    """The smallest link around each line."""
    found: dict[int, Found] = {}
    for link in sorted(stage.links, key=lambda link: link.first_line - link.last_line):
        for line in range(link.first_line, link.last_line + 1):
            found[line] = (link.equations, tuple(link.spans))
    return found
