"""What equations of one kind share: their parameters as text, what they do in words, and
what they cost.

Programs repeat few kinds of equations many times: equal primitive, parameters and types are
asked about once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from jaxplore.capture.programs import flops, jaxprs, words
from jaxplore.capture.programs.valuetable import ValueTable

T = TypeVar("T")

Held = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Details:
    """Of one kind of equation."""

    parameters: str
    text: str
    """Primitive and parameters, as the program's text shows them."""
    meaning: str
    bytes: int
    """Of its inputs and outputs."""
    flops: int
    """Without the programs it holds."""
    held: Held
    """(parameter, jaxpr) of the programs it holds."""


class DetailsTable:
    """Makes details, each distinct one once."""

    def __init__(self, table: ValueTable) -> None:
        self._table = table
        self._known: dict[tuple[Any, ...], Details] = {}

    def of(self, equation: Any, values: Sequence[int]) -> Details:
        """The details of one of JAX's equations, whose inputs and outputs are `values`."""
        types, params = self._table.types, equation.params
        key: tuple[Any, ...] = (
            equation.primitive,
            len(equation.invars),
            *[types[value] for value in values],
        )
        try:
            if params:
                # 1, 1.0 and True are equal, but read otherwise; so do 0.0 and -0.0.
                key = (
                    *key,
                    *params,
                    *[
                        (type(v), repr(v)) if isinstance(v, _NUMBERS) else v
                        for v in params.values()
                    ],
                )
            known = self._known.get(key)
        except Exception:  # a parameter that cannot be hashed, or whose own code fails
            return self._read(equation, values)
        if known is None:
            known = self._known[key] = self._read(equation, values)
        return known

    def _read(self, equation: Any, values: Sequence[int]) -> Details:
        primitive, params = equation.primitive.name, equation.params
        faults: list[str] = []
        parameters = _or_fault("parameters", lambda: jaxprs.parameters_text(params), "", faults)
        held: Held = _or_fault("programs", lambda: tuple(jaxprs.nested(params)), (), faults)
        meaning = _or_fault("meaning", lambda: words.meaning(equation), "", faults)
        work = _or_fault("flops", lambda: flops.own(equation), 0, faults)
        parameters = " ".join([parameters, *faults]).strip()
        return Details(
            parameters=parameters,
            text=f"{primitive}[{parameters}]" if parameters else primitive,
            meaning=meaning,
            bytes=sum(self._table.values[value].size_bytes for value in values),
            flops=work,
            held=held,
        )


def with_nested(equation: Any, details: Details, nested: Sequence[int]) -> Details:
    """The details of an equation with what the programs count that it holds."""
    faults: list[str] = []
    work = _or_fault("flops", lambda: flops.with_nested(equation, nested), 0, faults)
    parameters = " ".join([details.parameters, *faults]).strip()
    return replace(details, parameters=parameters, flops=work)


def times(equation: Any, position: int) -> int | None:
    """How often an equation runs one of its programs; None where nobody can tell."""
    try:
        return flops.times(equation, position)
    except Exception:  # `with_nested` asks the same, and tells
        return None


_NUMBERS: Final = (int, float)


def _or_fault(what: str, work: Callable[[], T], instead: T, faults: list[str]) -> T:
    """The work's result; a fault of one equation's details is told in its parameters."""
    try:
        return work()
    except Exception as fault:
        faults.append(f"<{what}: {type(fault).__name__}>")
        return instead
