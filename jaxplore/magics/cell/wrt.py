"""What `%%grad` differentiates by."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from jaxplore.errors import CellError
from jaxplore.magics.cell.compiling import is_floating
from jaxplore.magics.cell.functions import parameters
from jaxplore.magics.cell.program import CellProgram
from jaxplore.magics.cell.text import CellText


def split(names: Sequence[str]) -> list[str]:
    """Names given apart or joined by commas.

    >>> split(["w,b", "x"])
    ['w', 'b', 'x']
    """
    return [name.strip() for part in names for name in part.split(",") if name.strip()]


def of_program(
    cell: CellText, program: CellProgram, scope: Mapping[str, Any], wrt: Sequence[str], order: int
) -> tuple[str, ...]:
    """The inputs of a cell's program to differentiate by: those named, or all floating ones.

    Raises:
        CellError: A name is no floating input of the cell, or there is none.
    """
    names = split(wrt)
    for name in names:
        if name not in program.inputs:
            raise CellError(
                f"The cell does not read `{name}`, so it has no gradient by it.\n"
                f"Got: %%grad {name}; the cell reads {', '.join(program.inputs) or 'nothing'}.\n"
                "Do: name inputs of the cell, or none for all floating ones."
            )
        if not _has_floats(scope[name]):
            raise CellError(
                f"There is no gradient by `{name}`: it holds no floating numbers.\n"
                f"Got: {name} of type {_type_name(scope[name])}.\n"
                f"Do: make it floating, as in `{name} = jnp.float32({name})` or 3.0 for 3."
            )
    chosen = names or [name for name in program.inputs if _has_floats(scope[name])]
    if not chosen:
        raise cell.error(
            program.last,
            "There is nothing to differentiate by: the cell reads no floating numbers.",
            "assign a floating array or a Python float before this cell, and use it here.",
        )
    for name in chosen:
        shape = getattr(scope[name], "shape", ())
        if order > 1 and (shape != () or len(jax.tree.leaves(scope[name])) != 1):
            raise CellError(
                f"--order {order} needs scalar inputs.\n"
                f"Got: `{name}` of type {_type_name(scope[name])}.\n"
                "Do: name scalar inputs, or use jaxplore.hessian on a function."
            )
    return tuple(chosen)


def of_function(fun: Any, name: str, wrt: Sequence[str]) -> int | tuple[int, ...]:
    """The positions of a function's parameters to differentiate by; the first by default.

    Raises:
        CellError: A name is none of its parameters.
    """
    names = split(wrt)
    if not names:
        return 0
    known = parameters(fun)
    unknown = [one for one in names if one not in known]
    if unknown:
        raise CellError(
            f"{name} has no parameter `{unknown[0]}` to differentiate by.\n"
            f"Got: %%grad {' '.join(names)}; its parameters are {', '.join(known)}.\n"
            "Do: name its parameters."
        )
    positions = tuple(known.index(one) for one in names)
    return positions[0] if len(positions) == 1 else positions


def norms(grads: Mapping[str, Any]) -> dict[str, float]:
    """Euclidean norm of the gradient by each input."""
    # With numpy: an operation of JAX would compile, in the user's name.
    found: dict[str, float] = {}
    for name, tree in grads.items():
        leaves = [np.asarray(leaf).astype(np.float64) for leaf in jax.tree.leaves(tree)]
        found[name] = float(np.sqrt(sum(float((leaf**2).sum()) for leaf in leaves)))
    return found


def _has_floats(value: Any) -> bool:
    return any(is_floating(leaf) for leaf in jax.tree.leaves(value))


def _type_name(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    return type(value).__name__ if dtype is None else f"{dtype}{list(value.shape)}"
