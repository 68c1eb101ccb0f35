"""What a program says itself about how its values are split, read from its StableHLO.

JAX writes the sharding of an argument, a result, a constraint and, with Explicit axes, of each
equation's result as axes of a named mesh. A dimension that is left to XLA says nothing.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from jaxplore.capture.collectives.axes import Grid
from jaxplore.model.collectives import ValueLayout
from jaxplore.model.program import Program

_MESH: Final = re.compile(
    r'sdy\.mesh @([\w.$"-]+) = <\[((?:"[^"]*"=\d+(?:, )?)*)\](?:, device_ids=\[([\d, ]*)\])?>'
)
_MESH_AXIS: Final = re.compile(r'"([^"]*)"=(\d+)')
_SHARDING: Final = re.compile(r'<@[\w.$"-]+, \[((?:\{[^{}]*\}(?:, )?)*)\]([^>]*)>')
_DIMENSION: Final = re.compile(r"\{([^{}]*)\}")
_AXIS: Final = re.compile(r'"([^"]*)"')
_WRITTEN: Final = frozenset(["sharding_constraint", "reshard"])
_CONSTRAINT: Final = "sdy.sharding_constraint "
_MAIN: Final = "func.func public @main("
_ARGUMENT: Final = re.compile(r"%arg\d+: ")
_INFO: Final = re.compile(r'jax\.\w+_info = "(?:[^"\\]|\\.)*"')

Partition = tuple[tuple[str, ...], ...]


def grids(program: Program) -> tuple[Grid, ...]:
    """The meshes that a program names, each once."""
    found: dict[Grid, None] = {}
    for line in _lines(program):
        if mesh := _MESH.search(line):
            axes = tuple((name, int(size)) for name, size in _MESH_AXIS.findall(mesh[2]))
            count = 1
            for _, size in axes:
                count *= size
            listed = [int(number) for number in re.findall(r"\d+", mesh[3] or "")]
            if axes:
                found[Grid(axes, tuple(listed or range(count)))] = None
    return tuple(found)


def layouts(program: Program) -> tuple[ValueLayout, ...]:
    """How values are split, where the program says so: arguments, constraints, results."""
    stage = program.stages.get("stablehlo")
    if stage is None:
        return ()
    equations = {link.first_line: link.equations for link in stage.links}
    ends: list[ValueLayout] = []
    # What an equation needs on its way is said before its result.
    inner: dict[int, ValueLayout] = {}
    for number, line in enumerate(_lines(program), 1):
        if line.lstrip().startswith(_MAIN):
            ends += _of_main(_INFO.sub("", line), program)
        elif _CONSTRAINT in line:
            for one in _of_constraint(line, equations.get(number, ()), program):
                inner[one.value] = one
    inputs = [one for one in ends if one.role == "input"]
    return (*inputs, *inner.values(), *[one for one in ends if one.role == "output"])


def _lines(program: Program) -> Sequence[str]:
    stage = program.stages.get("stablehlo")
    return () if stage is None else stage.text.split("\n")


def partition(text: str) -> Partition | None:
    """The axes that split each dimension; None where one is left to XLA.

    >>> partition('#sdy.sharding<@mesh, [{"data", "model"}, {}]>')
    (('data', 'model'), ())
    """
    found = _SHARDING.search(text)
    if found is None or "?" in found[1] or "unreduced" in found[2]:
        return None
    # A part of an axis, "x":(1)2, is no axis of the mesh that the user made.
    if ":(" in found[1]:
        return None
    return tuple(tuple(_AXIS.findall(dim)) for dim in _DIMENSION.findall(found[1]))


def _of_constraint(line: str, equations: Sequence[int], program: Program) -> Iterator[ValueLayout]:
    said = partition(line.partition(_CONSTRAINT)[2])
    for place in equations:
        equation = program.equations[place]
        # Of several results the line does not tell which one is meant.
        if said is None or len(equation.outputs) != 1:
            continue
        [value] = equation.outputs
        if len(program.values[value].shape) == len(said):
            wrote = equation.primitive in _WRITTEN
            yield ValueLayout(
                value=value,
                role="constraint" if wrote else "type",
                equation=place,
                partition=said,
            )


def _of_main(line: str, program: Program) -> Iterator[ValueLayout]:
    head, _, tail = line.partition(") -> ")
    whole = program.regions[0]
    given = _ARGUMENT.split(head)[1:]
    inputs = kept_inputs(program)
    if len(given) == len(inputs):
        for text, place in zip(given, inputs, strict=True):
            yield from _said(text, whole.inputs[place], "input", program)
    results = tail.split("tensor<")[1:]
    if len(results) == len(whole.outputs):
        for text, value in zip(results, whole.outputs, strict=True):
            yield from _said(text, value, "output", program)


def _said(text: str, value: int, role: str, program: Program) -> Iterator[ValueLayout]:
    said = partition(text)
    if said is not None and len(said) == len(program.values[value].shape):
        yield ValueLayout(
            value=value,
            role="input" if role == "input" else "output",
            equation=None,
            partition=said,
        )


def kept_inputs(program: Program) -> tuple[int, ...]:
    """Places of the inputs that XLA is given: JAX leaves out those that nothing reads."""
    read = {value for equation in program.equations for value in equation.inputs}
    read.update(program.regions[0].outputs)
    return tuple(i for i, value in enumerate(program.regions[0].inputs) if value in read)
