"""From what XLA wrote to a `Passes`: the passes that changed something, linked."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jaxplore.capture.passes.dump import Dump, Written
from jaxplore.capture.passes.kernels import read_assembly, read_llvm
from jaxplore.capture.passes.modules import Module, links_of, module_of, pairs_of
from jaxplore.capture.passes.names import words_of
from jaxplore.capture.programs.hlo import read_hlo
from jaxplore.capture.programs.linking import EquationIndex
from jaxplore.model.passes import Pass, Passes
from jaxplore.model.program import Link, Stage
from jaxplore.model.textdiff import unified

_SCHEDULED: Final = "is_scheduled=true"
# Only to tell texts that are equal without it: it may leave some of it, and takes nothing else.
_METADATA: Final = re.compile(r", metadata=\{[^\n]*?\}(?=[,\n])")
_NO_TEXT: Final = Stage(text="", links=())


@dataclass(frozen=True, slots=True)
class Ended:
    """What a worker left behind."""

    dump: Path
    error: str | None
    seconds: float


def read_passes(
    name: str, ended: Ended, index: EquationIndex, *, say: Callable[[str], bool], deadline: float
) -> Passes:
    """What a worker left behind, as far as it got.

    Args:
        name: Of the program.
        ended: Where the files are, and why the worker stopped.
        index: Finds the equations that a line came from.
        say: Called before each text with a few words; whether to stop there.
        deadline: When to stop reading, as `time.monotonic` counts.
    """
    dump = Dump(ended.dump)
    error = ended.error
    passes: list[Pass] = []
    text = "" if dump.first is None else _text(dump.first)
    bare = _METADATA.sub("", text)
    module = first = module_of(read_hlo(text, index), None)
    if not first.is_whole:
        return Passes(
            name=name,
            first=_NO_TEXT,
            passes=(),
            error=error or "XLA wrote nothing down",
            seconds=ended.seconds,
        )
    steps = dump.steps()
    for number, step in enumerate(steps, 1):
        if time.monotonic() > deadline:
            error = error or f"the reading was stopped after {number - 1} of {len(steps)} texts"
            break
        if say(f"reading what XLA wrote: {number} of {len(steps)} texts"):
            error = error or "the reading was stopped: cancelled"
            break
        try:
            text = _text(step.path)
            # Half of all texts are written where a pipeline begins or ends: nothing changed.
            before, bare = bare, _METADATA.sub("", text)
            if bare == before:
                continue
            after = module_of(read_hlo(text, index), module)
            if not after.is_whole:
                raise ValueError("it ends in its midst")
        except Exception as fault:  # XLA's text may change, its last may be half written
            error = error or f"{step.path.name} cannot be read: {type(fault).__name__}: {fault}"
            break
        if after.blocks != module.blocks:
            passes.append(_pass(step, module, after))
        module = after
    instructions = module.by_instruction()
    assembly_name, assembly = read_assembly(dump, instructions)
    return Passes(
        name=name,
        first=Stage(text=first.text, links=_links(first)),
        passes=tuple(passes),
        llvm=read_llvm(dump, instructions),
        assembly=assembly,
        assembly_name=assembly_name,
        error=error,
        seconds=ended.seconds,
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _pass(step: Written, before: Module, after: Module) -> Pass:
    lines = unified(pairs_of(before, after))
    name = step.name or _between(before, after)
    return Pass(
        name=name,
        words=words_of(name),
        pipeline=step.pipeline,
        before_instructions=before.instructions,
        after_instructions=after.instructions,
        diff=Stage(
            text="\n".join(line.text for line in lines), links=links_of(lines, before, after)
        ),
    )


def _between(before: Module, after: Module) -> str:
    """What changed before a pipeline's first pass, outside of all of them."""
    scheduled = [_SCHEDULED in "".join(m.blocks.get("", ())) for m in (before, after)]
    return "schedule" if scheduled == [False, True] else "between pipelines"


def _links(module: Module) -> tuple[Link, ...]:
    return tuple(
        Link(first_line=number, last_line=number, equations=equations, spans=spans)
        for number, (equations, spans) in enumerate(module.found(), 1)
        if equations or spans
    )
