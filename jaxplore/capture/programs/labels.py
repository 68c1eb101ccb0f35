"""Numbers that go with equations through all that JAX and XLA make of them.

Position and path of names do not tell the rounds of an unrolled loop apart. But JAX writes an
equation's name stack into StableHLO, and XLA keeps it through its passes: a program is lowered
with the number of each equation at the end of its name stack, and the numbers are read off
the instructions. Names change no code; the texts that are shown have them taken out.
"""

import copy
import re
from collections.abc import Sequence
from typing import Any, Final

import jax

from jaxplore.capture.programs import jaxprs
from jaxplore.model.program import Equation, Region

# Nobody's scope reads so, and XLA cuts a name only at an "@".
_LABEL: Final = re.compile(r"~(\d+)\.(\d+)~")
_LABEL_IN_PATH: Final = re.compile(r"/?~\d+\.\d+~")

Label = tuple[int, int]
"""Number of a jaxpr, and the place of an equation in it."""


def labels_in(path: str) -> tuple[Label, ...]:
    """The equations that a path of names goes through, outermost first."""
    return tuple([(int(jaxpr), int(place)) for jaxpr, place in _LABEL.findall(path)])


def without_labels(path: str) -> str:
    """The path as JAX alone would have written it."""
    return _LABEL_IN_PATH.sub("", path)


class Labels:
    """The labels of a program. JAX lowers a jaxpr that is used several times once, so each
    distinct one has labels of its own, and their uses share them."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._made: dict[int, Any] = {}
        # So that no other object takes over an identity.
        self._kept: list[Any] = []

    def number(self, jaxpr: Any) -> int | None:
        """The number of a jaxpr of the program; None where it was not labelled."""
        return self._numbers.get(id(jaxprs.opened(jaxpr)))

    def labelled(self, jaxpr: Any) -> Any:
        """A copy of a jaxpr whose equations have labels, and what they hold too."""
        # With a stack of our own: see `jaxprs.count_equations`.
        open_ = [jaxpr]
        while open_:
            current = open_[-1]
            missing = [part for part in jaxprs.held(current) if id(part) not in self._made]
            if missing:
                open_ += missing
                continue
            open_.pop()
            if id(current) not in self._made:
                self._kept.append(current)
                self._made[id(current)] = self._copy(current)
        return self._made[id(jaxpr)]

    def _copy(self, jaxpr: Any) -> Any:
        inner = jaxprs.opened(jaxpr)
        if inner is not jaxpr and id(inner) in self._made:
            return jaxpr.replace(jaxpr=self._made[id(inner)])
        number = self._numbers.setdefault(id(inner), len(self._numbers))
        equations = [
            equation.replace(
                params=self._params(equation.params),
                source_info=_with_name(equation.source_info, f"~{number}.{place}~"),
            )
            for place, equation in enumerate(inner.eqns)
        ]
        made = self._made[id(inner)] = inner.replace(eqns=equations)
        return made if inner is jaxpr else jaxpr.replace(jaxpr=made)

    def _params(self, params: dict[str, Any]) -> dict[str, Any]:
        return {name: self._param(value) for name, value in params.items()}

    def _param(self, value: Any) -> Any:
        if jaxprs.is_jaxpr(value):
            return self._made[id(value)]
        if type(value) in (tuple, list) and any(jaxprs.is_jaxpr(part) for part in value):
            return type(value)([self._param(part) for part in value])
        return value


def _with_name(source: Any, name: str) -> Any:
    return source.replace(name_stack=source.name_stack.extend(name))


def label(traced: Any) -> tuple[Any, Labels] | None:
    """What JAX traced, with labels; None where this JAX does not let it be changed."""
    try:
        labels = Labels()
        made = copy.copy(traced)
        made._params = {**traced._params, "jaxpr": labels.labelled(traced.jaxpr)}
        made._lojax = None  # made of the jaxpr without labels, where it was lowered before
        return (made, labels) if made.jaxpr is not traced.jaxpr else None
    except Exception:  # the texts are linked by position then
        return None


def may_label() -> bool:
    """Whether names may be changed in what XLA is given: not where it is kept on disk, for
    then a later run of the user's would find it, and its profiles would show our names."""
    config: Any = jax.config
    return not config.jax_compilation_cache_dir


class LabelledEquations:
    """Finds the equations that labels stand for."""

    def __init__(
        self,
        equations: Sequence[Equation],
        regions: Sequence[Region],
        numbers: Sequence[int | None],
    ) -> None:
        """`numbers`: per region, the number of its jaxpr."""
        self._holders: list[int | None] = []
        self._labels: list[Label | None] = []
        self._below: dict[tuple[int | None, Label], int] = {}
        self._uses: dict[Label, list[int]] = {}
        places = [0] * len(regions)
        for index, equation in enumerate(equations):
            region = equation.region
            number, holder = numbers[region], regions[region].equation
            label = None if number is None else (number, places[region])
            places[region] += 1
            self._holders.append(holder)
            self._labels.append(label)
            if label is not None:
                self._below[holder, label] = index
                self._uses.setdefault(label, []).append(index)

    def find(self, labels: Sequence[Label]) -> Sequence[int]:
        """The equations of a path: one where it starts at the whole program, else one for each
        use of the program that it starts in."""
        holder: int | None = None
        for label in labels:
            holder = self._below.get((holder, label))
            if holder is None:
                break
        if holder is not None:
            return (holder,)
        uses = self._uses.get(labels[-1], ())
        ends = [(self._shared(index, labels), index) for index in uses]
        longest = max((length for length, _ in ends), default=0)
        return [index for length, index in ends if length == longest]

    def _shared(self, index: int, labels: Sequence[Label]) -> int:
        """How many labels at the end of a path an equation and its holders have."""
        count = 0
        at: int | None = index
        for label in reversed(labels):
            if at is None or self._labels[at] != label:
                break
            count += 1
            at = self._holders[at]
        return count
