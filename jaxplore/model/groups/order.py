"""The equations of each region, every one after what it reads."""

from heapq import heapify, heappop, heappush

from jaxplore.model.program import Program


def members_of(program: Program) -> list[list[int]]:
    """Per region, its equations in the order of the program."""
    members: list[list[int]] = [[] for _ in program.regions]
    for index, equation in enumerate(program.equations):
        members[equation.region].append(index)
    return members


def inner_first(program: Program) -> list[int] | None:
    """Regions, each before the one that holds it. None where they hold each other in a ring,
    or where a region is held by no equation of the program."""
    depth: dict[int, int] = {0: 0}
    for start in range(len(program.regions)):
        climb: list[int] = []
        region = start
        while region not in depth:
            climb.append(region)
            holder = program.regions[region].equation
            if holder is None or len(climb) > len(program.regions):
                return None
            region = program.equations[holder].region
        base = depth[region]
        for steps, inner in enumerate(reversed(climb), 1):
            depth[inner] = base + steps
    return sorted(depth, key=lambda region: -depth[region])


def ordered(program: Program, members: list[int]) -> list[int]:
    """The equations of a region in a topological order; the program's own where it is one."""
    maker: dict[int, int] = {}
    for index in members:
        for value in program.equations[index].outputs:
            maker.setdefault(value, index)
    done: set[int] = set()
    for index in members:
        for value in program.equations[index].inputs:
            if value in maker and maker[value] not in done and maker[value] != index:
                return _sorted(program, members, maker)
        done.add(index)
    return members


def _sorted(program: Program, members: list[int], maker: dict[int, int]) -> list[int]:
    waits: dict[int, int] = dict.fromkeys(members, 0)
    readers: dict[int, list[int]] = {}
    for index in members:
        needed = {maker[v] for v in program.equations[index].inputs if v in maker} - {index}
        waits[index] = len(needed)
        for other in needed:
            readers.setdefault(other, []).append(index)
    ready = [index for index in members if not waits[index]]
    heapify(ready)
    result: list[int] = []
    while ready:
        index = heappop(ready)
        result.append(index)
        for reader in readers.get(index, ()):
            waits[reader] -= 1
            if not waits[reader]:
                heappush(ready, reader)
    # What reads itself by a detour has no such order: it keeps its own.
    placed = set(result)
    return result + [index for index in members if index not in placed]
