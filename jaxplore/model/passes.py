"""What XLA did to a program, pass by pass, and the machine code it ended in."""

from dataclasses import dataclass
from typing import Literal

from jaxplore.model import textdiff
from jaxplore.model.program import Stage
from jaxplore.model.record import Drawn, Record

AssemblyName = Literal["assembly", "PTX"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass(Record):
    """One pass of XLA that changed the program."""

    name: str
    """As XLA calls it: `"algsimp"`."""
    words: str
    """What it does: `"simplify algebra"`."""
    pipeline: str
    """The group of passes it ran in, as XLA calls it."""
    before_instructions: int
    after_instructions: int
    diff: Stage
    """The change, with two lines around it. Its links are those of the lines it shows."""

    @property
    def added(self) -> int:
        """How many lines are new."""
        return sum(line.startswith("+") for line in self.diff.text.split("\n"))

    @property
    def removed(self) -> int:
        """How many lines are gone."""
        return sum(line.startswith("-") for line in self.diff.text.split("\n"))

    def summary(self) -> str:
        """One line: what it does, its name, instructions before and after."""
        count = f"{self.before_instructions:,}"
        if self.after_instructions != self.before_instructions:
            count += f" -> {self.after_instructions:,}"
        return f"{self.words} ({self.name}): {count} instructions, +{self.added} -{self.removed}"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Passes(Drawn):
    """How XLA got from the program it was given to machine code.

    The order in which XLA prints computations changes from pass to pass and means nothing:
    here each keeps its place. What each instruction came from is not in the texts but in
    the links.
    """

    name: str
    """Of the program."""
    first: Stage
    """The text that XLA was given, before any pass."""
    passes: tuple[Pass, ...]
    """Those that changed something, in order."""
    llvm: Stage | None = None
    """The final LLVM IR; a function is linked as the instruction it was made from."""
    assembly: Stage | None = None
    """The machine code, likewise."""
    assembly_name: AssemblyName = "assembly"
    error: str | None = None
    """Why XLA, or the reading of what it wrote, stopped; what was there is kept."""
    seconds: float = 0.0
    """How long XLA's process took, its start included."""

    def text_after(self, count: int) -> str:
        """The whole text after the first `count` passes."""
        text = self.first.text
        for made in self.passes[:count]:
            text = textdiff.applied(text, made.diff.text)
        return text

    def summary(self) -> str:
        """One line: how many passes changed something, instructions before and after."""
        if not self.first.text:
            return f"{self.name}: XLA did not begin"
        if not self.passes:
            return f"{self.name}: no pass changed anything"
        count = len(self.passes)
        noun = "pass" if count == 1 else "passes"
        first, last = self.passes[0].before_instructions, self.passes[-1].after_instructions
        return f"{self.name}: {count} {noun} changed it, {first:,} -> {last:,} instructions"

    def __str__(self) -> str:
        rows = [f"{number:>3}  {made.summary()}" for number, made in enumerate(self.passes, 1)]
        return "\n".join([self.summary(), *rows, *([self.error] if self.error else [])])

    def __repr__(self) -> str:
        return str(self)
