"""What a library jitted is a program like any other."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

import jaxplore

X = np.ones((2, 3), np.float32)


def primitives(program):
    """Those of the user's own expressions."""
    return [e.primitive for e in program.equations if e.primitive not in ("jit", "pjit")]


def test_a_function_under_nnx_jit_has_the_program_of_the_function():
    model = nnx.Linear(3, 4, rngs=nnx.Rngs(0))

    def total(model, x):
        return model(x).sum()

    plain = jaxplore.program(total, model, X)
    jitted = jaxplore.program(nnx.jit(total), model, X)
    assert jitted.name == plain.name == "total"
    assert jitted.argument_names == plain.argument_names
    assert primitives(jitted) == primitives(plain)
    assert set(jitted.stages) == {"jaxpr", "stablehlo", "hlo"}
    assert jaxplore.numerics(nnx.jit(total), model, X).result == total(model, X)


def test_a_training_step_under_nnx_jit_is_looked_at_and_not_taken():
    model = nnx.Linear(3, 4, rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.sgd(0.1), wrt=nnx.Param)

    @nnx.jit
    def step(model, optimizer, x):
        loss, gradient = nnx.value_and_grad(lambda model: (model(x) ** 2).mean())(model)
        optimizer.update(model, gradient)
        return loss

    before = np.array(model.kernel[...])
    program = jaxplore.program(step, model, optimizer, X)
    assert "dot_general" in primitives(program)
    jaxplore.numerics(step, model, optimizer, X)
    assert np.array_equal(model.kernel[...], before)


def test_a_function_under_filter_jit_has_the_program_of_the_function():
    model = eqx.nn.Linear(3, 4, key=jax.random.key(0))

    def total(model, x):
        return model(x).sum()

    plain = jaxplore.program(total, model, jnp.ones(3))
    jitted = jaxplore.program(eqx.filter_jit(total), model, jnp.ones(3))
    assert primitives(jitted) == primitives(plain)
