"""Writes the browser's types from the records, so that the schema exists once.

`python -m jaxplore.model.wire.typescript` prints `extension/src/wire/program.ts`, and with the
argument `timeline` it prints `extension/src/wire/timeline.ts`.
"""

import dataclasses
import inspect
import re
import sys
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from jaxplore.model.wire import collectives, columns, passes, timeline

_HEADER = """\
// Written by `make wire` from jaxplore/model/wire/{}.py; do not edit.

"""
_SCALARS = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
_PROGRAM = (
    columns.TypeWire,
    columns.ValueColumns,
    columns.EquationColumns,
    columns.RegionWire,
    columns.SpanColumns,
    columns.FrameColumns,
    columns.EstimateWire,
    columns.GroupColumns,
    columns.SourceWire,
    columns.StageWire,
    columns.ProgramWire,
)
_PASSES = (
    passes.PassColumns,
    passes.PlaceColumns,
    passes.TextWire,
    passes.PassesWire,
)
_COLLECTIVES = (
    collectives.CollectiveColumns,
    collectives.TransferColumns,
    collectives.CollectivesWire,
)
_TIMELINE = (
    timeline.TimelineRows,
    timeline.TimelineCells,
    timeline.TimelineWire,
)


# Their lists are as long as the program.
_COLUMNS = (
    columns.ValueColumns,
    columns.EquationColumns,
    columns.FrameColumns,
    columns.GroupColumns,
    columns.StageWire,
)
_COLUMN = """\
/** One number per row: a list as JSON has it, or an array of numbers as it was packed. */
export type Column = ArrayLike<number> & Iterable<number>;

"""


def typescript(view: str = "program") -> str:
    """The wire records of a program, or of what goes with it, as TypeScript interfaces."""
    module, records = {
        "program": ("columns", _PROGRAM),
        "timeline": ("timeline", _TIMELINE),
        "passes": ("passes", _PASSES),
        "collectives": ("collectives", _COLLECTIVES),
    }[view]
    interfaces = "\n".join(_interface(record) for record in records)
    column = _COLUMN if view == "program" else ""
    return _HEADER.format(module) + column + interfaces


def _interface(record: type[Any]) -> str:
    hints = get_type_hints(record)
    notes = _field_notes(record)
    lines = [f"/** {inspect.getdoc(record)} */", f"export interface {record.__name__} {{"]
    for field in dataclasses.fields(record):
        if field.name in notes:
            lines.append(f"\t/** {notes[field.name]} */")
        hint = hints[field.name]
        written = "Column" if record in _COLUMNS and hint == list[int] else _type(hint)
        lines.append(f"\treadonly {field.name}: {written};")
    return "\n".join([*lines, "}", ""])


def _type(hint: Any) -> str:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if get_origin(hint) is list:
        inner = _type(get_args(hint)[0])
        return f"readonly ({inner})[]" if "|" in inner else f"readonly {inner}[]"
    if get_origin(hint) is UnionType:
        return " | ".join(_type(part) for part in get_args(hint))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return hint.__name__
    raise TypeError(f"no TypeScript type for {hint}")


def _field_notes(record: type[Any]) -> dict[str, str]:
    pattern = r'^    (\w+): [^\n]+\n    """(.+?)"""'
    found = re.findall(pattern, inspect.getsource(record), flags=re.MULTILINE | re.DOTALL)
    return {name: " ".join(note.split()) for name, note in found}


if __name__ == "__main__":
    print(typescript(*sys.argv[1:]), end="")
