"""A program as columns and string tables: what a browser or a golden file gets.

Equal strings, types and spans are written once and named by index; everything that
there is one of per equation is a column. The dataclasses here are the schema:
`jaxplore.model.typescript` writes the browser's types from them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar

from jaxplore.model.groups import GROUP_KINDS, GroupTree, group
from jaxplore.model.program import (
    Equation,
    EquationLinks,
    Frame,
    Link,
    Program,
    Region,
    Source,
    Stage,
    Value,
    ValueKind,
    XlaEstimate,
    freeze_stages,
)
from jaxplore.model.span import Span, text_of
from jaxplore.model.types import short_type

FORMAT = "jaxplore.program/2"

T = TypeVar("T")

_KINDS: tuple[ValueKind, ...] = ("input", "constant", "literal", "result")


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


class _Table(dict[T, int]):
    """Gives equal keys the same index, in order of first use."""

    def __missing__(self, key: T) -> int:
        index = self[key] = len(self)
        return index


def encode(program: Program) -> dict[str, Any]:
    """The program as JSON-ready columns."""
    strings: _Table[str] = _Table()
    types: _Table[tuple[Any, ...]] = _Table()
    spans: _Table[Span] = _Table()
    values = ValueColumns(
        name=[strings[v.name] for v in program.values],
        type=[
            types[v.shape, v.dtype, v.weak_type, v.size_bytes, v.sharding] for v in program.values
        ],
        kind=[_KINDS.index(v.kind) for v in program.values],
    )
    rows = program.equations
    equations = EquationColumns(
        primitive=[strings[e.primitive] for e in rows],
        span=[-1 if e.span is None else spans[e.span] for e in rows],
        scope=[strings["/".join(e.scope)] for e in rows],
        phase=[int(e.phase == "backward") for e in rows],
        region=[e.region for e in rows],
        flops=[e.flops for e in rows],
        bytes=[e.bytes for e in rows],
        parameters=[strings[e.parameters] for e in rows],
        frame=[-1 if e.frame is None else e.frame for e in rows],
        meaning=[strings[e.meaning] for e in rows],
        input_count=[len(e.inputs) for e in rows],
        inputs=[v for e in rows for v in e.inputs],
        output_count=[len(e.outputs) for e in rows],
        outputs=[v for e in rows for v in e.outputs],
    )
    stages = [_encode_stage(name, stage, spans) for name, stage in program.stages.items()]
    frames = FrameColumns(
        span=[spans[f.span] for f in program.frames],
        caller=[-1 if f.caller is None else f.caller for f in program.frames],
        library=[int(f.owner == "library") for f in program.frames],
    )
    groups = _encode_groups(group(program), strings, spans)
    estimate = program.xla_estimate
    places = list(spans)
    wire = ProgramWire(
        format=FORMAT,
        name=program.name,
        argument_names=list(program.argument_names),
        types=[
            TypeWire(
                shape=list(shape),
                dtype=dtype,
                weak_type=weak,
                size_bytes=size,
                sharding=sharding,
                text=short_type(dtype, shape),
            )
            for shape, dtype, weak, size, sharding in types
        ],
        values=values,
        equations=equations,
        regions=[_encode_region(region) for region in program.regions],
        spans=SpanColumns(
            file=[strings[s.file] for s in places],
            line=[s.line for s in places],
            column=[s.column for s in places],
            end_line=[s.end_line for s in places],
            end_column=[s.end_column for s in places],
            function=[strings[s.function] for s in places],
        ),
        sources=[
            SourceWire(file=s.file, first_line=s.first_line, text=s.text) for s in program.sources
        ],
        stages=stages,
        frames=frames,
        groups=groups,
        xla_estimate=None
        if estimate is None
        else EstimateWire(flops=estimate.flops, bytes=estimate.bytes),
        strings=list(strings),
    )
    return _as_json(wire)


def _as_json(value: Any) -> Any:
    # Not `dataclasses.asdict`: it copies every number of every column.
    if is_dataclass(value):
        return {part.name: _as_json(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, list) and value and is_dataclass(value[0]):  # pyright: ignore[reportUnknownArgumentType]
        return [_as_json(row) for row in value]  # pyright: ignore[reportUnknownVariableType]
    return value  # pyright: ignore[reportUnknownVariableType]


def _encode_region(region: Region) -> RegionWire:
    return RegionWire(
        name=region.name,
        kind=region.kind,
        equation=-1 if region.equation is None else region.equation,
        inputs=list(region.inputs),
        constants=list(region.constants),
        outputs=list(region.outputs),
        runs=-1 if region.runs is None else region.runs,
    )


def _encode_groups(tree: GroupTree, strings: _Table[str], spans: _Table[Span]) -> GroupColumns:
    rows = tree.groups
    is_plain = all(equation == place for place, equation in enumerate(tree.order))
    return GroupColumns(
        parent=[-1 if g.parent is None else g.parent for g in rows],
        kind=[GROUP_KINDS.index(g.kind) for g in rows],
        name=[strings[g.name] for g in rows],
        region=[g.region for g in rows],
        span=[-1 if g.span is None else spans[g.span] for g in rows],
        leaf=list(tree.leaf),
        order=[] if is_plain else list(tree.order),
    )


def _encode_stage(name: str, stage: Stage, spans: _Table[Span]) -> StageWire:
    links = stage.links
    if isinstance(links, EquationLinks):
        return StageWire(
            name=name,
            text=stage.text,
            error=stage.error,
            first_line=list(links.first_lines),
            last_line=list(links.last_lines),
            equation_count=[1] * len(links),
            equations=list(range(len(links))),
            span_count=[int(span is not None) for span in links.spans],
            spans=[spans[span] for span in links.spans if span is not None],
        )
    return StageWire(
        name=name,
        text=stage.text,
        error=stage.error,
        first_line=[link.first_line for link in links],
        last_line=[link.last_line for link in links],
        equation_count=[len(link.equations) for link in links],
        equations=[e for link in links for e in link.equations],
        span_count=[len(link.spans) for link in links],
        spans=[spans[span] for link in links for span in link.spans],
    )


def decode(data: Mapping[str, Any]) -> Program:
    """The program that `encode` wrote.

    Raises:
        ValueError: `data` is of another format.
    """
    if data.get("format") != FORMAT:
        raise ValueError(
            f"Cannot read this program.\nGot: format {data.get('format')!r}.\n"
            f"Do: write it again with a jaxplore that writes {FORMAT!r}."
        )
    strings: list[str] = list(data["strings"])
    spans = _decode_spans(data, strings)
    regions = data["regions"]
    return Program(
        name=data["name"],
        argument_names=tuple(data["argument_names"]),
        values=tuple(_decode_values(data["types"], data["values"], strings)),
        equations=tuple(_decode_equations(data["equations"], strings, spans, regions)),
        regions=tuple(
            Region(
                name=r["name"],
                kind=r["kind"],
                equation=None if r["equation"] < 0 else r["equation"],
                inputs=tuple(r["inputs"]),
                constants=tuple(r["constants"]),
                outputs=tuple(r["outputs"]),
                runs=None if r["runs"] < 0 else r["runs"],
            )
            for r in regions
        ),
        sources=tuple(Source(**source) for source in data["sources"]),
        stages=freeze_stages({s["name"]: _decode_stage(s, spans) for s in data["stages"]}),
        frames=tuple(_decode_frames(data["frames"], spans)),
        xla_estimate=None if data["xla_estimate"] is None else XlaEstimate(**data["xla_estimate"]),
    )


def _split(flat: Sequence[int], counts: Iterable[int]) -> Iterable[tuple[int, ...]]:
    start = 0
    for count in counts:
        yield tuple(flat[start : start + count])
        start += count


def _decode_spans(data: Mapping[str, Any], strings: list[str]) -> list[Span]:
    sources = {s["file"]: (s["first_line"], s["text"].split("\n")) for s in data["sources"]}
    columns = data["spans"]
    spans: list[Span] = []
    for file, line, column, end_line, end_column, function in zip(
        *(columns[name] for name in SpanColumns.__dataclass_fields__), strict=True
    ):
        first, lines = sources.get(strings[file], (1, []))
        shift = first - 1
        spans.append(
            Span(
                file=strings[file],
                line=line,
                column=column,
                end_line=end_line,
                end_column=end_column,
                function=strings[function],
                text=text_of(lines, line - shift, column, end_line - shift, end_column),
            )
        )
    return spans


def _decode_frames(columns: Mapping[str, Sequence[int]], spans: Sequence[Span]) -> Iterable[Frame]:
    for span, caller, library in zip(
        columns["span"], columns["caller"], columns["library"], strict=True
    ):
        yield Frame(
            span=spans[span],
            caller=None if caller < 0 else caller,
            owner="library" if library else "user",
        )


def _decode_values(
    types: Sequence[Mapping[str, Any]], columns: Mapping[str, Any], strings: list[str]
) -> Iterable[Value]:
    for name, type_index, kind in zip(
        columns["name"], columns["type"], columns["kind"], strict=True
    ):
        row = types[type_index]
        yield Value(
            name=strings[name],
            shape=tuple(row["shape"]),
            dtype=row["dtype"],
            weak_type=row["weak_type"],
            size_bytes=row["size_bytes"],
            sharding=row["sharding"],
            kind=_KINDS[kind],
        )


def _decode_equations(
    columns: Mapping[str, Any],
    strings: list[str],
    spans: Sequence[Span],
    regions: Sequence[Mapping[str, Any]],
) -> Iterable[Equation]:
    owned: dict[int, list[int]] = {}
    for index, region in enumerate(regions):
        owned.setdefault(region["equation"], []).append(index)
    inputs = _split(columns["inputs"], columns["input_count"])
    outputs = _split(columns["outputs"], columns["output_count"])
    for index, (reads, writes) in enumerate(zip(inputs, outputs, strict=True)):
        span, scope = columns["span"][index], strings[columns["scope"][index]]
        frame = columns["frame"][index]
        yield Equation(
            primitive=strings[columns["primitive"][index]],
            inputs=reads,
            outputs=writes,
            span=None if span < 0 else spans[span],
            scope=tuple(scope.split("/")) if scope else (),
            phase="backward" if columns["phase"][index] else "forward",
            region=columns["region"][index],
            flops=columns["flops"][index],
            bytes=columns["bytes"][index],
            parameters=strings[columns["parameters"][index]],
            regions=tuple(owned.get(index, ())),
            frame=None if frame < 0 else frame,
            meaning=strings[columns["meaning"][index]],
        )


def _decode_stage(stage: Mapping[str, Any], spans: Sequence[Span]) -> Stage:
    equations = _split(stage["equations"], stage["equation_count"])
    places = _split(stage["spans"], stage["span_count"])
    return Stage(
        text=stage["text"],
        error=stage["error"],
        links=tuple(
            Link(
                first_line=first,
                last_line=last,
                equations=rows,
                spans=tuple(spans[s] for s in indices),
            )
            for first, last, rows, indices in zip(
                stage["first_line"], stage["last_line"], equations, places, strict=True
            )
        ),
    )
