"""Which source lines made most of a program's equations.

Asked at every compile, so nothing is done per equation that can be done per distinct
traceback: JAX's tracebacks are hashed and compared in C, and a loop that was unrolled
gives equal ones.
"""

import dis
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from types import CodeType
from typing import Any, Final

from jaxplore.capture.programs.jaxprs import nested, opened
from jaxplore.capture.source import files
from jaxplore.capture.source.spans import SpanTable
from jaxplore.model.compiles import LineCount

_Instruction = tuple[CodeType, int]

_ORIGIN: Final = attrgetter("source_info.traceback", "primitive")
# Fewer repetitions are not worth a loop of JAX's own.
_REPEATED: Final = 8


def line_counts(jaxpr: Any, spans: SpanTable, most: int = 5) -> tuple[LineCount, ...]:
    """The lines with most equations, most first.

    Each use of a nested program counts, as in `count_equations`; a body of `scan` is one
    use. An equation belongs to the innermost line of the user's own code, else of a library's.

    Args:
        jaxpr: The program.
        spans: Makes the spans of the lines.
        most: How many lines at most.
    """
    expressions, codes = _expressions(opened(jaxpr)), _Codes()
    lines: dict[tuple[str, int], list[_Expression]] = {}
    for expression in expressions.values():
        place = expression.code.co_filename, codes.line(expression.code, expression.offset)
        lines.setdefault(place, []).append(expression)
    totals = [(sum(e.equations for e in of_line), of_line) for of_line in lines.values()]
    totals.sort(key=_total, reverse=True)
    counts: list[LineCount] = []
    for equations, of_line in totals[:most]:
        largest = max(of_line, key=_equations)
        span = spans.of_instruction(largest.code, largest.offset)
        if span is not None:
            repeats = _repeats(largest, codes)
            counts.append(LineCount(span=span, equations=equations, repeats=repeats))
    return tuple(counts)


class _Codes:
    """What is asked of code objects, found out once for each."""

    def __init__(self) -> None:
        # By identity: hashing a code object hashes all of its constants.
        self._lines: dict[int, tuple[list[int], list[int | None]]] = {}
        self._loops: dict[int, list[tuple[int, int]]] = {}

    def line(self, code: CodeType, offset: int) -> int:
        """The line of an instruction; 0 where it has none."""
        if id(code) not in self._lines:
            ranges = list(code.co_lines())
            self._lines[id(code)] = [end for _, end, _ in ranges], [line for *_, line in ranges]
        ends, lines = self._lines[id(code)]
        index = bisect_right(ends, offset)
        return (lines[index] if index < len(lines) else None) or 0

    def in_loop(self, code: CodeType, offset: int) -> bool:
        """Whether a jump backwards goes over an instruction."""
        if id(code) not in self._loops:
            self._loops[id(code)] = [
                (instruction.argval, instruction.offset)
                for instruction in dis.get_instructions(code)
                if "JUMP_BACKWARD" in instruction.opname
            ]
        return any(first <= offset <= last for first, last in self._loops[id(code)])


@dataclass(slots=True)
class _Expression:
    """One instruction of somebody's code, and the equations it made."""

    code: CodeType
    offset: int
    equations: int = 0
    origins: list["_Origin"] = field(default_factory=list["_Origin"])


@dataclass(slots=True)
class _Origin:
    """One primitive made by one expression in one program."""

    tracebacks: tuple[Any, ...]
    """Of the equations that hold the program, outermost first, and its own: JAX cuts the
    tracebacks of a nested program at its border."""
    count: int

    def path(self) -> list[_Instruction]:
        """The user's frames, innermost first."""
        found: list[_Instruction] = []
        for traceback in reversed(self.tracebacks):
            codes, offsets = traceback.raw_frames()
            for index, code in enumerate(codes):
                if files.owner(code.co_filename) == "user":
                    found.append((code, offsets[index]))
        return found


def _total(line: tuple[int, list[_Expression]]) -> int:
    return line[0]


def _equations(expression: _Expression) -> int:
    return expression.equations


