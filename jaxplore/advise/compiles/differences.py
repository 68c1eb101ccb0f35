"""How far apart two calls of one function are, and in what."""

from dataclasses import dataclass
from functools import lru_cache
from math import log2, prod

from jaxplore.model.compiles import Argument, Miss, Passed, Setting, Static, Structure


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What differs between a compile and an earlier one of the same function."""

    source: bool
    arguments: tuple[tuple[Argument, Argument], ...]
    """(before, now) of arguments that both have."""
    appeared: tuple[Argument, ...]
    disappeared: tuple[Argument, ...]
    structures: tuple[tuple[Structure | None, Structure | None], ...]
    statics: tuple[tuple[Static | None, Static | None], ...]
    passed: tuple[tuple[Passed, Passed], ...]
    settings: tuple[tuple[Setting, Setting], ...]
    options: tuple[tuple[Setting | None, Setting | None], ...]
    object: bool
    code: bool
    emptied: bool

    @property
    def facets(self) -> float:
        """How many things differ; a new object of the same code counts half."""
        return (
            self.source
            + sum(_facets(before, now) for before, now in self.arguments)
            + len(self.appeared)
            + len(self.disappeared)
            + (0 if self.appeared or self.disappeared else len(self.structures))
            + len(self.statics)
            + len(self.passed)
            + len(self.settings)
            + len(self.options)
            + _of_no_value(self.object, self.emptied)
        )

    @property
    def apart(self) -> float:
        """How far the changed shapes are from each other, in powers of two."""
        return sum(_apart(before.type, now.type) for before, now in self.arguments)


def nearest(now: Miss, earlier: tuple[Miss, ...]) -> tuple[Miss, Differences]:
    """The earlier compile that differs least, of equals the latest, and the differences.

    Every one is compared: what differs in one thing is nearer than what differs in two,
    whatever the thing.
    """
    best: tuple[float, float] | None = None
    found: Miss | None = None
    for before in reversed(earlier):
        # Counting comes first: it is cheap, and most of many earlier calls are far away.
        if best is not None and _least(now, before) > best[0]:
            continue
        distance = distance_of(now, before)
        if best is None or distance < best:
            best, found = distance, before
    assert found is not None, "there is an earlier compile"
    return found, differences_of(now, found)


def distance_of(now: Miss, before: Miss) -> tuple[float, float]:
    """`facets` and `apart` of the differences; most of the time without finding them all."""
    if not (same_but_arguments(now, before) and _same_paths(now, before)):
        differences = differences_of(now, before)
        return differences.facets, differences.apart
    emptied = now.caches_emptied != before.caches_emptied
    facets = _of_no_value(now.object_serial != before.object_serial, emptied)
    apart = 0.0
    for old, new in zip(before.arguments, now.arguments, strict=True):
        if old is not new:
            facets += _facets(old, new)
            apart += _apart(old.type, new.type)
    return facets, apart


def same_but_arguments(one: Miss, other: Miss) -> bool:
    """Whether all is equal that a compile is for, but the types of its arguments."""
    return (
        one.statics == other.statics
        and one.structures == other.structures
        and one.passed == other.passed
        and one.settings == other.settings
        and one.options == other.options
        and one.source == other.source
    )


def _same_paths(now: Miss, before: Miss) -> bool:
    return len(now.arguments) == len(before.arguments) and all(
        one is other or one.path == other.path
        for one, other in zip(now.arguments, before.arguments, strict=True)
    )


def _of_no_value(is_object: bool, is_emptied: bool) -> float:
    """What counts less than any value: another object of the same code, emptied caches."""
    return (0.5 if is_object else 0.0) + (0.25 if is_emptied else 0.0)


def _least(now: Miss, before: Miss) -> int:
    """At least this many facets differ."""
    one, other = before.arguments, now.arguments
    if len(one) != len(other):
        return 0
    # Most are the very same object.
    return sum(a is not b and a != b for a, b in zip(one, other, strict=True))


def differences_of(now: Miss, before: Miss) -> Differences:
    """What differs between two compiles of one function."""
    passed = _passed(now, before)
    # An argument that was its default before, or is now, is a matter of how it was given.
    given = {one.name for one, other in passed if "default" in (one.how, other.how)}
    pairs, appeared, disappeared = _pairs(before.arguments, now.arguments)
    # A default that is left out is no argument of the program: it only looks static.
    traced = {_parameter(a.path) for a in (*before.arguments, *now.arguments)} if given else given
    old_structures = {s.name: s for s in before.structures if s.name not in given}
    new_structures = {s.name: s for s in now.structures if s.name not in given}
    old_statics = {s.name: s for s in before.statics}
    new_statics = {s.name: s for s in now.statics}
    # None and () hold no array, so they look like containers until another value is static.
    for statics, structures in ((old_statics, before), (new_statics, now)):
        for one in structures.structures:
            if one.name in old_statics or one.name in new_statics:
                statics.setdefault(one.name, Static(name=one.name, text=one.text, key=one.key))
    old_settings = {s.name: s for s in before.settings}
    return Differences(
        source=bool(now.source and before.source and now.source != before.source),
        arguments=tuple(pair for pair in pairs if _facets(*pair)),
        appeared=tuple(a for a in appeared if _parameter(a.path) not in given),
        disappeared=tuple(a for a in disappeared if _parameter(a.path) not in given),
        structures=tuple(
            (old_structures.get(name), new_structures.get(name))
            for name in {**old_structures, **new_structures}
            if not _same_structure(old_structures.get(name), new_structures.get(name))
            and name not in old_statics
            and name not in new_statics
        ),
        statics=tuple(
            (old_statics.get(name), new_statics.get(name))
            for name in {**old_statics, **new_statics}
            if old_statics.get(name) != new_statics.get(name)
            and not (name in given and name in traced)
        ),
        passed=passed,
        settings=tuple(
            (old_settings[setting.name], setting)
            for setting in now.settings
            if setting.name in old_settings and old_settings[setting.name].text != setting.text
        ),
        options=_options(now, before),
        object=now.object_serial != before.object_serial,
        code=now.code_serial != before.code_serial,
        emptied=now.caches_emptied != before.caches_emptied,
    )


def _pairs(
    before: tuple[Argument, ...], now: tuple[Argument, ...]
) -> tuple[list[tuple[Argument, Argument]], list[Argument], list[Argument]]:
    """Arguments of one path that are not the same object, and those that only one has:
    (pairs, appeared, disappeared)."""
    if len(before) == len(now):
        others = [(a, b) for a, b in zip(before, now, strict=True) if a is not b]
        if all(a.path == b.path for a, b in others):
            return others, [], []
    old, new = {a.path: a for a in before}, {a.path: a for a in now}
    return (
        [(old[path], argument) for path, argument in new.items() if path in old],
        [argument for path, argument in new.items() if path not in old],
        [argument for path, argument in old.items() if path not in new],
    )


def _parameter(path: str) -> str:
    return path.split("[")[0].split(".")[0]


def _same_structure(before: Structure | None, now: Structure | None) -> bool:
    return before is not None and now is not None and before.key == now.key


def _passed(now: Miss, before: Miss) -> tuple[tuple[Passed, Passed], ...]:
    old = {one.name: one for one in before.passed}
    return tuple(
        (old[one.name], one)
        for one in now.passed
        if one.name in old and old[one.name].how != one.how
    )


def _options(now: Miss, before: Miss) -> tuple[tuple[Setting | None, Setting | None], ...]:
    old, new = {o.name: o for o in before.options}, {o.name: o for o in now.options}
    names = {**old, **new}
    return tuple((old.get(n), new.get(n)) for n in names if old.get(n) != new.get(n))


def _facets(before: Argument, now: Argument) -> int:
    """How many of shape, dtype, weak type and placement differ."""
    if before is now:
        return 0
    return (
        (shape_of(before.type) != shape_of(now.type))
        + (dtype_of(before.type) != dtype_of(now.type))
        + (before.weak_type != now.weak_type)
        + (before.placement != now.placement)
    )


@lru_cache(maxsize=4096)
def shape_of(type: str) -> tuple[str, ...]:
    """The sizes in a type.

    >>> shape_of("f32[2,3]"), shape_of("f32[]"), shape_of("token")
    (('2', '3'), (), ())
    """
    inside = type.partition("[")[2].rstrip("]")
    return tuple(inside.split(",")) if inside else ()


def dtype_of(type: str) -> str:
    """The kind of number in a type.

    >>> dtype_of("f32[2,3]")
    'f32'
    """
    return type.partition("[")[0]


def _apart(before: str, now: str) -> float:
    old, new = shape_of(before), shape_of(now)
    if old == new:
        return 0.0
    if len(old) != len(new) or not all(size.isdigit() for size in (*old, *new)):
        return 64.0
    ratio = (1 + prod(int(size) for size in old)) / (1 + prod(int(size) for size in new))
    axes = sum(a != b for a, b in zip(old, new, strict=True))
    return abs(log2(ratio)) + axes
