"""Objects and containers that a function reads: what is told, word for word. `---` divides the cells."""

import pytest

STALE = {
    "attribute": (
        """
cfg = types.SimpleNamespace(k=2, other=1)
@jax.jit
def f(x): return x * cfg.k
f(x)
---
cfg.k = 3
---
f(x)
""",
        "`cfg.k` was 2 when traced in cell 2, is 3 now; f still uses 2",
    ),
    "attribute of the user's object": (
        """
class Cfg: pass
cfg = Cfg(); cfg.k = 2; cfg.other = 1
@jax.jit
def f(x): return x * cfg.k
f(x)
---
cfg.k = 3
---
f(x)
""",
        "`cfg.k` was 2 when traced in cell 2, is 3 now; f still uses 2",
    ),
    "another object of another value": (
        """
class Cfg:
    def __init__(self, k): self.k = k
cfg = Cfg(2)
@jax.jit
def f(x): return x * cfg.k
f(x)
---
cfg = Cfg(3)
---
f(x)
""",
        "`cfg.k` was 2 when traced in cell 2, is 3 now; f still uses 2",
    ),
    "dictionary item": (
        """
cfg = {'lr': 0.1, 'epoch': 0}
@jax.jit
def f(x): return x * cfg['lr']
f(x)
---
cfg['lr'] = 0.2
---
f(x)
""",
        "`cfg['lr']` was 0.1 when traced in cell 2, is 0.2 now; f still uses 0.1",
    ),
    "dictionary passed on": (
        """
cfg = {'lr': 0.1}
def g(x, c): return x * c['lr']
@jax.jit
def f(x): return g(x, cfg)
f(x)
---
cfg = {'lr': 0.2}
---
f(x)
""",
        "`cfg['lr']` was 0.1 when traced in cell 2, is 0.2 now; f still uses 0.1",
    ),
    "dictionary.get": (
        """
cfg = {'lr': 0.1}
@jax.jit
def f(x): return x * cfg.get('lr')
f(x)
---
cfg['lr'] = 0.2
---
f(x)
""",
        "`cfg['lr']` was 0.1 when traced in cell 2, is 0.2 now; f still uses 0.1",
    ),
    "list grows": (
        """
sizes = [1, 2]
@jax.jit
def f(x): return x * sum(sizes)
f(x)
---
sizes.append(3)
---
f(x)
""",
        "`sizes` was list of 2 when traced in cell 2, is list of 3 now; f still uses list of 2",
    ),
    "set": (
        """
on = {'a'}
@jax.jit
def f(x): return x * 2 if 'a' in on else x
f(x)
---
on.clear()
---
f(x)
""",
        "`on` was {'a'} when traced in cell 2, is {} now; f still uses {'a'}",
    ),
    "parameters in a closure": (
        """
params = {'w': jnp.ones((50, 3))}
@jax.jit
def f(x): return params['w'] @ x
f(x)
---
params = jax.tree.map(lambda p: p - 0.1, params)
---
f(x)
""",
        "`params['w']` (f32[50,3]) has other values now than when traced in cell 2; f still "
        "uses the old values",
    ),
    "closure": (
        """
def make():
    k = 2.0
    def put(v):
        nonlocal k
        k = v
    @jax.jit
    def f(x): return x * k
    return f, put
f, put = make()
f(x)
---
put(3.0)
---
f(x)
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "a list in a closure": (
        """
def make(c):
    @jax.jit
    def f(x): return x * c['k']
    return f
c = {'k': 1}
f = make(c)
f(x)
---
c['k'] = 2
---
f(x)
""",
        "`c['k']` was 1 when traced in cell 2, is 2 now; f still uses 1",
    ),
    "default in place": (
        """
d = {'k': 1}
@jax.jit
def f(x, d=d): return x * d['k']
f(x)
---
d['k'] = 2
---
f(x)
""",
        "`d['k']` was 1 when traced in cell 2, is 2 now; f still uses 1",
    ),
    "static object": (
        """
class Cfg:
    def __init__(self): self.width = 3
cfg = Cfg()
@functools.partial(jax.jit, static_argnames='cfg')
def f(x, cfg): return x * cfg.width
f(x, cfg)
---
cfg.width = 4
---
f(x, cfg)
""",
        "static `cfg` was changed after tracing: `cfg.width` was 3 when traced in cell 2, is "
        "4 now; f still uses 3",
    ),
    "object that is called": (
        """
class Model:
    def __init__(self): self.w, self.steps = 2.0, 0
    def __call__(self, x): return x * self.w
m = Model()
@jax.jit
def f(x): return m(x)
f(x)
---
m.w = 3.0; m.steps = 1
---
f(x)
""",
        "`m.w` (read by `__call__`) was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "property": (
        """
class Model:
    _w = 2.0
    @property
    def w(self): return self._w
m = Model()
@jax.jit
def f(x): return m.w * x
f(x)
---
m._w = 3.0
---
f(x)
""",
        "`m._w` (read by `w`) was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "slots": (
        """
@dataclasses.dataclass(slots=True)
class Cfg:
    k: int = 2
cfg = Cfg()
@jax.jit
def f(x): return cfg.k * x
f(x)
---
cfg.k = 3
---
f(x)
""",
        "`cfg.k` was 2 when traced in cell 2, is 3 now; f still uses 2",
    ),
    "enum": (
        """
import enum
class Mode(enum.Enum):
    A = 1
    B = 2
mode = Mode.A
@jax.jit
def f(x): return x * mode.value
f(x)
---
mode = Mode.B
---
f(x)
""",
        "`mode` was Mode.A when traced in cell 2, is Mode.B now; f still uses Mode.A",
    ),
    "local name of a global": (
        """
cfg = {'k': 1, 'n': 0}
@jax.jit
def f(x):
    c = cfg
    return x * c['k']
f(x)
---
cfg['n'] = 5; cfg['k'] = 2
---
f(x)
""",
        "`cfg['k']` was 1 when traced in cell 2, is 2 now; f still uses 1",
    ),
}


@pytest.mark.parametrize("name", STALE)
def test_a_change_that_a_compiled_function_does_not_see_is_told(cells, name: str) -> None:
    text, said = STALE[name]
    assert cells.run_all(text) == [said]
