"""A program has every equation that JAX has, however deep it is nested."""

import json
import re
from collections.abc import Callable
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from jax.experimental import pallas as pl
from jax.extend.core import Primitive

import jaxplore
from jaxplore.model.program import Program

X = jnp.ones((4, 3))


def jaxs_count(jaxpr: Any) -> int:
    """Equations by JAX's own jaxpr: whatever has equations, wherever a parameter has it."""
    eqns = jaxpr.eqns if hasattr(jaxpr, "eqns") else jaxpr.jaxpr.eqns
    return sum(1 + sum(inside(value) for value in eqn.params.values()) for eqn in eqns)


def inside(value: Any) -> int:
    if isinstance(value, tuple | list):
        return sum(inside(part) for part in value)
    if hasattr(value, "eqns") or hasattr(getattr(value, "jaxpr", None), "eqns"):
        return jaxs_count(value)
    return 0


def scan(x: jax.Array) -> Any:
    return jax.lax.scan(lambda total, row: (total + row.sum(), jnp.sin(row)), 0.0, x)


def while_loop(x: jax.Array) -> Any:
    return jax.lax.while_loop(lambda t: t.sum() < 9, lambda t: t * 2 + 1, x)


def cond(x: jax.Array) -> Any:
    return jax.lax.cond(x.sum() > 0, jnp.sin, lambda t: jnp.cos(t) * 2, x)


def switch(x: jax.Array) -> Any:
    return jax.lax.switch(2, [jnp.sin, jnp.cos, jax.jit(jnp.tanh)], x)


@jax.custom_jvp
def with_jvp(x: jax.Array) -> jax.Array:
    return jnp.sin(x) * 2


@with_jvp.defjvp
def _(primals: Any, tangents: Any) -> Any:
    return with_jvp(*primals), jnp.cos(primals[0]) * tangents[0]


@jax.custom_vjp
def with_vjp(x: jax.Array) -> jax.Array:
    return jnp.sin(x)


with_vjp.defvjp(lambda x: (with_vjp(x), x), lambda x, g: (g * jnp.cos(x),))


@jax.checkpoint
def remat(x: jax.Array) -> jax.Array:
    return jnp.tanh(jnp.sin(x)).sum()


