"""What will be run and measured: a program as steps, decided before anything runs.

Programs that run exactly once where they stand (a jit's, a custom rule's) become steps of
their surroundings; a branch and a loop's body stay blocks of their own. Values have the
numbers that the walk gave them, equations too, so what is measured finds its place again.
"""

import math
from collections.abc import Sequence
from typing import Any, Final, Protocol

import jax.numpy as jnp
import numpy as np

from jaxplore.capture import _hooks
from jaxplore.capture.numerics import statistics
from jaxplore.capture.numerics.loops import parts_of_scan
from jaxplore.capture.numerics.moves import moved, saturation
from jaxplore.capture.numerics.statistics import Slot, Statistic
from jaxplore.capture.numerics.steps import Bind, Block, Constant, Frame, Held, Maker, Pass
from jaxplore.capture.programs import jaxprs
from jaxplore.capture.programs.valuetable import literal_text
from jaxplore.model.program import Equation, Region, Value


class Walked(Protocol):
    """The parts of a program that a plan needs: a `Program` has them, and so has a `Walk`."""

    @property
    def equations(self) -> Sequence[Equation]: ...
    @property
    def values(self) -> Sequence[Value]: ...
    @property
    def regions(self) -> Sequence[Region]: ...


class Plan:
    """The plan of one program. Read its fields when it is made."""

    def __init__(self, jaxpr: Any, walk: Walked) -> None:
        self.walk = walk
        self.frames: list[Frame] = [Frame(0, 0, None)]
        self.statistics: dict[int, Statistic] = {}
        """Per floating value, where its numbers will be."""
        self.results: dict[int, tuple[Statistic, ...]] = {}
        """Per equation that is run, what is known of its floating results."""
        self.loops: dict[int, Any] = {}
        """JAX's equation of each loop that is made anew."""
        self.closed: set[int] = set()
        """Equations that are run as they are."""
        self.saturations: set[int] = set()
        """Equations whose saturated elements are counted."""
        self.names: dict[int, str] = {}
        """What the user calls the inputs of a loop's body."""
        self._devices = 1
        """How many devices run what is being planned, each on a part."""
        self._literals: dict[tuple[Any, str], statistics.Literal] = {}
        self._equations: dict[int, list[int]] = {}
        for index, equation in enumerate(walk.equations):
            self._equations.setdefault(equation.region, []).append(index)
        self.block = self._block(jaxpr, 0, self.frames[0], None)

    def equations_of(self, region: int) -> list[int]:
        """Indices of the equations of a region, in order."""
        return self._equations.get(region, [])

    # Blocks.

    def _block(self, jaxpr: Any, region: int, frame: Frame, stack: Any) -> Block:
        """A program as a block whose floating inputs have rows of their own."""
        inputs = self.walk.regions[region].inputs
        for value, var in zip(inputs, jaxprs.opened(jaxpr).invars, strict=True):
            self._row(value, var.aval, frame)
        self.names.update(zip(inputs, argument_names(jaxpr), strict=False))
        return self._filled(jaxpr, region, frame, stack, 0)

    def _branch(
        self, jaxpr: Any, region: int, frame: Frame, stack: Any, known: Sequence[Statistic | None]
    ) -> Block:
        """A program as a block that knows its inputs' numbers."""
        for value, one in zip(self.walk.regions[region].inputs, known, strict=True):
            if one is not None:
                self.statistics[value] = one
        return self._filled(jaxpr, region, frame, stack, frame.rows)

    def _per_device(
        self, equation: Any, jaxpr: Any, region: int, frame: Frame, stack: Any
    ) -> Block:
        """A program that each device runs on its part of the arrays."""
        before, first_row = self._devices, frame.rows
        self._devices *= devices_of(equation)
        inputs = self.walk.regions[region].inputs
        for value, var in zip(inputs, jaxprs.opened(jaxpr).invars, strict=True):
            self._row(value, var.aval, frame)
        self.names.update(zip(inputs, argument_names(jaxpr), strict=False))
        block = self._filled(jaxpr, region, frame, stack, first_row)
        self._devices = before
        return block

    def _filled(self, jaxpr: Any, region: int, frame: Frame, stack: Any, first_row: int) -> Block:
        inputs = self.walk.regions[region].inputs
        block = Block(frame=frame.number, inputs=inputs, first_row=first_row)
        begin = len(self.frames)
        self._steps(block, jaxpr, region, frame, stack)
        block.outputs = self._sources(jaxprs.opened(jaxpr).outvars, self._outputs(region))
        block.end_row = frame.rows
        block.frames = [
            inner.number for inner in self.frames[begin:] if inner.parent == frame.number
        ]
        return block

    def _outputs(self, region: int) -> tuple[int, ...]:
        return self.walk.regions[region].outputs

    def _steps(self, block: Block, jaxpr: Any, region: int, frame: Frame, stack: Any) -> None:
        """Fill a block, with a stack of our own: programs may be nested deeper than calls."""
        steps = block.steps
        open_ = [_Open(self, jaxpr, region, stack, frame, steps)]
        while open_:
            current = open_[-1]
            entered = False
            for equation, index in current.rest:
                inner = self._inlined(equation, index, current, frame, steps)
                if inner is not None:
                    open_.append(inner)
                    entered = True
                    break
            if not entered:
                open_.pop()
                if current.leave is not None:
                    steps.append(self._left(current, current.leave))

    def _inlined(
        self, equation: Any, index: int, current: "_Open", frame: Frame, steps: list[Any]
    ) -> "_Open | None":
        """Add an equation's step; or open the program that it runs where it stands."""
        row = self.walk.equations[index]
        primitive = equation.primitive.name
        held = tuple(jaxprs.nested(equation.params))
        if held and len(row.regions) == len(held):
            if primitive in _IN_PLACE and len(held) == 1:
                return self._entered(equation, index, held[0][1], current, frame, steps)
            if primitive in _BLOCKS and _can_hold(equation):
                steps.append(self._held(equation, index, held, current.stack, frame))
                return None
        steps.append(self._bind(equation, index, current.stack, frame))
        return None

    # Programs that run where they stand.

    def _entered(
        self, equation: Any, index: int, jaxpr: Any, current: "_Open", frame: Frame, steps: Any
    ) -> "_Open":
        row = self.walk.equations[index]
        (region,) = row.regions
        inside = self.walk.regions[region].inputs
        primitive, params = equation.primitive.name, equation.params
        sources = self._sources(equation.invars, row.inputs)
        for source, target in zip(row.inputs, inside, strict=True):
            self._copy(source, target)
        again = bool(params.get("differentiated") and params.get("prevent_cse", True))
        steps.append(Pass(sources=sources, targets=inside, is_barrier=again))
        stack = _below(current.stack, equation.source_info.name_stack, primitive, params)
        inner = _Open(self, jaxpr, region, stack, frame, steps)
        inner.leave = (index, region)
        return inner

    def _left(self, left: "_Open", leave: tuple[int, int]) -> Pass:
        index, region = leave
        outputs = self.walk.equations[index].outputs
        inside = self.walk.regions[region].outputs
        sources = self._sources(jaxprs.opened(left.jaxpr).outvars, inside)
        for source, target in zip(inside, outputs, strict=True):
            self._copy(source, target)
        self._told(index, outputs)
        return Pass(sources=sources, targets=outputs)

    # Equations.

    def _bind(self, equation: Any, index: int, stack: Any, frame: Frame) -> Bind:
        row = self.walk.equations[index]
        self._read_literals(equation.invars, row.inputs)
        known = [self.statistics.get(value) for value in row.inputs]
        outcome = moved(equation, known)
        measured: list[tuple[int, int]] = []
        made: list[Slot] = []
        for position, (value, var) in enumerate(zip(row.outputs, equation.outvars, strict=True)):
            if not is_measured(var.aval):
                continue
            same = None if outcome is None else outcome[position]
            if same is not None:
                self.statistics[value] = same
                continue
            slot = self._row(value, var.aval, frame)
            if slot is not None:
                measured.append((position, slot.row))
                made.append(slot)
        self.closed.add(index)
        if made:
            inputs = tuple(known)
            frame.makers.append(Maker(index=index, inputs=inputs, outputs=tuple(made)))
        how = saturation(equation) if made else None
        if how is not None:
            self.saturations.add(index)
        self._told(index, row.outputs)
        return Bind(
            equation=equation,
            index=index,
            inputs=row.inputs,
            outputs=row.outputs,
            stack=stack,
            measured=tuple(measured),
            saturation=how,
        )

    def _held(
        self, equation: Any, index: int, held: Sequence[tuple[str, Any]], stack: Any, frame: Frame
    ) -> Held:
        row = self.walk.equations[index]
        primitive = equation.primitive.name
        sources = self._sources(equation.invars, row.inputs)
        known = [self.statistics.get(value) for value in row.inputs]
        below = _below(stack, equation.source_info.name_stack, primitive, equation.params)
        blocks: list[Block] = []
        for (_, jaxpr), region in zip(held, row.regions, strict=True):
            if primitive == "cond":
                blocks.append(self._branch(jaxpr, region, frame, below, known[1:]))
            elif primitive == "shard_map":
                blocks.append(self._per_device(equation, jaxpr, region, frame, below))
            else:
                inner = Frame(len(self.frames), frame.depth + 1, frame.number, equation, index)
                self.frames.append(inner)
                self.loops[index] = equation
                blocks.append(self._block(jaxpr, region, inner, below))
        measured: list[tuple[int, int]] = []
        for position, (value, var) in enumerate(zip(row.outputs, equation.outvars, strict=True)):
            slot = self._row(value, var.aval, frame)
            if slot is not None:
                measured.append((position, slot.row))
        self._told(index, row.outputs)
        return Held(
            equation=equation,
            index=index,
            inputs=sources,
            outputs=row.outputs,
            stack=stack,
            blocks=tuple(blocks),
            measured=tuple(measured),
        )

    # What is known.

    def _row(self, value: int, aval: Any, frame: Frame) -> Slot | None:
        """A row for a value; None where it is not measured."""
        if not is_measured(aval):
            return None
        slot = self.statistics[value] = Slot(
            frame=frame.number,
            row=frame.row(),
            size=int(np.prod(aval.shape)) * self._devices,
            is_complex=bool(np.issubdtype(aval.dtype, np.complexfloating)),
        )
        return slot

    def constant(self, value: int, array: Any, aval: Any, frame: Frame) -> Constant:
        """A step that brings a constant."""
        slot = self._row(value, aval, frame)
        return Constant(value=value, array=array, row=None if slot is None else slot.row)

    def _copy(self, source: int, target: int) -> None:
        known = self.statistics.get(source)
        if known is not None:
            self.statistics[target] = known

    def _told(self, index: int, outputs: Sequence[int]) -> None:
        known = [self.statistics.get(value) for value in outputs]
        self.results[index] = tuple([one for one in known if one is not None])

    def _sources(self, atoms: Sequence[Any], values: Sequence[int]) -> tuple[Any, ...]:
        self._read_literals(atoms, values)
        pairs = zip(atoms, values, strict=True)
        return tuple([a if isinstance(a, _hooks.Literal) else v for a, v in pairs])

    def _read_literals(self, atoms: Sequence[Any], values: Sequence[int]) -> None:
        for atom, value in zip(atoms, values, strict=True):
            if isinstance(atom, _hooks.Literal) and value not in self.statistics:
                known = self._literal(atom, self.walk.values[value].name)
                if known is not None:
                    self.statistics[value] = known

    def known(self, source: Any) -> Statistic:
        """What is known of a floating value, or of a literal."""
        if not isinstance(source, _hooks.Literal):
            return self.statistics[source]
        known = self._literal(source, literal_text(source.val))
        assert known is not None
        return known

    def _literal(self, atom: Any, text: str) -> statistics.Literal | None:
        if not is_measured(atom.aval):
            return None
        key = (atom.aval.dtype, text)
        known = self._literals.get(key)
        if known is None:
            known = self._literals[key] = statistics.of_literal(atom.val, text)
        return known


