"""A cell's program as a jitted function, with or without its gradients."""

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jax
import jax.numpy as jnp

from jaxplore.errors import CellError
from jaxplore.faults import contained
from jaxplore.magics import outputs
from jaxplore.magics.cell import constants
from jaxplore.magics.cell.program import CellProgram
from jaxplore.magics.cell.text import CellText
from jaxplore.magics.cell.tracers import holds_tracer


@dataclass(frozen=True, slots=True)
class Gradients:
    """What a cell's program is differentiated by."""

    names: tuple[str, ...]
    order: int


# The parameter that holds the inputs' classes; no name of a cell can be the same.
_CLASSES: Final = "__classes_of_inputs__"


def inputs_of(
    cell: CellText, program: CellProgram, scope: Mapping[str, Any], static: Sequence[str]
) -> list[Any]:
    """The values a cell's program is called with, constants wrapped, their classes last.

    Args:
        cell: The cell's text, for errors.
        program: The cell's program.
        scope: The notebook's names.
        static: Names to compile in although they could be traced.
    """
    for name in static:
        if name not in program.inputs:
            raise _no_such_input(cell, program, "--static", name)
    closed = [
        constants.Constant(scope[name]) if name in static else constants.close(scope[name])
        for name in program.inputs
    ]
    return [*closed, classes_of([scope[name] for name in program.inputs])]


def classes_of(inputs: Sequence[Any]) -> constants.Constant:
    """The user's classes among the inputs' containers: their methods are part of the program.

    A pytree's type compares its class by identity, and a class can be changed.
    """
    found: dict[type[Any], None] = {}

    def note(node: Any) -> bool:
        if constants.is_user_class(type(node)):
            found[type(node)] = None
        return False

    with contained("look at the classes of the inputs"):
        jax.tree.leaves(list(inputs), is_leaf=note)
        return constants.Constant(tuple(found))
    return constants.Constant(object())


def _no_such_input(cell: CellText, program: CellProgram, option: str, name: str) -> CellError:
    return CellError(
        f"{option} names `{name}`, which this cell does not read.\n"
        f"Got: {option} {name}; the cell reads {', '.join(program.inputs) or 'nothing'}.\n"
        "Do: name one of the cell's inputs."
    )


def jitted(cell: CellText, program: CellProgram, name: str, donate: Sequence[str]) -> Any:
    """The cell as a jitted function of its inputs; gives `Outputs` of (value, names)."""
    for donated in donate:
        if donated not in program.inputs:
            raise _no_such_input(cell, program, "--donate", donated)
    body = program.function(name)

    def run(*given: Any) -> constants.Outputs:
        __tracebackhide__ = True
        closed = given[: len(program.inputs)]
        opened = [constants.open_(value) for value in closed]
        value, names = body(*opened)
        return constants.Outputs((value, _assigned(program, names, opened)))

    _call_it(run, body, name, program.inputs)
    return jax.jit(run, donate_argnames=tuple(donate) or None)


def jitted_gradient(cell: CellText, program: CellProgram, name: str, wanted: Gradients) -> Any:
    """The cell with its gradients; gives `Outputs` of (scalar, names, gradients)."""
    body = program.function(name)
    positions = [program.inputs.index(n) for n in wanted.names]

    def scalar(arrays: list[list[Any]], closed: Sequence[Any]) -> tuple[Any, constants.Outputs]:
        __tracebackhide__ = True
        whole = [constants.open_(value) for value in closed]
        for position, floats in zip(positions, arrays, strict=True):
            whole[position] = _with_floats(whole[position], floats)
        value, names = body(*whole)
        names = _assigned(program, names, whole)
        if not program.has_value:
            value = names.get(assigned_name(program))
        _check_scalar(cell, program, value)
        return value, constants.Outputs((value, names))

    def run(*given: Any) -> constants.Outputs:
        __tracebackhide__ = True
        closed = given[: len(program.inputs)]
        arrays = [_floats(constants.open_(closed[position])) for position in positions]
        (_, outputs), found = jax.value_and_grad(scalar, has_aux=True)(arrays, closed)
        if wanted.order > 1:
            found = _higher(scalar, arrays, closed, wanted.order)
        grads = {
            n: _gradient_tree(constants.open_(closed[position]), leaves)
            for n, position, leaves in zip(wanted.names, positions, found, strict=True)
        }
        return constants.Outputs((*outputs.value, grads))

    _call_it(run, body, name, program.inputs)
    return jax.jit(run)


