"""Ways in which a cell uses a function: what is told, word for word. `---` divides the cells."""

import pytest

STALE = {
    "changed and used in one cell": (
        """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
---
k = 3.0
f(x)
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "used in a function": (
        """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
def loop(n):
    for _ in range(n): f(x)
---
k = 3.0
---
loop(2)
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "used in a function of this cell": (
        """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
---
k = 3.0
---
def loop(n):
    for _ in range(n): f(x)
loop(2)
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "used through an object": (
        """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
class T:
    def __init__(self): self.step = f
    def fit(self): return self.step(x)
t = T()
---
k = 3.0
---
t.fit()
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "used through a list": (
        """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
fs = [f]
---
k = 3.0
---
for g in fs: g(x)
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "passed to another": (
        """
k = 2.0
@jax.jit
def f(x): return (x * k).sum()
f(x)
---
k = 3.0
---
jax.vmap(f)(jnp.ones((2, 3)))
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
}


@pytest.mark.parametrize("name", STALE)
def test_a_change_that_a_compiled_function_does_not_see_is_told(cells, name: str) -> None:
    text, said = STALE[name]
    assert cells.run_all(text) == [said]
