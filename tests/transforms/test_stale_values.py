"""No value that a program was made with changes unnoticed: numbers, containers, objects."""

from collections.abc import Callable

import pytest

SAME = "@jaxplore.jit\ndef f(x):\n    return x * {}\n".format
VALUES: dict[str, tuple[str, str]] = {
    "order of a set": (
        "n = set(); n.add(0); n.add(8)\n" + SAME("functools.reduce(lambda a, b: 2 * a + b, n)"),
        "n = set(); n.add(8); n.add(0)\n" + SAME("functools.reduce(lambda a, b: 2 * a + b, n)"),
    ),
    "two names for one list": (
        "a = [1]; b = a\n" + SAME("(2 if a is b else 3)"),
        "b = [1]\n" + SAME("(2 if a is b else 3)"),
    ),
    "one object in two places": (
        "class C: pass\na = C(); b = [a]\n" + SAME("(2 if b[0] is a else 3)"),
        "b = [C()]\n" + SAME("(2 if b[0] is a else 3)"),
    ),
    "number that hides its value": (
        "class I(int):\n    def __repr__(s): return 'I'\nn = I(2)\n" + SAME("int(n)"),
        "n = I(3)\n" + SAME("int(n)"),
    ),
    "text that hides its value": (
        "class S(str):\n    def __repr__(s): return 'S'\nn = S('a')\n" + SAME("len(n)"),
        "n = S('ab')\n" + SAME("len(n)"),
    ),
    "list that hides its items": (
        "class L(list):\n    def __iter__(s): return iter(())\nn = L([2])\n" + SAME("n[0]"),
        "n[0] = 3\n" + SAME("n[0]"),
    ),
    "class of an array": (
        "class A(np.ndarray):\n    def twice(s): return 3\nclass B(np.ndarray):\n    def twice(s): return 2\n"
        "n = np.ones(1).view(A)\n" + SAME("n.twice()"),
        "n = np.ones(1).view(B)\n" + SAME("n.twice()"),
    ),
    "mask of an array": (
        "n = np.ma.array([2, 5], mask=[0, 0], fill_value=5)\n" + SAME("n.sum()"),
        "n[1] = np.ma.masked\n" + SAME("n.sum()"),
    ),
    "attribute of an array": (
        "class A(np.ndarray): pass\nn = np.ones(1).view(A); n.k = 2\n" + SAME("n.k"),
        "n.k = 3\n" + SAME("n.k"),
    ),
    "attribute of a numpy number": (
        "class A(np.float64): pass\nn = A(1); n.k = 2\n" + SAME("n.k"),
        "n.k = 3\n" + SAME("n.k"),
    ),
    "numpy text": (
        "n = np.array(['a'])\n" + SAME("len(n[0])"),
        "n = np.array(['ab'])\n" + SAME("len(n[0])"),
    ),
    "slice of another type": (
        "n = slice(1)\n" + SAME("(7 if n.stop is True else n.stop)"),
        "n = slice(True)\n" + SAME("(7 if n.stop is True else n.stop)"),
    ),
    "sign of a decimal zero": (
        "from decimal import Decimal\nn = Decimal('0')\n" + SAME("(1 + str(n).count('-'))"),
        "n = Decimal('-0')\n" + SAME("(1 + str(n).count('-'))"),
    ),
    "digits of a decimal": (
        "from decimal import Decimal\nn = Decimal('1')\n" + SAME("len(str(n))"),
        "n = Decimal('1.0')\n" + SAME("len(str(n))"),
    ),
    "fraction": (
        "from fractions import Fraction\nn = Fraction(1, 2)\n" + SAME("n.denominator"),
        "n = Fraction(1, 3)\n" + SAME("n.denominator"),
    ),
    "fold of a time": (
        "import datetime as d\nn = d.datetime(2020, 1, 1)\n" + SAME("(n.fold + 2)"),
        "n = n.replace(fold=1)\n" + SAME("(n.fold + 2)"),
    ),
    "pattern": (
        "import re\nn = re.compile('a')\n" + SAME("len(n.findall('aab'))"),
        "n = re.compile('b')\n" + SAME("len(n.findall('aab'))"),
    ),
    "random numbers of Python": (
        "import random\nn = random.Random(1)\n" + SAME("n.random()"),
        SAME("n.random()"),
    ),
    "random numbers of numpy": (
        "n = np.random.default_rng(1)\n" + SAME("n.random()"),
        SAME("n.random()"),
    ),
    "state of numpy's own random numbers": (
        "np.random.seed(1)\n" + SAME("np.random.random()"),
        SAME("np.random.random()"),
    ),
    "numpy's random numbers by another name": (
        "from numpy import random\nrandom.seed(1)\n" + SAME("random.random()"),
        SAME("random.random()"),
    ),
    "a function that draws": (
        "from random import random, seed\nseed(1)\n" + SAME("random()"),
        SAME("random()"),
    ),
    "environment": (
        "import os\nos.environ['JXP_K'] = '2'\n" + SAME("int(os.environ['JXP_K'])"),
        "os.environ['JXP_K'] = '3'\n" + SAME("int(os.environ['JXP_K'])"),
    ),
    "environment by its own name": (
        "from os import environ, getenv\nenviron['JXP_K'] = '2'\n" + SAME("int(getenv('JXP_K'))"),
        "environ['JXP_K'] = '3'\n" + SAME("int(getenv('JXP_K'))"),
    ),
    "file": (
        "import tempfile, os\np = tempfile.mktemp()\nw = lambda t: open(p, 'w').write(t)\n"
        "undo = lambda: os.remove(p)\nimport warnings; warnings.simplefilter('ignore')\nw('2')\n"
        + SAME("int(open(p).read())"),
        "w('3')\n" + SAME("int(open(p).read())"),
    ),
    "iterator of two parts": (
        "import itertools\nn = itertools.chain([2, 3])\n" + SAME("next(n)"),
        SAME("next(n)"),
    ),
    "counter": ("import itertools\nn = itertools.count(2)\n" + SAME("next(n)"), SAME("next(n)")),
    "generator": ("n = (i for i in (2, 3))\n" + SAME("next(n)"), SAME("next(n)")),
    "length of a list, bound": (
        "l = [1, 2]; n = l.__len__\n" + SAME("n()"),
        "l.append(3)\n" + SAME("n()"),
    ),
    "item of a list, bound": (
        "l = [2]; n = l.__getitem__\n" + SAME("n(0)"),
        "l[0] = 3\n" + SAME("n(0)"),
    ),
    "weak reference": (
        "import weakref\nclass C:\n    k = 2\n    __eq__ = lambda s, o: True\n"
        "    __hash__ = lambda s: 1\nc = C(); n = weakref.ref(c)\n" + SAME("n().k"),
        "c.k = 3\n" + SAME("n().k"),
    ),
    "view of bytes": (
        "b = bytearray([2]); n = memoryview(b).toreadonly()\n" + SAME("n[0]"),
        "b[0] = 3\n" + SAME("n[0]"),
    ),
    "private slot": (
        "class C:\n    __slots__ = ('__k',)\n    def put(s, k): s.__k = k\n"
        "    def get(s): return s.__k\nc = C(); c.put(2)\n" + SAME("c.get()"),
        "c.put(3)\n" + SAME("c.get()"),
    ),
    "inherited slot behind a property": (
        "class B: __slots__ = ('k',)\nclass C(B):\n    __slots__ = ()\n"
        "    k = property(lambda s: 1 + B.k.__get__(s))\nc = C(); B.k.__set__(c, 2)\n"
        + SAME("c.k"),
        "B.k.__set__(c, 3)\n" + SAME("c.k"),
    ),
    "deque": (
        "from collections import deque\nn = deque([2])\n" + SAME("n[0]"),
        "n[0] = 3\n" + SAME("n[0]"),
    ),
    "namespace": (
        "from types import SimpleNamespace as N\nn = N(k=[2])\n" + SAME("n.k[0]"),
        "n.k[0] = 3\n" + SAME("n.k[0]"),
    ),
    "item getter": (
        "import operator\nn = operator.itemgetter(0)\n" + SAME("n((2, 3))"),
        "n = operator.itemgetter(1)\n" + SAME("n((2, 3))"),
    ),
    "bytes and text": (
        "n = 'a'\n" + SAME("(2 if n == 'a' else 3)"),
        "n = b'a'\n" + SAME("(2 if n == 'a' else 3)"),
    ),
    "very large number": (
        "n = 10**5000\n" + SAME("(n % 7)"),
        "n = 10**5000 + 1\n" + SAME("(n % 7)"),
    ),
    "nan": ("n = 1.0\n" + SAME("n"), "n = float('nan')\n" + SAME("n")),
    "last of a long tuple": (
        "n = (1,) * 9000 + (2,)\n" + SAME("n[-1]"),
        "n = (1,) * 9000 + (3,)\n" + SAME("n[-1]"),
    ),
    "donated array": (
        "w = jnp.full(3, 2.0)\n" + SAME("w"),
        "jax.jit(lambda a: a + 1, donate_argnums=0)(w)\n" + SAME("w"),
    ),
    "text that a format reads": (
        "n = 'ab'\n" + SAME("len(f'{n}')"),
        "n = 'abc'\n" + SAME("len(f'{n}')"),
    ),
    "object in an object": (
        "class C: pass\nc = C(); c.d = C(); c.d.k = [2]\n" + SAME("c.d.k[0]"),
        "c.d.k[0] = 3\n" + SAME("c.d.k[0]"),
    ),
    "enum with a method": (
        "import enum\nclass K(enum.Enum):\n    A = 1\n    def m(s): return 2\nn = K.A\n"
        + SAME("n.m()"),
        "K.m = lambda s: 3\n" + SAME("n.m()"),
    ),
    "flags": (
        "import enum\nclass K(enum.IntFlag):\n    A = 2\n    B = 4\nn = K.A\n" + SAME("int(n)"),
        "n = K.A | K.B\n" + SAME("int(n)"),
    ),
    "numpy kind": (
        "n = np.dtype('f4')\n" + SAME("np.ones(3, n).itemsize"),
        "n = np.dtype('i2')\n" + SAME("np.ones(3, n).itemsize"),
    ),
    "large array changed": (
        "n = np.zeros(40000, np.float32); n[7] = 2\n" + SAME("n[7]"),
        "n[7] = 3\n" + SAME("n[7]"),
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_changed_value_is_never_missed(never_stale: Callable[..., None], name: str):
    never_stale(*VALUES[name])


CLOCKS = {
    "clock": ("import time", "time.perf_counter()"),
    "clock by its own name": ("from time import perf_counter_ns as now", "(now() % 9999991)"),
    "clock imported inside": ("", "__import__('time').perf_counter()"),
    "date": ("import datetime", "datetime.datetime.now().microsecond"),
}


@pytest.mark.parametrize("name", CLOCKS)
def test_a_clock_is_read_again(compiles_again: Callable[..., int], name: str):
    setup, expression = CLOCKS[name]
    assert compiles_again(f"{setup}\n{SAME(expression)}") == 1
