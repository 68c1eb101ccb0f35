"""What of a forward pass takes part in the gradient, and where the gradient stops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from jaxplore.model.gradient import Stop
from jaxplore.model.gradients.activity import Activity, Derivative
from jaxplore.model.gradients.alignment import aligned
from jaxplore.model.gradients.liveness import Liveness
from jaxplore.model.gradients.stops import stops_of, stops_of_inputs
from jaxplore.model.program import Program


@dataclass(frozen=True, slots=True)
class Flow:
    """Of a gradient through the function it is of."""

    stops: tuple[Stop, ...]
    without_gradient: tuple[int, ...]
    """Equations of the forward pass."""
    reached: tuple[bool, ...]
    """For each leaf that the gradient is taken by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A derivative that is taken: of what, by what."""

    program: Program
    """The function, or the forward pass itself where the function's own is unknown."""
    derivatives: Mapping[int, Derivative]
    wrt: Sequence[tuple[int, str]]
    """(value, path) of each leaf that it is taken by."""
    fixed: Sequence[tuple[int, str]]
    """The same, of leaves beside them that have no derivative."""
    results: Sequence[int]


def flow_of(taken: Taken, forward: Program, kept: Sequence[int]) -> Flow:
    """Follow a derivative.

    Args:
        taken: The derivative.
        forward: The forward pass; the function itself where that is unknown.
        kept: Values of the forward pass that the backward pass reads.
    """
    program, derivatives = taken.program, taken.derivatives
    activity = Activity(program, derivatives, [value for value, _ in taken.wrt], taken.results)
    needed = Liveness(program, wanted=taken.results)
    paths = [path for _, path in taken.wrt]
    own = (
        {i: i for i in range(len(program.equations))}
        if program is forward
        else aligned(program, forward)
    )
    inside = _nearest(stops_of(program, activity, derivatives, needed.values, paths), taken)
    places = [None if stop.equation is None else own.get(stop.equation) for stop in inside]
    stops = [replace(stop, equation=at) for stop, at in zip(inside, places, strict=True)]
    # Equations inside of what is not followed have part in what it does.
    flat = {
        own[index]
        for index in _not_followed(program, activity, derivatives)
        if index in own and index in needed.equations
    }
    used = {own[index] for index in needed.equations if index in own}
    # Of what rules add, that has part in the gradient which the backward pass reads.
    added = set(range(len(forward.equations))) - set(own.values())
    used |= Liveness(forward, wanted=kept).equations | (added & Liveness(forward).equations)
    return Flow(
        stops=(
            *stops,
            *stops_of_inputs(program, activity, needed.values, taken.wrt, taken.fixed),
        ),
        without_gradient=tuple(
            [index for index in range(len(forward.equations)) if index in flat or index not in used]
        ),
        reached=tuple(
            [value in activity.useful and value in needed.values for value, _ in taken.wrt]
        ),
    )


def _nearest(stops: tuple[Stop, ...], taken: Taken) -> list[Stop]:
    """The stops nearest to the result: one behind another stops nothing. A comparison within
    a `stop_gradient` is such a one."""
    walls = {stop.equation for stop in stops if stop.equation is not None}
    seen = Liveness(taken.program, wanted=taken.results, walls=walls)
    return [stop for stop in stops if stop.equation in seen.equations]


def _not_followed(
    program: Program, activity: Activity, derivatives: Mapping[int, Derivative]
) -> list[int]:
    """The function's equations that no gradient comes from."""
    owner: dict[int, int] = {}  # of a region inside of an equation that is not followed
    found: list[int] = []
    for index, equation in enumerate(program.equations):
        judged = owner.get(equation.region, index)
        if index in derivatives or index != judged:
            owner.update(dict.fromkeys(equation.regions, judged))
        if not activity.flows_through(judged):
            found.append(index)
    return found
