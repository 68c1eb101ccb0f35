"""From a program to its columns."""

from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from jaxplore.model.groups.tree import GROUP_KINDS, GroupTree, group
from jaxplore.model.program import EquationLinks, Program, Region, Stage
from jaxplore.model.span import Span
from jaxplore.model.types import short_type
from jaxplore.model.wire.columns import (
    FORMAT,
    VALUE_KINDS,
    EquationColumns,
    EstimateWire,
    FrameColumns,
    GroupColumns,
    ProgramWire,
    RegionWire,
    SourceWire,
    SpanColumns,
    StageWire,
    TypeWire,
    ValueColumns,
)

T = TypeVar("T")


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
        kind=[VALUE_KINDS.index(v.kind) for v in program.values],
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
