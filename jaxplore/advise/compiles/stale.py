"""S01: a function still computes with what it was traced with, and that has changed."""

from typing import Final

from jaxplore.model.compiles import Change
from jaxplore.model.findings import Difference, Finding, Stale

_MOST_NAMED: Final = 3


def stale(facts: Stale) -> Finding:
    """The finding: what changed, what is still used, what to do."""
    return Finding(
        id="S01",
        function=facts.function,
        defined_at=facts.defined_at,
        call_site=facts.call_site,
        cell=facts.cell,
        explanation=_explanation(facts),
        advice=_advice(facts),
        changes=tuple(
            dict.fromkeys(
                Change(path=found.path, before=found.before, now=found.now)
                for found in facts.differences
            )
        ),
    )


def _explanation(facts: Stale) -> str:
    first, *others = facts.differences
    user = _user(facts, first)
    said = [f"{_said(first)}; {user} {_still(first)}"]
    said += [_said(found) for found in others[: _MOST_NAMED - 1]]
    more = len(facts.differences) - _MOST_NAMED
    if more > 0:
        said.append(f"{more} more changed")
    return "; ".join(said)


def _user(facts: Stale, found: Difference) -> str:
    """Who still uses the old value: the function, or some of its traces."""
    if facts.all_traces or not found.cells:
        return f"{facts.function} still"
    return f"what {facts.function} compiled in {_cells(found)} still"


def _said(found: Difference) -> str:
    name = f"`{found.path}`"
    if found.reader:
        name += f" ({'default of' if found.origin == 'default' else 'read by'} `{found.reader}`)"
    when = f"when traced in {_cells(found)}" if found.cells else "when traced"
    if found.kind == "code":
        return f"{name} was redefined: {found.before} {when}, {found.now} now"
    if found.before == found.now:
        return f"{name} ({found.before}) has other values now than {when}"
    said = f"{name} was {found.before} {when}, is {found.now} now"
    if found.origin == "static":
        return f"static `{_root(found.path)}` was changed after tracing: {said}"
    return said


def _still(found: Difference) -> str:
    if found.kind == "code":
        return f"uses the old `{found.path}`"
    return "uses the old values" if found.before == found.now else f"uses {found.before}"


def _cells(found: Difference) -> str:
    numbers = [str(cell) for cell in found.cells]
    if len(numbers) == 1:
        return f"cell {numbers[0]}"
    return f"cells {', '.join(numbers[:-1])} and {numbers[-1]}"


def _advice(facts: Stale) -> str:
    first = facts.differences[0]
    name = facts.function
    if first.kind == "code":
        return f"define {name} again: it is then traced with the new `{first.path}`"
    if first.origin == "static":
        return (
            f"make the class of `{_root(first.path)}` frozen (`@dataclass(frozen=True)`) and pass "
            "a new object where something changes"
        )
    if first.origin == "self":
        return (
            f"pass what changes as an argument of {name}, or make the class of "
            f"`{_root(first.path)}` a pytree"
        )
    if first.origin == "default":
        return f"pass `{first.path}` to {name}, and do not change a default value in place"
    return f"pass `{first.path}` as an argument of {name}, or define {name} again after changing it"


def _root(path: str) -> str:
    return path.split(".", 1)[0].split("[", 1)[0]
