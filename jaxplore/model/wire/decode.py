"""From its columns back to a program."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jaxplore.model.program import (
    Equation,
    Frame,
    Link,
    Program,
    Region,
    Source,
    Stage,
    Value,
    XlaEstimate,
    freeze_stages,
)
from jaxplore.model.span import Span, text_of
from jaxplore.model.wire.columns import FORMAT, VALUE_KINDS, SpanColumns


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
            kind=VALUE_KINDS[kind],
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
