"""From a function to its derivation: each equation with its rule, and the way back."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import jax

from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.gradients.arguments import Wrt, plain_function, read_arguments
from jaxplore.capture.gradients.rules import Names, Rule, Term, d, rule_of
from jaxplore.capture.gradients.rulestable import BY_ELEMENT, NO_DERIVATIVE
from jaxplore.capture.gradients.stepsflat import (
    Flat,
    FlatEquation,
    Known,
    can_change,
    flat_of,
    is_real,
)
from jaxplore.capture.gradients.stepsrules import (
    Naming,
    Written,
    back_of,
    forward_of,
    literal_text,
)
from jaxplore.capture.gradients.taken import path_of
from jaxplore.capture.gradients.traced import function_alone
from jaxplore.capture.programs import jaxprs
from jaxplore.capture.programs.program import capture_program
from jaxplore.capture.programs.tracing import trace
from jaxplore.capture.programs.walk import Walk
from jaxplore.errors import JaxploreError, NotAProgramError
from jaxplore.model.derivation import Contribution, Derivation, Step
from jaxplore.model.program import Program

MOST_STEPS: Final = 60
_MARKS: Final = "abcdefgh"


def capture_steps(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    wrt: Wrt = 0,
    has_aux: bool = False,
) -> Derivation:
    """Derive the gradient of a function; see `jaxplore.derivation`.

    Raises:
        UserCodeFailed: The function raised while JAX traced it.
        JaxploreError: `wrt` names nothing that has a gradient, or the result has none.
    """
    if not callable(f):
        raise NotAProgramError.of(
            failed="Cannot derive the gradient of this.",
            given=f"{' '.join(repr(f).split())[:80]} ({type(f).__name__})",
            do="pass a function and its arguments.",
        )
    f = plain_function(f)
    arguments = read_arguments(f, args, kwargs, wrt)
    with observer.paused():
        given, named = arguments.given()
        traced = trace(function_alone(f, arguments), given, named, _say_nothing).traced
        walks: list[Walk] = []
        program = capture_program(traced, stages=("jaxpr",), walked=walks.append)
        flat = flat_of(program, walks[0])
        out = traced.out_info
        out = out[0] if has_aux and isinstance(out, tuple | list) and out else out
        results = [known for known in flat.outputs[: len(jax.tree.leaves(out))] if is_real(known)]
        if not results:
            raise JaxploreError.of(
                failed="Cannot derive the gradient of this result.",
                given=", ".join(jaxprs.type_text(k.aval) for k in flat.outputs[:5]) or "no array",
                do="let the function return real floating numbers.",
            )
        return _Deriving(program, flat, arguments.wrt, results).derivation()


def _say_nothing(_step: str, _equations: int) -> None:
    return


@dataclass(slots=True)
class _Draft:
    """One step, while it is being derived."""

    number: int
    flat: FlatEquation
    rule: Rule
    naming: Naming
    active: list[int]
    """Places of the inputs that change."""
    forward: Written | None = None
    outputs: list[int] = field(default_factory=list[int])
    """Places of the results that change."""
    back: Written | None = None
    is_needed: bool = False
    contributions: list[Contribution] = field(default_factory=list[Contribution])

    @property
    def terms(self) -> list[Term | None]:
        """The parts that the inputs which change have in the rule."""
        terms = self.rule.terms
        return [terms[place] if place < len(terms) else None for place in self.active]

    @property
    def known(self) -> dict[str, str]:
        """Formula -> how it is kept: a value's own name, or as a number of its own."""
        terms = [term for term in self.terms if term is not None]
        pairs = zip(self.naming.inputs, self.flat.inputs, strict=True)
        literals = {name for name, known in pairs if known.number is None}
        formulas = dict.fromkeys(k for term in terms for k in term.keeps if k not in literals)
        own = {*self.naming.inputs, *self.naming.outputs}
        new = [formula for formula in formulas if formula not in own]
        made = {f: f"k{self.number}{_MARKS[i] if len(new) > 1 else ''}" for i, f in enumerate(new)}
        return {f: f"{made[f]} = {f}" if f in made else f for f in formulas}

    def with_known(self, text: str) -> str:
        """A formula with the names of what is known."""
        for formula, kept in self.known.items():
            name, is_new, _ = kept.partition(" = ")
            if not is_new:
                continue
            whole = re.escape(formula)
            text = re.sub(rf"\({whole}\)|(?<!\w){whole}(?!\w)", name, text)
        return text


