"""Timings as text and as HTML: the words of the record, and every run as a dot to scale.

With `times=False` nothing is shown that differs between two runs of the same code.
"""

from collections.abc import Iterable
from html import escape

from jaxplore.model.timing import Comparison, Timing, duration
from jaxplore.views import picture

Timed = Timing | Comparison

_STYLE = (
    "font-family:var(--jp-content-font-family,system-ui,sans-serif);font-size:12px;margin:2px 0"
)
_PRE = (
    "font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:12px;margin:0;"
    # A page's own style may break lines within words.
    "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere;background:none;color:inherit"
)


def text(record: Timed, *, times: bool = True, precision: int = 3) -> str:
    """A timing or a comparison for a reader."""
    if times:
        return record.text(precision=precision)
    if isinstance(record, Comparison):
        return f"A  {_untimed(record.first)}\nB  {_untimed(record.second)}"
    return _untimed(record)


def _untimed(timing: Timing) -> str:
    # Which operations JAX compiles outside jit depends on what the process did before.
    compiled = _functions(row.function for row in timing.compiles if not row.is_operation)
    again = _functions(row.function for row in timing.recompiles if not row.is_operation)
    said = f"{timing.function}: timed"
    if compiled:
        said += f"; the first call compiled {compiled}"
    return f"{said}; warning: the runs compiled {again}" if again else said


def _functions(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def html(record: Timed, *, times: bool = True, precision: int = 3) -> str:
    """The text, and the runs on a scale from zero. Needs no script; all text is escaped."""
    said = f'<pre style="{_PRE}">{escape(text(record, times=times, precision=precision))}</pre>'
    strip = ""
    if times:
        rows = [record] if isinstance(record, Timing) else [record.first, record.second]
        strip = _strip(rows, precision)
    return f'<div class="jaxplore-timing" style="{_STYLE}">{said}{strip}</div>'


_WIDTH, _ROW, _LEFT, _RIGHT = 480, 18, 18, 70


def _strip(rows: list[Timing], precision: int) -> str:
    """One line per call: its runs as dots, the middle half as a bar, the median as a mark."""
    longest = max(max(timing.runs) for timing in rows)
    if len(rows) == 1 and len(rows[0].runs) == 1:
        return ""
    space = _WIDTH - _LEFT - _RIGHT

    def at(seconds: float) -> str:
        return f"{_LEFT + space * seconds / longest:.1f}" if longest else str(_LEFT)

    parts, places = list[str](), list[picture.Place]()
    for index, timing in enumerate(rows):
        middle = index * _ROW + _ROW // 2
        low, high = (float(at(seconds)) for seconds in timing.quartiles)
        if len(rows) > 1:
            parts.append(f'<text x="0" y="{middle + 4}">{"AB"[index]}</text>')
        parts.append(
            f'<line x1="{_LEFT}" y1="{middle}" x2="{_WIDTH - _RIGHT}" y2="{middle}" '
            f'stroke="{picture.QUIET}" stroke-opacity=".4"/>'
            f'<rect x="{low:.1f}" y="{middle - 5}" width="{max(high - low, 1):.1f}" height="10" '
            'fill-opacity=".3"/>'
        )
        parts += [
            f'<circle cx="{at(seconds)}" cy="{middle}" r="2.5" fill-opacity=".7"/>'
            for seconds in timing.runs
        ]
        for seconds in timing.runs:
            x = float(at(seconds))
            said = duration(seconds, precision)
            places.append((x - 3, middle - 6, x + 3, middle + 6, said))
        mark = at(timing.run_s)
        parts.append(
            f'<line x1="{mark}" y1="{middle - 7}" x2="{mark}" y2="{middle + 7}" '
            f'stroke="{picture.STRONG}" stroke-width="2"/>'
        )
    bottom = len(rows) * _ROW + 11
    parts.append(
        f'<text x="{_LEFT}" y="{bottom}" text-anchor="middle">0</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="{bottom}" text-anchor="middle">'
        f"{duration(longest, precision)}</text>"
    )
    medians = ", ".join(duration(timing.run_s, precision) for timing in rows)
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{bottom + 4}" '
        f'viewBox="0 0 {_WIDTH} {bottom + 4}" font-family="system-ui,sans-serif" font-size="10" '
        f'fill="{picture.QUIET}">{"".join(parts)}</svg>'
    )
    said = f"runs on a scale from zero; median {medians}"
    return picture.img(drawn, said=said, width=_WIDTH, height=bottom + 4, places=places)
