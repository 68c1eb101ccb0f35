"""Forward and backward pass of whatever takes a derivative, as programs of their own."""

import functools
from collections.abc import Callable
from typing import Any

import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
import pytest
from jax.interpreters import partial_eval

import jaxplore
from jaxplore.errors import JaxploreError, NotAProgramError
from jaxplore.model.gradient import Gradient
from jaxplore.model.program import Program

X = jax.ShapeDtypeStruct((6,), jnp.float32)
ONE = jax.ShapeDtypeStruct((), jnp.float32)


def cubed(x: jax.Array) -> jax.Array:
    return (jnp.sin(x) ** 3).sum()


def consistent(gradient: Gradient) -> None:
    """What must hold of every gradient."""
    for part, places in (
        (gradient.forward, gradient.forward_equations),
        (gradient.backward, gradient.backward_equations),
    ):
        closed(part)
        assert len(places) == len(part.equations)
        for equation, place in zip(part.equations, places, strict=True):
            whole = gradient.program.equations[place]
            assert (equation.primitive, equation.span) == (whole.primitive, whole.span)
            assert [part.values[v].type_text for v in equation.inputs] == [
                gradient.program.values[v].type_text for v in whole.inputs
            ]
    for before, after in gradient.links:
        assert 0 <= before < len(gradient.forward.equations)
        assert 0 <= after < len(gradient.backward.equations)
    for residual in gradient.residuals:
        handed = gradient.forward.values[residual.value]
        read = gradient.backward.values[residual.read_as]
        assert (handed.name, handed.type_text) == (read.name, read.type_text)
        assert residual.readers
    Program.from_json(gradient.forward.to_json())


def closed(program: Program) -> None:
    """Each value is made or given before it is read; each line of text is its equation's."""
    known = {v for r in program.regions for v in (*r.inputs, *r.constants)}
    known |= {v for v, value in enumerate(program.values) if value.kind == "literal"}
    lines = program.stages["jaxpr"].text.split("\n")
    links = program.stages["jaxpr"].links
    for equation, link in zip(program.equations, links, strict=True):
        assert known.issuperset(equation.inputs)
        assert f"= {equation.primitive}" in lines[link.first_line - 1] or not equation.outputs
        known.update(equation.outputs)
        for region in equation.regions:
            known.update(program.regions[region].inputs)
    assert known.issuperset(program.regions[0].outputs)


def vjp(x):
    _, pull = jax.vjp(jnp.sin, x)
    return pull(jnp.ones(6))[0]


def scanned(w):
    def step(w, x):
        value, gradient = jax.value_and_grad(lambda w: jnp.sin(w * x).sum())(w)
        return w - 0.1 * gradient, value

    return jax.lax.scan(step, w, jnp.ones((5, 6)))


def unrolled(w):
    for _ in range(3):
        w = w - 0.1 * jax.grad(lambda w: jnp.sin(w).sum())(w)
    return w


CASES: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "a loss": (cubed, ("x",)),
    "jit": (jax.jit(cubed), ("x",)),
    "grad": (jax.grad(cubed), ("x",)),
    "jit of value_and_grad": (jax.jit(jax.value_and_grad(cubed)), ("x",)),
    "jit in jit": (lambda x: jax.jit(jax.grad(cubed))(x), ("x",)),
    "no scalar": (jnp.sin, ("x",)),
    "vjp": (vjp, ("x",)),
    "jvp": (lambda x: jax.jvp(jnp.sin, (x,), (x,))[1], ("x",)),
    "jacrev": (jax.jacrev(jnp.sin), ("x",)),
    "jacfwd": (jax.jacfwd(jnp.sin), ("x",)),
    "hessian": (jax.hessian(cubed), ("x",)),
    "jacrev of jacrev": (jax.jacrev(jax.jacrev(cubed)), ("x",)),
    "a scanned loop": (scanned, ("w",)),
    "a loop": (unrolled, ("w",)),
    "vmap of grad": (jax.vmap(jax.grad(lambda x: jnp.sin(x) ** 2)), ("x",)),
    "checkpoint": (lambda x: jax.checkpoint(cubed)(x), ("x",)),
    "linear": (lambda x: (2 * x).sum(), ("x",)),
}


@pytest.mark.parametrize("name", CASES)
def test_both_passes_are_whole_programs(name: str):
    f, paths = CASES[name]
    gradient = jaxplore.gradient(f, X)
    consistent(gradient)
    assert tuple(i.path for i in gradient.inputs) == paths
    assert gradient.backward.equations
    assert gradient.value is None
    assert {i.norm for i in gradient.inputs} == {None}


def primitives(program: Program) -> list[str]:
    return [equation.primitive for equation in program.equations]


@pytest.mark.parametrize(
    "f",
    [
        cubed,
        jax.jit(cubed),
        jax.grad(cubed),
        jax.jit(jax.value_and_grad(cubed)),
        lambda x: jax.jit(jax.grad(cubed))(x),
    ],
)
def test_a_gradient_that_is_taken_already_is_shown_as_it_is(f: Any):
    gradient, plain = jaxplore.gradient(f, X), jaxplore.gradient(cubed, X)
    assert primitives(gradient.backward) == primitives(plain.backward)
    assert primitives(gradient.forward) == primitives(plain.forward)
    assert [(r.name, r.type) for r in gradient.residuals] == [
        (r.name, r.type) for r in plain.residuals
    ]
    assert gradient.without_gradient == plain.without_gradient


