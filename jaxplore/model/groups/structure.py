"""When parts of a program are equal in structure: same operations, types and wiring."""

import re
from typing import Final

from jaxplore.model.program import Program

_DIGITS: Final = re.compile(r"\d+")
# Where an array is cut is all that differs between the turns of `for i in ...: x[i]`.
_CUTS: Final = frozenset(["slice"])
_PRIME: Final = (1 << 61) - 1
_BASE: Final = 1_000_003


class Structure:
    """Codes that are equal for equations of equal structure, and comparisons of runs."""

    def __init__(self, program: Program, inner_first: list[int], members: list[list[int]]) -> None:
        self._equations = program.equations
        types: dict[object, int] = {}
        self._types = [
            types.setdefault((v.dtype, v.shape, v.weak_type, v.kind == "literal"), len(types))
            for v in program.values
        ]
        self.codes: list[int] = [0] * len(program.equations)
        """Per equation: its primitive, parameters, types, expression and nested programs."""
        self.weights: list[int] = [1] * len(program.equations)
        """Per equation: how many it is, with those of its nested programs."""
        self.spans: dict[int, int] = {}
        self._span_table: dict[object, int] = {}
        self._table: dict[object, int] = {}
        self._regions: dict[int, int] = {}
        self._sizes: dict[int, int] = {}
        for region in inner_first:
            self._encode(members[region])
            self._sizes[region] = sum([self.weights[index] for index in members[region]])
            self._regions[region] = self._region_code(program, region, members[region])

    def _encode(self, members: list[int]) -> None:
        table, types, regions = self._table, self._types, self._regions
        for index in members:
            e = self._equations[index]
            parameters = e.parameters
            if e.primitive in _CUTS:
                parameters = _DIGITS.sub("", parameters)
            key = (
                e.primitive,
                parameters,
                e.phase,
                self.span_code(e.span),
                tuple([types[v] for v in e.inputs]),
                tuple([types[v] for v in e.outputs]),
                tuple([regions.get(r, -1) for r in e.regions]) if e.regions else (),
            )
            if e.regions:
                self.weights[index] += sum([self._sizes.get(r, 0) for r in e.regions])
            self.codes[index] = table.setdefault(key, len(table))

    def span_code(self, span: object) -> int:
        """Equal for equal spans, which are mostly the same object."""
        code = self.spans.get(id(span))
        if code is None:
            code = self._span_table.setdefault(span, len(self._span_table))
            self.spans[id(span)] = code
        return code

    def _region_code(self, program: Program, region: int, members: list[int]) -> int:
        """Of the whole region, wiring included."""
        row = program.regions[region]
        names: dict[int, int] = {}
        for value in (*row.constants, *row.inputs):
            names.setdefault(value, len(names))
        rows: list[tuple[object, ...]] = []
        for index in members:
            e = self._equations[index]
            reads = tuple([names.get(v, -1 - self._types[v]) for v in e.inputs])
            rows.append((self.codes[index], reads))
            for value in e.outputs:
                names.setdefault(value, len(names))
        results = tuple([names.get(v, -1 - self._types[v]) for v in row.outputs])
        key = (row.kind, row.name, len(row.inputs), tuple(rows), results)
        return self._table.setdefault(key, len(self._table))


class Run:
    """The equations of one region in the order of their groups."""

    def __init__(self, structure: Structure, program: Program, sequence: list[int]) -> None:
        self.sequence = sequence
        self._equations = program.equations
        self._codes = structure.codes
        self._maker: dict[int, int] = {}
        for place, index in enumerate(sequence):
            for value in program.equations[index].outputs:
                self._maker.setdefault(value, place)
        self._sums = prefix_sums([structure.codes[index] for index in sequence])
        self._differs: dict[int, int] = {}
        """Per distance, a place that is wired otherwise than the one so much further on."""

    def code(self, first: int, end: int) -> int:
        """Equal for stretches with the same operations one after the other."""
        return stretch(self._sums, first, end)

    def same_wiring(self, first: int, second: int, count: int) -> bool:
        """Whether two stretches are of the same operations, wired alike within."""
        # Searched for again and again a bit further on: what failed there fails here.
        if first <= self._differs.get(second - first, -1) < first + count:
            return False
        for offset in range(count):
            if not self._is_same(first, second, count, offset):
                self._differs[second - first] = first + offset
                return False
        return True

    def _is_same(self, first: int, second: int, count: int, offset: int) -> bool:
        one, other = self.sequence[first + offset], self.sequence[second + offset]
        if self._codes[one] != self._codes[other]:
            return False
        maker = self._maker
        for left, right in zip(
            self._equations[one].inputs, self._equations[other].inputs, strict=True
        ):
            x, y = maker.get(left, -1) - first, maker.get(right, -1) - second
            x_inside, y_inside = 0 <= x < count, 0 <= y < count
            if x_inside != y_inside or (x_inside and x != y):
                return False
        return True


def prefix_sums(codes: list[int]) -> list[tuple[int, int]]:
    """Rolling hashes of all beginnings, each with the power of its length."""
    total, power = 0, 1
    sums = [(0, 1)]
    for code in codes:
        total = (total * _BASE + code + 1) % _PRIME
        power = power * _BASE % _PRIME
        sums.append((total, power))
    return sums


def stretch(sums: list[tuple[int, int]], first: int, end: int) -> int:
    """The hash of codes `first` to `end`, wherever they stand."""
    return (sums[end][0] - sums[first][0] * sums[end - first][1]) % _PRIME
