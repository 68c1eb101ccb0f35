"""What follows from the records of a program alone."""

import jax
import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.model.gradients.activity import Activity
from jaxplore.model.gradients.cut import cut
from jaxplore.model.gradients.links import linked
from jaxplore.model.gradients.liveness import Liveness
from jaxplore.model.gradients.origins import Origins
from jaxplore.model.gradients.ports import ports_of
from jaxplore.model.program import Program

X = jax.ShapeDtypeStruct((4,), jnp.float32)


def program(f, *args) -> Program:
    return jaxplore.program(f, *(args or (X,)), stages=("jaxpr",))


def index_of(program: Program, primitive: str) -> int:
    return next(i for i, e in enumerate(program.equations) if e.primitive == primitive)


def loop(x, xs):
    def step(carry, row):
        total, unused = carry
        return (total + row.sum() * 2.0, unused), jnp.sin(row)

    return jax.lax.scan(step, (0.0, x), xs)


XS = jax.ShapeDtypeStruct((5, 3), jnp.float32)


def test_a_scans_ports_follow_from_its_types():
    seen = program(loop, X, XS)
    (ports,) = ports_of(seen, index_of(seen, "scan"))
    inputs = len(seen.regions[ports.region].inputs)
    assert ports.inputs == tuple(range(inputs))
    assert ports.stacked == 5
    # Newer versions of JAX leave out of the loop what it does not change.
    assert len(ports.carries) in (1, 2)
    for into, out in ports.carries:
        values = seen.regions[ports.region]
        assert seen.values[values.inputs[into]].shape == seen.values[values.outputs[out]].shape


def test_only_what_a_result_needs_is_alive_in_a_loop():
    seen = program(loop, X, XS)
    whole = seen.regions[0]
    stacked = [v for v in whole.outputs if seen.values[v].shape == (5, 3)]
    alive = Liveness(seen, wanted=stacked).equations
    names = {seen.equations[i].primitive for i in alive}
    assert "sin" in names
    assert names.isdisjoint({"reduce_sum", "mul", "add"})


# The carry is read by the next step: what makes it is needed though no result is it.
def test_what_the_next_iteration_reads_is_alive():
    def f(x):
        def step(c, _):
            return jnp.cos(c), jnp.sin(c)

        return jax.lax.scan(step, x, None, length=3)[1]

    seen = program(f)
    assert len(Liveness(seen).equations) == len(seen.equations)


def test_a_while_loop_needs_what_decides_when_it_ends():
    def f(x):
        def more(state):
            return jnp.exp(state[0]).sum() < 9

        return jax.lax.while_loop(more, lambda s: (jnp.sin(s[0]), jnp.cos(s[1])), (x, x))[1]

    seen = program(f)
    assert len(Liveness(seen).equations) == len(seen.equations)


def test_a_wall_is_needed_but_not_what_is_behind_it():
    seen = program(lambda x: jnp.sin(jnp.cos(jnp.tan(x))))
    wall = index_of(seen, "cos")
    alive = Liveness(seen, walls=[wall]).equations
    assert [seen.equations[i].primitive for i in sorted(alive)] == ["cos", "sin"]


def test_a_cut_has_its_own_numbers_text_and_links():
    def f(x):
        y = jnp.cos(x)
        z = jax.lax.scan(lambda c, _: (jnp.sin(c), None), y, None, length=3)[0]
        return jnp.exp(z)

    seen = program(f)
    scan = index_of(seen, "scan")
    e = seen.equations[scan]
    part = cut(seen, [scan], name="part", inputs=e.inputs, constants=(), outputs=e.outputs)
    assert [q.primitive for q in part.program.equations] == ["scan", "sin"]
    assert [(r.name, r.kind, r.equation, r.runs) for r in part.program.regions] == [
        ("part", "program", None, 1),
        ("scan", "jaxpr", 0, 3),
    ]
    assert part.equations == (scan, scan + 1)
    text = part.program.stages["jaxpr"]
    lines = text.text.split("\n")
    assert lines[0] == "{ lambda ; b:f32[4]. let"
    assert lines[-1] == "  in (c,) }"
    assert [
        lines[link.first_line - 1].split("=")[1].split()[0].split("[")[0] for link in text.links
    ] == ["scan", "sin"]
    assert text.links[0].last_line == len(lines) - 1
    inner = part.program.equations[1]
    assert inner.region == 1
    assert part.program.regions[1].outputs == inner.outputs


@pytest.mark.parametrize(
    ("f", "primitive", "times"),
    [
        (lambda x: jax.jit(lambda y: jnp.sin(y))(x), "sin", 1),
        (lambda x: jax.lax.scan(lambda c, _: (c, jnp.sin(c)), x, None, length=3)[1], "sin", 3),
        (lambda x: jax.lax.scan(lambda c, _: (jnp.sin(c), None), x, None, length=3)[0], "sin", 1),
        (lambda x: jax.lax.cond(x[0] > 0, jnp.sin, jnp.cos, x), "cos", 1),
    ],
    ids=["jit", "stacked", "carried", "branch"],
)
def test_a_value_comes_from_the_equation_inside_that_made_it(f, primitive: str, times: int):
    seen = program(f)
    origin = Origins(seen).of(seen.regions[0].outputs[0])
    assert origin.equation is not None
    assert (seen.equations[origin.equation].primitive, origin.times) == (primitive, times)


def test_a_value_that_is_passed_through_is_the_argument():
    seen = program(lambda x, y: jax.jit(lambda a, b: (jnp.sin(a), b))(x, y), X, X)
    origin = Origins(seen).of(seen.regions[0].outputs[1])
    assert (origin.equation, origin.value) == (None, seen.regions[0].inputs[1])


def test_a_derivative_flows_only_where_equations_have_one():
    seen = program(lambda x: jnp.sin(x) * jnp.round(x).sum())
    rounds = index_of(seen, "round")
    derivatives = {
        i: (frozenset(range(len(e.inputs))) if i != rounds else frozenset(),)
        for i, e in enumerate(seen.equations)
        if not e.regions
    }
    activity = Activity(seen, derivatives, seen.regions[0].inputs, seen.regions[0].outputs)
    flows = {e.primitive: activity.flows_through(i) for i, e in enumerate(seen.equations)}
    assert flows["sin"] and flows["mul"]
    assert not flows["round"] and not flows["reduce_sum"]
    assert activity.stopped(rounds, seen.equations[rounds].outputs) == (0, 1)


def test_an_expression_that_ran_thrice_is_linked_in_reverse_order():
    def f(x):
        for _ in range(3):
            x = jnp.sin(x)
        return x

    forward = program(f)
    pairs = linked(forward, forward)
    assert pairs == ((0, 2), (1, 1), (2, 0))


def test_a_cut_out_of_a_loop_counts_one_iteration():
    def inner(c, _):
        return jnp.sin(c), None

    def outer(c, _):
        return jax.lax.scan(inner, c, None, length=3)[0], None

    seen = program(lambda x: jax.lax.scan(outer, x, None, length=5)[0])
    index = [i for i, e in enumerate(seen.equations) if e.primitive == "scan"][-1]
    e = seen.equations[index]
    part = cut(seen, [index], name="part", inputs=e.inputs, constants=(), outputs=e.outputs)
    assert seen.regions[e.regions[0]].runs == 15
    assert [r.runs for r in part.program.regions] == [1, 3]
    assert part.program.stages["jaxpr"].text.split("\n")[1].startswith("    d:f32[4] = scan[")
