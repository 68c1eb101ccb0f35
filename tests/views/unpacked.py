"""A packed program read back, as the browser reads it; for tests only."""

import base64
import gzip
import json
import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Any

from jaxplore.views.pages.jaxprtext import jaxpr_stage
from jaxplore.views.pages.packedcolumns import _contexts


def unpacked(packed: str) -> dict[str, Any]:
    """What was packed."""
    raw = gzip.decompress(base64.b64decode(packed, validate=True))
    (size,) = struct.unpack_from("<I", raw)
    head = json.loads(raw[4 : 4 + size])
    assert head["format"] == "jaxplore.packed/1"
    columns = _Reader(raw[4 + size :])
    wire = _program(head["program"], columns)
    assert columns.rest == b""
    return wire


class _Reader:
    def __init__(self, rest: bytes) -> None:
        self.rest = rest

    def _take(self, count: int) -> bytes:
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def plain(self) -> list[int]:
        (count,) = struct.unpack("<I", self._take(4))
        small = struct.unpack(f"<{count}b", self._take(count))
        width = self._take(1)[0]
        if not width:
            return list(small)
        (count,) = struct.unpack("<I", self._take(4))
        planes = [self._take(count) for _ in range(width)]
        letter = {2: "h", 4: "i", 8: "d"}[width]
        together = b"".join(bytes(row) for row in zip(*planes, strict=True))
        large = iter(struct.unpack(f"<{count}{letter}", together))
        return [int(next(large)) if value == -128 else value for value in small]

    def delta(self) -> list[int]:
        return list(accumulate(self.plain()))

    def shifted(self, expected: Iterable[int]) -> list[int]:
        return [a + b for a, b in zip(self.plain(), expected, strict=False)]

    def indexed(self) -> list[int]:
        table = self.delta()
        return [table[place] for place in self.plain()]

    def lines(self, templates: Sequence[str]) -> str:
        rows, numbers = self.plain(), iter(self.plain())
        names: dict[str, int] = {}
        last: list[int] = []
        holes = [_contexts(template.split("\0")[:-1], names, last) for template in templates]
        lines: list[str] = []
        for row in rows:
            first, *pieces = templates[row].split("\0")
            for context, piece in zip(holes[row], pieces, strict=True):
                last[context] += next(numbers)
                first += f"{last[context]}{piece}"
            lines.append(first)
        return "\n".join(lines)

    def lists(self) -> list[list[int]]:
        counts, flat = self.plain(), self.delta()
        ends = list(accumulate(counts))
        return [flat[end - count : end] for count, end in zip(counts, ends, strict=True)]

    def shared(self) -> tuple[list[int], list[int]]:
        table = self.lists()
        rows = [table[place] for place in self.plain()]
        return [len(row) for row in rows], [value for row in rows for value in row]

    def named(self, *columns: tuple[str, Callable[["_Reader"], list[int]]]) -> dict[str, list[int]]:
        return {name: read(self) for name, read in columns}


_P, _D, _I = _Reader.plain, _Reader.delta, _Reader.indexed


def _program(head: dict[str, Any], r: _Reader) -> dict[str, Any]:
    strings = _strings(head["strings"], r)
    regions = _regions(head["regions"], r)
    values = r.named(("name", _D), ("type", _P), ("kind", _P))
    equations = _equations(r)
    spans = r.named(("file", _I), ("function", _I), ("line", _D), ("column", _P))
    spans["end_line"] = r.shifted(spans["line"])
    spans["end_column"] = r.shifted(spans["column"])
    frames = {"span": r.indexed(), "caller": r.shifted(range(10**9)), "library": r.plain()}
    groups = {"parent": r.shifted(range(10**9)), "kind": r.plain(), "name": r.indexed()}
    groups |= r.named(("region", _D), ("span", _I), ("leaf", _D), ("order", _D))
    wire = {
        **head,
        "strings": strings,
        "regions": regions,
        "values": values,
        "equations": equations,
        "spans": spans,
        "frames": frames,
        "groups": groups,
    }
    return {**wire, "stages": [_stage(stage, wire, r) for stage in head["stages"]]}


def _strings(others: Sequence[str], r: _Reader) -> list[str]:
    from jaxplore.capture.programs.valuetable import letters

    (count,), places, rest, named = r.plain(), set(r.delta()), iter(others), iter(range(10**9))
    return [next(rest) if p in places else letters(next(named)) for p in range(count)]


def _regions(head: dict[str, Any], r: _Reader) -> list[dict[str, Any]]:
    names = [head["names"][place] for place in r.plain()]
    kinds = [head["kinds"][place] for place in r.plain()]
    columns = [names, kinds, r.delta(), r.indexed(), r.lists(), r.lists(), r.lists()]
    parts = ("name", "kind", "equation", "runs", "inputs", "constants", "outputs")
    return [dict(zip(parts, row, strict=True)) for row in zip(*columns, strict=True)]


def _equations(r: _Reader) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for name in ("primitive", "scope", "parameters", "meaning", "flops", "bytes", "span"):
        rows[name] = r.indexed()
    rows |= r.named(("phase", _P), ("region", _D), ("frame", _D))
    rows |= r.named(("input_count", _P), ("output_count", _P), ("outputs", _D))
    firsts: list[int] = []
    first = at = 0
    for inputs, outputs in zip(rows["input_count"], rows["output_count"], strict=True):
        first = rows["outputs"][at] if outputs else first
        at += outputs
        firsts += [first] * inputs
    rows["inputs"] = r.shifted(firsts)
    return rows


def _stage(head: dict[str, Any], wire: dict[str, Any], r: _Reader) -> dict[str, Any]:
    if head.get("written"):
        return jaxpr_stage(wire)
    text = head["text"] if head["lines"] is None else r.lines(head["lines"])
    first = r.delta()
    last = r.shifted(first)
    equation_count, equations = r.shared()
    span_count, spans = r.shared()
    return {
        "name": head["name"],
        "text": text,
        "error": head["error"],
        "first_line": first,
        "last_line": last,
        "equation_count": equation_count,
        "equations": equations,
        "span_count": span_count,
        "spans": spans,
    }
