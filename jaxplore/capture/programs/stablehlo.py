"""StableHLO as MLIR prints it: the text without locations, and each line's origin.

Only the locations are read, no operation is understood, so a new dialect or a custom
call needs nothing here.
"""

import re
from typing import Final

from jaxplore.capture.programs.linking import NOWHERE, EquationIndex, Frame, Origin
from jaxplore.model.program import Link, Stage

_STRING: Final = r'"(?:[^"\\]|\\.)*"'
_ALIAS: Final = re.compile(r"^(#loc\d*) = loc\((.*)\)$")
# A location in a line: one level of nested brackets is all that MLIR prints in place.
_LOCATION: Final = re.compile(rf" loc\(((?:[^()\"]|{_STRING}|\((?:[^()\"]|{_STRING})*\))*)\)")
_POSITION: Final = re.compile(rf"^({_STRING}):(\d+):(\d+)(?: to (\d*):(\d+))?$")
_NAMED: Final = re.compile(rf"^({_STRING})(?:\((.*)\))?$")
_CALLSITE: Final = re.compile(r"^callsite\((.*) at (.*)\)$")


def read_stablehlo(text: str, index: EquationIndex) -> Stage:
    """The stage for StableHLO text printed with debug information."""
    matches = (_ALIAS.match(line) for line in text.split("\n"))
    aliases = {str(match[1]): str(match[2]) for match in matches if match}
    locations = _Locations(aliases)
    lines: list[str] = []
    links: list[Link] = []
    opened: list[int] = []
    for line in text.split("\n"):
        if line.startswith("#loc"):
            continue
        found = _LOCATION.findall(line)
        bare = _LOCATION.sub("", line)
        lines.append(bare)
        number = len(lines)
        first = number
        stripped = bare.strip()
        if stripped.startswith("}") and opened:
            first = opened.pop()
        if stripped.endswith("{"):
            # A while prints its operands on a line of their own, before its regions.
            opened.append(first - 1 if stripped == "cond {" else first)
        is_block = stripped.startswith(("func.func", "module"))
        if not found or is_block or stripped.endswith("{"):
            continue
        if first != number and lines[first - 1].strip().startswith(("func.func", "module")):
            continue
        equations, spans = index.find(locations.origin(found[-1]))
        if equations or spans:
            links.append(Link(first_line=first, last_line=number, equations=equations, spans=spans))
    return Stage(text="\n".join(lines).strip("\n"), links=tuple(links))


class _Locations:
    """MLIR's location aliases, resolved on demand."""

    def __init__(self, aliases: dict[str, str]) -> None:
        self._aliases = aliases
        self._known: dict[str, Origin] = {}

    def origin(self, location: str) -> Origin:
        """The path and the frames that a location says."""
        known = self._known.get(location)
        if known is None:
            known = self._known[location] = self._resolve(location)
        return known

    def _resolve(self, location: str) -> Origin:
        body = self._aliases.get(location, location)
        if position := _POSITION.match(body):
            return Origin("", (_frame(position),))
        if site := _CALLSITE.match(body):
            inner, outer = self.origin(site[1]), self.origin(site[2])
            return Origin(inner.path, inner.frames + outer.frames)
        if named := _NAMED.match(body):
            return self._named(named[1][1:-1], named[2])
        return NOWHERE

    def _named(self, name: str, child: str | None) -> Origin:
        if child is None:
            return Origin(name, ())
        inside = self._aliases.get(child, child)
        origin = self.origin(child)
        # A name right about a position is the frame's function; any other is a path.
        if _POSITION.match(inside):
            at = origin.frames[0]
            named = Frame(at.file, at.line, at.column, at.end_line, at.end_column, name)
            return Origin(name, (named,))
        return Origin(name, origin.frames)


def _frame(position: re.Match[str]) -> Frame:
    file, line, column, end_line, end_column = position.groups()
    return Frame(
        file[1:-1],
        int(line),
        int(column),
        int(end_line or line),
        int(end_column or column),
        "",
    )
