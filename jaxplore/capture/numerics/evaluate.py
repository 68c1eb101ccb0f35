"""Run a plan's steps: JAX's equations one by one, with a measurement after each.

Called while JAX traces, so that all of it becomes one compiled program.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
from jax import lax

from jaxplore.capture import _hooks
from jaxplore.capture.numerics import firsts, measures, tallies
from jaxplore.capture.numerics.loops import parts_of_scan, parts_of_while
from jaxplore.capture.numerics.measures import Row, Table
from jaxplore.capture.numerics.plan import Plan, manual_axes
from jaxplore.capture.numerics.rows import Rows
from jaxplore.capture.numerics.statistics import Slot, broadcast
from jaxplore.capture.numerics.steps import Bind, Block, Constant, Held, Pass
from jaxplore.capture.numerics.tallies import Tallies
from jaxplore.capture.programs import jaxprs


class Evaluation:
    """The evaluation of one plan."""

    def __init__(self, plan: Plan, *, may_group: bool = True) -> None:
        self._plan = plan
        self._may_group = may_group
        self._axes: tuple[str, ...] = ()
        """Of the mesh, where each device runs what is being evaluated on a part of its own."""
        self._held: dict[str, Callable[[Held, list[Any], Rows], list[Any]]] = {
            "scan": self._scan,
            "while": self._while,
            "cond": self._cond,
            "shard_map": self._shard_map,
        }

    def whole(self, *args: Any) -> tuple[list[Any], Table, Tallies]:
        """Results, rows and tallies of the whole program."""
        rows = Rows(may_group=self._may_group)
        self._measure_all(self._plan.block.inputs, args, rows)
        results = self._block(self._plan.block, args, rows)
        return results, rows.table(), rows.inner

    def _measure_all(self, values: Sequence[int], arrays: Sequence[Any], rows: Rows) -> None:
        for value, array in zip(values, arrays, strict=True):
            if value in self._plan.statistics:
                rows.measure(array)

    def _block(self, block: Block, args: Sequence[Any], rows: Rows) -> list[Any]:
        env: dict[int, Any] = dict(zip(block.inputs, args, strict=True))
        for step in block.steps:
            if isinstance(step, Bind):
                self._bind(step, env, rows)
            elif isinstance(step, Pass):
                _pass(step, env)
            elif isinstance(step, Constant):
                env[step.value] = step.array
                if step.row is not None:
                    rows.measure(step.array)
            else:
                self._hold(step, env, rows)
        return [_read(env, source) for source in block.outputs]

    def _bind(self, step: Bind, env: dict[int, Any], rows: Rows) -> None:
        equation, primitive = step.equation, step.equation.primitive
        args = [
            atom.val if isinstance(atom, _hooks.Literal) else env[value]
            for atom, value in zip(equation.invars, step.inputs, strict=True)
        ]
        with _hooks.context_of(equation, step.stack):
            made = primitive.bind(*args, **primitive.get_bind_params(equation.params))
        results = made if primitive.multiple_results else [made]
        env.update(zip(step.outputs, results, strict=True))
        for position, _ in step.measured:
            rows.measure(results[position], step.saturation)

    def _hold(self, step: Held, env: dict[int, Any], rows: Rows) -> None:
        args = [_read(env, source) for source in step.inputs]
        with _hooks.context_of(step.equation, step.stack):
            results = self._held[step.equation.primitive.name](step, args, rows)
        env.update(zip(step.outputs, results, strict=True))

    # Branches.

    def _cond(self, step: Held, args: list[Any], rows: Rows) -> list[Any]:
        index, *operands = args
        rows.settle()  # what a branch reads of them must not be measured within it
        frames = [frame for block in step.blocks for frame in block.frames]
        out_positions = [position for position, _ in step.measured]

        def branch(taken: Block) -> Callable[..., Any]:
            def run(*operands: Any) -> Any:
                inside = Rows(taken.first_row, rows, may_group=self._may_group)
                results = self._block(taken, operands, inside)
                tables = [
                    inside.table()
                    if block is taken
                    else measures.neutral(block.end_row - block.first_row)
                    for block in step.blocks
                ]
                out_rows = [inside.of(self._plan.known(taken.outputs[p])) for p in out_positions]
                counted = {**tallies.nothing(self._plan, frames), **inside.inner}
                told = (measures.table((), tables), _table(out_rows), counted)
                return results, *self._apart(told)

            return run

        branches = [branch(block) for block in step.blocks]
        results, table, out_rows, counted = lax.switch(index, branches, *operands)
        rows.add_table(table)
        rows.add_table(out_rows)
        rows.inner.update(counted)
        return results

    # Parts of arrays.

    def _shard_map(self, step: Held, args: list[Any], rows: Rows) -> list[Any]:
        (block,), params = step.blocks, step.equation.params
        axes, is_checked = manual_axes(step.equation), params.get("check_vma", True)

        def run(*parts: Any) -> Any:
            before = self._axes
            self._axes = (*before, *axes) if is_checked else before
            inside = Rows(block.first_row, may_group=False)
            self._measure_all(block.inputs, parts, inside)
            results = self._block(block, parts, inside)
            told = self._apart((inside.table(), inside.inner))
            self._axes = before
            return results, jax.tree.map(lambda part: part[None], told)

        mapped = jax.shard_map(
            run,
            mesh=params["mesh"],
            in_specs=tuple(params["in_specs"]),
            out_specs=(list(params["out_specs"]), jax.P(axes)),
            axis_names=set(axes),
            check_vma=is_checked,
        )
        results, (tables, counted) = mapped(*args)
        rows.add_table(measures.of_devices(tables))
        for number, (tables, found) in counted.items():
            frame = self._plan.frames[number]
            rows.inner[number] = measures.of_devices(tables), firsts.of_devices(frame, found)
        for position, _ in step.measured:
            rows.measure(results[position])
        return list(results)

    def _apart(self, told: Any) -> Any:
        """What was measured, as something that differs from device to device."""
        return measures.varying(told, self._axes) if self._axes else told

    # Loops.

    def _scan(self, step: Held, args: list[Any], rows: Rows) -> list[Any]:
        params, (block,) = step.equation.params, step.blocks
        frame = self._plan.frames[block.frame]
        parts = parts_of_scan(step.equation)
        assert parts is not None
        n_consts, n_carry = parts
        loop = _Loop(self._plan, step.inputs, block, rows, n_consts, n_carry)
        consts, carry, xs = args[:n_consts], args[n_consts:][:n_carry], args[sum(parts) :]

        def body(state: Any, x: Any) -> Any:
            iteration, carry, carry_rows, counted = state
            inside = loop.rows(carry_rows, self._may_group)
            self._measure_all(block.inputs[sum(parts) :], x, inside)
            results = self._block(block, [*consts, *carry, *x], inside)
            new_rows = loop.carry_rows(block.outputs[:n_carry], inside)
            counted = tallies.after(
                self._plan, frame, counted, inside.table(), inside.inner, iteration
            )
            new_rows, counted = self._apart((new_rows, counted))
            return (iteration + 1, results[:n_carry], new_rows, counted), results[n_carry:]

        begin = (
            _zero(),
            carry,
            *self._apart((loop.begin(), tallies.nothing(self._plan, [frame.number]))),
        )
        end, ys = lax.scan(
            body,
            begin,
            xs,
            length=params["length"],
            reverse=params["reverse"],
            unroll=params["unroll"],
        )
        _, carry, carry_rows, counted = end
        rows.inner.update(counted)
        self._loop_results(step, block, n_carry, carry_rows, counted[frame.number][0], rows)
        return [*carry, *ys]

    def _loop_results(
        self, step: Held, block: Block, n_carry: int, carry_rows: Table, table: Table, rows: Rows
    ) -> None:
        """Rows of what a scan returns: the last carry; and what it stacked, whose numbers are
        those of all iterations."""
        of_carry = 0
        all_rows = Rows()
        all_rows.add_table(table)
        for position, _ in step.measured:
            if position < n_carry:
                row = measures.of_table(carry_rows, of_carry)
                of_carry += 1
            else:
                known = self._plan.known(block.outputs[position])
                if not isinstance(known, Slot):
                    known = broadcast(known, 1, step.equation.params["length"])
                row = all_rows.of(known)
            rows.add(measures.once(row))

    def _while(self, step: Held, args: list[Any], rows: Rows) -> list[Any]:
        n_cond, n_body = parts_of_while(step.equation)
        names = [name for name, _ in jaxprs.nested(step.equation.params)]
        by_name = dict(zip(names, step.blocks, strict=True))
        check, body = by_name["cond_jaxpr"], by_name["body_jaxpr"]
        of_check, of_body = self._plan.frames[check.frame], self._plan.frames[body.frame]
        check_consts, body_consts = args[:n_cond], args[n_cond:][:n_body]
        carry = args[n_cond + n_body :]
        n_carry = len(carry)
        inputs = step.inputs
        check_loop = _Loop(
            self._plan, (*inputs[:n_cond], *inputs[n_cond + n_body :]), check, rows, n_cond, n_carry
        )
        body_loop = _Loop(self._plan, inputs[n_cond:], body, rows, n_body, n_carry)

        def checked(iteration: Any, carry: Any, carry_rows: Any, counted: Any) -> Any:
            inside = check_loop.rows(carry_rows, self._may_group)
            (again,) = self._block(check, [*check_consts, *carry], inside)
            counted = tallies.after(
                self._plan, of_check, counted, inside.table(), inside.inner, iteration
            )
            return iteration, again, carry, *self._apart((carry_rows, counted))

        def goes_on(state: Any) -> Any:
            return state[1].any()

        def run(state: Any) -> Any:
            iteration, again, carry, carry_rows, counted = state
            inside = body_loop.rows(carry_rows, self._may_group)
            results = self._block(body, [*body_consts, *carry], inside)
            counted = tallies.after(
                self._plan, of_body, counted, inside.table(), inside.inner, iteration
            )
            if again.shape:  # of several at once: those that are done stay as they are
                both = zip(results, carry, strict=True)
                results = [_chosen(again, new, old) for new, old in both]
                new_rows = body_loop.measured(results)
            else:
                new_rows = body_loop.carry_rows(body.outputs, inside)
            return checked(iteration + 1, results, new_rows, counted)

        begin = tallies.nothing(self._plan, [of_check.number, of_body.number])
        state = checked(_zero(), carry, body_loop.begin(), begin)
        _, _, carry, carry_rows, counted = lax.while_loop(goes_on, run, state)
        rows.inner.update(counted)
        rows.add_table(carry_rows)
        return list(carry)


class _Loop:
    """The rows that go into each iteration of a loop: of its constants and of its carry."""

    def __init__(
        self,
        plan: Plan,
        inputs: Sequence[Any],
        block: Block,
        rows: Rows,
        n_consts: int,
        n_carry: int,
    ) -> None:
        self._plan = plan
        self._outer = rows
        inside = [value in plan.statistics for value in block.inputs]
        self._consts = [s for s, is_in in zip(inputs[:n_consts], inside, strict=False) if is_in]
        carry = inputs[n_consts : n_consts + n_carry]
        self._carries = inside[n_consts : n_consts + n_carry]
        self._carry = [s for s, is_in in zip(carry, self._carries, strict=True) if is_in]
        self._const_rows = _table([rows.of(plan.known(s)) for s in self._consts])

    def begin(self) -> Table:
        """Rows of the carry before the first iteration."""
        return _table([self._outer.of(self._plan.known(s)) for s in self._carry])

    def rows(self, carry_rows: Table, may_group: bool) -> Rows:
        """The rows of an iteration that begins with this carry."""
        inside = Rows(may_group=may_group)
        inside.add_table(self._const_rows)
        inside.add_table(carry_rows)
        return inside

    def carry_rows(self, outputs: Sequence[Any], inside: Rows) -> Table:
        """Rows of the carry after an iteration."""
        pairs = zip(outputs, self._carries, strict=True)
        return _table([inside.of(self._plan.known(s)) for s, is_in in pairs if is_in])

    def measured(self, carry: Sequence[Any]) -> Table:
        """Rows of a carry that is not what the block returns."""
        pairs = zip(carry, self._carries, strict=True)
        return _table([measures.measured(array) for array, is_in in pairs if is_in])


def _table(rows: Sequence[Row]) -> Table:
    return measures.table(rows, ())


def _read(env: Mapping[int, Any], source: Any) -> Any:
    return source.val if isinstance(source, _hooks.Literal) else env[source]


def _pass(step: Pass, env: dict[int, Any]) -> None:
    values = [_read(env, source) for source in step.sources]
    if step.is_barrier and values:
        values = lax.optimization_barrier(values)
    env.update(zip(step.targets, values, strict=True))


def _zero() -> Any:
    return jax.numpy.zeros((), dtype="int32")


def _chosen(again: Any, new: Any, old: Any) -> Any:
    """The new one where its condition still holds; the condition is of leading axes."""
    shape = again.shape + (1,) * (new.ndim - again.ndim)
    return lax.select(jax.numpy.broadcast_to(again.reshape(shape), new.shape), new, old)
