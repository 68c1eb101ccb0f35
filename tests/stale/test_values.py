"""Values that a function reads by name: what is told, word for word. `---` divides the cells."""

import pytest

STALE = {
    "global scalar": (
        """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
---
k = 3.0
---
y = f(x)
""",
        "`k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
    ),
    "string": (
        """
mode = 'mean'
@jax.jit
def f(x): return x.mean() if mode == 'mean' else x.sum()
f(x)
---
mode = 'sum'
---
f(x)
""",
        "`mode` was 'mean' when traced in cell 2, is 'sum' now; f still uses 'mean'",
    ),
    "numpy array in place": (
        """
w = np.arange(3.0)
@jax.jit
def f(x): return x * w
f(x)
---
w[0] = 7
---
f(x)
""",
        "`w` was [0.0, 1.0, 2.0] when traced in cell 2, is [7.0, 1.0, 2.0] now; f still uses "
        "[0.0, 1.0, 2.0]",
    ),
    "large numpy array": (
        """
w = np.zeros((600, 600))
@jax.jit
def f(x): return x.sum() * w
f(x)
---
w += 1
---
f(x)
""",
        "`w` (f64[600,600]) has other values now than when traced in cell 2; f still uses "
        "the old values",
    ),
    "array": (
        """
w = jnp.arange(3.0)
@jax.jit
def f(x): return x * w
f(x)
---
w = w + 1
---
f(x)
""",
        "`w` was [0.0, 1.0, 2.0] when traced in cell 2, is [1.0, 2.0, 3.0] now; f still uses "
        "[0.0, 1.0, 2.0]",
    ),
    "array of another shape": (
        """
w = jnp.ones(3)
@jax.jit
def f(x): return x.sum() * w
f(x)
---
w = jnp.ones(400)
---
f(x)
""",
        "`w` was [1.0, 1.0, 1.0] when traced in cell 2, is f32[400] now; f still uses [1.0, "
        "1.0, 1.0]",
    ),
    "dtype": (
        """
dt = jnp.float32
@jax.jit
def f(x): return x.astype(dt)
f(x)
---
dt = jnp.float16
---
f(x)
""",
        "`dt` was float32 when traced in cell 2, is float16 now; f still uses float32",
    ),
    "numpy dtype": (
        """
dt = np.dtype('float32')
@jax.jit
def f(x): return x.astype(dt)
f(x)
---
dt = np.dtype('float16')
---
f(x)
""",
        "`dt` was float32 when traced in cell 2, is float16 now; f still uses float32",
    ),
    "another type": (
        """
k = 2.0
@jax.jit
def f(x): return x * k
f(x)
---
k = jnp.ones(3)
---
f(x)
""",
        "`k` was 2.0 when traced in cell 2, is [1.0, 1.0, 1.0] now; f still uses 2.0",
    ),
}


@pytest.mark.parametrize("name", STALE)
def test_a_change_that_a_compiled_function_does_not_see_is_told(cells, name: str) -> None:
    text, said = STALE[name]
    assert cells.run_all(text) == [said]
