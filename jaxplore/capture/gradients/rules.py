"""Rules of differentiation in words and symbols, as a reader would write them down.

They name what JAX's rules do; what those wrote stands beside them and decides. A primitive
that is not listed has its name and JAX's equations alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jaxplore.capture.gradients.rulestable import (
    COMPARED,
    LINEAR,
    NO_DERIVATIVE,
    SLOPES,
    Linear,
)
from jaxplore.capture.programs import jaxprs


@dataclass(frozen=True, slots=True)
class Names:
    """What the values of one equation are called."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def out(self) -> str:
        """The first result."""
        return self.outputs[0] if self.outputs else "_"


@dataclass(frozen=True, slots=True)
class Term:
    """The part that one input has in a rule."""

    tangent: str
    """Of its change: `"cos(a) * da"`."""
    cotangent: str
    """Its gradient: `"cos(a) * gb"`."""
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for one equation."""

    equation: str
    words: str
    terms: tuple[Term | None, ...] = ()
    """Per input; None where it has no derivative."""


def d(name: str) -> str:
    """The change of a value: `"da"`, `"d(p['w'])"`."""
    return f"d{name}" if name.isidentifier() else f"d({name})"


def g(name: str) -> str:
    """The gradient by a value."""
    return f"g{name}" if name.isidentifier() else f"g({name})"


def rule_of(primitive: str, params: dict[str, Any], names: Names, sizes: Sequence[int]) -> Rule:
    """The rule of an equation, in symbols.

    Args:
        primitive: Its name.
        params: As JAX has them.
        names: Of its values.
        sizes: Of its inputs, in axes.
    """
    made = _special(primitive, params, names, sizes)
    if made is not None:
        return made
    ins, out = names.inputs, names.out
    if primitive in SLOPES and len(ins) == 1:
        equation, slope, words = SLOPES[primitive]
        fill = {"x": ins[0], "y": out}
        return _chain(f"{out} = {equation.format(**fill)}", slope.format(**fill), words, names)
    if primitive in LINEAR:
        return _linear(LINEAR[primitive], names)
    if primitive in COMPARED and len(ins) == 2:
        call = f"{ins[0]} {COMPARED[primitive]} {ins[1]}"
    else:
        call = f"{_called(primitive, params)}({', '.join(ins)})"
    words = NO_DERIVATIVE.get(primitive, "")
    return Rule(f"{', '.join(names.outputs)} = {call}", words)


def _called(primitive: str, params: dict[str, Any]) -> str:
    """The function's own name, where the primitive is a call of one."""
    if primitive.startswith(("custom_jvp", "custom_vjp")):
        return jaxprs.called_name(primitive, params)
    return "checkpoint" if primitive.startswith("remat") else primitive


def _chain(equation: str, slope: str, words: str, names: Names) -> Rule:
    factor = f"({slope})" if " " in slope else slope
    x, y = names.inputs[0], names.out
    term = Term(f"{factor} * {d(x)}", f"{factor} * {g(y)}", (slope,))
    return Rule(equation, words, (term,))


def _linear(linear: Linear, names: Names) -> Rule:
    """The same is done to the change; its reverse to the gradient."""
    x, y = names.inputs[0], names.out
    rest = ", ".join(["", *names.inputs[1:]])
    call, forward = [linear.forward.format(x=name, rest=rest) for name in (x, d(x))]
    term = Term(forward, linear.back.format(y=g(y), x=x))
    others = [None] * (len(names.inputs) - 1)
    return Rule(f"{y} = {call}", linear.words, (term, *others))


def _special(
    primitive: str, params: dict[str, Any], names: Names, sizes: Sequence[int]
) -> Rule | None:
    write = _WRITERS.get(primitive)
    return None if write is None or not names.outputs else write(params, names, sizes)


def _add(_p: dict[str, Any], n: Names, _s: Sequence[int]) -> Rule:
    terms = tuple([Term(d(name), g(n.out)) for name in n.inputs])
    return Rule(f"{n.out} = {' + '.join(n.inputs)}", "sum rule", terms)


def _sub(_p: dict[str, Any], n: Names, _s: Sequence[int]) -> Rule:
    a, b = n.inputs
    terms = (Term(d(a), g(n.out)), Term(f"-{d(b)}", f"-{g(n.out)}"))
    return Rule(f"{n.out} = {a} - {b}", "sum rule", terms)


def _neg(_p: dict[str, Any], n: Names, _s: Sequence[int]) -> Rule:
    x = n.inputs[0]
    return Rule(f"{n.out} = -{x}", "linear", (Term(f"-{d(x)}", f"-{g(n.out)}"),))


def _mul(_p: dict[str, Any], n: Names, _s: Sequence[int]) -> Rule:
    a, b = n.inputs
    terms = (
        Term(f"{d(a)} * {b}", f"{g(n.out)} * {b}", (b,)),
        Term(f"{a} * {d(b)}", f"{a} * {g(n.out)}", (a,)),
    )
    return Rule(f"{n.out} = {a} * {b}", "product rule", terms)


def _div(_p: dict[str, Any], n: Names, _s: Sequence[int]) -> Rule:
    a, b = n.inputs
    slope = f"{n.out} / {b}"
    terms = (
        Term(f"{d(a)} / {b}", f"{g(n.out)} / {b}", (b,)),
        Term(f"-({slope}) * {d(b)}", f"-({slope}) * {g(n.out)}", (slope,)),
    )
    return Rule(f"{n.out} = {a} / {b}", "quotient rule", terms)