class _Open:
    """A program whose equations are being made steps."""

    def __init__(
        self, plan: Plan, jaxpr: Any, region: int, stack: Any, frame: Frame, steps: list[Any]
    ) -> None:
        opened = jaxprs.opened(jaxpr)
        self.jaxpr = jaxpr
        self.stack = stack
        self.leave: tuple[int, int] | None = None
        values = plan.walk.regions[region].constants
        consts = getattr(jaxpr, "consts", ())
        for value, var, array in zip(values, opened.constvars, consts, strict=True):
            steps.append(plan.constant(value, array, var.aval, frame))
        self.rest = iter(zip(opened.eqns, plan.equations_of(region), strict=True))


def argument_names(jaxpr: Any) -> tuple[str, ...]:
    """What a program calls its inputs; empty where JAX does not know."""
    names = getattr(getattr(jaxprs.opened(jaxpr), "debug_info", None), "arg_names", None) or ()
    return tuple([str(name or "") for name in names])


def is_measured(aval: Any) -> bool:
    """Whether an array of this type holds floating or complex numbers."""
    dtype = getattr(aval, "dtype", None)
    shape = getattr(aval, "shape", None)
    if dtype is None or shape is None or hasattr(aval, "inner_aval"):
        return False
    return bool(jnp.issubdtype(dtype, np.inexact))


