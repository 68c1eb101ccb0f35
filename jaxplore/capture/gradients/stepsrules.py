"""What JAX's own rules write for one equation, forward and back: each rule is traced alone."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import jax

from jaxplore.capture import _hooks
from jaxplore.capture.gradients.rules import d, g
from jaxplore.capture.gradients.stepsflat import FlatEquation, can_change
from jaxplore.capture.programs import jaxprs
from jaxplore.model.derivation import Kept, Part, RuleEquation


@dataclass(frozen=True, slots=True)
class Written:
    """What a rule wrote, and what of the function it reads."""

    equations: tuple[RuleEquation, ...]
    active_outputs: tuple[bool, ...]
    """Per result, whether a change or a gradient goes through it."""
    kept: tuple[Kept, ...] = ()
    reads: tuple[int, ...] = ()
    """Places among the inputs whose numbers the way back needs."""
    reads_outputs: tuple[int, ...] = ()


def forward_of(flat: FlatEquation, active: Sequence[int], names: "Naming") -> Written | None:
    """The jvp rule of an equation; None where it has none.

    Args:
        flat: The equation.
        active: Places of the inputs that change.
        names: What its values are called.
    """
    places = [place for place, out in enumerate(flat.outputs) if can_change(out)]

    def both(args: list[Any], changes: list[Any]) -> Any:
        run = _run_by(flat, args, active)
        outs, tangents = jax.jvp(run, [args[place] for place in active], changes)
        return outs, [tangents[place] for place in places]

    types = [_type(known.aval) for known in flat.inputs]
    # Functions with a rule for the way back alone have no jvp.
    with suppress(TypeError):
        jaxpr = jaxprs.opened(jax.make_jaxpr(both)(types, [types[place] for place in active]))
        reader = _Reader(jaxpr, names)
        changes = jaxpr.invars[len(types) :]
        reader.call(jaxpr.invars[: len(types)], names.inputs)
        reader.call(changes, [d(names.inputs[place]) for place in active])
        reader.call(jaxpr.outvars[: len(flat.outputs)], names.outputs)
        tangents = jaxpr.outvars[len(flat.outputs) :]
        reader.call(tangents, [d(names.outputs[place]) for place in places])
        linear = reader.below(changes)
        is_active = [False] * len(flat.outputs)
        for place, var in zip(places, tangents, strict=True):
            is_active[place] = not isinstance(var, _hooks.Literal) and var in linear
        needed = reader.needed([*jaxpr.outvars])
        return Written(reader.rows(needed, linear, "linear"), tuple(is_active))
    return None


def back_of(
    flat: FlatEquation, active: Sequence[int], outputs: Sequence[int], names: "Naming"
) -> Written:
    """How the gradient goes back through an equation.

    Args:
        flat: The equation.
        active: Places of the inputs that have a gradient.
        outputs: Places of the results that have one.
        names: What its values are called.
    """

    def back(args: list[Any], gradients: list[Any]) -> Any:
        run = _run_by(flat, args, active)
        chosen = [args[place] for place in active]

        def of(*chosen: Any) -> Any:
            outs = run(*chosen)
            return [outs[place] for place in outputs], outs

        _, pull, outs = jax.vjp(of, *chosen, has_aux=True)
        return outs, pull(gradients)

    types = [_type(known.aval) for known in flat.inputs]
    gradients = [_type(flat.outputs[place].aval) for place in outputs]
    jaxpr = jaxprs.opened(jax.make_jaxpr(back)(types, gradients))
    reader = _Reader(jaxpr, names)
    count = len(flat.outputs)
    starts, made = jaxpr.invars[len(types) :], jaxpr.outvars[:count]
    reader.call(jaxpr.invars[: len(types)], names.inputs)
    reader.call(starts, [g(names.outputs[place]) for place in outputs])
    reader.call(made, names.outputs)
    ends = jaxpr.outvars[count:]
    reader.call(ends, [g(names.inputs[place]) for place in active])
    transposed = reader.below(starts)
    walls = {var for var in made if not isinstance(var, _hooks.Literal)}
    needed = reader.needed(list(ends), walls - set(jaxpr.invars))
    kept = reader.kept(needed, transposed, {*jaxpr.invars, *walls})
    inputs = jaxpr.invars[: len(types)]
    return Written(
        reader.rows(needed, transposed, "transposed"),
        tuple([place in outputs for place in range(count)]),
        kept,
        tuple([place for place, var in enumerate(inputs) if reader.is_read(var, needed)]),
        tuple([place for place, var in enumerate(made) if reader.is_read(var, needed)]),
    )


@dataclass(frozen=True, slots=True)
class Naming:
    """What an equation's values are called."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def _type(aval: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(aval.shape, aval.dtype, weak_type=getattr(aval, "weak_type", False))


