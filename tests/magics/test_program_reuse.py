"""Running a `%%jit` cell again calls the compiled program; it traces only when it must."""

import numpy as np
import pytest

FOUR = np.arange(4.0)
MUST_RETRACE = {
    "int": ("n = 2", "n = 3", "x * n"),
    "bool": ("n = False", "n = True", "x * (3 if n else 2)"),
    "True and 1": ("n = 1", "n = True", "x * (3 if n is True else 2)"),
    "str": ("n = 'b'", "n = 'a'", "x * {'a': 3, 'b': 2}[n]"),
    "None": ("n = None", "n = 3", "x * (n or 2)"),
    "float to int": ("n = 2.0", "n = 3", "x * n"),
    "minus zero": (
        "n = complex(0.0, 0.0)",
        "n = complex(-0.0, 0.0)",
        "x * (3 if str(n.real)[0] == '-' else 2)",
    ),
    "mutated list": ("n = [2]", "n[0] = 3", "x * n[0]"),
    "grown list": ("n = [2]", "n.append(1)", "x * sum(n)"),
    "mutated dict": ("n = {'a': 2}", "n['a'] = 3", "x * n['a']"),
    "new key": ("n = {'a': 2}", "n['b'] = 1", "x * sum(n.values())"),
    "mutated set": ("n = {2}", "n.add(1)", "x * sum(n)"),
    "nested list": ("n = {'a': ([2],)}", "n['a'][0][0] = 3", "x * n['a'][0][0]"),
    "function": ("def n(a):\n    return 2 * a", "def n(a):\n    return 3 * a", "n(x)"),
    "lambda": ("n = lambda a: 2 * a", "n = lambda a: 3 * a", "n(x)"),
    "helper": (
        "def h(a):\n    return 2 * a\ndef n(a):\n    return h(a)",
        "def h(a):\n    return 3 * a",
        "n(x)",
    ),
    "helper's helper": (
        "def g(a):\n    return 2 * a\ndef h(a):\n    return g(a)\ndef n(a):\n    return h(a)",
        "def g(a):\n    return 3 * a",
        "n(x)",
    ),
    "global of a helper": ("k = 2.0\ndef n(a):\n    return k * a", "k = 3.0", "n(x)"),
    "list global of a helper": ("k = [2]\ndef n(a):\n    return k[0] * a", "k[0] = 3", "n(x)"),
    "default": ("def n(a, k=2):\n    return k * a", "n.__defaults__ = (3,)", "n(x)"),
    "keyword default": ("def n(a, *, k=2):\n    return k * a", "n.__kwdefaults__['k'] = 3", "n(x)"),
    "function attribute": ("def n(a):\n    return n.k * a\nn.k = 2", "n.k = 3", "n(x)"),
    "attribute of a helper": (
        "def h():\n    pass\nh.k = 2\ndef n(a):\n    return h.k * a",
        "h.k = 3",
        "n(x)",
    ),
    "closure": (
        "def make():\n    k = 2\n    def n(a):\n        return k * a\n"
        "    def put(v):\n        nonlocal k\n        k = v\n    return n, put\n"
        "n, put = make()",
        "put(3)",
        "n(x)",
    ),
    "partial": (
        "import functools\ndef h(a, k):\n    return k * a\nn = functools.partial(h, k=2)",
        "n = functools.partial(h, k=3)",
        "n(x)",
    ),
    "partial of a changed helper": (
        "import functools\ndef g(a):\n    return 2 * a\ndef h(a):\n    return g(a)\n"
        "n = functools.partial(h)",
        "def g(a):\n    return 3 * a",
        "n(x)",
    ),
    "attribute of an object": ("class A:\n    k = 2\nn = A()", "n.k = 3", "x * n.k"),
    "numpy in an object": (
        "class A:\n    pass\nn = A()\nn.k = np.array([2])",
        "n.k[0] = 3",
        "x * n.k[0]",
    ),
    "class attribute": ("class n:\n    k = 2", "n.k = 3", "x * n.k"),
    "class attribute of an instance": ("class A:\n    k = 2\nn = A()", "A.k = 3", "x * n.k"),
    "class method redefined": (
        "class n:\n    @staticmethod\n    def f(a):\n        return 2 * a",
        "n.f = staticmethod(lambda a: 3 * a)",
        "n.f(x)",
    ),
    "static method's global": (
        "k = 2\nclass n:\n    @staticmethod\n    def f(a):\n        return k * a",
        "k = 3",
        "n.f(x)",
    ),
    "bound method": (
        "class A:\n    k = 2\n    def f(self, a):\n        return self.k * a\n"
        "A.__hash__ = object.__hash__\no = A()\nn = o.f",
        "o.k = 3",
        "n(x)",
    ),
    "bound method's class": (
        "class A:\n    k = 2\n    def f(self, a):\n        return self.k * a\nn = A().f",
        "A.k = 3",
        "n(x)",
    ),
    "bound builtin": ("d = {'a': 2}\nn = d.get", "n = {'a': 3}.get", "x * n('a')"),
    "mutated bound builtin": ("d = {'a': 2}\nn = d.get", "d['a'] = 3", "x * n('a')"),
    "callable object": (
        "class A:\n    def __init__(self, k):\n        self.k = k\n"
        "    def __call__(self, a):\n        return self.k * a\nn = A(2)",
        "n.k = 3",
        "n(x)",
    ),
    "frozen dataclass": (
        "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass A:\n    k: int\nn = A(2)",
        "n = A(3)",
        "x * n.k",
    ),
    "method of a frozen dataclass": (
        "import dataclasses\nk = 2\n@dataclasses.dataclass(frozen=True)\nclass A:\n    q: int\n"
        "    def f(self, a):\n        return k * a\nn = A(1)",
        "k = 3",
        "n.f(x)",
    ),
    "property of a frozen dataclass": (
        "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass A:\n    q: int\n"
        "    scale = 2\nn = A(1)",
        "A.scale = 3",
        "x * n.scale",
    ),
    "equal by name only": (
        "class A:\n    def __init__(self, k):\n        self.k = k\n"
        "    def __eq__(self, other):\n        return isinstance(other, A)\n"
        "    def __hash__(self):\n        return 1\nn = A(2)",
        "n.k = 3",
        "x * n.k",
    ),
    "list subclass with an attribute": (
        "class L(list):\n    pass\nn = L([1])\nn.k = 2",
        "n.k = 3",
        "x * n.k",
    ),
    "dict subclass with an attribute": (
        "class L(dict):\n    pass\nn = L(a=1)\nn.k = 2",
        "n.k = 3",
        "x * n.k",
    ),
    "int subclass with an attribute": (
        "class L(int):\n    pass\nn = L(1)\nn.k = 2",
        "n.k = 3",
        "x * n.k",
    ),
    "vmap of a function that reads a global": (
        "k = 2.0\nn = jax.vmap(lambda a: k * a)",
        "k = 3.0",
        "n(x)",
    ),
    "grad of a function that reads a global": (
        "k = 2.0\nn = jax.grad(lambda a: (k * a**2 / 2).sum())",
        "k = 3.0",
        "n(x)",
    ),
    "wraps of a library": (
        "import contextlib\nk = 2.0\n@contextlib.contextmanager\ndef n():\n    yield k",
        "k = 3.0",
        "with n() as m:\n    y = x * m\ny",
    ),
    "optimizer with a schedule of the user": (
        "import optax\nk = 2.0\nopt = optax.sgd(lambda count: -k)\ns = opt.init(x)",
        "k = 3.0",
        "opt.update(x, s)[0]",
    ),
    "attribute of a made module": (
        "import types\nn = types.ModuleType('m')\nn.k = 2",
        "n.k = 3",
        "x * n.k",
    ),
    "pytree class whose method reads a global": (
        "import equinox as eqx\nk = 2.0\nclass A(eqx.Module):\n    w: jax.Array\n"
        "    def __call__(self):\n        return k * self.w\nn = A(x)",
        "k = 3.0",
        "n()",
    ),
    "numpy array of a helper": (
        "k = np.array([2.0])\ndef n(a):\n    return k[0] * a",
        "k[0] = 3.0",
        "n(x)",
    ),
    "a builtin is shadowed": ("q = 2", "def len(a):\n    return 3", "x * min(len([1, 2]), 9)"),
    "a builtin of a helper is shadowed": (
        "def n(a):\n    return len([1, 2]) * a",
        "def len(a):\n    return 3",
        "n(x)",
    ),
}


