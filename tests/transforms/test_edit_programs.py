"""Whatever is edited in whatever order, `jaxplore.jit` gives what `jax.jit` gives."""

import threading
import types
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
from hypothesis import given, settings
from hypothesis import strategies as st

import jaxplore
from jaxplore.transforms.kept import kept

V3 = jnp.ones(3)

# One cell each; {n} is what is edited. Each reads names that other cells define.
CELLS = {
    "scalar": "k = {n}",
    "text": "word = 'a' * {n}",
    "list": "items = [{n}, 1]",
    "list in place": "items[0] = {n}",
    "dict": "table = dict(a=[{n}])",
    "dict in place": "table['a'][0] = {n}",
    "array": "w = np.full(3, {n}.0, np.float32)",
    "array in place": "w[1] = {n}",
    "helper": "def h(y): return y * {n} + k",
    "helper of a helper": "def deep(y): return h(y) + items[0] * {n}",
    "default": "def d(y, n={n}): return y + n * len(word)",
    "default in place": "d.__defaults__ = ({n},)",
    "factory": "def make(n):\n    def inner(y): return y * n + items[0]\n    return inner\nm = make({n})",
    "class": "class C:\n    v = {n}\n    def read(s): return s.v + s.own + k\nc = C(); c.own = 1",
    "class in place": "C.v = {n}",
    "object in place": "c.own = {n}",
    "method in place": "C.read = lambda s: s.v * {n}",
    "partial": "p = functools.partial(lambda n, y: y - n, {n})",
    "module": "mod.k = {n}",
    "function of a module": "exec('def g(): return k * {n}', vars(mod))",
    "jitted helper": "@jaxplore.jit\ndef j(y): return y * {n} + k",
    "alias": "other = items",
    "builtin": "def max(*a): return {n}",
}
USES = [
    "k",
    "len(word)",
    "items[0]",
    "table['a'][0]",
    "w",
    "h(x)",
    "deep(x)",
    "d(x)",
    "m(x)",
    "c.read()",
    "p(x)",
    "mod.k",
    "mod.g()",
    "j(x)",
    "(1 if other is items else 0)",
    "max(1, 2)",
]
FORMS = [
    "@jaxplore.jit\ndef f(x): return x + {use}",
    "f = jaxplore.jit(lambda x: x * 2 + {use})",
    "@jaxplore.jit\n@jax.vmap\ndef f(x): return x + jnp.sum(jnp.asarray({use}))",
    "def loss(x): return (x * ({use})).sum()\nf = jaxplore.jit(jax.grad(loss))",
    "def outer(n):\n    @jaxplore.jit\n    def f(x): return x * n + {use}\n    return f\nf = outer(2)",
    "@jaxplore.jit\ndef f(x, t=(1, 2)):\n    def g(y): return y + {use}\n    return g(x) * t[0]",
]


@dataclass
class Session:
    """A notebook whose `jaxplore.jit` is one or the other."""

    jit: Any
    space: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        stand_in = types.SimpleNamespace(jit=self.jit)
        self.space.update(jaxplore=stand_in, mod=types.ModuleType("jxp_edited"))
        self.run("import functools, jax\nimport jax.numpy as jnp\nimport numpy as np")
        for cell in CELLS.values():
            if "max" not in cell:
                self.run(cell.format(n=1))

    def run(self, cell: str) -> None:
        exec(compile(cell, "<cell>", "exec"), self.space)

    def outcome(self, argument: Any) -> tuple[Any, ...]:
        try:
            result = self.space["f"](argument)
        except Exception as fault:
            return (type(fault).__name__,)
        return result.tolist(), str(result.dtype)


edits = st.tuples(st.sampled_from(sorted(CELLS)), st.integers(0, 2))
definitions = st.tuples(st.sampled_from(FORMS), st.sampled_from(USES))
steps = st.lists(st.tuples(definitions, st.lists(edits, max_size=2)), min_size=2, max_size=6)


@given(steps, st.booleans())
@settings(max_examples=15, deadline=None)
def test_every_sequence_of_edits_gives_what_jax_gives(
    steps: Sequence[tuple[tuple[str, str], list[tuple[str, int]]]], same: bool
):
    """Each step edits, defines `f` again and calls it; with `same`, always the first `f`."""
    kept.clear()
    ours, theirs = Session(jaxplore.jit), Session(jax.jit)
    for definition, changes in steps:
        form, use = steps[0][0] if same else definition
        for session in (ours, theirs):
            for name, n in changes:
                session.run(CELLS[name].format(n=n))
            session.run(form.format(use=use))
        for argument in (V3, jnp.ones(2)):
            assert ours.outcome(argument) == theirs.outcome(argument)


@given(definitions, st.sampled_from(sorted(set(CELLS) - {"alias"})), st.integers(0, 2))
@settings(max_examples=15, deadline=None)
def test_an_edit_that_is_taken_back_costs_no_stale_program(
    definition: tuple[str, str], name: str, n: int
):
    kept.clear()
    ours, theirs = Session(jaxplore.jit), Session(jax.jit)
    form, use = definition
    for value in (1, n, 1, n):
        for session in (ours, theirs):
            session.run(CELLS[name].format(n=value))
            session.run(form.format(use=use))
        assert ours.outcome(V3) == theirs.outcome(V3)


def test_threads_that_define_and_call_one_name_see_their_own_definition():
    space: dict[str, Any] = {"jaxplore": jaxplore}
    wrong: list[tuple[float, float]] = []

    def work(k: int) -> None:
        for n in range(12):
            local: dict[str, Any] = {}
            source = f"@jaxplore.jit\ndef f(x): return x * {n % 3 + k}"
            exec(source, space, local)
            found = float(local["f"](1.0))
            if found != n % 3 + k:
                wrong.append((found, n % 3 + k))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
