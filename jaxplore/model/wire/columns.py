"""The columns and string tables of a program on its way to a browser or a golden file.

Equal strings, types and spans are written once and named by index; everything that
there is one of per equation is a column. The dataclasses here are the schema:
`jaxplore.model.wire.typescript` writes the browser's types from them.
"""

from dataclasses import dataclass

from jaxplore.model.program import ValueKind

FORMAT = "jaxplore.program/2"

VALUE_KINDS: tuple[ValueKind, ...] = ("input", "constant", "literal", "result")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeWire:
    """A type that values share."""

    text: str
    """As JAX writes it: `f32[2,3]`."""
    shape: list[int | str]
    dtype: str
    weak_type: bool
    size_bytes: int
    sharding: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueColumns:
    """One row per value."""

    name: list[int]
    """Index into `strings`."""
    type: list[int]
    """Index into `types`."""
    kind: list[int]
    """0 input, 1 constant, 2 literal, 3 result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EquationColumns:
    """One row per equation."""

    primitive: list[int]
    """Index into `strings`."""
    span: list[int]
    """Index into the span columns; -1 for none."""
    scope: list[int]
    """Index into `strings` of the names joined by `/`."""
    phase: list[int]
    """0 forward, 1 backward."""
    region: list[int]
    flops: list[int]
    bytes: list[int]
    parameters: list[int]
    """Index into `strings`."""
    frame: list[int]
    """Index into the frame columns; -1 for none."""
    meaning: list[int]
    """Index into `strings`; `{0}` in it stands for the first input."""
    input_count: list[int]
    """How many entries of `inputs` belong to each equation, in order."""
    inputs: list[int]
    """Value indices of all equations, one after another."""
    output_count: list[int]
    outputs: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionWire:
    """A program or a nested program."""

    name: str
    kind: str
    equation: int
    """The equation it is nested in; -1 for the whole program."""
    inputs: list[int]
    constants: list[int]
    outputs: list[int]
    runs: int
    """How often one run of the program runs it; -1 where only a run can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameColumns:
    """One row per call on the way to an equation; callers before what they called."""

    span: list[int]
    """Index into the span columns."""
    caller: list[int]
    """Index into these columns; -1 for the outermost."""
    library: list[int]
    """1 for a library's code, 0 for the user's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateWire:
    """What XLA says the program costs."""

    flops: float | None
    bytes: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanColumns:
    """One row per expression. Lines from 1, columns from 0, end exclusive."""

    file: list[int]
    """Index into `strings`."""
    line: list[int]
    column: list[int]
    end_line: list[int]
    end_column: list[int]
    function: list[int]
    """Index into `strings`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceWire:
    """Text of a cell or a file, whole or in part."""

    file: str
    first_line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageWire:
    """A stage's text; one row per link. Lines count from 1, ends are inclusive."""

    name: str
    text: str
    error: str | None
    first_line: list[int]
    last_line: list[int]
    equation_count: list[int]
    """How many entries of `equations` belong to each link, in order."""
    equations: list[int]
    span_count: list[int]
    spans: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupColumns:
    """One row per group, parents before children; and where each equation belongs."""

    parent: list[int]
    """Index into these columns; -1 for the whole program."""
    kind: list[int]
    """0 region, 1 scope, 2 function, 3 line, 4 repeat, 5 part."""
    name: list[int]
    """Index into `strings`."""
    region: list[int]
    """The region that its equations stand in."""
    span: list[int]
    """Index into the span columns; -1 for none."""
    leaf: list[int]
    """Per equation, the innermost group that it stands in."""
    order: list[int]
    """Equations so that every group is one run; empty when they are so already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramWire:
    """A whole program."""

    format: str
    name: str
    argument_names: list[str]
    strings: list[str]
    types: list[TypeWire]
    values: ValueColumns
    equations: EquationColumns
    regions: list[RegionWire]
    spans: SpanColumns
    frames: FrameColumns
    groups: GroupColumns
    sources: list[SourceWire]
    stages: list[StageWire]
    xla_estimate: EstimateWire | None