# Programs that an equation of these runs once, where it stands.
_IN_PLACE: Final = frozenset(
    [
        "jit",
        "pjit",
        "closed_call",
        "core_call",
        "call",
        "eval_jaxpr",
        "remat",
        "remat2",
        "checkpoint",
        "custom_jvp_call",
        "custom_vjp_call",
        "custom_vjp_call_jaxpr",
    ]
)
_BLOCKS: Final = frozenset(["scan", "while", "cond", "shard_map"])


def _can_hold(equation: Any) -> bool:
    """Whether an equation with programs can be made anew from its parameters."""
    if equation.primitive.name == "cond":
        # Which branch it takes is for the compiler to know.
        return equation.params.get("branches_platforms") is None
    if equation.primitive.name == "scan":
        return parts_of_scan(equation) is not None
    return True


def manual_axes(equation: Any) -> tuple[str, ...]:
    """The mesh's axes along which a shard_map's program sees its part of the arrays."""
    params = equation.params
    axes = params.get("newly_manual_axes", params.get("manual_axes", params["mesh"].axis_names))
    return tuple([axis for axis in params["mesh"].axis_names if axis in axes])


def devices_of(equation: Any) -> int:
    """How many devices run a shard_map's program, each on a part."""
    return math.prod([equation.params["mesh"].shape[axis] for axis in manual_axes(equation)])


def _below(stack: Any, own: Any, primitive: str, params: dict[str, Any]) -> Any:
    """The name stack inside of an equation that holds programs."""
    whole = own if stack is None else stack + own
    extend = getattr(whole, "extend", None)
    if extend is None:
        return whole
    name = jaxprs.called_name(primitive, params)
    return extend(f"jit({name})") if primitive == "jit" else whole
