"""Functions and models of flax, equinox and optax. Cells are divided by `---`."""

import pytest

STALE = {
    "optax": (
        """
import optax
tx = optax.sgd(0.1)
@jax.jit
def f(x): return tx.update(x, tx.init(x))[0]
f(x)
---
tx = optax.sgd(0.2)
---
f(x)
""",
        "`tx.update.update_fns[1].tx.update.step_size` was -0.1 when traced in cell 2, is "
        "-0.2 now; f still uses -0.1",
    ),
    "equinox closure": (
        """
import equinox as eqx
m = eqx.nn.Linear(3, 3, use_bias=False, key=jax.random.key(0))
@jax.jit
def f(x): return m(x)
f(x)
---
m = jax.tree.map(lambda v: v + 1, m)
---
f(x)
""",
        "`m.weight` (f32[3,3]) has other values now than when traced in cell 2; f still uses "
        "the old values",
    ),
    "equinox filter_jit": (
        """
import equinox as eqx
k = 2.0
@eqx.filter_jit
def f(x): return x * k
f(x)
---
k = 3.0
---
f(x)
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "nnx jit": (
        """
from flax import nnx
k = 2.0
@nnx.jit
def f(m, x): return m(x) * k
m = nnx.Linear(3, 3, rngs=nnx.Rngs(0))
f(m, x)
---
k = 3.0
---
f(m, x)
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "nnx closure": (
        """
from flax import nnx
class M(nnx.Module):
    def __init__(self, rngs): self.l = nnx.Linear(3, 3, rngs=rngs)
    def __call__(self, x): return self.l(x)
m = M(nnx.Rngs(0))
@jax.jit
def f(x): return m(x)
f(x)
---
m.l.kernel[...] = m.l.kernel[...] + 1
---
f(x)
""",
        "`m.l.kernel` (read by `__call__`) (f32[3,3]) has other values now than when traced "
        "in cell 2; f still uses the old values",
    ),
    "linen": (
        """
from flax import linen as nn
class M(nn.Module):
    n: int
    @nn.compact
    def __call__(self, x): return nn.Dense(self.n)(x)
m = M(3)
p = m.init(jax.random.key(0), x)
@jax.jit
def f(p, x): return m.apply(p, x)
f(p, x)
---
m = M(4)
---
f(p, x)
""",
        "`m.n` (read by `__call__`) was 3 when traced in cell 2, is 4 now; f still uses 3",
    ),
}


@pytest.mark.parametrize("name", STALE)
def test_a_change_that_a_compiled_function_does_not_see_is_told(cells, name: str) -> None:
    text, said = STALE[name]
    assert cells.run_all(text) == [said]


FRESH = {
    "optimiser made again": """
import optax
tx = optax.adam(0.1)
@jax.jit
def f(x, s): return tx.update(x, s)
s = tx.init(x)
f(x, s)
---
tx = optax.adam(0.1)
---
f(x, s)
""",
    "optax training": """
import optax
p = {'w': jnp.ones((3, 3))}
tx = optax.adamw(optax.cosine_decay_schedule(0.1, 10))
s = tx.init(p)
@jax.jit
def f(p, s, x):
    g = jax.grad(lambda p: (x @ p['w']).sum())(p)
    u, s = tx.update(g, s, p)
    return optax.apply_updates(p, u), s
for _ in range(3): p, s = f(p, s, x)
---
for _ in range(3): p, s = f(p, s, x)
---
for _ in range(3): p, s = f(p, s, x)
---
for _ in range(3): p, s = f(p, s, x)
""",
    "nnx training": """
from flax import nnx
import optax
class M(nnx.Module):
    def __init__(self, rngs):
        self.l = nnx.Linear(3, 4, rngs=rngs)
        self.bn = nnx.BatchNorm(4, rngs=rngs)
        self.d = nnx.Dropout(0.1, rngs=rngs)
    def __call__(self, x): return self.d(self.bn(self.l(x)))
m = M(nnx.Rngs(0))
opt = nnx.Optimizer(m, optax.adam(1e-3), wrt=nnx.Param)
@nnx.jit
def f(m, opt, x):
    l, g = nnx.value_and_grad(lambda m: (m(x) ** 2).mean())(m)
    opt.update(m, g)
    return l
X = jnp.ones((2, 3))
f(m, opt, X)
---
for _ in range(3): l = f(m, opt, X)
---
for _ in range(3): l = f(m, opt, X)
---
for _ in range(3): l = f(m, opt, X)
---
m.eval()
f(m, opt, X)
m.train()
""",
    "equinox training": """
import equinox as eqx, optax
m = eqx.nn.MLP(3, 1, 8, 2, key=jax.random.key(0))
tx = optax.adam(1e-3)
s = tx.init(eqx.filter(m, eqx.is_array))
@eqx.filter_jit
def f(m, s, x):
    l, g = eqx.filter_value_and_grad(lambda m: (m(x) ** 2).mean())(m)
    u, s = tx.update(g, s)
    return eqx.apply_updates(m, u), s, l
m, s, l = f(m, s, x)
---
for _ in range(3): m, s, l = f(m, s, x)
---
for _ in range(3): m, s, l = f(m, s, x)
---
for _ in range(3): m, s, l = f(m, s, x)
""",
    "linen training": """
from flax import linen as nn
from flax.training import train_state
import optax
class M(nn.Module):
    @nn.compact
    def __call__(self, x): return nn.Dense(2)(nn.relu(nn.Dense(4)(x)))
m = M()
st = train_state.TrainState.create(apply_fn=m.apply, params=m.init(jax.random.key(0), x)['params'], tx=optax.sgd(0.1))
@jax.jit
def f(st, x):
    g = jax.grad(lambda p: st.apply_fn({'params': p}, x).sum())(st.params)
    return st.apply_gradients(grads=g)
st = f(st, x)
---
for _ in range(3): st = f(st, x)
---
for _ in range(3): st = f(st, x)
---
for _ in range(3): st = f(st, x)
---
m = M()
st = f(st, x)
""",
}


@pytest.mark.parametrize("name", FRESH)
def test_nothing_is_told_where_nothing_is_stale(cells, name: str) -> None:
    assert cells.run_all(FRESH[name]) == []