class _Deriving:
    def __init__(
        self, program: Program, flat: Flat, wrt: tuple[int, ...], results: list[Known]
    ) -> None:
        self._program = program
        self._flat = flat
        self._results = results
        self._wrt = wrt
        self._names = _names(program, flat)
        shown = flat.equations[:MOST_STEPS]
        self._drafts = [self._draft(number, one) for number, one in enumerate(shown, 1)]

    def derivation(self) -> Derivation:
        self._go_forward()
        self._go_back()
        # Where the function goes on, its results are not among the steps.
        results = [self._called(known) for known in self._results]
        return Derivation(
            name=self._program.name,
            wrt=tuple([path_of(self._program, place) for place in self._wrt]),
            results=tuple(results),
            is_scalar=len(self._results) == 1 and self._results[0].aval.shape == (),
            steps=tuple(self._steps()),
            equations=len(self._flat.equations),
        )

    def _called(self, known: Known) -> str:
        return literal_text(known.literal) if known.number is None else self._names[known.number]

    def _draft(self, number: int, flat: FlatEquation) -> _Draft:
        inputs = tuple([self._called(known) for known in flat.inputs])
        outputs = tuple([self._called(known) for known in flat.outputs])
        sizes = [len(getattr(known.aval, "shape", ())) for known in flat.inputs]
        names = Names(inputs, outputs)
        rule = rule_of(flat.equation.primitive.name, flat.equation.params, names, sizes)
        return _Draft(number, flat, rule, Naming(inputs, outputs), [])

    def _go_forward(self) -> None:
        changing = {self._flat.inputs[place].number for place in self._wrt}
        for draft in self._drafts:
            flat = draft.flat
            draft.active = [
                place
                for place, known in enumerate(flat.inputs)
                if known.number in changing and known.number is not None
            ]
            if not draft.active or not any(can_change(known) for known in flat.outputs):
                continue
            draft.forward = forward_of(flat, draft.active, draft.naming)
            if draft.forward is None:
                draft.outputs = [p for p, known in enumerate(flat.outputs) if can_change(known)]
            else:
                is_active = draft.forward.active_outputs
                draft.outputs = [place for place, active in enumerate(is_active) if active]
            changing.update(flat.outputs[place].number for place in draft.outputs)

    def _go_back(self) -> None:
        is_cut = len(self._flat.equations) > len(self._drafts)
        wanted = {known.number for known in self._results}
        if is_cut:  # whatever the rest reads has a gradient, as far as can be seen
            rest = self._flat.equations[len(self._drafts) :]
            wanted |= {known.number for flat in rest for known in flat.inputs}
        needed: set[int | None] = set(wanted) if is_cut else set()
        uses: dict[int | None, list[tuple[_Draft, int]]] = {}
        for draft in reversed(self._drafts):
            flat = draft.flat
            outputs = [place for place in draft.outputs if flat.outputs[place].number in wanted]
            if outputs:
                draft.back = back_of(flat, draft.active, outputs, draft.naming)
                wanted.update(flat.inputs[place].number for place in draft.active)
                needed.update(flat.inputs[place].number for place in draft.back.reads)
                needed.update(flat.outputs[place].number for place in draft.back.reads_outputs)
                for place in draft.active:
                    uses.setdefault(flat.inputs[place].number, []).append((draft, place))
            if _runs_for_the_way_back(draft) or any(k.number in needed for k in flat.outputs):
                draft.is_needed = True
                needed.update(known.number for known in flat.inputs)
        for number, places in uses.items():
            for turn, (draft, place) in enumerate(places, 1):
                draft.contributions.append(
                    self._contribution(draft, place, number, turn, len(places))
                )

    def _contribution(
        self, draft: _Draft, place: int, number: int | None, turn: int, of: int
    ) -> Contribution:
        assert number is not None
        term = draft.rule.terms[place] if place < len(draft.rule.terms) else None
        text = "" if term is None else draft.with_known(term.cotangent)
        if text and _is_spread(draft.flat, place):
            text = f"sum({text})"
        return Contribution(to=self._names[number], text=text, number=turn, of=of)

    def _steps(self) -> Iterator[Step]:
        for draft in self._drafts:
            tangent = _tangent(draft)
            yield Step(
                number=draft.number,
                span=draft.flat.span,
                primitive=draft.flat.equation.primitive.name,
                equation=draft.rule.equation,
                has_derivative=bool(draft.outputs),
                leads_to_result=draft.back is not None,
                is_needed=draft.is_needed,
                words=self._words(draft),
                tangent=tangent,
                linear=draft.with_known(tangent),
                keeps=tuple(draft.known.values()) if tangent else (),
                jvp=() if draft.forward is None else draft.forward.equations,
                kept=() if draft.back is None else draft.back.kept,
                contributions=tuple(draft.contributions),
                vjp=() if draft.back is None else draft.back.equations,
            )

    def _words(self, draft: _Draft) -> str:
        if not draft.active:
            by = ", ".join(path_of(self._program, place) for place in self._wrt[:3])
            return f"does not change with {by}{', ...' if len(self._wrt) > 3 else ''}"
        name = draft.flat.equation.primitive.name
        if not draft.outputs and name not in NO_DERIVATIVE:
            return "its rule has no derivative here"
        return draft.rule.words


