"""The groups of real programs, as a reader sees them."""

import itertools
import re
from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
import pytest

from jaxplore.capture.programs.program import capture_program
from jaxplore.model.groups.tree import GroupTree, group
from jaxplore.model.program import Program


def array(*shape: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, jnp.float32)


def grouped(fun: Callable[..., Any], *args: Any) -> tuple[Program, GroupTree]:
    program = capture_program(fun, args, stages=("jaxpr",))
    return program, group(program)


def outline(program: Program, tree: GroupTree, depth: int) -> str:
    """The text without the counts, which differ between versions of JAX."""
    return re.sub(r"  [\d,]+ equations?", "", tree.text(program, depth)) + "\n"


# A transformer without a library, its loss, and a training step with Adam.


def norm(x, g):
    m = x.mean(-1, keepdims=True)
    v = ((x - m) ** 2).mean(-1, keepdims=True)
    return (x - m) / jnp.sqrt(v + 1e-5) * g


def attention(p, x):
    q, k, v = x @ p["q"], x @ p["k"], x @ p["v"]
    scores = jax.nn.softmax(q @ k.swapaxes(-1, -2) / 8.0)
    return scores @ v @ p["o"]


def mlp(p, x):
    h = jax.nn.gelu(x @ p["up"])
    return h @ p["down"]


def block(p, x):
    x = x + attention(p, norm(x, p["g1"]))
    return x + mlp(p, norm(x, p["g2"]))


def transformer(params, x):
    x = x @ params["in"]
    for p in params["blocks"]:
        x = block(p, x)
    return norm(x, params["g"]) @ params["out"]


def loss(params, x, y):
    logits = transformer(params, x)
    return -(jax.nn.log_softmax(logits) * y).mean()


def adam(grads, m, params):
    m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, grads)
    params = jax.tree.map(lambda p, a: p - 0.01 * a / (jnp.sqrt(a * a) + 1e-8), params, m)
    return params, m


def train_step(params, m, x, y):
    value, grads = jax.value_and_grad(loss)(params, x, y)
    params, m = adam(grads, m, params)
    return params, m, value


def transformer_args(layers: int) -> tuple[Any, Any, Any]:
    blocks = [
        {
            **{name: array(32, 32) for name in "qkvo"},
            **{"up": array(32, 64), "down": array(64, 32), "g1": array(32), "g2": array(32)},
        }
        for _ in range(layers)
    ]
    params = {"blocks": blocks, "in": array(32, 32), "g": array(32), "out": array(32, 10)}
    return params, array(4, 8, 32), array(4, 8, 10)


def test_a_training_step_reads_as_forward_backward_and_update():
    params, x, y = transformer_args(12)
    program, tree = grouped(train_step, params, params, x, y)
    assert outline(program, tree, 4) == TRAINING_STEP
    counts = [
        tree.repeat_count(i)
        for i, g in enumerate(tree.groups)
        if g.kind == "repeat" and g.name == "block"
    ]
    assert counts == [12, 12]
    assert tree.order == tuple(range(len(program.equations)))  # JAX's own order is kept


TRAINING_STEP = """\
train_step
  loss
    transformer
      block x 12
        norm
        attention
        norm
        mlp
      norm
    log_softmax
  loss, backward
    log_softmax, backward
    transformer, backward
      norm, backward
        (x - m) / jnp.sqrt(v + 1e-5) * g, backward
        ((x - m) ** 2).mean(-1, keepdims=True), backward
        x.mean(-1, keepdims=True), backward
      block x 12, backward
        mlp, backward
        norm, backward
        attention, backward
        norm, backward
  adam
    jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m,…
      0.9 * a + 0.1 * g x 12
        0.9 * a + 0.1 * g x 3
    jax.tree.map(lambda p, a: p - 0.01 * a / (jnp.s…
      p - 0.01 * a / (jnp.sqrt(a * a) + 1e-8) x 12
        p - 0.01 * a / (jnp.sqrt(a * a) + 1e-8) x 2
        p - 0.01 * a / (jnp.sqrt(a * a) + 1e-8) x 3
"""


class Block(nn.Module):
    wide: int

    @nn.compact
    def __call__(self, x):
        h = nn.LayerNorm()(x)
        x = x + nn.MultiHeadDotProductAttention(num_heads=4)(h)
        h = nn.Dense(self.wide)(nn.LayerNorm()(x))
        return x + nn.Dense(32)(nn.gelu(h))


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        for layer in range(6):
            x = Block(64 if layer < 4 else 96)(x)
        return nn.Dense(10)(x)


def test_modules_of_flax_are_called_as_they_are_called():
    net, x = Net(), array(4, 8, 32)

    def squares(params, x):
        return (net.apply(params, x) ** 2).mean()

    params = jax.eval_shape(net.init, jax.random.key(0), x)
    program, tree = grouped(jax.grad(squares), params, x)
    assert outline(program, tree, 3) == FLAX_GRADIENT


def test_an_optimizer_of_optax_reads_as_its_transformations():
    optimizer = optax.adamw(1e-3)
    params = {f"w{i}": array(4, 4) for i in range(9)}
    state = jax.eval_shape(optimizer.init, params)

    def update(grads, state, params):
        updates, state = optimizer.update(grads, state, params)
        return optax.apply_updates(params, updates), state

    _, tree = grouped(update, params, state, params)
    outer = [g.name for g in tree.groups if g.kind == "function" and g.parent in (0, 1)]
    assert outer == [
        "chain.update_fn",
        "scale_by_adam.update_fn",
        "add_decayed_weights.update_fn",
        "scale.update_fn",
        "apply_updates",
    ]


