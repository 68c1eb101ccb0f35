"""The same cell run again costs no compile, however the function is made."""

from collections.abc import Callable

import pytest

F = "@jaxplore.jit\ndef f(x):\n    return x * {}\n".format
CELLS = {
    "factory": (
        "def make(k):\n    @jaxplore.jit\n    def f(x): return x * k\n    return f\nf = make(2.0)"
    ),
    "factory of plain functions": (
        "def make(k):\n    def f(x): return x * k\n    return f\nf = jaxplore.jit(make(2.0))"
    ),
    "factory with a local": (
        "def make(k):\n    n = k + 1\n    def g(x): return x * n\n    @jaxplore.jit\n"
        "    def f(x): return g(x) + n\n    return f\nf = make(2.0)"
    ),
    "factory with a list": (
        "def make():\n    sizes = [1, 2]\n    return jaxplore.jit(lambda x: x * sizes[0])\nf = make()"
    ),
    "decorator": (
        "def twice(g):\n    @functools.wraps(g)\n    def h(x): return g(x) * 2\n    return h\n"
        "@jaxplore.jit\n@twice\ndef f(x): return x + 1"
    ),
    "gradient": "def loss(x): return (x**2).sum()\nf = jaxplore.jit(jax.grad(loss))",
    "value and gradient": (
        "k = 2\ndef loss(x): return (k * x**2).sum()\nf = jaxplore.jit(jax.value_and_grad(loss))"
    ),
    "vmap": "@jaxplore.jit\n@jax.vmap\ndef f(x): return x * 2",
    "gradient inside": "def loss(x): return (x**2).sum()\n" + F("jax.grad(loss)(x)"),
    "scan": (
        "def body(c, _): return c * 2, None\n@jaxplore.jit\n"
        "def f(x): return jax.lax.scan(body, x, None, length=3)[0]"
    ),
    "jit in jit": (
        "@jaxplore.jit\ndef g(x): return x * 2\n@jaxplore.jit\ndef f(x): return g(x) + 1"
    ),
    "recursion": (
        "@jaxplore.jit\ndef f(x): return g(3, x)\ndef g(n, x): return x if n == 0 else h(n - 1, x)\n"
        "def h(n, x): return 2 * g(n, x)"
    ),
    "default list": "@jaxplore.jit\ndef f(x, k=[1, 2]): return x * k[0]",
    "default dict": "@jaxplore.jit\ndef f(x, *, k={'a': [1, 2]}): return x * k['a'][0]",
    "default frozen": (
        "@jaxplore.jit\ndef f(x, k=(1, frozenset('a'), np.float32(2))): return x * k[0]"
    ),
    "annotations": (
        "@jaxplore.jit\ndef f(x: jax.Array, n: int | list[int] = 2) -> 'jax.Array': return x * n"
    ),
    "numbers": "n = (1, 2.0, True, None, 'a', b'a', 3j, -0.0, float('nan'))\n" + F("n[1]"),
    "set": "n = {'a', 'b', 3}\n" + F("len(n)"),
    "namespace": "from types import SimpleNamespace as N\nn = N(k=[2])\n" + F("n.k[0]"),
    "date": "import datetime as d\nn = d.date(2020, 1, 2)\n" + F("n.day"),
    "slice": "n = slice(0, 2)\n" + F("len(range(3)[n])"),
    "partial": "def g(k, y): return k * y\nn = functools.partial(g, 2)\n" + F("n(x)"),
    "helper with a closure": (
        "def make(k):\n    def h(y): return y * k\n    return h\nh = make(2)\n" + F("h(x)")
    ),
    "optimizer": (
        "import optax\ntx = optax.sgd(0.1)\n@jaxplore.jit\n"
        "def f(x): return tx.update(x, tx.init(x))[0]"
    ),
    "annotated helper": "def g(y: 'a') -> int: return y\n" + F("g(x)"),
    "mark": "MISSING = globals().get('MISSING', object())\n" + F("(2 if MISSING else 3)"),
    "match": (
        "n = ('a', 2)\n@jaxplore.jit\ndef f(x):\n    match n:\n"
        "        case ('a', k): return x * k\n        case _: return x"
    ),
    "generator": (
        "def g(x):\n    for i in (1, 2): yield x * i\n@jaxplore.jit\ndef f(x): return sum(g(x))"
    ),
    "print": (
        "@jaxplore.jit\ndef f(x):\n    jax.debug.callback(lambda v: None, x)\n    return x * 2"
    ),
    "static": (
        "@functools.partial(jaxplore.jit, static_argnames=('n',), keep_unused=True)\n"
        "def f(x, n=2, y=1.0): return x * n"
    ),
    "array": "w = globals().get('w')\nw = jnp.ones(3) if w is None else w\n" + F("w"),
    "import inside": (
        "@jaxplore.jit\ndef f(x):\n    import math\n    from functools import reduce\n"
        "    return x * math.pi + reduce(max, (1, 2))"
    ),
    "attribute of a name that a global has too": "mean = jnp.ones(3)\n" + F("x.mean()"),
}


@pytest.mark.parametrize("name", CELLS)
def test_the_same_cell_again_costs_no_compile(compiles_again: Callable[..., int], name: str):
    assert compiles_again(CELLS[name]) == 0


MOVED = {
    "elsewhere in the cell": (F(2), "\n\n# a comment\n" + F(2)),
    "a comment after it": (F(2), F(2) + "# a comment\n"),
    "an unrelated name": ("k = 1\n" + F(2), "k = 2\n" + F(2)),
    "an unrelated function": ("def g(): return 1\n" + F(2), "def g(): return 2\n" + F(2)),
}


@pytest.mark.parametrize("name", MOVED)
def test_what_does_not_matter_costs_no_compile(compiles_again: Callable[..., int], name: str):
    assert compiles_again(*MOVED[name]) == 0