def test_the_text_of_a_pass_is_its_own():
    gradient = jaxplore.gradient(lambda x: jnp.sin(x).sum(), X)
    assert str(gradient.forward) == (
        "forward of <lambda>: 3 equations, (x: f32[6]) -> (f32[], f32[6])\n"
        "{ lambda ; a:f32[6]. let\n"
        "    b:f32[6] = sin a\n"
        "    c:f32[6] = cos a\n"
        "    d:f32[] = reduce_sum[axes=(0,)] b\n"
        "  in (d, c) }"
    )
    assert str(gradient.backward) == (
        "backward of <lambda>: 2 equations, (jnp.sin(x): f32[6]) -> (f32[6])\n"
        "{ lambda ; c:f32[6]. let\n"
        "    e:f32[6] = broadcast_in_dim[shape=(6,) broadcast_dimensions=()] 1.0:f32[]\n"
        "    f:f32[6] = mul e c\n"
        "  in (f,) }"
    )


# grad(sin) of one number is a function of one number: its gradient is -sin.
def test_the_gradient_of_a_gradient_is_taken():
    gradient = jaxplore.gradient(jax.grad(lambda x: jnp.sin(x)), ONE)
    assert primitives(gradient.backward) == ["mul", "neg", "mul"]
    assert [gradient.forward.equations[r.equation].primitive for r in gradient.residuals] == ["sin"]


def test_of_two_orders_the_outermost_that_goes_back_is_shown():
    # reverse over reverse: all of the inner gradient is the outer one's forward pass.
    both = jaxplore.gradient(jax.jacrev(jax.jacrev(cubed)), X)
    # forward over reverse: the inner one is the only one that goes back.
    hessian = jaxplore.gradient(jax.hessian(cubed), X)
    assert {e.phase for e in both.forward.equations} == {"forward"}
    assert {e.phase for e in hessian.backward.equations} == {"backward"}
    assert "cos" in primitives(hessian.forward)


# The unit vectors that jacrev starts from are made for the backward pass alone.
def test_what_a_jacobian_starts_from_is_not_kept():
    gradient = jaxplore.gradient(jax.jacrev(jnp.sin), X)
    assert [(r.type, r.kind) for r in gradient.residuals] == [("f32[6]", "made")]
    assert "iota" in primitives(gradient.backward)


def test_a_training_loop_shows_the_passes_inside_of_its_body():
    gradient = jaxplore.gradient(scanned, jax.ShapeDtypeStruct((6,), jnp.float32))
    assert "scan" not in primitives(gradient.forward)
    assert primitives(gradient.forward) == ["mul", "sin", "cos", "reduce_sum"]
    # The update belongs to neither pass.
    assert "sub" not in primitives(gradient.forward) + primitives(gradient.backward)
    assert [(r.kind, r.name) for r in gradient.residuals] == [
        ("made", "jnp.sin(w * x)"),
        ("argument", "jnp.ones((5, 6))"),
    ]


def test_a_training_step_leaves_out_the_update():
    tx = optax.adam(1e-3)

    @jax.jit
    def step(params, state, x):
        value, gradient = jax.value_and_grad(lambda p: jnp.tanh(x @ p["w"]).sum())(params)
        updates, state = tx.update(gradient, state)
        return optax.apply_updates(params, updates), state, value

    params = {"w": jax.ShapeDtypeStruct((4, 3), jnp.float32)}
    gradient = jaxplore.gradient(
        step, params, jax.eval_shape(tx.init, params), jax.ShapeDtypeStruct((5, 4), jnp.float32)
    )
    consistent(gradient)
    assert [i.path for i in gradient.inputs] == ["params['w']"]
    assert "sqrt" not in primitives(gradient.forward) + primitives(gradient.backward)
    assert "sqrt" in primitives(gradient.program)


class Model:
    scale = 3.0

    @functools.partial(jax.jit, static_argnums=0)
    def jitted(self, x: jax.Array, power: int = 2) -> jax.Array:
        return (self.scale * x**power).sum()

    def plain(self, x: jax.Array, power: int = 2) -> jax.Array:
        return (self.scale * x**power).sum()


def test_methods_static_arguments_and_names():
    for method in (Model().jitted, Model().plain):
        gradient = jaxplore.gradient(method, X, power=3)
        assert gradient.name == method.__name__
        assert [i.path for i in gradient.inputs] == ["x"]
        assert "integer_pow" in primitives(gradient.forward)
    assert [
        i.path for i in jaxplore.gradient(lambda x, *, y: (x * y).sum(), X, y=X, wrt="y").inputs
    ] == ["y"]
    assert [
        i.path for i in jaxplore.gradient(lambda x, y: (x * y).sum(), X, X, wrt=(-1, "x")).inputs
    ] == ["x", "y"]


