"""A large program on its way to the browser: its wire columns, packed.

What can be told from the rest is left out: generated names and the jaxpr's text.
`extension/src/wire/unpack.ts` reads what is written here, in the same order, and has the same
columns again.
"""

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, Final

from jaxplore.views.pages.jaxprtext import jaxpr_stage
from jaxplore.views.pages.packedcolumns import ColumnWriter

PACKED_FORMAT: Final = "jaxplore.packed/1"

_AS_THEY_ARE: Final = ("format", "name", "argument_names", "types", "sources", "xla_estimate")
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"


def pack(data: Mapping[str, Any]) -> str:
    """What `model.wire.encode` wrote, as text in an alphabet that JSON and HTML leave alone.

    The same program gives the same text. Compressed are: the length of the head in four
    bytes, the head as JSON, the columns.
    """
    out = ColumnWriter()
    # Each part writes its columns when its turn comes, and says what goes into the head.
    program = {
        **{name: data[name] for name in _AS_THEY_ARE},
        "strings": _strings(data["strings"], out),
        "regions": _regions(data["regions"], out),
    }
    _values(data["values"], out)
    _equations(data["equations"], out)
    _spans(data["spans"], out)
    _frames(data["frames"], out)
    _groups(data["groups"], out)
    program["stages"] = _stages(data, out)
    head = {"format": PACKED_FORMAT, "program": program}
    written = json.dumps(head, separators=(",", ":")).encode()
    raw = len(written).to_bytes(4, "little") + written + out.data()
    # No time stamp, and a level that is quick on long runs of the same number.
    return base64.b64encode(gzip.compress(raw, 7, mtime=0)).decode("ascii")


def _strings(strings: Sequence[str], out: ColumnWriter) -> list[str]:
    """All but those that are just the next name: `a`, `b`, ..., `z`, `ba`, ..."""
    others: list[str] = []
    places: list[int] = []
    named, prefix, expected = 0, "", "a"
    for place, text in enumerate(strings):
        if text != expected:
            others.append(text)
            places.append(place)
            continue
        named += 1
        rest, last = divmod(named, 26)
        if last == 0:
            prefix = _letters(rest)
        expected = prefix + _ALPHABET[last]
    out.plain([len(strings)])
    out.delta(places)
    return others


def _letters(index: int) -> str:
    name = ""
    while True:
        index, letter = divmod(index, 26)
        name = _ALPHABET[letter] + name
        if index == 0:
            return name


def _values(values: Mapping[str, Sequence[int]], out: ColumnWriter) -> None:
    out.delta(values["name"])
    out.plain(values["type"])
    out.plain(values["kind"])


def _equations(rows: Mapping[str, Sequence[int]], out: ColumnWriter) -> None:
    for name in ("primitive", "scope", "parameters", "meaning", "flops", "bytes", "span"):
        out.indexed(rows[name])
    out.plain(rows["phase"])
    out.delta(rows["region"])
    out.delta(rows["frame"])
    out.plain(rows["input_count"])
    out.plain(rows["output_count"])
    out.delta(rows["outputs"])
    # A value is most often read soon after it was made.
    writes = rows["outputs"]
    firsts: list[int] = []
    first = written = 0
    for inputs, outputs in zip(rows["input_count"], rows["output_count"], strict=True):
        if outputs:
            first = writes[written]
            written += outputs
        firsts += [first] * inputs
    out.shifted(rows["inputs"], firsts)


def _regions(regions: Sequence[Mapping[str, Any]], out: ColumnWriter) -> dict[str, list[str]]:
    """The names and kinds that there are; the rest goes into columns."""
    names = {r["name"]: None for r in regions}
    kinds = {r["kind"]: None for r in regions}
    out.plain([list(names).index(r["name"]) for r in regions])
    out.plain([list(kinds).index(r["kind"]) for r in regions])
    out.delta([r["equation"] for r in regions])
    out.indexed([r["runs"] for r in regions])
    for part in ("inputs", "constants", "outputs"):
        out.plain([len(r[part]) for r in regions])
        out.delta([value for r in regions for value in r[part]])
    return {"names": list(names), "kinds": list(kinds)}


def _spans(spans: Mapping[str, Sequence[int]], out: ColumnWriter) -> None:
    out.indexed(spans["file"])
    out.indexed(spans["function"])
    out.delta(spans["line"])
    out.plain(spans["column"])
    out.shifted(spans["end_line"], spans["line"])
    out.shifted(spans["end_column"], spans["column"])


def _frames(frames: Mapping[str, Sequence[int]], out: ColumnWriter) -> None:
    out.indexed(frames["span"])
    out.shifted(frames["caller"], range(len(frames["caller"])))
    out.plain(frames["library"])


def _groups(groups: Mapping[str, Sequence[int]], out: ColumnWriter) -> None:
    out.shifted(groups["parent"], range(len(groups["parent"])))
    out.plain(groups["kind"])
    out.indexed(groups["name"])
    out.delta(groups["region"])
    out.indexed(groups["span"])
    out.delta(groups["leaf"])
    out.delta(groups["order"])


def _stages(data: Mapping[str, Any], out: ColumnWriter) -> list[dict[str, Any]]:
    heads: list[dict[str, Any]] = []
    for stage in data["stages"]:
        name = stage["name"]
        if name == "jaxpr" and _says_no_more(stage, data):
            heads.append({"name": name, "written": True})
            continue
        head = {"name": name, "error": stage["error"], "lines": out.lines(stage["text"])}
        if head["lines"] is None:
            head["text"] = stage["text"]
        heads.append(head)
        out.delta(stage["first_line"])
        out.shifted(stage["last_line"], stage["first_line"])
        _lists(stage, "equation_count", "equations", out)
        _lists(stage, "span_count", "spans", out)
    return heads


def _says_no_more(stage: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Whether the jaxpr's text is what the columns say, as it is unless JAX's program shares
    nested programs or the program is not from JAX at all."""
    try:
        return stage == jaxpr_stage(data)
    except (IndexError, KeyError):  # a program whose regions are not nested as JAX's are
        return False


def _lists(stage: Mapping[str, Any], count: str, flat: str, out: ColumnWriter) -> None:
    """Lists of different lengths, many of which are the same list."""
    ends = list(accumulate(stage[count], initial=0))
    parts = [tuple(stage[flat][a:b]) for a, b in pairwise(ends)]
    places = {part: place for place, part in enumerate(dict.fromkeys(parts))}
    out.plain([len(part) for part in places])
    out.delta([value for part in places for value in part])
    out.plain([places[part] for part in parts])