@pytest.mark.parametrize("name", MUST_RETRACE)
def test_a_change_is_never_missed(nb, name):
    setup, change, cell = MUST_RETRACE[name]
    nb.ok(setup)
    for _ in range(2):
        np.testing.assert_allclose(nb.ok(f"%%jit\n{cell}").value, 2 * FOUR)
    nb.ok(change)
    np.testing.assert_allclose(nb.ok(f"%%jit\n{cell}").value, 3 * FOUR)


MODULES = {
    "an int": ("k = 2\n", "m.k = 3", "x * m.k"),
    "a list": ("k = [2]\n", "m.k[0] = 3", "x * m.k[0]"),
    "an object": ("class A:\n    k = 2\na = A()\n", "m.a.k = 3", "x * m.a.k"),
    "a function": ("def f(a):\n    return 2 * a\n", "m.f = lambda a: 3 * a", "m.f(x)"),
    "what a function reads": ("k = 2\ndef f(a):\n    return k * a\n", "m.k = 3", "m.f(x)"),
    "a default": ("def f(a, k=2):\n    return k * a\n", "m.f.__defaults__ = (3,)", "m.f(x)"),
    "autoreload": (
        "def f(a):\n    return 2 * a\n",
        "def g(a):\n    return 3 * a\nm.f.__code__ = g.__code__",
        "m.f(x)",
    ),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_change_in_a_module_of_the_user_is_never_missed(nb, name, user_module):
    source, change, cell = MODULES[name]
    nb.ns["m"] = user_module(source)
    for _ in range(2):
        np.testing.assert_allclose(nb.ok(f"%%jit\n{cell}").value, 2 * FOUR)
    nb.ok(change)
    np.testing.assert_allclose(nb.ok(f"%%jit\n{cell}").value, 3 * FOUR)


def test_a_change_in_a_module_that_a_module_imports_is_never_missed(nb, user_module):
    inner = user_module("k = 2\n", "user_inner")
    nb.ns["m"] = user_module("import user_inner\ndef f(a):\n    return user_inner.k * a\n")
    for _ in range(2):
        np.testing.assert_allclose(nb.ok("%%jit\nm.f(x)").value, 2 * FOUR)
    inner.k = 3
    np.testing.assert_allclose(nb.ok("%%jit\nm.f(x)").value, 3 * FOUR)


MUST_NOT_RETRACE = {
    "array": ("k = jnp.ones(4)", "k = 3 * jnp.ones(4)", "x * k"),
    "float": ("k = 1.0", "k = 3.0", "x * k"),
    "equal int": ("k = 3", "k = 3", "x * k"),
    "equal function": ("def k(a):\n    return 3 * a", "def k(a):\n    return 3 * a", "k(x)"),
    "equal list": ("k = [1, 2]", "k = [1, 2]", "x * sum(k)"),
    "unrelated": ("k = 3", "q = 5", "x * k"),
    "numpy of a helper": ("h = np.array([3.0])\ndef k(a):\n    return a * h[0]", "q = 1", "k(x)"),
    "library functions": ("k = 3", "q = 1", "jnp.sin(x) * 0 + np.pi * 0 + x * k"),
    "jitted function": ("k = jax.jit(lambda a: 3 * a)", "q = 1", "k(x)"),
    "grad": ("k = jax.grad(lambda a: (3 * a**2 / 2).sum())", "q = 1", "k(x)"),
}


@pytest.mark.parametrize("name", MUST_NOT_RETRACE)
def test_values_of_the_same_types_do_not_trace_again(nb, name):
    setup, change, cell = MUST_NOT_RETRACE[name]
    nb.ok(setup)
    nb.ok(f"%%jit\n{cell}")
    nb.ok(change)
    ran = nb.ok(f"%%jit\n{cell}")
    assert ran.line == ""
    np.testing.assert_allclose(ran.value, 3 * FOUR)


def test_prints_happen_when_it_is_traced(nb, capsys):
    for _ in range(3):
        nb.ok("%%jit\nprint('traced')\nx = x + 1")
    assert capsys.readouterr().out == "traced\n"


def test_another_cell_between_does_not_matter(nb):
    nb.ok("%%jit\nx * 2")
    nb.ok("%%jit\nx * 3")
    assert nb.ok("%%jit\nx * 2").line == ""


def test_a_new_shape_is_explained(nb):
    nb.ok("%%jit\nx * 2")
    nb.ok("x = jnp.ones(7)")
    line = nb.ok("%%jit\nx * 2").line
    assert line.startswith("1 compile · cell: ")
    assert "x" in line
    assert "f32[4] -> f32[7]" in line


def test_a_new_constant_is_explained(nb):
    nb.ok("n = 2")
    nb.ok("%%jit\nx * n")
    nb.ok("n = 3")
    line = nb.ok("%%jit\nx * n").line
    assert "n" in line
    assert "2" in line
    assert "3" in line


def test_a_flax_model_is_a_constant_that_is_recognised(nb):
    nb.ok("import jax, jax.numpy as jnp\nfrom flax import linen as nn\nx = jnp.ones((4, 3))")
    nb.ok(
        "class MLP(nn.Module):\n    width: int\n    @nn.compact\n    def __call__(self, x):\n"
        "        return nn.Dense(1)(nn.relu(nn.Dense(self.width)(x)))"
    )
    nb.ok("model = MLP(8)\nparams = model.init(jax.random.key(0), x)")
    assert nb.ok("%%jit\ny = model.apply(params, x)").line.endswith("cell: first call")
    assert nb.ok("%%jit\ny = model.apply(params, x)").line == ""
    nb.ok("model = MLP(16)\nparams = model.init(jax.random.key(0), x)")
    assert nb.ok("%%jit\ny = model.apply(params, x)").line != ""
