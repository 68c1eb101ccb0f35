"""Functions and classes that a function uses: what is told, word for word. `---` divides the cells."""

import pytest

STALE = {
    "class attribute": (
        """
class Cfg:
    k = 2
@jax.jit
def f(x): return x * Cfg.k
f(x)
---
Cfg.k = 3
---
f(x)
""",
        "`Cfg.k` was 2 when traced in cell 2, is 3 now; f still uses 2",
    ),
    "helper redefined": (
        """
def g(x): return x + 1
---
@jax.jit
def f(x): return g(x)
f(x)
---
def g(x): return x + 2
---
f(x)
""",
        "`g` was redefined: cell 2, line 1 when traced in cell 3, cell 4, line 1 now; f "
        "still uses the old `g`",
    ),
    "helper's global": (
        """
k = 2.0
def g(x): return x * k
@jax.jit
def f(x): return g(x)
f(x)
---
k = 3.0
---
f(x)
""",
        "`k` (read by `g`) was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "helper's default": (
        """
def g(x, k=2): return x * k
@jax.jit
def f(x): return g(x)
f(x)
---
def g(x, k=3): return x * k
---
f(x)
""",
        "`k` (default of `g`) was 2 when traced in cell 2, is 3 now; f still uses 2",
    ),
    "jitted helper": (
        """
k = 2.0
@jax.jit
def g(x): return x * k
@jax.jit
def f(x): return g(x) + 1
f(x)
---
k = 3.0
---
f(x)
""",
        "`k` (read by `g`) was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "self of a static method": (
        """
class Model:
    def __init__(self): self.scale = 2.0
    @functools.partial(jax.jit, static_argnums=0)
    def f(self, x): return x * self.scale
m = Model()
m.f(x)
---
m.scale = 3.0
---
m.f(x)
""",
        "static `self` was changed after tracing: `self.scale` was 2.0 when traced in cell "
        "2, is 3.0 now; f still uses 2.0",
    ),
    "self of a bound method": (
        """
class Model:
    def __init__(self):
        self.scale = 2.0
        self.step = jax.jit(self.f)
    def f(self, x): return x * self.scale
m = Model()
m.step(x)
---
m.scale = 3.0
---
m.step(x)
""",
        "`self.scale` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "lambda": (
        """
k = 2.0
f = jax.jit(lambda x: x * k)
f(x)
---
k = 3.0
---
f(x)
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; <lambda> still uses 2.0",
    ),
    "jit of vmap": (
        """
k = 2.0
def one(v): return v * k
f = jax.jit(jax.vmap(one))
f(x)
---
k = 3.0
---
f(x)
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; one still uses 2.0",
    ),
    "jit of grad": (
        """
k = 2.0
def loss(v): return (v * k).sum()
f = jax.jit(jax.grad(loss))
f(x)
---
k = 3.0
---
f(x)
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; loss still uses 2.0",
    ),
    "partial": (
        """
k = 2.0
def g(a, v): return v * k * a
f = jax.jit(functools.partial(g, 2.0))
f(x)
---
k = 3.0
---
f(x)
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; g still uses 2.0",
    ),
    "another wrapper of the same function": (
        """
k = 2.0
def g(x): return x * k
f = jax.jit(g)
f(x)
---
k = 3.0
---
f = jax.jit(g)
f(x)
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; g still uses 2.0",
    ),
    "scan body": (
        """
k = 2.0
@jax.jit
def f(x):
    def body(c, v): return c + v * k, v
    return jax.lax.scan(body, 0.0, x)
f(x)
---
k = 3.0
---
f(x)
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "library function": (
        """
act = jnp.tanh
@jax.jit
def f(x): return act(x)
f(x)
---
act = jnp.sin
---
f(x)
""",
        "`act` was tanh when traced in cell 2, is sin now; f still uses tanh",
    ),
    "custom function of a library": (
        """
act = jax.nn.relu
@jax.jit
def f(x): return act(x)
f(x)
---
act = jax.nn.gelu
---
f(x)
""",
        "`act` was relu when traced in cell 2, is gelu now; f still uses relu",
    ),
    "the user's function for a library's": (
        """
def act(v): return v
@jax.jit
def f(x): return act(x)
f(x)
---
act = jnp.sin
---
f(x)
""",
        "`act` was redefined: cell 2, line 1 when traced in cell 2, sin now; f still uses "
        "the old `act`",
    ),
    "builtin function": (
        """
red = max
@jax.jit
def f(x): return x * red(1, 2)
f(x)
---
red = min
---
f(x)
""",
        "`red` was max when traced in cell 2, is min now; f still uses max",
    ),
    "another class": (
        """
class A:
    def __call__(self, x): return x
class B:
    def __call__(self, x): return 2 * x
act = A
@jax.jit
def f(x): return act()(x)
f(x)
---
act = B
---
f(x)
""",
        "`act` was A when traced in cell 2, is B now; f still uses A; `act.__call__` was "
        "redefined: cell 2, line 2 when traced in cell 2, cell 2, line 4 now",
    ),
    "method edited": (
        """
class A:
    def g(self, x): return x
a = A()
@jax.jit
def f(x): return a.g(x)
f(x)
---
A.g = lambda self, x: 2 * x
---
f(x)
""",
        "`a.g` was redefined: cell 2, line 2 when traced in cell 2, cell 3, line 1 now; f "
        "still uses the old `a.g`",
    ),
    "vmap of a helper": (
        """
def g(v): return v
vg = jax.vmap(g)
@jax.jit
def f(x): return vg(x)
f(x)
---
def g(v): return 2 * v
vg = jax.vmap(g)
---
f(x)
""",
        "`vg` was redefined: cell 2, line 1 when traced in cell 2, cell 3, line 1 now; f "
        "still uses the old `vg`",
    ),
    "function in a dictionary": (
        """
acts = {'a': lambda v: v}
@jax.jit
def f(x): return acts['a'](x)
f(x)
---
acts['a'] = lambda v: v * 2
---
f(x)
""",
        "`acts['a']` was redefined: cell 2, line 1 when traced in cell 2, cell 3, line 1 "
        "now; f still uses the old `acts['a']`",
    ),
}


@pytest.mark.parametrize("name", STALE)
def test_a_change_that_a_compiled_function_does_not_see_is_told(cells, name: str) -> None:
    text, said = STALE[name]
    assert cells.run_all(text) == [said]
