"""No code that a program was made with changes unnoticed: helpers, classes, decorators, rules."""

from collections.abc import Callable

import pytest

F = "@jaxplore.jit\ndef f(x):\n    return x * {}\n".format


def helper(two: str, use: str = "h(1)", call: str = "") -> tuple[str, str]:
    """A helper that gives 2, then one that gives 3."""
    return two + "\n" + F(use), call or two.replace("2", "3") + "\n" + F(use)


def again(setup: str, change: str, use: str) -> tuple[str, str]:
    return f"{setup}\n{F(use)}", f"{change}\n{F(use)}"


CODE: dict[str, tuple[str, str]] = {
    "helper in a dict": helper("t = {'h': lambda y: 2}", "t['h'](1)"),
    "helper in a nested list": helper("t = [[lambda y: 2]]", "t[0][0](1)"),
    "helper in a default": (
        "def h(): return 2\n@jaxplore.jit\ndef f(x, h=h): return x * h()",
        "def h(): return 3\n@jaxplore.jit\ndef f(x, h=h): return x * h()",
    ),
    "helper in a keyword partial": helper("t = functools.partial(lambda y, k: k, k=2)", "t(1)"),
    "code replaced in place": again(
        "def h(): return 2\ng = h", "def n(): return 3\ng.__code__ = n.__code__", "h()"
    ),
    "code of a method replaced in place": again(
        "class C:\n    def m(s): return 2",
        "def n(s): return 3\nC.m.__code__ = n.__code__",
        "C().m()",
    ),
    "own code replaced in place": (
        "def g(x): return x * 2\nf = jaxplore.jit(g)",
        "g.__code__ = (lambda x: x * 3).__code__\njax.clear_caches()\nf = jaxplore.jit(g)",
    ),
    "helper in a class attribute": helper("class C: h = [lambda: 2]", "C.h[0]()"),
    "alias in a class attribute": again(
        "def h(): return 2\nclass C: h = staticmethod(h)",
        "C.h.__code__ = (lambda: 3).__code__",
        "C.h()",
    ),
    "object in a class attribute": again(
        "class K: k = [2]\nclass C: k = K(); k.n = 2", "C.k.n = 3", "C.k.n"
    ),
    "array in a class attribute": again("class C: k = np.array([2])", "C.k[0] = 3", "C.k"),
    "generator in a class attribute": again("class C: k = iter((2, 3))", "", "next(C.k)"),
    "jitted call of a class": again(
        "class C: __call__ = jax.jit(lambda s, y: y * 2, static_argnums=0)\nc = C()",
        "C.__call__ = jax.jit(lambda s, y: y * 3, static_argnums=0)",
        "c(1)",
    ),
    "special attribute": again("class C: __k__ = 2", "C.__k__ = 3", "C.__k__"),
    "docstring of a class": again("class C: 'ab'", "C.__doc__ = 'abc'", "len(C.__doc__)"),
    "metaclass": again(
        "class M(type):\n    def __len__(c): return 2\nclass C(metaclass=M): pass",
        "M.__len__ = lambda c: 3",
        "len(C)",
    ),
    "base class": again("class B: k = 2\nclass C(B): pass", "B.k = 3", "C.k"),
    "bases replaced": again(
        "class A: k = 2\nclass B: k = 3\nclass C(A): pass", "C.__bases__ = (B,)", "C.k"
    ),
    "class of an object replaced": again(
        "class A: k = 2\nclass B: k = 3\nc = A()", "c.__class__ = B", "c.k"
    ),
    "property": again(
        "class C: k = property(lambda s: 2)\nc = C()", "C.k = property(lambda s: 3)", "c.k"
    ),
    "descriptor": again(
        "class D:\n    def __get__(s, o, t): return 2\nclass C: k = D()\nc = C()",
        "D.__get__ = lambda s, o, t: 3",
        "c.k",
    ),
    "cached property": again(
        "class C:\n    n = 2\n    k = functools.cached_property(lambda s: s.n)\nc = C()",
        "C.n = 3",
        "C().k",
    ),
    "dataclass default": helper(
        "import dataclasses\n@dataclasses.dataclass\nclass C:\n    k: int = 2", "C().k"
    ),
    "attribute getter": again(
        "class C:\n    def __getattr__(s, n): return 2\nc = C()",
        "C.__getattr__ = lambda s, n: 3",
        "c.k",
    ),
    "function made for one type": again(
        "@functools.singledispatch\ndef h(y): return 2", "h.register(int, lambda y: 3)", "h(1)"
    ),
    "cache emptied": again(
        "k = 2\n@functools.cache\ndef h(): return k\nh(); k = 3", "h.cache_clear()", "h()"
    ),
    "builtin shadowed": again("", "def sum(y): return 3", "sum((1, 1))"),
    "builtin no longer shadowed": again("def sum(y): return 3", "del sum", "sum((1, 1))"),
    "builtin that was added": again(
        "import builtins\nbuiltins.jxp_k = 2\ndef undo(): del builtins.jxp_k",
        "builtins.jxp_k = 3",
        "jxp_k",
    ),
    "name that came later": again(
        "def h():\n    try: return later\n    except NameError: return 2", "later = 3", "h()"
    ),
    "globals by text": again("k = 2", "k = 3", "globals()['k']"),
    "globals by text in a helper": again(
        "k = 2\ndef h(): return globals().get('k')", "k = 3", "h()"
    ),
    "evaluated text": again("k = 2", "k = 3", "eval('k')"),
    "globals of a function": again("k = 2\ndef h(): pass", "k = 3", "h.__globals__['k']"),
    "calling frame": again("import sys\nk = 2", "k = 3", "sys._getframe().f_globals['k']"),
    "global statement": again("n = 1\ndef h():\n    global n; n += 1; return n", "n = 7", "h()"),
    "class body in a function": again(
        "k = 2\ndef h():\n    class C: v = k\n    return C.v", "k = 3", "h()"
    ),
    "comprehension in a helper": again(
        "k = 2\ndef h(): return [k for _ in range(1)][0]", "k = 3", "h()"
    ),
    "nested lambda": again("k = 2\nh = lambda: (lambda: (lambda: k)())()", "k = 3", "h()"),
    "recursive helpers": again(
        "def a(n): return 2 if n == 0 else b(n - 1)\ndef b(n): return a(n)",
        "def a(n): return 3 if n == 0 else b(n - 1)",
        "a(2)",
    ),
    "name of a function": again("def h(): pass", "h.__name__ = 'hh'", "len(h.__name__)"),
    "annotation": again(
        "def h(\n        y: 'ab',\n): pass",
        "h.__annotations__['y'] = 'abc'",
        "len(h.__annotations__['y'])",
    ),
    "name of an inner function": (
        "@jaxplore.jit\ndef f(x):\n    return x * len((lambda: (yield)).__code__.co_name)",
        "@jaxplore.jit\ndef f(x):\n    def g(): yield\n    return x * len(g.__code__.co_name)",
    ),
    "match": again(
        "n = ('a', 2)\ndef h():\n    match n:\n        case ('a', k): return k\n"
        "        case _: return 3",
        "n = ('b', 2)",
        "h()",
    ),
    "order of decorators": (
        "def a(g): return lambda x: g(x) + 1\ndef b(g): return lambda x: g(x) * 3\n"
        "@jaxplore.jit\n@a\n@b\ndef f(x): return x",
        "@jaxplore.jit\n@b\n@a\ndef f(x): return x",
    ),
    "rule of a custom gradient": (
        "@jax.custom_jvp\ndef h(y): return y\n"
        "h.defjvp(lambda p, t: (p[0], t[0] * 2))\n" + F("jax.grad(h)(1.0)"),
        "h.defjvp(lambda p, t: (p[0], t[0] * 3))\njax.clear_caches()\n" + F("jax.grad(h)(1.0)"),
    ),
    "reverse rule": (
        "@jax.custom_vjp\ndef h(y): return y\n"
        "h.defvjp(lambda y: (y, None), lambda r, g: (g * 2,))\n" + F("jax.grad(h)(1.0)"),
        "h.defvjp(lambda y: (y, None), lambda r, g: (g * 3,))\njax.clear_caches()\n"
        + F("jax.grad(h)(1.0)"),
    ),
    "called back": (
        "def h(y): return np.float32(2)\n@jaxplore.jit\n"
        "def f(x): return x * jax.pure_callback(h, jax.ShapeDtypeStruct((), 'f4'), 1)",
        "def h(y): return np.float32(3)\n@jaxplore.jit\n"
        "def f(x): return x * jax.pure_callback(h, jax.ShapeDtypeStruct((), 'f4'), 1)",
    ),
    "gradient of a changed loss": (
        "k = 2.0\ndef loss(x): return (k * x).sum()\nf = jaxplore.jit(jax.grad(loss))",
        "k = 3.0\nf = jaxplore.jit(jax.grad(loss))",
    ),
    "gradient by another argument": (
        "def loss(x, y=3.0): return (x * x * y).sum()\nf = jaxplore.jit(jax.grad(loss))",
        "f = jaxplore.jit(jax.value_and_grad(loss))",
    ),
    "vmap over another axis": (
        "g = lambda x: x.sum()\nf = jaxplore.jit(lambda x: jax.vmap(g)(x * jnp.arange(3.0)[:, None]))",
        "f = jaxplore.jit(lambda x: jax.vmap(g, 1)(x * jnp.arange(3.0)[:, None]))",
    ),
    "optimizer": (
        "import optax\ntx = optax.sgd(2.0)\n@jaxplore.jit\n"
        "def f(x): return tx.update(x, tx.init(x))[0]",
        "tx = optax.sgd(3.0)\n@jaxplore.jit\ndef f(x): return tx.update(x, tx.init(x))[0]",
    ),
    "equinox module": (
        "import equinox as eqx\nclass M(eqx.Module):\n    k: int\n    def __call__(s): return s.k\n"
        "m = M(2)\n" + F("m()"),
        "m = M(3)\n" + F("m()"),
    ),
    "method of an equinox module": again(
        "import equinox as eqx\nclass M(eqx.Module):\n    k: int\n    def __call__(s): return n\n"
        "m = M(2); n = 2",
        "n = 3",
        "m()",
    ),
    "flax module": (
        "from flax import nnx\nclass M(nnx.Module):\n    def __init__(s): s.k = 2\nm = M()\n"
        + F("m.k"),
        "m.k = 3\n" + F("m.k"),
    ),
    "constructor by keyword": helper("class C:\n    def __init__(s): s.k = 2", "C().k"),
    "exponent of an integer type": (F("(2**70 % 5)"), F("(2**71 % 5)")),
}


