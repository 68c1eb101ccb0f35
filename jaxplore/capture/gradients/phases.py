"""Which equations are the backward pass of the derivative that is shown.

A program may hold derivatives of derivatives; the outermost one that has a backward pass is
shown, and what stands inside of its passes belongs to them, other derivatives included.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from jaxplore.model.program import Phase, Program

_DERIVATIVE: Final = re.compile(r"transpose\((?:vmap\()*jvp\(|transpose\(|jvp\(")


def derivatives(path: str) -> tuple[Phase, ...]:
    """The passes that an equation belongs to, of the outermost derivative first.

    >>> derivatives("vmap(transpose(jvp(jvp(b))))/mul"), derivatives("jit(f)/add")
    (('backward', 'forward'), ())
    """
    found = _DERIVATIVE.findall(path)
    return tuple(["backward" if one.startswith("transpose") else "forward" for one in found])


def with_phases_of_one(
    program: Program, paths: Sequence[str], gradients: Sequence[int] = ()
) -> Program:
    """The program, where `phase` says the pass of the derivative that is shown.

    Args:
        program: As captured.
        paths: Per equation, its name stack.
        gradients: Values that are gradients, where that is known.
    """
    known: dict[str, tuple[Phase, ...]] = {}
    rows: list[tuple[Phase, ...]] = []
    for path in paths:
        stack = path.rpartition("/")[0]
        row = known.get(stack)
        if row is None:
            row = known[stack] = derivatives(stack)
        rows.append(row)
    level = min([row.index("backward") for row in rows if "backward" in row], default=0)
    phases: list[Phase] = [row[level] if level < len(row) else "forward" for row in rows]
    _seed(program, rows, phases, level, set(gradients))
    return replace(
        program,
        equations=tuple(
            [
                e if e.phase == phase else replace(e, phase=phase)
                for e, phase in zip(program.equations, phases, strict=True)
            ]
        ),
    )


def _seed(
    program: Program,
    rows: Sequence[tuple[Phase, ...]],
    phases: list[Phase],
    level: int,
    wanted: set[int],
) -> None:
    """What a backward pass starts from is part of it: `jacrev`'s unit vectors are made
    outside of the transposition, from no input, and for it alone. So are gradients of zeros.
    `wanted` are values that belong to it."""
    fixed = _from_nothing(program)
    elsewhere = {v for region in program.regions for v in region.outputs} - wanted
    for index in reversed(range(len(phases))):
        equation = program.equations[index]
        if phases[index] == "backward":
            wanted.update(equation.inputs)
        elif (
            index in fixed
            and len(rows[index]) <= level
            and not wanted.isdisjoint(equation.outputs)
            and elsewhere.isdisjoint(equation.outputs)
        ):
            phases[index] = "backward"
            wanted.update(equation.inputs)
        else:
            elsewhere.update(equation.inputs)


def _from_nothing(program: Program) -> set[int]:
    """The equations that depend on literals alone."""
    known = {v for v, value in enumerate(program.values) if value.kind == "literal"}
    found: set[int] = set()
    for index, equation in enumerate(program.equations):
        if not equation.regions and known.issuperset(equation.inputs):
            known.update(equation.outputs)
            found.add(index)
    return found
