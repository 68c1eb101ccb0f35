"""A derivation as text and as HTML without script: forward, linearised, transposed, removed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from jaxplore.model.derivation import Derivation, RuleEquation, Step
from jaxplore.views.columns import columns
from jaxplore.views.mode import deterministic
from jaxplore.views.units import counted, cut, size

_EXPRESSION: Final = 32
_FORMULA: Final = 48
_OWN_RULE: Final = "by a rule of its own"


@dataclass(frozen=True, slots=True)
class _Table:
    """One part of the derivation."""

    title: str
    head: tuple[str, ...]
    rows: list[list[str]]


def text(record: Derivation) -> str:
    """All parts as aligned columns."""
    tables = [
        f"{table.title}\n{columns(table.head, table.rows, numbers=('',))}"
        for table in _tables(record)
    ]
    parts = [summary(record), *tables]
    removed = _removed(record)
    return "\n\n".join([*parts, *([removed] if removed else [])])


def summary(record: Derivation) -> str:
    """One line, and a second one where not all is shown."""
    by = ", ".join(record.wrt[:4]) + (", …" if len(record.wrt) > 4 else "")
    changing = sum(step.has_derivative for step in record.steps)
    said = (
        f"derivation of {record.name} by {by}: {counted(record.equations, 'equation')}, "
        f"{changing:,} with a derivative"
    )
    more = record.equations - len(record.steps)
    if more > 0:
        said += f"\nshown are the first {len(record.steps):,}: {more:,} more follow"
    return said


def _tables(record: Derivation) -> Iterator[_Table]:
    yield _Table(
        "1. forward: each equation, and how a change goes through it (jvp); da is the change of a",
        ("", "expression", "equation", "change", "rule"),
        [
            [
                str(step.number),
                "" if step.span is None else step.span.quoted(_EXPRESSION),
                cut(step.equation, _FORMULA),
                cut(_change(step), _FORMULA),
                step.words,
            ]
            for step in record.steps
        ],
    )
    changing = [step for step in record.steps if step.leads_to_result]
    yield _Table(
        "2. linearised: what is known is computed on the way forward and kept; the changes are "
        "left,\n   and in each equation they are only added and multiplied by what is known",
        ("", "known", "linear"),
        [
            [
                str(step.number),
                cut(", ".join(step.keeps), _FORMULA),
                cut(step.linear or _OWN_RULE, _FORMULA),
            ]
            for step in changing
        ],
    )
    yield _Table(
        "3. transposed: the same equations from the last to the first; ga is the gradient by a",
        ("", "gradient", "uses"),
        [*_starts(record), *(row for step in record.back for row in _back(step))],
    )
    if not deterministic():
        yield _Table(
            "4. what JAX's own rules wrote",
            ("", "part", "equation"),
            [row for step in record.steps for row in _written(step)],
        )


def _change(step: Step) -> str:
    if step.has_derivative:
        return step.tangent or _OWN_RULE
    return ""


def _starts(record: Derivation) -> list[list[str]]:
    if record.equations > len(record.steps):
        return []
    ones = "1" if record.is_scalar else "ones"
    return [["", f"{_g(name)} = {ones}", "it starts here"] for name in record.results[:5]]


def _back(step: Step) -> Iterator[list[str]]:
    for one in step.contributions:
        sign = "=" if one.number == 1 else "+="
        note = ""
        if one.of > 1:
            note = f"{one.number} of {one.of} uses of {one.to}"
            note += ": all are added" if one.number == one.of else ""
        formula = f"{_g(one.to)} {sign} {one.text or _OWN_RULE}"
        yield [str(step.number), cut(formula, _FORMULA), note]


def _g(name: str) -> str:
    return f"g{name}" if name.isidentifier() else f"g({name})"


_PARTS: Final = {"known": "forward", "linear": "jvp", "transposed": "back"}


def _written(step: Step) -> Iterator[list[str]]:
    """JAX's equations: of its jvp what is linear, then what it keeps, then the way back."""
    number = str(step.number)
    for part, equation in _equations(step):
        yield [number, part, equation]
        number = ""


def _equations(step: Step) -> Iterator[tuple[str, str]]:
    for one in step.jvp:
        yield _PARTS[one.part], one.text
    for kept in step.kept:
        yield "kept", f"{kept.made_by or kept.name}: {kept.type}, {size(kept.size_bytes)}"
    for one in _transposed(step.vjp):
        yield _PARTS[one.part], one.text


def _transposed(equations: Sequence[RuleEquation]) -> list[RuleEquation]:
    return [one for one in equations if one.part == "transposed"]


def _removed(record: Derivation) -> str:
    """What dead-code elimination takes out of the gradient."""
    if record.equations > len(record.steps):
        return ""
    lines = [
        f"{step.number}: {cut(step.equation, _FORMULA)}: "
        + ("only the value needs it" if step.has_derivative else "nothing in the gradient reads it")
        for step in record.removed
    ]
    lines += [
        f"{step.number}: {cut(step.linear or step.equation, _FORMULA)}: leads to no result"
        for step in record.steps
        if step.has_derivative and not step.leads_to_result
    ]
    if not lines:
        return ""
    number = 4 if deterministic() else 5
    head = f"{number}. removed as dead code, when the gradient alone is asked for"
    return "\n".join([head, *(f"  {line}" for line in lines)])


_STYLE: Final = (
    ".jxp-steps{font:12px var(--jp-content-font-family,system-ui,sans-serif);margin:2px 0}"
    ".jxp-steps table{border-collapse:collapse;margin:2px 0 10px;color:inherit;font-size:12px}"
    ".jxp-steps :is(th,td){text-align:left!important;"
    "vertical-align:top;padding:2px 12px 2px 0;border:0;"
    "background:none}"
    ".jxp-steps th{font-weight:600;border-bottom:1px solid currentColor}"
    ".jxp-steps td{font-family:var(--jp-code-font-family,ui-monospace,monospace);"
    "white-space:pre-wrap;overflow-wrap:anywhere}"
    ".jxp-steps td:last-child:not(:nth-child(3)){font-family:inherit}"
    ".jxp-steps summary{cursor:pointer}"
)


def html(record: Derivation) -> str:
    """The same parts as tables; JAX's equations are folded. All text is escaped."""
    parts = [f"<div><b>{escape(summary(record))}</b></div>"]
    for table in _tables(record):
        made = _html_table(table)
        if table.head[1] == "part":
            made = f"<details><summary>{escape(table.title)}</summary>{made}</details>"
        else:
            made = f"<div>{escape(table.title)}</div>{made}"
        parts.append(made)
    removed = _removed(record)
    if removed:
        parts.append(f"<pre>{escape(removed)}</pre>")
    return f'<div class="jxp-steps"><style>{_STYLE}</style>{"".join(parts)}</div>'


def _html_table(table: _Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