def _assigned(
    program: CellProgram, names: Mapping[str, Any], inputs: Sequence[Any]
) -> dict[str, Any]:
    """What the cell assigned, without what a branch not taken would have."""
    given = dict(zip(program.inputs, inputs, strict=True))
    found = {n: v for n, v in names.items() if n not in given or v is not given[n]}
    inside = [name for name, value in found.items() if holds_tracer(value)]
    if inside:
        with contained("say what is not set"):
            names_text = ", ".join(f"`{name}`" for name in inside)
            outputs.show_line(
                f"{names_text} not set: made of values that exist only inside the compiled cell",
                "note",
            )
    return {name: value for name, value in found.items() if name not in inside}


def _higher(
    scalar: Callable[..., Any], arrays: list[list[Any]], closed: Sequence[Any], order: int
) -> list[list[Any]]:
    """The order-th derivative by each scalar input by itself."""
    found: list[list[Any]] = []
    for index in range(len(arrays)):

        def alone(x: Any, index: int = index) -> Any:
            replaced = [[x] if i == index else leaves for i, leaves in enumerate(arrays)]
            return scalar(replaced, closed)[0]

        derivative: Callable[..., Any] = alone
        for _ in range(order):
            derivative = jax.grad(derivative)
        found.append([derivative(arrays[index][0])])
    return found


def is_floating(leaf: Any) -> bool:
    """Whether a leaf can be differentiated by: a real floating array or a Python float."""
    dtype = getattr(leaf, "dtype", None)
    if dtype is None:
        return type(leaf) is float
    return bool(jnp.issubdtype(dtype, jnp.floating))


def _floats(value: Any) -> list[Any]:
    return [leaf for leaf in jax.tree.leaves(value) if is_floating(leaf)]


def _with_floats(value: Any, floats: Sequence[Any]) -> Any:
    rest = iter(floats)
    return jax.tree.map(lambda leaf: next(rest) if is_floating(leaf) else leaf, value)


def _gradient_tree(value: Any, floats: Sequence[Any]) -> Any:
    """The gradient in the shape of the input; None where it has no derivative."""
    rest = iter(floats)
    return jax.tree.map(lambda leaf: next(rest) if is_floating(leaf) else None, value)


def assigned_name(program: CellProgram) -> str:
    """The name that the cell's last statement assigns; `""` when it is no such statement."""
    last = program.last
    target = None
    if isinstance(last, ast.Assign) and len(last.targets) == 1:
        target = last.targets[0]
    elif isinstance(last, ast.AugAssign | ast.AnnAssign):
        target = last.target
    return target.id if isinstance(target, ast.Name) else ""


def _check_scalar(cell: CellText, program: CellProgram, value: Any) -> None:
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    is_real = type(value) is float or (
        dtype is not None and bool(jnp.issubdtype(dtype, jnp.floating))
    )
    if is_real and shape in ((), None):
        return
    given = f"{dtype}[{','.join(map(str, shape))}]" if shape is not None else type(value).__name__
    do = "reduce it to one number, with .sum() or .mean()."
    if shape == () and not is_real:
        do = "make it real and floating: a gradient needs a value that can change a little."
    raise cell.error(
        program.last, f"The gradient needs a real scalar; the cell's last line gives {given}.", do
    )


def _call_it(
    run: Callable[..., Any], body: Callable[..., Any], name: str, inputs: Sequence[str]
) -> None:
    """Make JAX see the cell: its name, its inputs' names, its code."""
    run.__name__ = run.__qualname__ = name
    run.__wrapped__ = body  # pyright: ignore[reportFunctionMemberAccess]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    inputs = [*inputs, _CLASSES]
    run.__signature__ = inspect.Signature(  # pyright: ignore[reportFunctionMemberAccess]
        [inspect.Parameter(n, kind) for n in inputs]
    )
