"""Where the inputs and outputs of a compiled program are, and what it asks for within.

The program is traced, lowered and compiled, as `jax.jit` would do it, and not run.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import jax

from jaxplore.capture.compiles.observer import observer
from jaxplore.capture.placement import arguments
from jaxplore.capture.placement.constraints import Constraint, constraints
from jaxplore.capture.placement.layouts import Layouts
from jaxplore.capture.placement.leaves import Leaf
from jaxplore.capture.placement.models import as_function
from jaxplore.capture.placement.pins import Pins
from jaxplore.capture.placement.tree import placed_leaf
from jaxplore.capture.programs import jaxprs
from jaxplore.capture.programs.tracing import Made, Progress, UserCodeFailed, trace
from jaxplore.capture.source.spans import SpanTable
from jaxplore.model.placement import LeafPlacement, LeafRole, Placement
from jaxplore.model.span import Span


def silent(_stage: str, _equations: int) -> None:
    """Progress that nobody sees."""


def capture_program(
    target: Any, args: tuple[Any, ...], kwargs: dict[str, Any], *, progress: Progress = silent
) -> Placement:
    """Where XLA puts what goes into a program and comes out, and its sharding constraints.

    Args:
        target: A function, a jitted function, a method, or what `.trace()`, `.lower()` or
            `.compile()` of one returned.
        args: Its arguments; `jax.ShapeDtypeStruct` with a sharding will do.
        kwargs: Its keyword arguments.
        progress: Told the stage that begins.

    Raises:
        NotAProgramError: `target` is none of these.
        UserCodeFailed: Tracing or compiling it raised.
    """
    target, args = as_function(target, args)
    # What is compiled to be looked at is none of the user's compiles.
    with observer.paused():
        made = trace(target, args, kwargs, progress)
        _compile(made, progress)
    program = _Program(made, target, args, kwargs)
    return program.placement()


def _compile(made: Made, progress: Progress) -> None:
    try:
        if made.compiled is None:
            traced: Any = made.traced
            lowered: Any = made.lowered or traced.lower()
            progress(f"compiling {made.name}", 0)
            made.lowered, made.compiled = lowered, lowered.compile()
    except Exception as fault:
        # Without this frame: none of ours helps the reader.
        inner = None if fault.__traceback__ is None else fault.__traceback__.tb_next
        raise UserCodeFailed(fault.with_traceback(inner)) from fault


class _Program:
    def __init__(
        self, made: Made, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._made = made
        self._spans = SpanTable()
        self._layouts = Layouts()
        self._pins = Pins(self._spans)
        self._jaxpr = None if made.jaxpr is None else jaxprs.opened(made.jaxpr)
        compiled = made.compiled
        self._inputs = list(compiled.in_tree.flatten_up_to(compiled.input_shardings))
        self._outputs = list(compiled.out_tree.flatten_up_to(compiled.output_shardings))
        self._arguments = arguments.given(made, target, args, kwargs)

    def placement(self) -> Placement:
        inside = () if self._jaxpr is None else tuple(constraints(self._jaxpr, self._spans))
        with suppress(Exception):  # inside of a transformation there is none to be had
            self._layouts.know(jax.sharding.get_mesh())
        given = [leaf.sharding for leaf in self._arguments if leaf is not None]
        asked = [one.sharding for one in inside]
        self._layouts.know_all([*self._inputs, *self._outputs, *given, *asked])
        inputs = self._placed_inputs()
        is_committed = self._is_committed(inputs, inside)
        found = (*inputs, *self._placed_outputs(is_committed), *map(self._constraint, inside))
        return self._layouts.record(self._made.name, found)

    def _placed_inputs(self) -> list[LeafPlacement]:
        names = arguments.names(self._made)
        types = _types(self._jaxpr and self._jaxpr.invars, self._made.compiled.in_avals)
        found: list[LeafPlacement] = []
        rows = zip(names, types, self._inputs, self._arguments, strict=False)
        for name, aval, sharding, given in rows:
            leaf = _leaf(aval, sharding, said="nowhere: the program does not use it")
            if given is not None:
                leaf = replace(leaf, committed=given.committed, traceback=given.traceback)
            found.append(self._placed(name, leaf, "input"))
        return found

    def _placed_outputs(self, is_committed: bool) -> list[LeafPlacement]:
        names = arguments.result_names(self._made)
        types = _types(
            self._jaxpr and self._jaxpr.outvars, jax.tree.leaves(self._made.compiled.out_info)
        )
        spans = self._makers()
        found: list[LeafPlacement] = []
        for place, (name, aval, sharding) in enumerate(
            zip(names, types, self._outputs, strict=False)
        ):
            leaf = replace(_leaf(aval, sharding, said="not known"), committed=is_committed)
            span = spans[place] if place < len(spans) else None
            found.append(replace(self._placed(name, leaf, "output"), span=span))
        return found

    def _makers(self) -> list[Span | None]:
        """The expressions that made the program's outputs."""
        if self._jaxpr is None:
            return []
        made: dict[Any, Any] = {}
        for equation in self._jaxpr.eqns:
            made.update({id(var): equation for var in equation.outvars})
        makers = [made.get(id(var)) for var in self._jaxpr.outvars]
        return [
            None if one is None else self._spans.of_traceback(one.source_info.traceback)
            for one in makers
        ]

    def _constraint(self, one: Constraint) -> LeafPlacement:
        leaf = replace(_leaf(one.aval, one.sharding, said="not known"), committed=True)
        placed = self._placed(one.name, leaf, "constraint")
        return replace(placed, span=one.span, bytes_per_device={})

    def _placed(self, name: str, leaf: Leaf, role: LeafRole) -> LeafPlacement:
        return placed_leaf(name, leaf, self._layouts, self._pins, role)

    def _is_committed(self, inputs: Sequence[LeafPlacement], inside: Sequence[Constraint]) -> bool:
        """Whether what comes out is pinned, as JAX decided when it lowered the program."""
        lowering = getattr(self._made.lowered, "_lowering", None)
        known = getattr(lowering, "compile_args", {}).get("committed")
        if known is not None:
            return bool(known)
        several = any(getattr(one, "num_devices", 1) > 1 for one in self._outputs)
        return several or bool(inside) or any(one.committed for one in inputs)


def _types(variables: Any, known: Any) -> list[Any]:
    """The types of a program's inputs or outputs, of its jaxpr where there is one."""
    return jax.tree.leaves(known) if variables is None else [var.aval for var in variables]


def _leaf(aval: Any, sharding: Any, *, said: str) -> Leaf:
    shape: tuple[Any, ...] = tuple(getattr(aval, "shape", ()))
    count = math.prod(size for size in shape if isinstance(size, int))
    return Leaf(
        shape=shape,
        dtype=jaxprs.dtype_name(aval),
        element_bytes=jaxprs.size_bytes(aval) // count if count else 0,
        state="planned",
        sharding=sharding,
        said=said,
    )
