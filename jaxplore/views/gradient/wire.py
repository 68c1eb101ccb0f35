"""A gradient on its way to the browser: its rows as columns, its words in one table.

`extension/src/wire/gradient.ts` reads what is written here.
"""

import base64
import gzip
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from jaxplore.model.gradient import Gradient
from jaxplore.model.mirror.build import mirror as mirror_of
from jaxplore.model.mirror.mirror import ROW_KINDS, Mirror
from jaxplore.model.mirror.shown import first_open
from jaxplore.model.program import Program
from jaxplore.model.span import Span
from jaxplore.views.gradient import words
from jaxplore.views.pages import page

GRADIENT_FORMAT: Final = "jaxplore.gradient/1"
# What a page shows at first: a notebook's cell scrolls.
_OPEN_ROWS: Final = 60
# Above this many characters it travels packed; a smaller one can be read by people.
_PLAIN: Final = 20_000
_EQUATIONS: Final = 12
"""Equations of a row that are written out."""
_RESIDUALS: Final = 2_000


def payload(gradient: Gradient, *, with_program: bool) -> dict[str, Any]:
    """What the browser gets.

    Args:
        gradient: To show.
        with_program: Whether the page can show the whole program, too.
    """
    data = _Writer(gradient, mirror_of(gradient)).written()
    head: dict[str, Any] = {"format": page.VIEW_FORMAT, "view": "gradient"}
    if with_program:
        head["program"] = page.payload(gradient.program)
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    if len(text) <= _PLAIN:
        return {**head, "gradient": data}
    packed = gzip.compress(text.encode(), 7, mtime=0)
    return {**head, "packed": base64.b64encode(packed).decode("ascii")}


class _Writer:
    def __init__(self, gradient: Gradient, mirror: Mirror) -> None:
        self._gradient = gradient
        self._mirror = mirror
        self._strings: dict[str, int] = {}
        self._spans: dict[Span, int] = {}

    def written(self) -> dict[str, Any]:
        gradient, mirror = self._gradient, self._mirror
        kept = gradient.residuals[:_RESIDUALS]
        edges = [edge for edge in mirror.edges if edge.residual < len(kept)]
        data: dict[str, Any] = {
            "format": GRADIENT_FORMAT,
            "name": gradient.name,
            "summary": words.summary(gradient),
            "value": words.number(gradient.value),
            "residual_bytes": gradient.residual_bytes,
            "rows": self._rows(),
            "edges": {
                "source": [edge.source for edge in edges],
                "target": [edge.target for edge in edges],
                "residual": [edge.residual for edge in edges],
            },
            "residuals": [
                {
                    "name": one.name,
                    "type": one.type,
                    "size_bytes": one.size_bytes,
                    "kind": one.kind,
                    "times": one.times,
                    "readers": len(one.readers),
                    "span": self._span(one.span),
                }
                for one in kept
            ],
            "more_residuals": len(gradient.residuals) - len(kept),
            "stops": [{**stop.to_json(), "span": self._span(stop.span)} for stop in gradient.stops],
            "layers": [
                {name: _finite(value) for name, value in layer.to_json().items()}
                for layer in gradient.layers
            ],
            "inputs": [
                {
                    "path": leaf.path,
                    "norm": _finite(leaf.norm),
                    "value_norm": _finite(leaf.value_norm),
                    "is_reached": leaf.is_reached,
                }
                for leaf in gradient.inputs
            ],
            "sources": [source.to_json() for source in gradient.program.sources],
            "open": sorted(first_open(mirror, _OPEN_ROWS)),
        }
        return {**data, **self._tables()}

    def _rows(self) -> dict[str, list[Any]]:
        gradient, mirror = self._gradient, self._mirror
        rows = mirror.rows
        said = [words.right(gradient, mirror, i, operations=True) for i in range(len(rows))]
        forward, backward = gradient.forward, gradient.backward
        return {
            "kind": [ROW_KINDS.index(row.kind) for row in rows],
            "name": self._texts(row.name for row in rows),
            "type": self._texts(row.type for row in rows),
            "said": self._texts(said),
            "forward": self._texts(_equations(forward, row.forward) for row in rows),
            "backward": self._texts(_equations(backward, row.backward) for row in rows),
            "parent": [-1 if row.parent is None else row.parent for row in rows],
            "end": [row.end for row in rows],
            "times": [-1 if row.times is None else row.times for row in rows],
            "span": [self._span(row.span) for row in rows],
            "norm": [_finite(row.norm) for row in rows],
            "recomputed": [row.recomputed for row in rows],
            "has_gradient": [int(row.has_gradient) for row in rows],
            "stops": [list(row.stops) for row in rows],
        }

    def _texts(self, texts: Iterable[str]) -> list[int]:
        return [self._strings.setdefault(text, len(self._strings)) for text in texts]

    def _span(self, span: Span | None) -> int:
        return -1 if span is None else self._spans.setdefault(span, len(self._spans))

    def _tables(self) -> dict[str, Any]:
        names = ("line", "column", "end_line", "end_column")
        spans: dict[str, list[int]] = {
            name: [getattr(span, name) for span in self._spans] for name in names
        }
        spans["file"] = self._texts(span.file for span in self._spans)
        return {"spans": spans, "strings": list(self._strings)}


def _equations(program: Program, indices: Sequence[int]) -> str:
    """What runs, an equation per line."""
    lines: list[str] = []
    for index in indices[:_EQUATIONS]:
        equation = program.equations[index]
        reads = ", ".join(program.values[v].type_text for v in equation.inputs[:4])
        made = ", ".join(program.values[v].type_text for v in equation.outputs[:2])
        lines.append(f"{equation.primitive}({reads}) → {made}")
    if len(indices) > _EQUATIONS:
        lines.append(f"… {len(indices) - _EQUATIONS:,} more")
    return "\n".join(lines)


def _finite(value: Any) -> Any:
    """JSON has no NaN and no Inf: as JavaScript's `Number` reads them."""
    if not isinstance(value, float):
        return value
    if value != value:
        return "NaN"
    return ("Infinity" if value > 0 else "-Infinity") if value in (_INF, -_INF) else value


_INF: Final = float("inf")
