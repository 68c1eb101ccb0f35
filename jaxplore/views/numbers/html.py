"""The numbers inside a run as HTML without script: a table of expressions, each with a bar.

The bar says how far the largest number is from 1, in powers of ten: to the left the small,
to the right the large. It is told by its side as well as by its colour.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from jaxplore.advise.numbers.badnumbers import BadNumber, causes
from jaxplore.advise.numbers.badwords import counted, number
from jaxplore.model.numerics import Input, Numerics, NumericsRow
from jaxplore.views.htmlparts import lettering, themed, with_code
from jaxplore.views.mode import deterministic
from jaxplore.views.numbers.lines import Line, lines
from jaxplore.views.numbers.text import advice, ranged, verdict
from jaxplore.views.units import cut

MOST_ROWS: Final = 200
_MOST_EQUATIONS: Final = 20
_BAR: Final = 120
"""Pixels of the whole scale."""

_LIGHT: Final = (
    "--jxp-nu-small:#0072b2;--jxp-nu-large:#c24f00;--jxp-nu-bad:#b00020;--jxp-nu-line:#5c6b7f40"
)
_DARK: Final = (
    "--jxp-nu-small:#56b4e9;--jxp-nu-large:#e69f00;--jxp-nu-bad:#ff8a80;--jxp-nu-line:#8b97a655"
)
_ROOT: Final = ".jxp-numbers"
_STYLE: Final = (
    themed(_ROOT, _LIGHT, _DARK)
    + lettering(_ROOT)
    + f"{_ROOT} table{{border-collapse:collapse;margin:6px 0;font-size:12px}}"
    f"{_ROOT} :is(th,td){{text-align:left!important;vertical-align:top;padding:2px 10px 2px 0;"
    "border:0;background:none;white-space:nowrap}"
    f"{_ROOT} th{{font-weight:600;border-bottom:1px solid var(--jxp-nu-line)}}"
    f"{_ROOT} tr.f td{{border-top:1px solid var(--jxp-nu-line)}}"
    f"{_ROOT} .n{{text-align:right!important;font-variant-numeric:tabular-nums}}"
    f"{_ROOT} .x{{white-space:normal;overflow-wrap:anywhere;min-width:12em;max-width:36em}}"
    f"{_ROOT} .b{{color:var(--jxp-nu-bad);font-weight:600}}"
    f"{_ROOT} tr.m td{{border:solid var(--jxp-nu-bad);border-width:2px 0}}"
    f"{_ROOT} .why{{border-left:3px solid var(--jxp-nu-bad);padding-left:8px;margin:4px 0;"
    "overflow-wrap:anywhere}"
    f"{_ROOT} .s{{position:relative;display:block;height:10px;margin-top:3px;width:{_BAR}px;"
    "background:linear-gradient(var(--jxp-nu-line),var(--jxp-nu-line)) center/100% 1px no-repeat}"
    f"{_ROOT} .s i{{position:absolute;top:0;height:10px;min-width:2px;border-radius:2px}}"
    f"{_ROOT} .s .lo{{background:var(--jxp-nu-small)}}"
    f"{_ROOT} .s .hi{{background:var(--jxp-nu-large)}}"
    f"{_ROOT} .s .one{{width:1px;min-width:1px;top:-2px;height:14px;background:currentColor;"
    "opacity:.5;border-radius:0}"
    f"{_ROOT} details>summary{{cursor:pointer;opacity:.75}}"
    f"{_ROOT} .x details{{display:inline-block;margin-left:10px;vertical-align:top}}"
)


def html(record: Numerics) -> str:
    """The verdict, why and what to do, what went in, and all expressions. All text is escaped."""
    known = lines(record)
    said = "".join(_cause(cause) for cause in causes(record))
    bad = record.first_bad
    inputs = "" if bad is None or not bad.inputs else _inputs(bad.inputs)
    return (
        f'<div class="jxp-numbers jaxplore-numerics"><style>{_STYLE}</style>'
        f"<div><b>{with_code(verdict(record, known))}</b></div>{said}{inputs}"
        f"{_table(known, record)}</div>"
    )


def _cause(cause: BadNumber) -> str:
    return (
        f'<div class="why"><b>{escape(cause.id)}</b> {with_code(cause.explanation)}'
        f"<div>{with_code(advice(cause))}</div></div>"
    )


def _inputs(given: Sequence[Input]) -> str:
    rows = "".join(
        f'<tr><td class="x"><code>{escape(cut(one.name, 80))}</code></td>'
        f"<td>{escape(one.type)}</td><td>{escape(ranged(one.range))}</td></tr>"
        for one in given
    )
    return (
        "<details><summary>what went in</summary><table><thead><tr><th>value</th><th>type</th>"
        f"<th>numbers</th></tr></thead><tbody>{rows}</tbody></table></details>"
    )


@dataclass(frozen=True, slots=True)
class Scale:
    """Powers of ten on both sides of 1, to pixels."""

    low: int
    high: int

    @classmethod
    def of(cls, known: Sequence[Line]) -> "Scale":
        """The scale that all lines fit on."""
        powers = [math.log10(line.magnitude) for line in known if line.magnitude]
        return cls(
            low=min(-1, math.floor(min(powers, default=0))),
            high=max(1, math.ceil(max(powers, default=0))),
        )

    def at(self, magnitude: float) -> float:
        """Pixels from the left."""
        return _BAR * (math.log10(magnitude) - self.low) / (self.high - self.low)

    def __str__(self) -> str:
        return f"1e{self.low} … 1e{self.high}"


def _table(known: Sequence[Line], record: Numerics) -> str:
    if not known:
        return "<div>no floating numbers</div>"
    shown, scale = known[:MOST_ROWS], Scale.of(known[:MOST_ROWS])
    has_saturated = any(line.saturated is not None for line in shown)
    head = (
        "<th>line</th><th>expression</th><th>pass</th>"
        f'<th title="the largest number, on a scale of powers of ten">largest, {scale}</th>'
        + "".join(f'<th class="n">{name}</th>' for name in ("from", "to", "NaN", "Inf", "zeros"))
        + ('<th class="n">saturated</th>' if has_saturated else "")
    )
    rows, place = list[str](), ""
    for line in shown:
        here = "" if line.span is None else line.span.place
        rows.append(_row(line, scale, record, here, is_new=here != place, more=has_saturated))
        place = here
    rest = len(known) - len(shown)
    note = f"<div>and {rest:,} more expressions: <code>.rows</code> has all</div>" if rest else ""
    return (
        '<div style="overflow-x:auto"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>{note}"
    )


def _row(
    line: Line, scale: Scale, record: Numerics, place: str, *, is_new: bool, more: bool
) -> str:
    kind = "m" if line.is_first_bad else "f" if is_new else ""
    mark = '<span class="b">first bad number:</span> ' if line.is_first_bad else ""
    numbers = (
        f'<td class="n">{number(line.minimum)}</td><td class="n">{number(line.maximum)}</td>'
        f"{_count(line.nan, is_bad=True)}{_count(line.inf, is_bad=True)}{_zeros(line)}"
    )
    if more:
        numbers += f'<td class="n">{_share(line.saturated)}</td>'
    return (
        f"<tr{f' class={kind}' if kind else ''}>"
        f"<td>{escape(place) if is_new or line.is_first_bad else ''}</td>"
        f'<td class="x">{mark}<code>{escape(line.expression)}</code>{_equations(line, record)}</td>'
        f"<td>{line.phase}</td><td>{_bar(line, scale)}</td>{numbers}</tr>"
    )


def _bar(line: Line, scale: Scale) -> str:
    if not line.magnitude:
        said = counted(line.nan, line.inf) if line.is_bad else "all zero"
        return f'<span class="b">{said}</span>' if line.is_bad else said
    one, here = scale.at(1.0), scale.at(line.magnitude)
    side = "lo" if here < one else "hi"
    left, width = min(one, here), abs(here - one)
    said = f"the largest is {number(line.magnitude)}"
    return (
        f'<span class="s" title="{said}"><i class="{side}" style="left:{left:.0f}px;'
        f'width:{width:.0f}px"></i><i class="one" style="left:{one:.0f}px"></i></span>'
    )


def _count(count: int, *, is_bad: bool = False) -> str:
    return f'<td class="n{" b" if is_bad and count else ""}">{f"{count:,}" if count else ""}</td>'


def _zeros(line: Line) -> str:
    if not line.zero:
        return '<td class="n"></td>'
    return f'<td class="n">{line.zero:,} of {line.size:,}</td>'


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}".replace("%", " %")


def _equations(line: Line, record: Numerics) -> str:
    """The equations of an expression, folded: which they are depends on JAX's version."""
    if len(line.rows) < 2 or deterministic():
        return ""
    rows = "".join(_equation(row, record) for row in line.rows[:_MOST_EQUATIONS])
    rest = len(line.rows) - _MOST_EQUATIONS
    note = f"<div>and {rest:,} more</div>" if rest > 0 else ""
    head = "".join(f'<th class="n">{name}</th>' for name in ("from", "to", "NaN", "Inf"))
    return (
        f"<details><summary>{len(line.rows):,} equations</summary><table><thead><tr><th>does</th>"
        f"{head}</tr></thead><tbody>{rows}</tbody></table>{note}</details>"
    )


def _equation(row: NumericsRow, record: Numerics) -> str:
    primitive = record.program.equations[row.equation].primitive
    first = row.first_bad_iteration
    when = "" if first is None else f", first bad in iteration {first:,}"
    return (
        f'<tr><td>{escape(primitive)}{when}</td><td class="n">{number(row.minimum)}</td>'
        f'<td class="n">{number(row.maximum)}</td>{_count(row.nan, is_bad=True)}'
        f"{_count(row.inf, is_bad=True)}</tr>"
    )