FLAX_GRADIENT = """\
squares
  Net
    Block_0
      LayerNorm_0
      MultiHeadDotProductAttention_0
      LayerNorm_1
      Dense_0
      Dense_1
    Block x 3
      LayerNorm_0
      MultiHeadDotProductAttention_0
      LayerNorm_1
      Dense_0
      Dense_1
    Block x 2
      LayerNorm_0
      MultiHeadDotProductAttention_0
      LayerNorm_1
      Dense_0
      Dense_1
    Dense_0
  Net, backward
    Dense_0, backward
    Block x 2, backward
      Dense_1, backward
      Dense_0, backward
      LayerNorm_1, backward
      MultiHeadDotProductAttention_0, backward
      LayerNorm_0, backward
    Block x 3, backward
      Dense_1, backward
      Dense_0, backward
      LayerNorm_1, backward
      MultiHeadDotProductAttention_0, backward
      LayerNorm_0, backward
    Block_0, backward
      Dense_1, backward
      Dense_0, backward
      LayerNorm_1, backward
      MultiHeadDotProductAttention_0, backward
      LayerNorm_0, backward
"""


def slope(t, y):
    return jnp.array([y[1], (1 - y[0] ** 2) * y[1] - y[0]]) + 0 * t


def runge_kutta(t, y, h):
    k1 = slope(t, y)
    k2 = slope(t + h / 2, y + h / 2 * k1)
    k3 = slope(t + h, y - h * k1 + 2 * h * k2)
    return y + h / 6 * (k1 + 4 * k2 + k3)


def solve(y, end):
    def goes_on(state):
        return state[0] < end

    def step(state):
        t, y, h = state
        whole = runge_kutta(t, y, h)
        halves = runge_kutta(t + h / 2, runge_kutta(t, y, h / 2), h / 2)
        is_close = jnp.abs(whole - halves).max() < 1e-6
        return jax.lax.cond(is_close, lambda: (t + h, halves, 2 * h), lambda: (t, y, h / 2))

    return jax.lax.while_loop(goes_on, step, (0.0, y, 0.1))


def test_a_solver_reads_as_its_loop_and_its_steps():
    program, tree = grouped(solve, array(2), array())
    assert outline(program, tree, 3) == SOLVER


SOLVER = """\
solve
  while cond_jaxpr
  while body_jaxpr
    runge_kutta
      slope
      slope
      slope
    runge_kutta
      slope
      slope
      slope
    runge_kutta
      slope
      slope
      slope
    cond branches
"""


def gravity(pos, vel):
    for _ in range(5):
        pulls = []
        for i in range(6):
            pull = jnp.zeros(3)
            for j in range(6):
                if i != j:
                    d = pos[j] - pos[i]
                    pull = pull + d / (jnp.sum(d**2) + 1e-3) ** 1.5
            pulls.append(pull)
        vel = vel + 0.01 * jnp.stack(pulls)
        pos = pos + 0.01 * vel
    return pos


def test_loops_within_loops_are_counted_each():
    _, tree = grouped(gravity, array(6, 3), array(6, 3))
    repeats = [i for i, g in enumerate(tree.groups) if g.kind == "repeat"]
    depth_of = {i: sum(tree.groups[p].kind == "repeat" for p in _above(tree, i)) for i in repeats}
    assert {(depth_of[i], tree.repeat_count(i)) for i in repeats} == {(0, 5), (1, 6), (2, 5)}


def _above(tree: GroupTree, index: int) -> list[int]:
    found: list[int] = []
    parent = tree.groups[index].parent
    while parent is not None:
        found.append(parent)
        parent = tree.groups[parent].parent
    return found


def test_layers_of_another_type_stay_apart():
    def widening(ws, x):
        for w in ws:
            x = jnp.tanh(x @ w)
            x = x / jnp.sqrt((x**2).sum())
        return x

    sizes = [8, 8, 8, 8, 16, 16, 16]
    ws = [array(a, b) for a, b in itertools.pairwise(sizes)]
    _, tree = grouped(widening, ws, array(4, 8))
    counts = [tree.repeat_count(i) for i, g in enumerate(tree.groups) if g.kind == "repeat"]
    assert counts == [3, 2]


def test_a_first_layer_that_differs_stands_beside_the_others():
    def deep(blocks, x):
        for p in blocks:
            x = block(p, x)
        return x.mean()

    params, x, _ = transformer_args(7)
    # The first layer's input has no gradient.
    program, tree = grouped(jax.grad(deep), params["blocks"], x)
    assert outline(program, tree, 1) == (
        "deep\n"  #
        "  block\n"
        "  block x 6\n"
        "  block x 6, backward\n"
        "  block, backward\n"
    )


@pytest.mark.parametrize("layers", [3, 7])
def test_a_checkpointed_block_is_a_repeat_of_as_many_layers(layers: int):
    def deep(params, x):
        for p in params["blocks"]:
            x = jax.checkpoint(block)(p, x)
        return x.mean()

    params, x, _ = transformer_args(layers)
    program, tree = grouped(jax.grad(deep), params, x)
    counts = [
        (tree.repeat_count(i), program.equations[tree.order[tree.extent(i)[0]]].phase)
        for i, g in enumerate(tree.groups)
        if g.kind == "repeat" and tree.groups[g.parent or 0].parent is None
    ]
    assert (layers, "forward") in counts


def test_comprehensions_on_a_path_are_no_calls_of_their_own():
    def scaled(xs: Any) -> Any:
        return [jnp.sin(x) * 2 for x in xs]

    def rows(xs: Any) -> Any:
        return [scaled([x + 1 for x in pair]) for pair in [xs[:2], xs[2:]]]

    program, tree = grouped(lambda *xs: rows(xs), *[array(3)] * 4)
    assert outline(program, tree, 3) == (
        "<lambda>\n  scaled([x + 1 for x in pair]) x 2\n    scaled\n"
    )
