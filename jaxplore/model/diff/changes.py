"""What differs between two equations that correspond, in a few words each."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from jaxplore.model.diff.tokens import Side
from jaxplore.model.diff.whole import full_type
from jaxplore.model.program import Program


def changes_of(
    before: Side, number: int, after: Side, other: int, pairs: Mapping[int, int]
) -> tuple[str, ...]:
    """What differs: types, parameters, literals, what is read, scope.

    `pairs` says which values correspond: value before -> value after.
    """
    one, two = before.program.equations[number], after.program.equations[other]
    types = tuple(_types(before.program, one.outputs, after.program, two.outputs))
    found = [*types, *_reads(before, one.inputs, after, two.inputs, pairs, types=not types)]
    if one.parameters != two.parameters:
        found += _parameters(one.parameters, two.parameters)
    if one.scope != two.scope:
        was, now = ("/".join(scope) or "none" for scope in (one.scope, two.scope))
        found.append(f"scope {was} -> {now}")
    return tuple(dict.fromkeys(found))


def _types(
    before: Program, outputs: tuple[int, ...], after: Program, others: tuple[int, ...]
) -> Iterator[str]:
    if len(outputs) != len(others):
        yield f"{len(outputs)} results -> {len(others)} results"
    for value, other in zip(outputs, others, strict=False):
        one, two = before.values[value], after.values[other]
        was, now = full_type(one), full_type(two)
        if was != now:
            yield f"{was} -> {now}"
        if one.sharding != two.sharding:
            yield f"sharding {one.sharding or 'none'} -> {two.sharding or 'none'}"


def _reads(
    before: Side,
    inputs: tuple[int, ...],
    after: Side,
    others: tuple[int, ...],
    pairs: Mapping[int, int],
    *,
    types: bool,
) -> Iterator[str]:
    """Inputs that do not correspond; where the results have the same types, also inputs whose
    types differ."""
    if len(inputs) != len(others):
        yield f"{len(inputs)} inputs -> {len(others)} inputs"
    for value, other in zip(inputs, others, strict=False):
        one, two = before.program.values[value], after.program.values[other]
        literal = "literal" in (one.kind, two.kind)
        if literal:
            alike = one.kind == two.kind and _same_number(one.name, two.name)
        else:
            alike = _corresponds(before, value, after, other, pairs)
        if not alike:
            yield f"reads {one.name} -> {two.name}"
        was, now = full_type(one), full_type(two)
        if types and not literal and was != now:
            yield f"reads {was} -> {now}"


def _same_number(one: str, other: str) -> bool:
    """Whether two literals are equal: the text of a number depends on its type."""
    if one == other:
        return True
    try:
        return float(one) == float(other)
    except ValueError:
        return False


def _corresponds(
    before: Side, value: int, after: Side, other: int, pairs: Mapping[int, int]
) -> bool:
    if pairs.get(before.origin(value)) == after.origin(other):
        return True
    # A cast between the two is a row of its own.
    if pairs.get(before.uncast(value)) == after.uncast(other):
        return True
    # The same, computed once more.
    return before.computed_as(value) == after.computed_as(other) >= 0


def _parameters(before: str, after: str) -> Iterator[str]:
    old, new = dict(fields_of(before)), dict(fields_of(after))
    for name in dict.fromkeys([*old, *new]):
        was, now = old.get(name, "none"), new.get(name, "none")
        if was != now:
            yield f"{name} {was} -> {now}"


@lru_cache(maxsize=4096)
def fields_of(parameters: str) -> tuple[tuple[str, str], ...]:
    """The parameters of an equation by name, from their text.

    >>> fields_of("axes=(0, 1) out=f32[3]")
    (('axes', '(0, 1)'), ('out', 'f32[3]'))
    """
    found: list[tuple[str, str]] = []
    depth, start = 0, 0
    for place, letter in enumerate(parameters + " "):
        depth += (letter in "([{<") - (letter in ")]}>")
        if letter == " " and depth <= 0:
            part = parameters[start:place]
            name, equals, value = part.partition("=")
            if equals and name.isidentifier():
                found.append((name, value))
            elif found and part:  # a value with a blank in it
                found[-1] = (found[-1][0], f"{found[-1][1]} {part}")
            start = place + 1
    return tuple(found)