def _expressions(program: Any) -> dict[tuple[int, int], _Expression]:
    found: dict[tuple[int, int], _Expression] = {}
    instructions: dict[Any, _Instruction | None] = {}
    for region in _regions(program):
        for (traceback, _), count in region.origins.items():
            if traceback not in instructions:
                instructions[traceback] = _innermost(traceback)
            instruction = instructions[traceback]
            if instruction is None:
                continue
            key = id(instruction[0]), instruction[1]
            expression = found.get(key)
            if expression is None:
                expression = found[key] = _Expression(*instruction)
            expression.equations += count * region.uses
            expression.origins.append(_Origin((*region.within, traceback), count * region.repeats))
    return found


@dataclass(slots=True)
class _Region:
    """One program, nested or not, however often it is used."""

    origins: Counter[tuple[Any, Any]]
    """(traceback, primitive) of its equations."""
    inner: list[tuple[int, Any]]
    """Identity of each nested program, and where it is used."""
    uses: int = 0
    repeats: int = 1
    """How often it is used by one expression, where no other uses it."""
    within: tuple[Any, ...] = ()
    """Tracebacks of that expression and of what holds it, outermost first."""


def _regions(program: Any) -> Iterator[_Region]:
    """Each distinct program once, users before what they use."""
    known: dict[int, _Region] = {}
    _read(program, known)
    order = list(reversed(known.items()))
    known[id(program)].uses = 1
    users: dict[int, list[tuple[Any, _Region]]] = {}
    for identity, region in order:
        used_at = users.get(identity, [])
        if used_at:
            region.uses = sum(user.uses for _, user in used_at)
            traceback, user = used_at[0]
            if traceback is not None and all(
                other == traceback and using is user for other, using in used_at
            ):
                region.repeats = len(used_at) * user.repeats
                region.within = (*user.within, traceback)
        for inner, traceback in region.inner:
            users.setdefault(inner, []).append((traceback, region))
        yield region


def _read(program: Any, known: dict[int, _Region]) -> None:
    """Add a program to `known`, after all that it uses."""
    # With a stack of our own: programs may be nested deeper than Python calls may be.
    found: dict[int, list[tuple[int, Any]]] = {}
    open_ = [program]
    while open_:
        current = open_[-1]
        key = id(current)
        if key in known:
            open_.pop()
        elif key in found:
            open_.pop()
            known[key] = _Region(Counter(map(_ORIGIN, current.eqns)), found[key])
        else:
            uses = list(_uses(current))
            found[key] = [(id(used), traceback) for used, traceback in uses]
            open_ += [used for used, _ in reversed(uses) if id(used) not in known]


def _uses(program: Any) -> Iterator[tuple[Any, Any]]:
    """The programs that a program's equations hold, and where they do."""
    for equation in program.eqns:
        params = equation.params
        if params and not _PLAIN.issuperset(map(type, params.values())):
            for _, part in nested(params):
                yield opened(part), equation.source_info.traceback


# Most equations have no other parameters; asking the rest one by one would cost more than
# all else here.
_PLAIN: Final = frozenset([int, bool, float, str, type(None)])


def _innermost(traceback: Any) -> _Instruction | None:
    """The instruction that `SpanTable.of_traceback` makes a span of."""
    if traceback is None:
        return None
    codes, offsets = traceback.raw_frames()
    owner_of = files.owner
    library: _Instruction | None = None
    for index, code in enumerate(codes):
        owner = owner_of(code.co_filename)
        if owner == "user":
            return code, offsets[index]
        if owner == "library" and library is None:
            library = code, offsets[index]
    return library


def _repeats(expression: _Expression, codes: _Codes) -> int:
    """How often a loop in the user's code made the same operations here; 1 for no loop.

    Equal tracebacks alone do not show a loop of the user's: `jnp.stack` makes one operation
    per array at one place. So some frame on the way must stand in a loop.
    """
    paths: dict[tuple[tuple[int, int], ...], list[_Origin]] = {}
    for origin in expression.origins:
        path = tuple((id(code), offset) for code, offset in origin.path())
        paths.setdefault(path, []).append(origin)
    largest = max(paths.values(), key=_path_equations)
    counts = [origin.count for origin in largest]
    often = Counter(count for count in counts if count >= _REPEATED)
    # Once is what the first round alone needed. Anything between is the loop itself, and
    # what is repeated more often is repeated inside of JAX or a library.
    if not often or any(1 < count < _REPEATED for count in counts):
        return 1
    if not any(codes.in_loop(*frame) for frame in largest[0].path()):
        return 1
    return min(often, key=lambda count: (-often[count], count))


def _path_equations(path: list[_Origin]) -> int:
    return sum(origin.count for origin in path)
