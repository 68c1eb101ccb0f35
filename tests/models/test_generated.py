"""Generated programs, nested as people nest them: all that JAX has is in the record."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from hypothesis import given, settings
from hypothesis import strategies as st

import jaxplore
from jaxplore.model.program import Program
from jaxplore.views.pages.jaxprtext import jaxpr_stage
from jaxplore.views.pages.packing import pack
from tests.models.jaxreading import rows, whole_types
from tests.models.test_models import rows_of
from tests.views.unpacked import unpacked

Step = Callable[[jax.Array], jax.Array]

plain = st.sampled_from(
    [
        jnp.sin,
        jnp.cumsum,
        jax.nn.softmax,
        lambda x: x * 2.0 + x,
        lambda x: x @ jnp.outer(x, x),
        lambda x: jnp.where(x > 0, x, -x),
        lambda x: jnp.sort(x)[::-1],
        lambda x: x.astype(jnp.bfloat16).astype(jnp.float32),
        lambda x: jax.random.normal(jax.random.key(0), x.shape) + x,
        lambda x: jnp.einsum("i,j->i", x, x),
    ]
)


def chained(steps: list[Step]) -> Step:
    def chain(x: jax.Array) -> jax.Array:
        for step in steps:
            x = step(x)
        return x

    return chain


def named(step: Step) -> Step:
    def scoped(x: jax.Array) -> jax.Array:
        with jax.named_scope("scope"):
            return step(x)

    return scoped


def scanned(step: Step) -> Step:
    return lambda x: jax.lax.scan(lambda c, r: (step(c) + r, c.sum()), x, jnp.ones((2, 3)))[0]


def looped(step: Step) -> Step:
    return lambda x: jax.lax.while_loop(lambda c: c.sum() < 0, step, x)


def chosen(steps: tuple[Step, Step]) -> Step:
    return lambda x: jax.lax.cond(x.sum() > 0, *steps, x)


def gradient(step: Step) -> Step:
    return jax.grad(lambda x: step(x).sum())


def mapped(step: Step) -> Step:
    return lambda x: jax.vmap(step)(jnp.stack([x, x])).sum(0)


def nested(inner: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    wrapped = st.sampled_from([jax.jit, jax.checkpoint, named, scanned, mapped])
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(chained),
        st.builds(lambda wrap, step: wrap(step), wrapped, inner),
        st.tuples(inner, inner).map(chosen),
        inner.map(looped),
    )


steps = st.recursive(plain, nested, max_leaves=6)
# A gradient last: JAX has none of a while loop, which may be anywhere inside.
differentiable = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(chained),
        st.tuples(inner, inner).map(chosen),
        st.builds(lambda wrap, step: wrap(step), st.sampled_from([jax.jit, scanned]), inner),
    ),
    max_leaves=4,
)


@given(steps | differentiable.map(gradient))
@settings(max_examples=60, deadline=None)
def test_a_generated_program_is_what_jax_traced(step: Step):
    jaxpr = jax.make_jaxpr(step)(jnp.ones(3))
    program = jaxplore.program(jaxpr)
    assert rows_of(program) == rows(jaxpr)
    whole = program.regions[0]
    types = tuple(
        tuple(program.values[value].type_text for value in values)
        for values in (whole.inputs, whole.outputs)
    )
    assert types == whole_types(jaxpr)
    data = program.to_json()
    assert Program.from_json(data) == program
    assert unpacked(pack(data)) == data
    assert jaxpr_stage(data) == data["stages"][0]
