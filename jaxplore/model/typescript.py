"""Writes the browser's types from the records, so that the schema exists once.

`python -m jaxplore.model.typescript` prints `extension/src/wire/program.ts`, and with the
argument `timeline` it prints `extension/src/wire/timeline.ts`.
"""

import dataclasses
import inspect
import re
import sys
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from jaxplore.model import passeswire, timelinewire, wire

_HEADER = """\
// Written by `make wire` from jaxplore/model/{}.py; do not edit.

"""
_SCALARS = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
_PROGRAM = (
    wire.TypeWire,
    wire.ValueColumns,
    wire.EquationColumns,
    wire.RegionWire,
    wire.SpanColumns,
    wire.FrameColumns,
    wire.EstimateWire,
    wire.GroupColumns,
    wire.SourceWire,
    wire.StageWire,
    wire.ProgramWire,
)
_PASSES = (
    passeswire.PassColumns,
    passeswire.PlaceColumns,
    passeswire.TextWire,
    passeswire.PassesWire,
)
_TIMELINE = (
    timelinewire.TimelineRows,
    timelinewire.TimelineCells,
    timelinewire.TimelineWire,
)


# Their lists are as long as the program.
_COLUMNS = (
    wire.ValueColumns,
    wire.EquationColumns,
    wire.FrameColumns,
    wire.GroupColumns,
    wire.StageWire,
)
_COLUMN = """\
/** One number per row: a list as JSON has it, or an array of numbers as it was packed. */
export type Column = ArrayLike<number> & Iterable<number>;

"""


def typescript(view: str = "program") -> str:
    """The wire records of a program, a timeline or passes as TypeScript interfaces."""
    module, records = {
        "program": ("wire", _PROGRAM),
        "timeline": ("timelinewire", _TIMELINE),
        "passes": ("passeswire", _PASSES),
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