def sharded(x: jax.Array) -> Any:
    mesh = jax.make_mesh((1,), ("i",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec("i")
    body = lambda rows: jax.lax.psum(jnp.sin(rows), "i")
    return jax.shard_map(body, mesh=mesh, in_specs=spec, out_specs=jax.sharding.PartitionSpec())(x)


def pallas(x: jax.Array) -> Any:
    def kernel(read: Any, write: Any) -> None:
        write[...] = jnp.sin(read[...]) + 1

    out = jax.ShapeDtypeStruct(x.shape, x.dtype)
    return pl.pallas_call(kernel, out_shape=out, interpret=True)(x)


held = Primitive("holds_programs")
held.def_abstract_eval(lambda x, **_: x)
INNER = jax.make_jaxpr(lambda x: jnp.sin(x) + jax.jit(jnp.tanh)(x))(X)


def unknown_primitive(x: jax.Array) -> Any:
    return held.bind(x, one=INNER, several=(INNER, INNER))


def attention(weights: Any, x: jax.Array) -> jax.Array:
    scores = jax.nn.softmax(x @ weights["q"] @ (x @ weights["k"]).T)
    return jax.nn.gelu(scores @ x @ weights["v"]).mean()


W = {name: jnp.ones((3, 3)) for name in "qkv"}


def flax_gradient(x: jax.Array) -> Any:
    model = nnx.Sequential(
        nnx.Linear(3, 5, rngs=nnx.Rngs(0)), nnx.relu, nnx.LayerNorm(5, rngs=nnx.Rngs(1))
    )
    graph, state = nnx.split(model)
    return jax.grad(lambda s: nnx.merge(graph, s)(x).sum(), allow_int=True)(state)


OPTIMIZER = optax.adam(1e-3)


def optax_step(x: jax.Array) -> Any:
    state = OPTIMIZER.init(W)
    loss, grads = jax.value_and_grad(attention)(W, x)
    updates, state = OPTIMIZER.update(grads, state)
    return optax.apply_updates(W, updates), state, loss


MLP = equinox.nn.MLP(3, 2, 8, 2, key=jax.random.key(0))


def equinox_gradient(x: jax.Array) -> Any:
    return equinox.filter_grad(lambda mlp: jax.vmap(mlp)(x).sum())(MLP)


PROGRAMS: list[Callable[[jax.Array], Any]] = [
    scan,
    while_loop,
    cond,
    switch,
    with_jvp,
    with_vjp,
    remat,
    jax.grad(remat),
    jax.grad(lambda x: with_vjp(x).sum()),
    sharded,
    pallas,
    unknown_primitive,
    jax.vmap(jax.jit(jnp.sin)),
    jax.hessian(lambda x: attention(W, x)),
    flax_gradient,
    optax_step,
    equinox_gradient,
    jax.grad(lambda x: scan(x)[0]),
]


def looked_at(f: Callable[..., Any], *args: Any) -> Program:
    return jaxplore.program(f, *args, stages=("jaxpr",))


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: getattr(f, "__name__", repr(f)))
def test_a_program_has_as_many_equations_as_jaxs_jaxpr(f: Callable[..., Any]):
    assert len(looked_at(f, X).equations) == jaxs_count(
        jax.make_jaxpr(jax.jit(f))(X).eqns[0].params["jaxpr"]
    )


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: getattr(f, "__name__", repr(f)))
def test_the_indices_of_a_program_lead_where_they_say(f: Callable[..., Any]):
    program = looked_at(f, X)
    for index, equation in enumerate(program.equations):
        assert {*equation.inputs, *equation.outputs} <= set(range(len(program.values)))
        assert [program.regions[r].equation for r in equation.regions] == [index] * len(
            equation.regions
        )
        assert 0 <= equation.region < len(program.regions)
        sizes = [program.values[v].size_bytes for v in equation.inputs + equation.outputs]
        assert equation.bytes == sum(sizes)
        assert not re.search("<(meaning|flops|parameters): ", equation.parameters)
    assert program.regions[0].equation is None
    assert all(region.equation is not None for region in program.regions[1:])


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: getattr(f, "__name__", repr(f)))
def test_a_captured_program_comes_back_equal_from_json(f: Callable[..., Any]):
    program = looked_at(f, X)
    assert Program.from_json(json.loads(json.dumps(program.to_json()))) == program


def test_values_have_the_types_of_jaxs_own_jaxpr():
    jaxpr = jax.make_jaxpr(optax_step)(X)
    program = looked_at(jaxpr)
    whole = program.regions[0]
    own = [e for e in program.equations if e.region == 0]
    assert [e.primitive for e in own] == [str(e.primitive) for e in jaxpr.eqns]
    for mine, theirs in zip(own, jaxpr.eqns, strict=True):
        values = [program.values[v] for v in mine.inputs + mine.outputs]
        avals = [var.aval for var in (*theirs.invars, *theirs.outvars)]
        assert [v.type_text for v in values] == [a.str_short(short_dtypes=True) for a in avals]
        assert [v.size_bytes for v in values] == [
            int(np.prod(a.shape)) * a.dtype.itemsize for a in avals
        ]
        assert [v.weak_type for v in values] == [a.weak_type for a in avals]
    assert [program.values[v].type_text for v in whole.outputs] == [
        a.str_short(short_dtypes=True) for a in jaxpr.out_avals
    ]


def test_the_jaxpr_reads_as_jax_prints_it():
    def f(x: jax.Array, y: jax.Array) -> Any:
        return jnp.sin(x) * 2 + y[:, None], y.sum()

    jaxpr = jax.make_jaxpr(f)(X, jnp.ones(4))
    expected = [line.strip() for line in str(jaxpr).split("\n")]
    stage = looked_at(jaxpr).stages["jaxpr"]
    assert len(stage.text.split("\n")) == len(expected)
    for mine, theirs in zip(stage.text.split("\n"), expected, strict=True):
        # Parameters may be written shorter; names, types and order may not differ.
        assert mine.split("[")[0].strip() == theirs.split("[")[0].strip()
