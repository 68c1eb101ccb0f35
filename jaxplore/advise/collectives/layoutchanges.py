"""Where a program asks for another layout than a value has: what makes XLA move it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from jaxplore.advise.collectives.layoutwords import Partition
from jaxplore.advise.collectives.valuelayouts import ValueLayouts
from jaxplore.model.program import Equation
from jaxplore.model.span import Span

Asker = Literal["constraint", "result", "in_specs", "operands", "whole dimension"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One place at which a value has to lie otherwise."""

    asker: Asker
    """`"operands"`: an operation on elements whose operands lie differently; `"whole
    dimension"`: one that needs all of a dimension on each device."""
    value: int
    """What has to move."""
    before: Partition
    after: Partition
    equation: int | None
    """Who asks; None for a result of the program."""
    span: Span | None
    result: int | None = None
    """Its place among the program's results."""
    other: int | None = None
    """The operand that stays where it is."""
    dimensions: tuple[int, ...] = ()
    """The dimensions that are needed whole."""


def changes(layouts: ValueLayouts) -> tuple[Change, ...]:
    """All changes of layout that a program asks for."""
    found: list[Change] = []
    for index, equation in enumerate(layouts.program.equations):
        if equation.primitive in ("sharding_constraint", "reshard"):
            found += _of_constraint(layouts, index, equation)
        elif equation.primitive == "shard_map":
            found += _of_specs(layouts, index, equation)
        elif needed := whole_dimensions(layouts, equation):
            found += _of_whole(layouts, index, equation, needed)
        else:
            found += _of_operands(layouts, index, equation)
    return (*found, *_of_results(layouts))


def _of_constraint(layouts: ValueLayouts, index: int, equation: Equation) -> Iterator[Change]:
    before = layouts.of(equation.inputs[0])
    after = layouts.of(equation.outputs[0])
    if before is not None and after is not None and before != after:
        yield Change(
            asker="constraint",
            value=equation.inputs[0],
            before=before,
            after=after,
            equation=index,
            span=equation.span,
        )


def _of_specs(layouts: ValueLayouts, index: int, equation: Equation) -> Iterator[Change]:
    for value, after in zip(equation.inputs, layouts.in_specs(equation), strict=False):
        before = layouts.of(value)
        if before is not None and after is not None and before != after:
            yield Change(
                asker="in_specs",
                value=value,
                before=before,
                after=after,
                equation=index,
                span=equation.span,
            )


def _of_results(layouts: ValueLayouts) -> Iterator[Change]:
    whole = layouts.program.regions[0]
    said = {one.value: one.partition for one in layouts.outputs}
    for place, value in enumerate(whole.outputs):
        before, after = layouts.of(value), said.get(value)
        if before is None or after is None or before == after:
            continue
        maker = layouts.flow.maker(value)
        span = None if maker is None else layouts.program.equations[maker].span
        yield Change(
            asker="result",
            value=value,
            before=before,
            after=after,
            equation=None,
            span=span,
            result=place,
        )


def _of_operands(layouts: ValueLayouts, index: int, equation: Equation) -> Iterator[Change]:
    if equation.regions or len(equation.outputs) != 1:
        return
    shape = layouts.shape(equation.outputs[0])
    known = [
        (value, partition)
        for value in dict.fromkeys(equation.inputs)
        if layouts.shape(value) == shape and (partition := layouts.of(value)) and any(partition)
    ]
    for value, before in known:
        for other, after in known:
            if before != after:
                yield Change(
                    asker="operands",
                    value=value,
                    before=before,
                    after=after,
                    equation=index,
                    span=equation.span,
                    other=other,
                )


def _of_whole(
    layouts: ValueLayouts, index: int, equation: Equation, needed: tuple[int, ...]
) -> Iterator[Change]:
    value = equation.inputs[0]
    before = layouts.of(value)
    if before is None or not any(before[place] for place in needed if place < len(before)):
        return
    # A library's function may turn its argument first: what the user wrote comes before.
    while (maker := layouts.flow.maker(value)) is not None:
        turned = layouts.program.equations[maker]
        if turned.span != equation.span:
            break
        order = layouts.permutation(turned)
        if order is None:
            same = layouts.whole_operands(turned)
            if len(same) != 1:
                break
            value = same[0]
            continue
        value = turned.inputs[0]
        before = tuple(before[order.index(place)] for place in range(len(order)))
        needed = tuple(sorted(order[place] for place in needed))
    after = tuple(() if place in needed else axes for place, axes in enumerate(before))
    yield Change(
        asker="whole dimension",
        value=value,
        before=before,
        after=after,
        equation=index,
        span=equation.span,
        dimensions=needed,
    )


_ALONG: Final = re.compile(r"\b(?:axis|dimension)=(\d+)")
_LENGTHS: Final = re.compile(r"\bfft_lengths=\(([\d, ]*)\)")
_SIZES: Final = re.compile(r"\bslice_sizes=\(([\d, ]*)\)")
_MATRIX_WORDS: Final = (
    "cholesky lu qr eigh eig svd triangular_solve householder_product schur tridiagonal geqrf "
    "tridiagonal_solve hessenberg"
)
_OF_MATRICES: Final = frozenset(_MATRIX_WORDS.split())


def whole_dimensions(layouts: ValueLayouts, equation: Equation) -> tuple[int, ...]:
    """The dimensions of its first operand that an operation needs whole, as far as XLA does not
    know how to do it in parts."""
    name = equation.primitive
    if not equation.inputs:
        return ()
    shape = layouts.shape(equation.inputs[0])
    if name in ("sort", "top_k") or name.startswith("cum"):
        along = _ALONG.search(equation.parameters)
        return (int(along[1]),) if along else ()
    if name == "fft" and (lengths := _LENGTHS.search(equation.parameters)):
        count = len(re.findall(r"\d+", lengths[1]))
        return tuple(range(len(shape) - count, len(shape)))
    if name in _OF_MATRICES:
        return tuple(range(max(len(shape) - 2, 0), len(shape)))
    if name == "dynamic_slice" and (sizes := _SIZES.search(equation.parameters)):
        taken = [int(size) for size in re.findall(r"\d+", sizes[1])]
        return tuple(d for d, (n, size) in enumerate(zip(shape, taken, strict=True)) if n != size)
    if name == "reshape":
        return _not_kept(shape, layouts.shape(equation.outputs[0]))
    return ()


def _not_kept(before: tuple[int | str, ...], after: tuple[int | str, ...]) -> tuple[int, ...]:
    """Dimensions that a reshape joins to one before them, or takes apart."""
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    end = 0
    while end < min(len(before), len(after)) - same and before[-1 - end] == after[-1 - end]:
        end += 1
    # The first of what is joined stays split as it was.
    return tuple(range(same + 1, len(before) - end))
