"""Every kind of statement in a `%%jit` program cell does what it does without `%%jit`."""

import jax
import numpy as np
import pytest

SETUP = "n, flag, mode, k = 3, True, 'a', 2.0\ndef twice(a):\n    return 2 * a\nimport contextlib\n"

CELLS = {
    "for": "s = x\nfor i in range(n):\n    s = s + i * x",
    "for, assigned in it": "for i in range(n):\n    s = x * i",
    "for, read after": "for i in range(n):\n    s = x * i\nr = s + i",
    "for over a tuple": "s = 0\nfor a, (b, *c) in [(1, (2, 3, 4))]:\n    s += a * x + b + sum(c)",
    "for else": "for i in range(n):\n    s = x\nelse:\n    t = x * 2",
    "for break": "for i in range(n):\n    if i == 1:\n        break\ny = x * i",
    "for continue": "s = x\nfor i in range(n):\n    if i == 1:\n        continue\n    s = s + i",
    "while": "i = 0\nwhile i < n:\n    i += 1\ny = x * i",
    "while, read after": "i = 0\nwhile i < n:\n    i += 1\n    z = x + i\ny = z * 2",
    "if": "if flag:\n    y = x\nelse:\n    y = -x\nz = y + 1",
    "if without else": "if flag:\n    y = x + 5\nz = y * 2",
    "elif": "if mode == 'b':\n    y = x\nelif mode == 'a':\n    y = x * 2\nz = y",
    "conditional expression": "y = x if flag else -x",
    "list comprehension": "y = [x * i for i in range(n)]",
    "nested comprehension": "y = [[a * b for a in range(b)] for b in range(n)]\nz = x",
    "dict comprehension": "y = {str(i): x * i for i in range(n) if i}",
    "set comprehension": "y = sum({i for i in range(n)}) * x",
    "generator": "y = sum(x * i for i in range(n))",
    "comprehension shadows": "y = [x for x in range(n)]\nz = x + 1",
    "walrus": "y = (t := x * 2) + t",
    "walrus in if": "if (m := n + 1) > 2:\n    y = x * m",
    "walrus in a comprehension": "y = [last := x * i for i in range(n)]\nz = last",
    "lambda": "f = lambda a, b=n: a * b\ny = f(x)",
    "lambda reads what comes later": "f = lambda a: a * w\nw = 3\ny = f(x)",
    "lambda reads the notebook, then it is assigned": "f = lambda a: a * k\ny = f(x)\nk = 5.0",
    "lambda reads and its result is assigned": "k = (lambda a: a * k)(x)",
    "with": "with contextlib.nullcontext(x) as c:\n    y = c + 1",
    "two withs": "with contextlib.nullcontext(x) as c, contextlib.nullcontext(c) as d:\n    y = d",
    "with suppress": "with contextlib.suppress(KeyError):\n    y = x\n    {}['a']\nz = y",
    "try": "try:\n    y = x * 2\nexcept ValueError:\n    y = x\nz = y",
    "try that catches": "try:\n    y = {}['a']\nexcept KeyError as e:\n    y = x\nz = y",
    "try else finally": "try:\n    y = x\nexcept KeyError:\n    y = -x\nelse:\n    z = y\nfinally:\n    w = x",
    "nested def": "if flag:\n    def f(a):\n        return a * n\ny = f(x)",
    "nested def with locals": "if flag:\n    def f(a):\n        n = 5\n        return a * n\ny = f(x)",
    "recursive def": "if flag:\n    def f(a, i):\n        return a if i == 0 else f(a + 1, i - 1)\ny = f(x, n)",
    "closure changes": "if flag:\n    c = 0\n    def f():\n        global_free = c\n        return x + c\nc = 4\ny = f()",
    "match": "match mode:\n    case 'a':\n        y = x\n    case _:\n        y = -x\nz = y + 1",
    "match captures": "match (1, 2, [3, 4], {'p': 5, 'q': 6}):\n    case (a, int() as b, [c, *d], {'p': e, **f}):\n        y = x * (a + b + c + e)\n    case other:\n        y = x",
    "match guard": "match n:\n    case m if m > 2:\n        y = x * m",
    "class": "class A:\n    f = n * 2\n    def g(self, a):\n        return a * self.f\ny = A().g(x)",
    "class with a base": "class A(dict):\n    pass\ny = A(a=1)['a'] * x",
    "unpacking": "a, (b, *c) = x[0], (x[1], 2, 3)\ny = a + b + sum(c)",
    "subscript": "d = {}\nd['a'] = x\ny = d['a']",
    "subscript of an input": "e = dict(p=1)\ne['q'] = x * 2\ny = e['q']",
    "attribute": "twice.k = 3\ny = x * 3",
    "annotated": "y: float = x * 2\nq: int\nz = y",
    "assert": "assert flag, 'no'\ny = x",
    "import": "import math\nfrom functools import reduce\ny = x * math.floor(2.5)",
    "builtins": "y = sum(range(n)) * x\nz = max(len([1, 2]), abs(-3)) * x",
    "a builtin as a name": "sum = x.sum()\ny = sum * 2",
    "and or": "y = (flag and x) + (n or x)",
    "chained assignment": "a = b = x + 1",
    "starred": "y = jnp.stack([*[x, x]])\nz = dict(**{'a': x})['a']",
    "f-string": "t = f'{n!r:>4}{mode}'\ny = x",
    "at set": "y = x.at[0].set(5.0)\ny = y.at[1].add(1)",
    "scan": "y, _ys = jax.lax.scan(lambda c, a: (c + a, c), 0.0, x)",
    "grad": "y = jax.grad(lambda a: (a * x).sum())(x)",
    "vmap of a notebook function": "y = jax.vmap(twice)(x)",
    "several on a line": "a = x; b = a + 1; c = b",
    "string first": "'a note'\ny = x",
    "comment first": "# a note\n\ny = x  # end",
    "multi-line": "y = (x\n     % 2\n     )",
    "try star": "try:\n    y = x\nexcept* ValueError:\n    y = -x\nz = y",
    "while else": "while n < 0:\n    y = x\nelse:\n    y = x * 2\nz = y",
    "lambda default": "fs = [lambda a, i=i: a * i for i in range(n)]\ny = fs[2](x)",
    "local shadows the notebook": "twice = lambda a: 3 * a\ny = twice(x)",
}


