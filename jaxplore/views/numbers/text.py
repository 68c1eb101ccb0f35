"""The numbers inside a run, as text and as HTML without script: where the first bad one was
made, why, what to do, and the numbers of each expression.

In deterministic mode nothing is shown that depends on JAX's version: no equations.
"""

from collections.abc import Sequence
from typing import Final

from jaxplore.advise.numbers.badnumbers import BadNumber, causes
from jaxplore.advise.numbers.badpoints import is_of_derivative
from jaxplore.advise.numbers.badwords import counted, number
from jaxplore.advise.numbers.numberflow import NumberFlow
from jaxplore.model.numerics import FirstBad, Input, Numerics, Range
from jaxplore.model.span import Span
from jaxplore.views.columns import columns
from jaxplore.views.mode import deterministic
from jaxplore.views.numbers.lines import FOREIGN, Line, lines
from jaxplore.views.units import cut

_MOST_LINES: Final = 8
_WIDEST: Final = 44
_QUOTED: Final = 80
_MOST_INPUTS: Final = 3

NUMBERS: Final = ("smallest", "largest", "NaN", "Inf", "zeros", "numbers")
"""Columns that stand to the right."""


def text(record: Numerics) -> str:
    """The verdict, what to do, and the numbers of the expressions that say most."""
    known = lines(record)
    said = [verdict(record, known)]
    for cause in causes(record):
        said += [f"{cause.id} {cause.explanation}", f"    {advice(cause)}"]
    return "\n".join([*said, "", *_table(known)])


def advice(cause: BadNumber) -> str:
    """What to do, and where."""
    at = "" if cause.span is None else f"{cause.span.place}: "
    return at + cause.advice


def verdict(record: Numerics, known: Sequence[Line]) -> str:
    """In one line, whether the numbers are finite, and where the first was made that is not."""
    bad = record.first_bad
    if bad is not None:
        return f"{record.program.name}: {_made(record, bad)}"
    if record.bad_arguments:
        names = ", ".join(f"`{one.name}`" for one in record.bad_arguments)
        return f"{record.program.name}: no NaN or Inf was made here; what is bad came with {names}"
    largest = [line.magnitude for line in known if line.magnitude]
    if any(line.is_bad for line in known):
        return f"{record.program.name}: no NaN or Inf was made here; some were written in the code"
    if not largest:
        return f"{record.program.name}: all numbers are finite"
    low, high = number(min(largest)), number(max(largest))
    return (
        f"{record.program.name}: all numbers are finite; the largest of each expression "
        f"{f'is {low}' if low == high else f'lies between {low} and {high}'}"
    )


def _made(record: Numerics, bad: FirstBad) -> str:
    name = "NaN" if bad.nan else "Inf"
    maker = FOREIGN if bad.span is None else quoted(bad.span)
    if is_of_derivative(NumberFlow(record.program), bad):
        maker = f"the derivative of {maker}"
    parts = [f"first {name} made by {maker}"]
    if bad.span is not None:
        parts[0] += f", {bad.span.place}"
    if bad.phase == "backward":
        parts[0] += ", backward"
    if bad.iterations:
        parts[0] += f", iteration {' of '.join(f'{one:,}' for one in reversed(bad.iterations))}"
    primitive = record.program.equations[bad.equation].primitive
    read = _read(bad)
    if read:
        parts.append(f": {'it' if deterministic() else primitive} read {read}")
    if not bad.reaches_result:
        parts.append("; no result is bad because of it")
    return "".join(parts)


def quoted(span: Span) -> str:
    """The expression as code, or its place where the text is not to be had."""
    return f"`{span.quoted(_QUOTED)}`" if span.text else "an expression"


def _read(bad: FirstBad) -> str:
    """What went in, the numbers of the program's own text left out."""
    given = [one for one in bad.inputs if one.range.size and not _is_literal(one)]
    # A square reads the same twice.
    return " and ".join(dict.fromkeys(_named(one) for one in given[:_MOST_INPUTS]))


def _named(one: Input) -> str:
    name = cut(" ".join(one.name.split()), 40)
    # What a loop began with is no name for what it carries later.
    shown = "a number" if one.range.size == 1 else "numbers"
    return f"{f'`{name}`' if name and not _is_number(name) else shown} = {ranged(one.range)}"


def _is_literal(one: Input) -> bool:
    if not _is_number(one.name):
        return False
    # Of complex numbers neither is known.
    return one.range.minimum == one.range.maximum in (complex(one.name), None)


def _is_number(name: str) -> bool:
    try:
        complex(name)
    except ValueError:
        return False
    return True


def ranged(given: Range) -> str:
    """A range in words.

    >>> ranged(Range(minimum=0.0, maximum=2.5, norm=3.0, nan=0, inf=0, zero=1, size=8))
    '[0, 2.5], 1 of 8 is zero'
    """
    if given.size == 1:
        only = given.minimum if given.nan == 0 else float("nan")
        return number(only)
    is_complex = given.minimum is None and given.nan < given.size
    said = f"[{number(given.minimum)}, {number(given.maximum)}]"
    said = f"norm {number(given.norm)}" if is_complex else said
    if given.zero == given.size:
        return f"all {given.size:,} zero"
    if given.zero:
        said += f", {given.zero:,} of {given.size:,} {'is' if given.zero == 1 else 'are'} zero"
    if given.nan or given.inf:
        said += f", {counted(given.nan, given.inf)}"
    return said


def _table(known: Sequence[Line]) -> list[str]:
    shown = worst(known)
    if not shown:
        return ["no floating numbers"]
    head = ("line", "expression", "pass", *NUMBERS)
    rows = [cells(line) for line in shown]
    rows = [[row[0], cut(row[1], _WIDEST), *row[2:]] for row in rows]
    table = columns(head, rows, numbers=NUMBERS).split("\n")
    rest = len(known) - len(shown)
    return [*table, f"and {rest:,} more expression{'' if rest == 1 else 's'}"] if rest else table


def worst(known: Sequence[Line]) -> list[Line]:
    """The lines that say most, in their order: the first bad ones, or the largest numbers."""
    bad = [index for index, line in enumerate(known) if line.is_bad or line.is_first_bad]
    rest = sorted(
        (index for index in range(len(known)) if index not in set(bad)),
        key=lambda index: -known[index].magnitude,
    )
    return [known[index] for index in sorted([*bad, *rest][:_MOST_LINES])]


def cells(line: Line) -> list[str]:
    """A line of a table: place, expression, direction, and its numbers."""
    return [
        "" if line.span is None else line.span.place,
        ("> " if line.is_first_bad else "") + line.expression,
        line.phase,
        number(line.minimum),
        number(line.maximum),
        f"{line.nan:,}" if line.nan else "",
        f"{line.inf:,}" if line.inf else "",
        f"{line.zero:,}" if line.zero else "",
        f"{line.size:,}",
    ]