def _is_spread(flat: FlatEquation, place: int) -> bool:
    """Whether one number meets each element of an array: each of them adds to its gradient."""
    shapes = [getattr(known.aval, "shape", ()) for known in (flat.inputs[place], flat.outputs[0])]
    return flat.equation.primitive.name in BY_ELEMENT and shapes[0] == () != shapes[1]


def _runs_for_the_way_back(draft: _Draft) -> bool:
    """Whether an equation that holds a program makes in it what the way back needs: a loop
    runs for what it keeps of each iteration, even where nothing reads its results."""
    equation = draft.flat.equation
    return (
        draft.back is not None
        and any(True for _ in jaxprs.nested(equation.params))
        and any(
            one.part == "known" and one.primitive == equation.primitive.name
            for one in draft.back.equations
        )
    )


def _tangent(draft: _Draft) -> str:
    """How a change goes through an equation; empty where no formula says it."""
    terms = draft.terms
    if not draft.outputs or any(term is None for term in terms):
        return ""
    whole = ""
    for term in terms:
        assert term is not None
        minus = term.tangent.startswith("-")
        joined = f" - {term.tangent[1:]}" if minus else f" + {term.tangent}"
        whole = whole + joined if whole else term.tangent
    return f"{d(draft.naming.outputs[0])} = {whole}" if whole else ""


def _names(program: Program, flat: Flat) -> dict[int, str]:
    """What each value is called: arguments as in the call, results by letters."""
    names: dict[int, str] = {}
    for place, known in enumerate(flat.inputs):
        names[_number(known)] = path_of(program, place)
    for place, known in enumerate(flat.constants, 1):
        names[_number(known)] = f"constant{place}"
    taken = {*names.values()}
    letters = _letters()
    for flat_equation in flat.equations:
        for known in flat_equation.outputs:
            names[_number(known)] = next(one for one in letters if one not in taken)
    for known in [k for e in flat.equations for k in e.inputs]:
        if known.number is not None:
            names.setdefault(known.number, "constant")
    return names


def _number(known: Known) -> int:
    assert known.number is not None
    return known.number


def _letters() -> Iterator[str]:
    """a, b, c, ..., a2, b2, ... without those that `da` and `ga` are made with."""
    alphabet = [chr(code) for code in range(ord("a"), ord("z") + 1) if chr(code) not in "dg"]
    yield from alphabet
    turn = 2
    while True:
        yield from (f"{letter}{turn}" for letter in alphabet)
        turn += 1
