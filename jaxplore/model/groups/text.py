"""The groups of a program as indented text."""

from typing import TYPE_CHECKING, Final

from jaxplore.model.program import Program, Region

if TYPE_CHECKING:
    from jaxplore.model.groups.tree import GroupTree

_DEEPEST_INDENT: Final = 20


def tree_text(tree: "GroupTree", program: Program, depth: int) -> str:
    """One line per group with its number of equations; a repeat shows its first turn."""
    lines: list[str] = []
    regions = _regions_of(tree)
    waiting = [(0, 0)]
    while waiting:
        group, level = waiting.pop()
        lines.append(_line(tree, program, group, level))
        if level >= depth:
            continue
        children = tree.children(group)
        inner: list[int] = []
        for kind, index in _first_turn(tree, group) or children:
            if kind == "group":
                inner.append(index)
            else:
                held = program.equations[index].regions
                inner.extend(regions[r] for r in held if r in regions)
        shown = [child for child in inner if tree.equations(child) > 1]
        waiting.extend((child, level + 1) for child in reversed(shown))
    return "\n".join(lines)


def _first_turn(tree: "GroupTree", group: int) -> tuple[tuple[str, int], ...]:
    if tree.groups[group].kind != "repeat":
        return ()
    first = tree.children(group)[0]
    while first[0] == "group" and tree.groups[first[1]].kind == "part":
        first = tree.children(first[1])[0]
    return (first,) if first[0] == "equation" else tree.children(first[1])


def _line(tree: "GroupTree", program: Program, group: int, level: int) -> str:
    row = tree.groups[group]
    name = " ".join(row.name.split()) or row.kind
    if row.kind == "region":
        region = program.regions[row.region]
        said = "" if region.kind in ("program", "jaxpr", "call_jaxpr") else f" {region.kind}"
        length = _length(program, region)
        times = f" x {length:,}" if length > 1 else ""
        name = f"{name}{said}{times}"
    elif row.kind == "repeat":
        name = f"{name} x {tree.repeat_count(group):,}"
    elif row.kind == "part" and row.name[:1].isdigit():
        name = f"[{name}]"
    count = tree.equations(group)
    noun = "equation" if count == 1 else "equations"
    backward = ", backward" if _is_backward(tree, program, group) else ""
    return f"{'  ' * min(level, _DEEPEST_INDENT)}{name}  {count:,} {noun}{backward}"


def _length(program: Program, region: Region) -> int:
    """How often it runs each time that the program about it does; 1 where nobody knows."""
    if region.equation is None or not region.runs:
        return 1
    about = program.regions[program.equations[region.equation].region].runs
    return region.runs // about if about else 1


def _is_backward(tree: "GroupTree", program: Program, group: int) -> bool:
    first, end = tree.extent(group)
    return first < end and all(
        program.equations[tree.order[place]].phase == "backward" for place in (first, end - 1)
    )


def _regions_of(tree: "GroupTree") -> dict[int, int]:
    return {g.region: index for index, g in enumerate(tree.groups) if g.kind == "region"}