@pytest.mark.parametrize("name", CODE)
def test_changed_code_is_never_missed(never_stale: Callable[..., None], name: str):
    never_stale(*CODE[name])


HELD: dict[str, tuple[str, str]] = {
    "closure over another value": (
        "def make(k):\n    @jaxplore.jit\n    def f(x): return x * k\n    return f\nf = make(2)",
        "f = make(3)",
    ),
    "closure bound again later": (
        "def make(k):\n    @jaxplore.jit\n    def f(x): return x * k\n    k = k + 1\n    return f\n"
        "f = make(1)",
        "f = make(2)",
    ),
    "closures of a loop": (
        "def make(n):\n    fs = []\n    for k in range(n): fs.append(jaxplore.jit(lambda x: x * k))\n"
        "    return fs[0]\nf = make(3)",
        "f = make(4)",
    ),
    "closure changed by its neighbour": (
        "def make():\n    k = 2\n    def put(v):\n        nonlocal k; k = v\n"
        "    return jaxplore.jit(lambda x: x * k), put\nf, put = make()",
        "g, put = make(); put(3); f = g",
    ),
    "list in a default": (
        "c = [2]\n@jaxplore.jit\ndef f(x, c=c): return x * c[0]",
        "c = [2]\n@jaxplore.jit\ndef f(x, c=c): return x * c[0]\nc[0] = 3",
    ),
    "list in a closure": (
        "def make(c): return jaxplore.jit(lambda x: x * c[0])\nc = [2]\nf = make(c)",
        "c = [2]\nf = make(c)\nc[0] = 3",
    ),
    "object in a default": (
        "class C: pass\nc = C(); c.k = 2\n@jaxplore.jit\ndef f(x, c=c): return x * c.k",
        "c = C(); c.k = 2\n@jaxplore.jit\ndef f(x, c=c): return x * c.k\nc.k = 3",
    ),
    "array in a default": (
        "c = np.array([2])\n@jaxplore.jit\ndef f(x, c=c): return x * c",
        "c = np.array([2])\n@jaxplore.jit\ndef f(x, c=c): return x * c\nc[0] = 3",
    ),
    "view of an array in a closure": (
        "def make(c):\n    v = c[:]\n    return jaxplore.jit(lambda x: x * v)\n"
        "c = np.array([2])\nf = make(c)",
        "c = np.array([2])\nf = make(c)\nc[0] = 3",
    ),
    "list that fills while it is traced": (
        "@jaxplore.jit\ndef f(x, c=[]):\n    c.append(1)\n    return x * (len(c) + 1)",
        "@jaxplore.jit\ndef f(x, c=[]):\n    c.append(1)\n    return x * (len(c) + 1) + 0\nf(V4)",
    ),
    "list in a wrapped function": (
        "def keep(c):\n    def wrap(g): return lambda x: g(x) * c[0]\n    return wrap\nc = [2]\n"
        "@jaxplore.jit\n@keep(c)\ndef f(x): return x",
        "c = [2]\n@jaxplore.jit\n@keep(c)\ndef f(x): return x\nc[0] = 3",
    ),
}


@pytest.mark.parametrize("name", HELD)
def test_what_a_function_holds_by_itself_is_its_own(never_stale: Callable[..., None], name: str):
    before, after = HELD[name]
    never_stale(before, after.replace("V4", "jnp.ones(4)"))
