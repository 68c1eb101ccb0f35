"""How what an equation reads and makes becomes what the programs inside it read and make.

Read off the types, because the parameters that say it differ between versions of JAX: only
what a scan stacks has another type inside than outside.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxplore.model.program import Program, Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Of one program inside an equation."""

    region: int
    inputs: tuple[int | None, ...]
    """For each of the region's inputs, its place among the equation's; None when unknown."""
    outputs: tuple[int | None, ...]
    """For each of the region's outputs, its place among the equation's; likewise."""
    carries: tuple[tuple[int, int], ...]
    """(input, output of `carrier`): what one iteration leaves, the next one reads."""
    carrier: int
    """The region whose outputs the next iteration reads: its own, but for the test of a while."""
    stacked: int | None = 1
    """How many iterations an output is stacked over that is no carry."""


def ports_of(program: Program, index: int) -> tuple[Ports, ...]:
    """The ports of every program that an equation holds."""
    equation = program.equations[index]
    regions = [program.regions[region] for region in equation.regions]
    if equation.primitive == "scan" and len(regions) == 1:
        return (_scan(program, index),)
    if equation.primitive == "while" and len(regions) == 2:
        return _while(index, program, regions)
    if equation.primitive == "cond":
        return tuple([_call(program, index, region, skipped=1) for region in equation.regions])
    return tuple([_call(program, index, region, skipped=0) for region in equation.regions])


def _call(program: Program, index: int, region: int, *, skipped: int) -> Ports:
    """Inputs and outputs one by one, where there are as many inside as outside."""
    equation, inside = program.equations[index], program.regions[region]
    given = equation.inputs[skipped:]
    same = len(given) == len(inside.inputs) and len(equation.outputs) == len(inside.outputs)
    if same and equation.primitive != "shard_map":  # inside of which is a device's own part
        pairs = [*zip(given, inside.inputs, strict=True)]
        pairs += zip(equation.outputs, inside.outputs, strict=True)
        same = all(program.values[a].shape == program.values[b].shape for a, b in pairs)
    return Ports(
        region=region,
        inputs=tuple(i + skipped if same else None for i in range(len(inside.inputs))),
        outputs=tuple(i if same else None for i in range(len(inside.outputs))),
        carries=(),
        carrier=region,
    )


def _scan(program: Program, index: int) -> Ports:
    equation = program.equations[index]
    region = equation.regions[0]
    inside = program.regions[region]
    carried = _first_stacked(program, equation.outputs, inside.outputs)
    last = _first_stacked(program, equation.inputs[::-1], inside.inputs[::-1], stacked=False)
    constants = len(inside.inputs) - last - carried
    stacks = [program.values[v] for v in equation.outputs[carried:]]
    stacks += [program.values[v] for v in equation.inputs[constants + carried :]]
    length = stacks[0].shape[0] if stacks else 1
    return Ports(
        region=region,
        inputs=tuple(range(len(inside.inputs))),
        outputs=tuple(range(len(inside.outputs))),
        carries=tuple((constants + i, i) for i in range(carried)),
        carrier=region,
        stacked=length if isinstance(length, int) else None,
    )


def _first_stacked(
    program: Program, outer: Sequence[int], inner: Sequence[int], *, stacked: bool = True
) -> int:
    """The first place where the types outside and inside differ (or agree)."""
    for place, (out, into) in enumerate(zip(outer, inner, strict=False)):
        differs = program.values[out].shape != program.values[into].shape
        if differs == stacked:
            return place
    return min(len(outer), len(inner))


def _while(index: int, program: Program, regions: Sequence[Region]) -> tuple[Ports, ...]:
    equation = program.equations[index]
    carried = len(equation.outputs)
    condition, body = regions
    tests, steps = (len(r.inputs) - carried for r in (condition, body))
    carry = range(tests + steps, tests + steps + carried)
    test, body_index = equation.regions
    return (
        Ports(
            region=test,
            inputs=(*range(tests), *carry),
            outputs=(None,),
            carries=tuple((tests + i, i) for i in range(carried)),
            carrier=body_index,
        ),
        Ports(
            region=body_index,
            inputs=(*range(tests, tests + steps), *carry),
            outputs=tuple(range(carried)),
            carries=tuple((steps + i, i) for i in range(carried)),
            carrier=body_index,
        ),
    )


def are_known(ports: Sequence[Ports]) -> bool:
    """Whether it is known what the programs inside read and make."""
    return all(None not in held.inputs for held in ports)
