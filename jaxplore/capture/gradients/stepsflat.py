"""A program as one list of equations: what jitted functions hold stands in their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from jaxplore.capture import _hooks
from jaxplore.capture.programs import jaxprs
from jaxplore.capture.programs.walk import Walk
from jaxplore.model.gradients.cut import inside_of
from jaxplore.model.program import Program
from jaxplore.model.span import Span

# Calls that only hold a program: what is in them is what happens.
_OPENED: Final = ("jit", "pjit", "closed_call", "core_call")


@dataclass(frozen=True, slots=True)
class Known:
    """A value of the flat program: its number, or a literal."""

    number: int | None
    aval: Any
    literal: Any = None


@dataclass(frozen=True, slots=True)
class FlatEquation:
    """One equation, reading and writing values of the flat program."""

    equation: Any
    """As JAX has it."""
    span: Span | None
    inputs: tuple[Known, ...]
    outputs: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Flat:
    """The whole."""

    inputs: tuple[Known, ...]
    constants: tuple[Known, ...]
    outputs: tuple[Known, ...]
    equations: tuple[FlatEquation, ...]


def flat_of(program: Program, walk: Walk) -> Flat:
    """Flatten a program that was walked over."""
    return _Flattening(program, walk).whole()


class _Flattening:
    def __init__(self, program: Program, walk: Walk) -> None:
        self._program = program
        self._walk = walk
        self._inside = inside_of(program)
        self._rows: list[FlatEquation] = []
        self._values = 0

    def whole(self) -> Flat:
        jaxpr = self._walk.jaxprs[0]
        inputs = [self._new(var.aval) for var in jaxpr.invars]
        constants = [self._new(var.aval) for var in jaxpr.constvars]
        outputs = self._region(0, inputs, constants, None)
        return Flat(tuple(inputs), tuple(constants), tuple(outputs), tuple(self._rows))

    def _new(self, aval: Any) -> Known:
        self._values += 1
        return Known(self._values - 1, aval)

    def _region(
        self,
        region: int,
        inputs: Sequence[Known],
        constants: Sequence[Known],
        holder: Span | None,
    ) -> list[Known]:
        """Add a region's equations; returns what it returns."""
        jaxpr = self._walk.jaxprs[region]
        env: dict[Any, Known] = dict(zip(jaxpr.invars, inputs, strict=True))
        env.update(zip(jaxpr.constvars, constants, strict=True))
        for index, equation in zip(self._inside[region], jaxpr.eqns, strict=True):
            row = self._program.equations[index]
            span = row.span or holder
            read = [_read(env, atom) for atom in equation.invars]
            if row.primitive in _OPENED and len(row.regions) == 1:
                made = self._opened(row.regions[0], read, span)
            else:
                made = [self._new(var.aval) for var in equation.outvars]
                self._rows.append(FlatEquation(equation, span, tuple(read), tuple(made)))
            env.update(zip(equation.outvars, made, strict=True))
        return [_read(env, atom) for atom in jaxpr.outvars]

    def _opened(self, region: int, read: Sequence[Known], span: Span | None) -> list[Known]:
        jaxpr = self._walk.jaxprs[region]
        constants = [self._new(var.aval) for var in jaxpr.constvars]
        return self._region(region, read[len(read) - len(jaxpr.invars) :], constants, span)


def _read(env: dict[Any, Known], atom: Any) -> Known:
    if isinstance(atom, _hooks.Literal):
        return Known(None, atom.aval, atom.val)
    return env[atom]


def is_real(known: Known) -> bool:
    """Whether a value is of floating numbers."""
    return jaxprs.dtype_name(known.aval).startswith(("float", "bfloat"))


def can_change(known: Known) -> bool:
    """Whether a value can change a little: floating or complex numbers."""
    return is_real(known) or jaxprs.dtype_name(known.aval).startswith("complex")