def _run_by(flat: FlatEquation, args: list[Any], active: Sequence[int]) -> Callable[..., Any]:
    """The equation as a function of the inputs that change."""
    equation, primitive = flat.equation, flat.equation.primitive

    def run(*chosen: Any) -> list[Any]:
        given = [
            arg if known.number is not None else known.literal
            for arg, known in zip(args, flat.inputs, strict=True)
        ]
        for place, arg in zip(active, chosen, strict=True):
            given[place] = arg
        made = primitive.bind(*given, **primitive.get_bind_params(equation.params))
        return [*made] if primitive.multiple_results else [made]

    return run


class _Reader:
    """Reads the jaxpr of a rule, with names that say what its values are."""

    def __init__(self, jaxpr: Any, names: Naming) -> None:
        self._jaxpr = jaxpr
        self._names: dict[Any, str] = {}
        self._made = 0
        self._taken = {*names.inputs, *names.outputs}

    def call(self, variables: Sequence[Any], names: Sequence[str]) -> None:
        """Name some values; the first name stays."""
        for var, name in zip(variables, names, strict=True):
            if not isinstance(var, _hooks.Literal):
                self._names.setdefault(var, name)

    def below(self, variables: Sequence[Any]) -> set[Any]:
        """What depends on some values, they included."""
        found = set(variables)
        for equation in self._jaxpr.eqns:
            if any(not isinstance(v, _hooks.Literal) and v in found for v in equation.invars):
                found.update(equation.outvars)
        return found

    def needed(self, results: list[Any], walls: set[Any] | None = None) -> list[Any]:
        """The equations that some results need; those that make `walls` are not looked at."""
        wanted = {var for var in results if not isinstance(var, _hooks.Literal)}
        rows: list[Any] = []
        for equation in reversed(self._jaxpr.eqns):
            made = [var for var in equation.outvars if var in wanted]
            if made and not (walls and all(var in walls for var in made)):
                rows.append(equation)
                wanted.update(v for v in equation.invars if not isinstance(v, _hooks.Literal))
        return rows[::-1]

    def is_read(self, var: Any, equations: Sequence[Any]) -> bool:
        """Whether some equations read a value."""
        return any(var is read for equation in equations for read in equation.invars)

    def rows(
        self, equations: Sequence[Any], late: set[Any], part: Part
    ) -> tuple[RuleEquation, ...]:
        """Equations as text; those of the values `late` are `part`, the others known."""
        return tuple(
            [
                RuleEquation(
                    text=self._text(equation),
                    primitive=equation.primitive.name,
                    part=part if any(v in late for v in equation.outvars) else "known",
                )
                for equation in equations
            ]
        )

    def kept(self, equations: Sequence[Any], late: set[Any], own: set[Any]) -> tuple[Kept, ...]:
        """What the equations of the way back read of the way forward."""
        makers = {var: equation for equation in equations for var in equation.outvars}
        found: dict[str, Kept] = {}
        for equation in equations:
            if not any(var in late for var in equation.outvars):
                continue
            for var in equation.invars:
                if isinstance(var, _hooks.Literal) or var in late:
                    continue
                maker = None if var in own else makers.get(var)
                found[self._name(var)] = Kept(
                    name=self._name(var),
                    made_by="" if maker is None else self._text(maker),
                    type=jaxprs.type_text(var.aval),
                    size_bytes=jaxprs.size_bytes(var.aval),
                )
        return tuple(found.values())

    def _text(self, equation: Any) -> str:
        made = ", ".join(self._name(var) for var in equation.outvars)
        name = equation.primitive.name
        if name in ("jit", "pjit"):
            name = f"jit({equation.params.get('name', '')})"
        read = " ".join(self._name(var) for var in equation.invars)
        return f"{made} = {name} {read}".rstrip()

    def _name(self, var: Any) -> str:
        if isinstance(var, _hooks.Literal):
            return literal_text(var.val)
        if isinstance(var, _hooks.DropVar):
            return "_"
        if var not in self._names:
            self._made += 1
            while f"t{self._made}" in self._taken:
                self._made += 1
            self._names[var] = f"t{self._made}"
        return self._names[var]


def literal_text(value: Any) -> str:
    """A number as people write it.

    >>> literal_text(2.0), literal_text(True), literal_text(0.7978845834732056)
    ('2', 'True', '0.7979')
    """
    if getattr(value, "shape", ()) != ():
        return "constant"
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, float):
        return f"{plain:.4g}"
    # Newer JAX has integers of its own, which print their type.
    is_whole = isinstance(plain, int) and not isinstance(plain, bool)
    return str(int(plain)) if is_whole else str(plain)