def names_after(nb, cell):
    before = {name: id(value) for name, value in nb.ns.items()}
    nb.ok(cell)
    changed = {
        name: value
        for name, value in nb.ns.items()
        if not name.startswith("_") and before.get(name) != id(value)
    }
    return {name: value for name, value in changed.items() if name not in ("In", "Out")}


def comparable(value):
    leaves = [
        a for a in jax.tree.leaves(value) if isinstance(a, jax.Array | np.ndarray | float | int)
    ]
    return [np.asarray(a, dtype=np.float64) for a in leaves]


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_does_what_it_does_without_jit(nb, name):
    nb.ok(SETUP)
    fresh = dict(nb.ns)
    plain = names_after(nb, CELLS[name])
    for key in plain:
        nb.ns.pop(key, None)
    nb.ns.update({key: value for key, value in fresh.items() if not key.startswith("_")})
    jitted = names_after(nb, f"%%jit\n{CELLS[name]}")
    # A function that closes over a traced value ends with the trace.
    inside = {"closure changes": {"f"}}.get(name, set())
    assert set(jitted) == set(plain) - inside
    for key, value in ((k, v) for k, v in plain.items() if k not in inside):
        assert type(jitted[key]).__name__ in (type(value).__name__, "ArrayImpl")
        assert all(map(np.array_equal, comparable(jitted[key]), comparable(value)))


@pytest.mark.parametrize("name", ["for, assigned in it", "try", "match", "lambda"])
def test_a_second_run_does_not_trace(nb, name):
    nb.ok(SETUP)
    nb.ok(f"%%jit\n{CELLS[name]}")
    assert nb.ok(f"%%jit\n{CELLS[name]}").line == ""
