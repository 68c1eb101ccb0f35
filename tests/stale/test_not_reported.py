"""What is not told: each of these would be a false alarm. Cells are divided by `---`."""

import pytest

FRESH = {
    "equal scalar": """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
---
k = 4.0 / 2
---
f(x)
""",
    "equal array": """
w = jnp.ones(3)
@jax.jit
def f(x): return x * w
f(x)
---
w = jnp.ones(3)
---
f(x)
""",
    "equal large array": """
w = jnp.ones((300, 300))
@jax.jit
def f(x): return x.sum() * w
f(x)
---
w = jnp.ones((300, 300))
---
f(x)
""",
    "equal numpy array": """
w = np.ones(3)
@jax.jit
def f(x): return x * w
f(x)
---
w = np.ones(3)
---
f(x)
""",
    "equal object": """
class C:
    def __init__(self): self.k = 2
c = C()
@jax.jit
def f(x): return x * c.k
f(x)
---
c = C()
---
f(x)
""",
    "equal class": """
class C:
    k = 2
@jax.jit
def f(x): return x * C.k
f(x)
---
class C:
    k = 2
---
f(x)
""",
    "changed and changed back": """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
---
k = 3.0
---
k = 2.0
---
f(x)
""",
    "changed after the use": """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
---
f(x)
k = 3.0
""",
    "not used": """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
---
k = 3.0
---
x + 1
""",
    "only shown": """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
---
k = 3.0
---
f
""",
    "only named again": """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
---
k = 3.0
---
g = f
""",
    "deleted": """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
---
del k
---
f(x)
""",
    "same cell as the trace": """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
k = 3.0
f(x)
""",
    "defined again": """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
---
k = 3.0
---
@jax.jit
def f(x): return x * k
f(x)
""",
    "cache cleared": """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
---
k = 3.0
---
f.clear_cache()
f(x)
""",
    "all caches cleared": """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
---
k = 3.0
---
jax.clear_caches()
---
f(x)
""",
    "another key": """
cfg = {'lr': 0.1, 'epoch': 0}
@jax.jit
def f(x): return x * cfg['lr']
f(x)
---
cfg['epoch'] = 1
---
f(x)
""",
    "another attribute": """
class C: pass
c = C(); c.k = 1; c.n = 0
@jax.jit
def f(x): return x * c.k
f(x)
---
c.n = 1
---
f(x)
""",
    "another attribute of what is passed on": """
class C: pass
c = C(); c.k = 1; c.n = 0
def g(x, c): return x * c.k
@jax.jit
def f(x): return g(x, c)
f(x)
---
c.n = 1
---
f(x)
""",
    "an argument": """
p = {'w': jnp.ones(3)}
@jax.jit
def f(p, x): return x * p['w']
f(p, x)
---
p = {'w': p['w'] + 1}
---
f(p, x)
""",
    "a local of the same name": """
k = 1
@jax.jit
def f(x):
    k = 2.0
    return x * k
f(x)
---
k = 3
---
f(x)
""",
    "counter": """
n = 0
@jax.jit
def f(x):
    global n
    n += 1
    return x
f(x)
---
f(x4)
---
n = 9
---
f(x)
""",
    "counter in a dictionary": """
n = {'f': 0}
@jax.jit
def f(x):
    n['f'] += 1
    return x
f(x)
---
f(x4)
---
f(x)
""",
    "counter in self": """
class C:
    def __init__(self): self.n = 0
    @functools.partial(jax.jit, static_argnums=0)
    def f(self, x):
        self.n += 1
        return x
c = C()
c.f(x)
---
c.f(x4)
---
c.f(x)
""",
    "log": """
log = []
@jax.jit
def f(x):
    log.append('traced')
    return x
f(x)
---
f(x4)
---
log.clear()
---
f(x)
""",
    "equal helper": """
def g(x): return x + 1
---
@jax.jit
def f(x): return g(x)
f(x)
---
def g(x): return x + 1
---
f(x)
""",
    "helper's docstring": """
def g(x):
    'old'
    return x + 1
---
@jax.jit
def f(x): return g(x)
f(x)
---
def g(x):
    'new'
    return x + 1
---
f(x)
""",
    "equal lambda": """
@jax.jit
def f(x): return g(x)
g = lambda v: v in {'a', 'b'} or v
g = lambda v: v * 2
f(x)
---
g = lambda v: v * 2
---
f(x)
""",
    "static by value": """
@dataclasses.dataclass(frozen=True)
class C:
    k: int
c = C(2)
@functools.partial(jax.jit, static_argnames='c')
def f(x, c): return x * c.k
f(x, c)
---
c = C(3)
---
f(x, c)
""",
    "static with a hash of its own": """
class C:
    def __init__(self): self.k = 2
    def __hash__(self): return self.k
    def __eq__(self, o): return self.k == o.k
c = C()
@functools.partial(jax.jit, static_argnames='c')
def f(x, c): return x * c.k
f(x, c)
---
c.k = 3
---
f(x, c)
""",
    "another static object": """
class C:
    def __init__(self, k): self.k = k
c = C(2)
@functools.partial(jax.jit, static_argnames='c')
def f(x, c): return x * c.k
f(x, c)
---
c = C(3)
f(x, c)
---
f(x, c)
""",
    "plain function": """
k = 2.0
def f(x): return x * k
f(x)
jax.jit(lambda x: x * k)(x)
---
k = 3.0
---
f(x)
""",
    "plain function of a vmap": """
k = 2.0
def one(x): return x * k
f = jax.jit(jax.vmap(one))
f(x)
---
k = 3.0
---
one(x)
""",
    "module of a library": """
@jax.jit
def f(x): return jnp.sin(x) * np.pi
f(x)
---
f(x)
""",
}


@pytest.mark.parametrize("name", FRESH)
def test_nothing_is_told_where_nothing_is_stale(cells, name: str) -> None:
    assert cells.run_all(FRESH[name]) == []