def test_a_module_with_settings_is_taken_by_its_numbers():
    model = eqx.nn.MLP(4, 3, width_size=8, depth=1, key=jax.random.key(0))
    x = jax.ShapeDtypeStruct((5, 4), jnp.float32)
    types = jax.tree.map(
        lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype) if eqx.is_array(a) else a, model
    )

    def loss(m, x):
        return jax.vmap(m)(x).sum()

    gradient = jaxplore.gradient(loss, types, x)
    jitted = jaxplore.gradient(eqx.filter_jit(loss), types, x)
    assert jitted.residuals == gradient.residuals
    assert [i.path for i in gradient.inputs] == [
        "m.layers[0].weight",
        "m.layers[0].bias",
        "m.layers[1].weight",
        "m.layers[1].bias",
    ]


class Deep(nn.Module):
    @nn.compact
    def __call__(self, x):
        for _ in range(3):
            x = jnp.tanh(nn.Dense(4)(x))
        return x.sum()


def test_a_layer_that_runs_again_is_linked_to_its_own_backward_pass():
    params = jax.eval_shape(Deep().init, jax.random.key(0), jnp.ones((2, 4)))
    gradient = jaxplore.gradient(Deep().apply, params, jnp.ones((2, 4)))
    consistent(gradient)
    products = [i for i, e in enumerate(gradient.forward.equations) if e.primitive == "dot_general"]
    back = [i for i, e in enumerate(gradient.backward.equations) if e.primitive == "dot_general"]
    linked = [[b for a, b in gradient.links if a == p and b in back] for p in products]
    # By weights and by input, the last layer first; the first has no gradient by its input.
    assert linked == [back[4:], back[2:4], back[:2]]


def test_dead_equations_are_found_in_loops():
    def f(x):
        def step(c, row):
            return c + row, (jnp.sin(row), jnp.exp(c))

        total, (kept, _) = jax.lax.scan(step, 0.0, x)
        jnp.floor(x)
        return total + kept.sum()

    gradient = jaxplore.gradient(f, X)
    dead = [gradient.program.equations[i].primitive for i in gradient.dead]
    assert sorted(dead) == ["exp", "floor"]


@pytest.mark.parametrize(
    "name",
    ["grad", "jit in jit", "jacrev", "hessian", "jacrev of jacrev", "a scanned loop", "a loop"],
)
def test_as_many_equations_are_dead_as_jax_itself_would_remove(name: str):
    f, _ = CASES[name]
    jaxpr = jax.jit(f).trace(X).jaxpr
    jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
    left, _ = partial_eval.dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))
    assert len(jaxplore.gradient(f, X).dead) == count(jaxpr) - count(left)


def count(jaxpr: Any) -> int:
    held = [p for e in jaxpr.eqns for p in e.params.values()]
    inner = [getattr(p, "jaxpr", p) for p in held]
    return len(jaxpr.eqns) + sum(count(p) for p in inner if hasattr(p, "eqns"))


def test_effects_are_not_dead():
    def f(x):
        jax.debug.print("{}", x.sum())
        return jnp.sin(x).sum()

    gradient = jaxplore.gradient(f, X)
    assert gradient.dead == ()


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (
            (lambda x: x * 2.0, 3),
            {},
            "Cannot take the gradient by argument 0.\nGot: 3 (int)\n"
            "Do: name an argument of real floating numbers in wrt.",
        ),
        (
            (lambda x: abs(x), 3j),
            {},
            "Cannot take the gradient by argument 0.\nGot: 3j (complex)\n"
            "Do: name an argument of real floating numbers in wrt.",
        ),
        (
            (lambda x: x, X),
            {"wrt": 1},
            "Cannot take the gradient by wrt=1.\nGot: 1 arguments and the keywords []\n"
            "Do: name arguments of the call, by position or by name.",
        ),
        (
            (lambda x: x, X),
            {"wrt": ()},
            "Cannot take the gradient by nothing.\nGot: wrt=()\n"
            "Do: name arguments of the call, by position or by name.",
        ),
        (
            (lambda x: x * 1j, X),
            {},
            "Cannot take the gradient of this result.\nGot: complex64[6]\n"
            "Do: let the function return real floating numbers, best one: a loss. "
            "Auxiliary data goes with has_aux=True.",
        ),
        (
            (jnp.argmax, X),
            {},
            "Cannot take the gradient of this result.\nGot: int32[]\n"
            "Do: let the function return real floating numbers, best one: a loss. "
            "Auxiliary data goes with has_aux=True.",
        ),
    ],
)
def test_what_has_no_gradient_says_so_in_three_parts(arguments: Any, options: Any, said: str):
    with pytest.raises(JaxploreError) as raised:
        jaxplore.gradient(*arguments, **options)
    assert str(raised.value) == said


def test_what_is_no_function_says_so():
    with pytest.raises(NotAProgramError, match="Cannot take the gradient of this"):
        jaxplore.gradient(3)


def test_the_users_own_error_is_the_users_own():
    def broken(x):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine") as raised:
        jaxplore.gradient(broken, X)
    assert raised.value.__cause__ is None
