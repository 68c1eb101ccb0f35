"""Equations that only spell a constant: `broadcast_in_dim 0.0`, `iota`, `1.0 / 1280.0`.

A picture writes them on what reads them, as it does with literals. The explorer does the same.
"""

from collections import Counter
from typing import Final

from jaxplore.model.program import Equation, Program

_SIGNS: Final = {"add": "+", "sub": "−", "mul": "×", "div": "/", "pow": "^"}
_OTHERS: Final = "iota broadcast_in_dim convert_element_type reshape neg sqrt rsqrt exp log max min"
_MAKERS: Final = {*_SIGNS, *_OTHERS.split()}
_SHAPERS: Final = {"broadcast_in_dim", "convert_element_type", "reshape", "squeeze"}
"""They give a constant another shape or type, and are one themselves."""


def constants(program: Program) -> dict[int, str]:
    """By value, what the constants are: those that an equation reads, and no program returns."""
    leaves = {value for region in program.regions for value in region.outputs}
    readers = Counter(value for equation in program.equations for value in equation.inputs)
    found: dict[int, str] = {}
    for equation in program.equations:
        if len(equation.outputs) != 1 or equation.regions:
            continue
        (output,) = equation.outputs
        if output in leaves or not readers[output]:
            continue
        parts = [_part(program, equation, value, found) for value in equation.inputs]
        if equation.primitive in _MAKERS | _SHAPERS and None not in parts:
            found[output] = _text(equation.primitive, [part or "" for part in parts])
    return found


def _part(program: Program, equation: Equation, value: int, found: dict[int, str]) -> str | None:
    if program.values[value].kind == "literal":
        return program.values[value].name if equation.primitive in _MAKERS else None
    return found.get(value) if equation.primitive in _SHAPERS else None


def _text(primitive: str, parts: list[str]) -> str:
    if primitive in _SIGNS and len(parts) == 2:
        return f" {_SIGNS[primitive]} ".join(parts)
    if primitive in _SHAPERS and len(parts) == 1:
        return parts[0]
    return f"{primitive}({', '.join(parts)})" if parts else primitive
