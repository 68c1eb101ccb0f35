"""The two passes of a derivative: which equations of a program are its forward and its backward.

They stand side by side in one region: in the whole program, in a jitted function's, or in the
body of a training loop's scan. What comes after the backward pass, such as an optimizer's
update, belongs to neither.
"""

from dataclasses import dataclass

from jaxplore.model.gradients.cut import Cut, cut, inside_of
from jaxplore.model.program import Program


@dataclass(frozen=True, slots=True)
class Passes:
    """Both passes as programs of their own, and what is handed from one to the other."""

    region: int
    """Where they stand in the whole."""
    forward: Cut
    backward: Cut
    handed: tuple[int, ...]
    """Values of the whole that the backward pass reads and did not make."""


def derivative_region(program: Program) -> int | None:
    """The outermost region that has equations of a backward pass; None where there is none.
    Of several, the one with the largest."""
    sizes: dict[int, int] = {}
    owners: dict[int, int] = {}  # of a region inside a backward pass: where that pass stands
    for equation in program.equations:
        if equation.phase != "backward":
            continue
        owner = owners.get(equation.region, equation.region)
        sizes[owner] = sizes.get(owner, 0) + 1
        owners.update(dict.fromkeys(equation.regions, owner))
    return max(sizes, key=lambda region: (sizes[region], -region), default=None)


def passes_of(program: Program, region: int, argument_names: tuple[str, ...]) -> Passes:
    """Cut the passes of the derivative that stands in a region.

    Args:
        program: The whole.
        region: From `derivative_region`.
        argument_names: Of the region's inputs.
    """
    here = inside_of(program)[region]
    whole = program.regions[region]
    backward = [index for index in here if program.equations[index].phase == "backward"]
    forward = _forward(program, here, backward)
    made = {v for index in backward for v in program.equations[index].outputs}
    before = {v for index in forward for v in program.equations[index].outputs}
    given = {*whole.inputs, *whole.constants}
    read = _once([v for index in backward for v in program.equations[index].inputs])
    handed = [v for v in read if v in before or v in given]
    # A loop over training steps that is written out goes forward again after it went back.
    back = _once([v for index in forward for v in program.equations[index].inputs if v in made])
    results = _once(whole.outputs)
    kept = [v for v in handed if v in before]
    later = set(here) - set(forward) - set(backward)
    used = {v for index in later for v in program.equations[index].inputs}
    return Passes(
        region,
        cut(
            program,
            forward,
            name=f"forward of {whole.name}",
            inputs=[*whole.inputs, *back],
            constants=whole.constants,
            outputs=_once([*[v for v in results if v in before], *kept]),
            argument_names=argument_names,
        ),
        cut(
            program,
            backward,
            name=f"backward of {whole.name}",
            inputs=[v for v in handed if v not in whole.constants],
            constants=[v for v in handed if v in whole.constants],
            outputs=_once(
                [v for v in [*results, *sorted(used)] if v in made],
            ),
        ),
        tuple(handed),
    )


def _forward(program: Program, here: list[int], backward: list[int]) -> list[int]:
    """Of the other equations, those that need no backward pass, or that one needs."""
    needed: set[int] = set()
    for index in reversed(here):
        equation = program.equations[index]
        if equation.phase == "backward" or needed.intersection(equation.outputs):
            needed.update(equation.inputs)
    after: set[int] = set()
    for index in here:
        equation = program.equations[index]
        if equation.phase == "backward" or after.intersection(equation.inputs):
            after.update(equation.outputs)
    return [
        index
        for index in here
        if program.equations[index].phase != "backward"
        and (
            needed.intersection(program.equations[index].outputs)
            or not after.intersection(program.equations[index].inputs)
        )
    ]


def _once(values: list[int] | tuple[int, ...]) -> list[int]:
    return list(dict.fromkeys(values))
