"""What a picture of a program is made of: boxes, and edges between them."""

from dataclasses import dataclass, field
from typing import Final, Literal

from jaxplore.views.units import cut

Phase = Literal["forward", "backward", "both"]

_CHIPS: Final = 3


@dataclass(slots=True)
class Item:
    """A box: an equation, a group, or a value that comes in or goes out."""

    kind: Literal["equation", "group", "input", "output", "more"]
    title: str
    detail: str = ""
    phase: Phase = "forward"
    chips: list[str] = field(default_factory=list[str])
    marks: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])
    """What devices send there, and whether it goes to the host."""
    sections: "list[Section]" = field(default_factory=list["Section"])
    """What is inside, where it is open: one part, or one per program that it holds."""

    def chip(self, text: str) -> None:
        """Adds a value that is written on the box."""
        if text not in self.chips:
            self.chips.append(text)

    def shown_chips(self) -> list[str]:
        """The first few, and how many more."""
        more = len(self.chips) - _CHIPS
        # Of `params['blocks'][0]['w']` the end tells it from the others.
        shown = [
            f"…{chip[-13:]}"
            if "'" in chip and len(chip) > 14
            else cut(chip, 22 if " " in chip else 14)
            for chip in self.chips[:_CHIPS]
        ]
        return [*shown, f"+{more}"] if more > 0 else shown


@dataclass(slots=True)
class Section:
    """A part of a picture: boxes, and edges between them, each with the values' types."""

    title: str
    items: list[Item]
    edges: dict[tuple[int, int], list[str]] = field(
        default_factory=dict[tuple[int, int], list[str]]
    )
    hidden: int = 0
    """Boxes left out."""
