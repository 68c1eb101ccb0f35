"""What goes into two programs, what comes out, and what they cost."""

from collections import Counter
from collections.abc import Iterator, Sequence

from jaxplore.model.diff.difference import ArgumentDiff, CostDiff
from jaxplore.model.diff.sequence import Pair, align
from jaxplore.model.program import Program, Value


def argument_diffs(before: Program, after: Program) -> tuple[ArgumentDiff, ...]:
    """The inputs of both, by their names where they have any."""
    names, others = input_names(before), input_names(after)
    return _argument_diffs(
        _types(before, before.regions[0].inputs),
        _types(after, after.regions[0].inputs),
        (names, others),
        [name or f"input {n}" for n, name in enumerate(names)],
        [name or f"input {n}" for n, name in enumerate(others)],
    )


def result_diffs(before: Program, after: Program) -> tuple[ArgumentDiff, ...]:
    """The results of both, by their places."""
    one = _types(before, before.regions[0].outputs)
    other = _types(after, after.regions[0].outputs)
    shown = [f"result {n}" for n in range(max(len(one), len(other)))]
    none = [""] * len(one), [""] * len(other)
    return _argument_diffs(one, other, none, shown[: len(one)], shown[: len(other)])


def input_names(program: Program) -> list[str]:
    """The names of the whole program's inputs; `""` where they have none."""
    inputs = program.regions[0].inputs
    if len(program.argument_names) != len(inputs):
        return [""] * len(inputs)
    return list(program.argument_names)


def paired(
    names: Sequence[str], others: Sequence[str], types: Sequence[str], other_types: Sequence[str]
) -> list[Pair]:
    """Which of two lists of inputs correspond: those of one name; of the others all, where
    there are as many, or else those of one type in the same order."""
    here, there = _places(names), _places(others)
    pairs = [(here[name], there[name]) for name in here if name in there]
    first, second = {one for one, _ in pairs}, {two for _, two in pairs}
    left = [n for n in range(len(names)) if n not in first]
    rest = [n for n in range(len(others)) if n not in second]
    if len(left) == len(rest):
        return [*pairs, *zip(left, rest, strict=True)]
    numbers = {text: n for n, text in enumerate({*types, *other_types})}
    tokens = [numbers[types[n]] for n in left], [numbers[other_types[n]] for n in rest]
    return [*pairs, *((left[one], rest[two]) for one, two in align([tokens]))]


def _places(names: Sequence[str]) -> dict[str, int]:
    """Where each name stands that is there once."""
    counts = Counter(names)
    return {name: n for n, name in enumerate(names) if name and counts[name] == 1}


def _types(program: Program, values: Sequence[int]) -> list[str]:
    return [full_type(program.values[value]) for value in values]


def full_type(value: Value) -> str:
    """A type with what a short type leaves out: `"weak f32[]"`.

    >>> full_type(Value(name="a", shape=(), dtype="float32", weak_type=True, size_bytes=4,
    ...                 sharding=None, kind="input"))
    'weak f32[]'
    """
    return f"weak {value.type_text}" if value.weak_type else value.type_text


def _argument_diffs(
    types: Sequence[str],
    other_types: Sequence[str],
    names: tuple[Sequence[str], Sequence[str]],
    shown: Sequence[str],
    other_shown: Sequence[str],
) -> tuple[ArgumentDiff, ...]:
    pairs = paired(*names, types, other_types)
    counterpart = {two: one for one, two in pairs}
    kept = set(counterpart.values())
    found = [
        ArgumentDiff(kind="removed", name=shown[n], before=types[n], after="")
        for n in range(len(types))
        if n not in kept
    ]
    for n, now in enumerate(other_types):
        if n not in counterpart:
            found.append(ArgumentDiff(kind="added", name=other_shown[n], before="", after=now))
            continue
        was = types[counterpart[n]]
        kind = "same" if was == now else "changed"
        found.append(ArgumentDiff(kind=kind, name=other_shown[n], before=was, after=now))
    return tuple(found)


def cost_diffs(before: Program, after: Program) -> tuple[CostDiff, ...]:
    """What both cost, by our own count and by XLA's estimate."""
    pairs = zip(_costs(before), _costs(after), strict=True)
    return tuple(
        CostDiff(name=name, in_bytes=in_bytes, before=was, after=now)
        for (name, in_bytes, was), (_, _, now) in pairs
        if was is not None or now is not None
    )


def has_equations(program: Program) -> bool:
    """Whether it was made from a jaxpr, one of no equations included."""
    whole = program.regions[0]
    return bool(program.equations or "jaxpr" in program.stages or whole.inputs or whole.outputs)


def _costs(program: Program) -> Iterator[tuple[str, bool, float | None]]:
    made, estimate = has_equations(program), program.xla_estimate
    yield "equations", False, len(program.equations) if made else None
    yield "flops", False, program.total_flops if made else None
    yield "bytes moved", True, program.total_bytes if made else None
    sizes = [value.size_bytes for value in program.values]
    yield "largest value", True, max(sizes, default=0) if made else None
    yield "XLA's flops", False, None if estimate is None else estimate.flops
    yield "XLA's bytes", True, None if estimate is None else estimate.bytes
