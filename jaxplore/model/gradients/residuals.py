"""What the forward pass keeps for the backward pass, named by the expressions that made it."""

from collections.abc import Collection
from typing import Final, Literal

from jaxplore.model.gradient import Residual
from jaxplore.model.gradients.liveness import Liveness
from jaxplore.model.gradients.origins import Origin, Origins
from jaxplore.model.gradients.passes import Passes
from jaxplore.model.gradients.ports import ports_of
from jaxplore.model.program import Program

_NAME_LENGTH: Final = 60


def residuals_of(
    passes: Passes, alive: Liveness, argument_names: tuple[str, ...]
) -> tuple[Residual, ...]:
    """The residuals between two passes, largest first, arguments and constants last.

    Args:
        passes: From `passes_of`.
        alive: What the whole program needs: a residual that only dead equations read is
            not kept.
        argument_names: Of the inputs of the region that the passes stand in.
    """
    forward, backward = passes.forward, passes.backward
    origins, readers = Origins(forward.program), _Readers(backward.program)
    whole = forward.program.regions[0]
    names = dict(zip(whole.inputs, argument_names, strict=False))
    dead = {place for index, place in backward.places.items() if index not in alive.equations}
    found: list[Residual] = []
    for value in passes.handed:
        read_by = readers.of(backward.values[value], dead)
        if not read_by:
            continue
        kept = forward.program.values[forward.values[value]]
        origin = origins.of(forward.values[value])
        maker = None if origin.equation is None else forward.program.equations[origin.equation]
        found.append(
            Residual(
                value=forward.values[value],
                read_as=backward.values[value],
                type=kept.type_text,
                size_bytes=kept.size_bytes,
                span=None if maker is None else maker.span,
                equation=origin.equation,
                kind=_kind(forward.program, origin),
                name=_name(forward.program, origin, names),
                times=origin.times,
                readers=read_by,
            )
        )
    return tuple(sorted(found, key=lambda r: (_ORDER[r.kind], -r.size_bytes, r.value)))


_ORDER: Final = {"made": 0, "argument": 1, "constant": 2}


def _kind(program: Program, origin: Origin) -> Literal["made", "argument", "constant"]:
    if origin.equation is not None:
        return "made"
    return "constant" if program.values[origin.value].kind == "constant" else "argument"


def _name(program: Program, origin: Origin, names: dict[int, str]) -> str:
    if origin.equation is None:
        return names.get(origin.value) or program.values[origin.value].name
    maker = program.equations[origin.equation]
    if maker.span is not None and maker.span.text:
        return maker.span.quoted(_NAME_LENGTH)
    return maker.primitive


class _Readers:
    """Who reads a value of a program, in nested programs too."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._direct: dict[int, list[int]] = {}
        self._inner: dict[tuple[int, int], list[int]] = {}
        for index, equation in enumerate(program.equations):
            for value in dict.fromkeys(equation.inputs):
                self._direct.setdefault(value, []).append(index)
            for ports in ports_of(program, index) if equation.regions else ():
                inside = program.regions[ports.region].inputs
                for value, at in zip(inside, ports.inputs, strict=True):
                    if at is not None:
                        self._inner.setdefault((index, at), []).append(value)

    def of(self, value: int, dead: Collection[int]) -> tuple[int, ...]:
        """The equations that read it themselves, without dead ones."""
        found: set[int] = set()
        waiting = [value]
        seen = {value}
        while waiting:
            current = waiting.pop()
            for index in self._direct.get(current, ()):
                equation = self._program.equations[index]
                places = [at for at, v in enumerate(equation.inputs) if v == current]
                inner = [self._inner.get((index, at)) for at in places]
                if index not in dead and None in inner:
                    found.add(index)
                fresh = [v for part in inner for v in part or () if v not in seen]
                seen.update(fresh)
                waiting += fresh
        return tuple(sorted(found))