def _integer_pow(p: dict[str, Any], n: Names, _s: Sequence[int]) -> Rule:
    x, power = n.inputs[0], int(p.get("y", 2))
    lower = x if power == 2 else f"{x}**{power - 1}"
    slope = f"{power} * {lower}"
    return _chain(
        f"{n.out} = {x}**{power}",
        slope,
        f"the slope of x**{power} is {power} * {'x' if power == 2 else f'x**{power - 1}'}",
        n,
    )


def _pow(_p: dict[str, Any], n: Names, _s: Sequence[int]) -> Rule:
    x, p = n.inputs
    by_x, by_p = f"{p} * {x}**({p} - 1)", f"log({x}) * {n.out}"
    terms = (
        Term(f"{by_x} * {d(x)}", f"{by_x} * {g(n.out)}", (by_x,)),
        Term(f"{by_p} * {d(p)}", f"{by_p} * {g(n.out)}", (by_p,)),
    )
    return Rule(f"{n.out} = {x}**{p}", "power rule", terms)


def _dot(p: dict[str, Any], n: Names, s: Sequence[int]) -> Rule:
    a, b = n.inputs
    go = g(n.out)
    (left, right), batch = p["dimension_numbers"]
    plain = not any(batch) and tuple(left) == (s[0] - 1,) and tuple(right) == (0,)
    if plain and s[0] == s[1] == 2:
        by_a, by_b = f"{go} @ {b}ᵀ", f"{a}ᵀ @ {go}"
    elif plain and list(s) == [2, 1]:
        by_a, by_b = f"outer({go}, {b})", f"{a}ᵀ @ {go}"
    elif plain and list(s) == [1, 2]:
        by_a, by_b = f"{b} @ {go}", f"outer({a}, {go})"
    elif plain and list(s) == [1, 1]:
        by_a, by_b = f"{go} * {b}", f"{a} * {go}"
    else:
        by_a, by_b = f"contract({go}, {b})", f"contract({a}, {go})"
    sign = (lambda x, y: f"{x} @ {y}") if plain else (lambda x, y: f"contract({x}, {y})")
    terms = (Term(sign(d(a), b), by_a, (b,)), Term(sign(a, d(b)), by_b, (a,)))
    return Rule(f"{n.out} = {sign(a, b)}", "linear in each factor", terms)


def _select(_p: dict[str, Any], n: Names, _s: Sequence[int]) -> Rule:
    which, *cases = n.inputs
    terms: list[Term | None] = [None]
    for position, case in enumerate(cases):
        test = f"{which} is {bool(position)}" if len(cases) == 2 else f"{which} == {position}"
        terms.append(Term(f"{d(case)} where {test}", f"{g(n.out)} where {test}, else 0", (which,)))
    if len(cases) == 2:
        equation = f"{n.out} = where({which}, {cases[1]}, {cases[0]})"
    else:
        equation = f"{n.out} = select({which}, {', '.join(cases)})"
    return Rule(equation, "only the chosen case passes a change on", tuple(terms))


def _extreme(word: str) -> Callable[[dict[str, Any], Names, Sequence[int]], Rule]:
    def write(_p: dict[str, Any], n: Names, _s: Sequence[int]) -> Rule:
        a, b = n.inputs
        terms = tuple(
            [
                Term(
                    f"{d(x)} where {x} is the {word}",
                    f"{g(n.out)} where {x} is the {word}, else 0",
                    (f"{x} is the {word}",),
                )
                for x in (a, b)
            ]
        )
        name = "max" if word == "larger" else "min"
        return Rule(f"{n.out} = {name}({a}, {b})", f"only the {word} passes a change on", terms)

    return write


def _reduced_extreme(name: str) -> Callable[[dict[str, Any], Names, Sequence[int]], Rule]:
    def write(_p: dict[str, Any], n: Names, _s: Sequence[int]) -> Rule:
        x = n.inputs[0]
        place = f"where {x} == {n.out}"
        term = Term(f"{d(x)} {place}", f"{g(n.out)} {place}, shared by ties", (f"{x} == {n.out}",))
        return Rule(f"{n.out} = {name}({x})", f"only the {name} passes a change on", (term,))

    return write


def _concatenate(_p: dict[str, Any], n: Names, _s: Sequence[int]) -> Rule:
    terms = tuple([Term(d(x), f"its part of {g(n.out)}") for x in n.inputs])
    return Rule(f"{n.out} = concatenate({', '.join(n.inputs)})", "linear", terms)


_WRITERS: Final[dict[str, Callable[[dict[str, Any], Names, Sequence[int]], Rule]]] = {
    "add": _add,
    "add_any": _add,
    "sub": _sub,
    "neg": _neg,
    "mul": _mul,
    "div": _div,
    "integer_pow": _integer_pow,
    "pow": _pow,
    "dot_general": _dot,
    "select_n": _select,
    "max": _extreme("larger"),
    "min": _extreme("smaller"),
    "reduce_max": _reduced_extreme("max"),
    "reduce_min": _reduced_extreme("min"),
    "concatenate": _concatenate,
}
