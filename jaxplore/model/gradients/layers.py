"""The layers of a model: what owns its parameters, in the order the forward pass reads them."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import Final

from jaxplore.model.gradient import Gradient, GradientInput, GradientLayer
from jaxplore.model.gradients.passes import Passes
from jaxplore.model.gradients.ports import ports_of
from jaxplore.model.program import Program

# The last step of a path: `['w']`, `[0]`, `.weight`.
_LAST: Final = re.compile(r"(\[[^\[\]]*\]|\.\w+)$")
# What carries a parameter to where it is used.
_MOVES: Final = frozenset(
    [
        "broadcast_in_dim",
        "concatenate",
        "convert_element_type",
        "copy",
        "dynamic_slice",
        "expand_dims",
        "gather",
        "optimization_barrier",
        "reshape",
        "reshard",
        "rev",
        "sharding_constraint",
        "slice",
        "split",
        "squeeze",
        "transpose",
    ]
)


@dataclass(slots=True)
class _Layer:
    """A layer in the making."""

    leaves: list[GradientInput] = field(default_factory=list[GradientInput])
    readers: set[int] = field(default_factory=set[int])
    """Equations of the forward pass."""


def layers_of(
    gradient: Gradient,
    passes: Passes,
    leaves: Sequence[int],
    inputs: Sequence[GradientInput],
    norms: Mapping[int, float],
    saturated: Mapping[int, tuple[int, int]],
) -> tuple[GradientLayer, ...]:
    """The table per layer, in forward order; layers that nothing reads come last.

    Args:
        gradient: Both passes, linked.
        passes: Its parts.
        leaves: Values of the whole that the gradient is taken by.
        inputs: What is known of them.
        norms: Per value of the whole.
        saturated: Per activation of the whole, how many of how many.
    """
    readers = _Readers(gradient.program)
    names = owners([leaf.path for leaf in inputs])
    layers: dict[str, _Layer] = {}
    for name, leaf, value in zip(names, inputs, leaves, strict=True):
        layer = layers.setdefault(name, _Layer())
        layer.leaves.append(leaf)
        found = readers.of(value)
        layer.readers |= {passes.forward.places[i] for i in found if i in passes.forward.places}
    never = len(gradient.forward.equations)
    first = {name: min(layer.readers, default=never) for name, layer in layers.items()}
    order = sorted(layers, key=lambda name: first[name])
    ends = [*[first[name] for name in order[1:]], never]
    after = _backward_of(gradient)
    return tuple(
        [
            GradientLayer(
                name=name,
                parameter_norm=_norm([leaf.value_norm for leaf in layers[name].leaves]),
                gradient_norm=_norm([leaf.norm for leaf in layers[name].leaves]),
                cotangent_norm=_cotangent(gradient, passes, layers[name].readers, after, norms),
                saturated=_share(passes, range(first[name], end), saturated),
            )
            for name, end in zip(order, ends, strict=True)
        ]
    )


def owners(paths: Sequence[str]) -> list[str]:
    """What owns each leaf; the leaf itself where one thing owns them all.

    >>> owners(["p['a']['w']", "p['a']['b']", "p['c']['w']"]), owners(["p['w']", "p['b']"])
    (["p['a']", "p['a']", "p['c']"], ["p['w']", "p['b']"])
    """
    found = [_LAST.sub("", path) or path for path in paths]
    return found if len(set(found)) > 1 else list(paths)


def _norm(norms: Sequence[float | None]) -> float | None:
    known = [norm for norm in norms if norm is not None]
    return hypot(*known) if len(known) == len(norms) else None


def _share(passes: Passes, places: range, saturated: Mapping[int, tuple[int, int]]) -> float | None:
    """The share of saturated elements in the activations of a stretch of the forward pass."""
    counts = [
        saturated[passes.forward.equations[place]]
        for place in places
        if passes.forward.equations[place] in saturated
    ]
    size = sum(all_ for _, all_ in counts)
    return sum(some for some, _ in counts) / size if size else None


def _backward_of(gradient: Gradient) -> dict[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for before, after in gradient.links:
        found[before].append(after)
    return found


def _cotangent(
    gradient: Gradient,
    passes: Passes,
    readers: set[int],
    after: Mapping[int, Sequence[int]],
    norms: Mapping[int, float],
) -> float | None:
    """The largest norm of what comes back to the equations that read a layer's parameters."""
    backward = {v for i in passes.backward.equations for v in gradient.program.equations[i].outputs}
    inside = [v for region in gradient.program.regions[1:] for v in region.inputs]
    backward.update(inside)
    found: list[float] = []
    for place in readers:
        linked = [passes.backward.equations[i] for i in after.get(place, ())]
        equations = [gradient.program.equations[i] for i in linked]
        own = {value for e in equations for value in e.outputs}
        for e in equations:
            found += [norms[v] for v in e.inputs if v in norms and v in backward - own]
    return max(found, default=None)


class _Readers:
    """Which equations compute with a value, however it is carried to them."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._read: defaultdict[int, list[int]] = defaultdict(list)
        for index, equation in enumerate(program.equations):
            for value in dict.fromkeys(equation.inputs):
                self._read[value].append(index)

    def of(self, value: int) -> set[int]:
        found: set[int] = set()
        waiting, seen = [value], {value}
        while waiting:
            current = waiting.pop()
            for index in self._read[current]:
                equation = self._program.equations[index]
                if equation.regions:
                    places = [i for i, v in enumerate(equation.inputs) if v == current]
                    fresh = self._entered(index, places)
                elif equation.primitive in _MOVES:
                    fresh = list(equation.outputs)
                else:
                    found.add(index)
                    continue
                waiting += [v for v in fresh if v not in seen]
                seen.update(fresh)
        return found

    def _entered(self, index: int, places: Sequence[int]) -> list[int]:
        return [
            value
            for ports in ports_of(self._program, index)
            for value, at in zip(
                self._program.regions[ports.region].inputs, ports.inputs, strict=True
            )
            if at in places
        ]
