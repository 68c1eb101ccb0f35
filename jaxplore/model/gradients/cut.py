"""Part of a program as a program of its own: its equations, what they read, what they make."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from jaxplore.model.program import (
    EquationLinks,
    Program,
    Region,
    Stage,
    freeze_stages,
)

_BODY_INDENT: Final = 4


@dataclass(frozen=True, slots=True)
class Cut:
    """A program that was cut out of another one."""

    program: Program
    equations: tuple[int, ...]
    """For each of its equations, the index in the whole."""
    places: dict[int, int]
    """Equation of the whole -> equation of the part."""
    values: dict[int, int]
    """Value of the whole -> value of the part."""


def inside_of(program: Program) -> list[list[int]]:
    """The equations that stand in each region, in order."""
    found: list[list[int]] = [[] for _ in program.regions]
    for index, equation in enumerate(program.equations):
        found[equation.region].append(index)
    return found


def with_nested(program: Program, chosen: Sequence[int]) -> list[int]:
    """Equations and all that stand in the programs they hold, in the whole's order."""
    inside = inside_of(program)
    found: list[int] = []
    waiting = list(chosen)
    while waiting:
        index = waiting.pop()
        found.append(index)
        for region in program.equations[index].regions:
            waiting += inside[region]
    return sorted(found)


def cut(
    program: Program,
    chosen: Sequence[int],
    *,
    name: str,
    inputs: Sequence[int],
    constants: Sequence[int],
    outputs: Sequence[int],
    argument_names: tuple[str, ...] = (),
) -> Cut:
    """Some equations of one region, and what is nested in them, as a program.

    Args:
        program: The whole.
        chosen: Equations of one region, in order.
        name: Of the part.
        inputs: Values of the whole that the part is given; so are `constants`.
        constants: Closed over.
        outputs: Values that it returns.
        argument_names: Of the inputs.
    """
    equations = with_nested(program, chosen)
    places = {index: place for place, index in enumerate(equations)}
    region = program.equations[chosen[0]].region if chosen else 0
    held = [r for index in equations for r in program.equations[index].regions]
    regions = {old: new for new, old in enumerate([region, *sorted(held)])}
    values = _numbered(program, equations, held, [*constants, *inputs], outputs)
    whole = Region(
        name=name,
        kind="program",
        equation=None,
        inputs=tuple([values[v] for v in inputs]),
        constants=tuple([values[v] for v in constants]),
        outputs=tuple([values[v] for v in outputs]),
    )
    runs = program.regions[region].runs
    kinds = {values[v]: "input" for v in inputs} | {values[v]: "constant" for v in constants}
    part = Program(
        name=name,
        equations=tuple(
            [
                replace(
                    e,
                    inputs=tuple([values[v] for v in e.inputs]),
                    outputs=tuple([values[v] for v in e.outputs]),
                    region=regions[e.region],
                    regions=tuple([regions[r] for r in e.regions]),
                )
                for e in (program.equations[index] for index in equations)
            ]
        ),
        values=tuple(
            [
                replace(v, kind=kinds.get(new, v.kind))
                for new, v in enumerate(program.values[old] for old in values)
            ]
        ),
        regions=(
            whole,
            *[_moved(program.regions[old], places, values, runs) for old in list(regions)[1:]],
        ),
        stages=freeze_stages(_stages(program, chosen, equations, inputs, constants, outputs)),
        sources=program.sources,
        argument_names=argument_names,
        frames=program.frames,
    )
    return Cut(part, tuple(equations), places, values)


def _numbered(
    program: Program,
    equations: Sequence[int],
    held: Sequence[int],
    given: Sequence[int],
    outputs: Sequence[int],
) -> dict[int, int]:
    """The values that a part has, in the whole's order, with their new numbers."""
    used = {*given, *outputs}
    for index in equations:
        used.update(program.equations[index].inputs, program.equations[index].outputs)
    for index in held:
        inner = program.regions[index]
        used.update(inner.inputs, inner.constants, inner.outputs)
    return {old: new for new, old in enumerate(sorted(used))}


def _moved(
    region: Region, places: dict[int, int], values: dict[int, int], outer: int | None
) -> Region:
    runs = region.runs
    return replace(
        region,
        equation=None if region.equation is None else places[region.equation],
        inputs=tuple([values[v] for v in region.inputs]),
        constants=tuple([values[v] for v in region.constants]),
        outputs=tuple([values[v] for v in region.outputs]),
        runs=None if runs is None or not outer else runs // outer,
    )


def _stages(
    program: Program,
    chosen: Sequence[int],
    equations: Sequence[int],
    inputs: Sequence[int],
    constants: Sequence[int],
    outputs: Sequence[int],
) -> dict[str, Stage]:
    """The lines of the chosen equations, with a head and a result of their own."""
    whole = program.stages.get("jaxpr")
    if whole is None or not isinstance(whole.links, EquationLinks):
        return {}
    links, text = whole.links, whole.text.split("\n")
    head = f"lambda {_declared(program, constants)} ; {_declared(program, inputs)}"
    lines = [f"{{ {' '.join(head.split())}. let"]
    moved: dict[int, int] = {}
    indent = 0
    for index in chosen:
        first, last = links.first_lines[index], links.last_lines[index]
        if not moved:
            line = text[first - 1]
            indent = len(line) - len(line.lstrip(" ")) - _BODY_INDENT
        moved[first] = len(lines) + 1
        lines += [line[indent:] for line in text[first - 1 : last]]
    starts = sorted(moved)
    offsets = _offsets(starts, moved, [links.first_lines[i] for i in equations])
    shown = [_read(program, v) for v in outputs]
    lines.append(f"  in ({shown[0]},) }}" if len(shown) == 1 else f"  in ({', '.join(shown)}) }}")
    return {
        "jaxpr": Stage(
            text="\n".join(lines),
            links=EquationLinks(
                first_lines=tuple(
                    [links.first_lines[i] + o for i, o in zip(equations, offsets, strict=True)]
                ),
                last_lines=tuple(
                    [links.last_lines[i] + o for i, o in zip(equations, offsets, strict=True)]
                ),
                spans=tuple([program.equations[i].span for i in equations]),
            ),
        )
    }


def _offsets(starts: list[int], moved: dict[int, int], lines: list[int]) -> list[int]:
    """How far each line moved: as far as the outermost equation it belongs to."""
    offsets: list[int] = []
    place = -1
    for line in lines:  # ascending, as equations are
        while place + 1 < len(starts) and starts[place + 1] <= line:
            place += 1
        offsets.append(moved[starts[place]] - starts[place])
    return offsets


def _declared(program: Program, values: Sequence[int]) -> str:
    return " ".join([f"{program.values[v].name}:{program.values[v].type_text}" for v in values])


def _read(program: Program, value: int) -> str:
    of = program.values[value]
    return f"{of.name}:{of.type_text}" if of.kind == "literal" else of.name
