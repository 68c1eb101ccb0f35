"""When a change is told, how often, for which traces; and what it never does."""

import functools
import gc
import weakref

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxplore
from jaxplore.capture.functions.dependencies import Walk
from jaxplore.magics.beside.stalewatch import StaleWatch
from jaxplore.model.compiles import Change
from jaxplore.model.findings import Finding
from jaxplore.model.span import Span
from jaxplore.transforms.kept import kept

F = "k = 2.0\n@jax.jit\ndef f(x): return x * k\nf(x)"


def span(text: str, cell: int, line: int, column: int, function: str = "<module>") -> Span:
    return Span(
        file=f"cell {cell}",
        line=line,
        column=column,
        end_line=line,
        end_column=column + len(text),
        function=function,
        text=text,
    )


def test_a_finding_names_the_function_the_call_the_change_and_what_to_do(cells) -> None:
    cells.run(F)
    cells.run("k = 3.0")
    (found,) = cells.findings("é = 1; y = f(x).sum()")
    assert found == Finding(
        id="S01",
        function="f",
        # Where a function is defined, its decorator counts.
        defined_at=span("@jax.jit", 2, 2, 0, "f"),
        call_site=span("f(x)", 4, 1, 11),
        cell=4,
        explanation="`k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0",
        advice="pass `k` as an argument of f, or define f again after changing it",
        changes=(Change(path="k", before="2.0", now="3.0"),),
    )
    assert str(found) == ("f: `k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0")


@pytest.mark.parametrize(
    ("setup", "change", "use", "advice"),
    [
        (
            "def g(x): return x\n@jax.jit\ndef f(x): return g(x)\nf(x)",
            "def g(x): return x + 1",
            "f(x)",
            "define f again: it is then traced with the new `g`",
        ),
        (
            "class C: k = 1\nc = C()\n"
            "@functools.partial(jax.jit, static_argnames='c')\n"
            "def f(x, c): return x * c.k\nf(x, c)",
            "c.k = 2",
            "f(x, c)",
            "make the class of `c` frozen (`@dataclass(frozen=True)`) and pass a new object "
            "where something changes",
        ),
        (
            "class C:\n    k = 1\n    def f(self, x): return x * self.k\n"
            "c = C()\nf = jax.jit(c.f)\nf(x)",
            "c.k = 2",
            "f(x)",
            "pass what changes as an argument of f, or make the class of `self` a pytree",
        ),
    ],
)
def test_advice_names_the_fix_for_what_has_changed(cells, setup, change, use, advice) -> None:
    cells.run(setup)
    cells.run(change)
    assert [found.advice for found in cells.findings(use)] == [advice]


@pytest.mark.parametrize(
    ("setup", "change", "use"),
    [
        (
            "@jax.jit\ndef f(x, k): return x * k\nk = 2.0\nf(x, k)",
            "k = 3.0",
            "f(x, k)",
        ),
        (
            "@dataclasses.dataclass(frozen=True)\nclass C:\n    k: int\nc = C(1)\n"
            "@functools.partial(jax.jit, static_argnames='c')\n"
            "def f(x, c): return x * c.k\nf(x, c)",
            "c = C(2)",
            "f(x, c)",
        ),
        (F, "k = 3.0", "@jax.jit\ndef f(x): return x * k\nf(x)"),
    ],
)
def test_who_follows_the_advice_is_told_nothing(cells, setup, change, use) -> None:
    assert [said for cell in (setup, change, use) for said in cells.run(cell)] == []


def test_a_change_is_told_once_until_it_changes_again(cells) -> None:
    cells.run(F)
    cells.run("k = 3.0")
    assert len(cells.run("f(x)")) == 1
    assert cells.run("f(x)") == []
    assert cells.run("k = 3.0; f(x)") == []
    assert cells.run("k = 4.0; f(x)") == [
        "`k` was 2.0 when traced in cell 2, is 4.0 now; f still uses 2.0"
    ]
    assert cells.run("k = 2.0; f(x)") == []
    assert len(cells.run("k = 4.0; f(x)")) == 1


def test_several_changes_are_told_together(cells) -> None:
    cells.run("a = b = c = d = 1\n@jax.jit\ndef f(x): return x * a * b * c * d\nf(x)")
    cells.run("a = b = 2")
    (found,) = cells.findings("f(x)")
    assert found.explanation == (
        "`a` was 1 when traced in cell 2, is 2 now; f still uses 1; "
        "`b` was 1 when traced in cell 2, is 2 now"
    )
    cells.run("c = d = 2")
    (found,) = cells.findings("f(x)")
    assert found.explanation.endswith("`c` was 1 when traced in cell 2, is 2 now; 1 more changed")
    assert [change.path for change in found.changes] == ["a", "b", "c", "d"]


def test_only_the_traces_made_before_the_change_are_called_stale(cells) -> None:
    cells.run(F)
    cells.run("k = 3.0")
    assert cells.run("f(x4)") == [
        "`k` was 2.0 when traced in cell 2, is 3.0 now; what f compiled in cell 2 still uses 2.0"
    ]
    assert cells.run("f(x)") == []
    (found,) = cells.findings("k = 4.0; f(x)")
    assert found.explanation == (
        "`k` was 2.0 when traced in cell 2, is 4.0 now; f still uses 2.0; "
        "`k` was 3.0 when traced in cell 4, is 4.0 now"
    )


def test_two_traces_with_one_value_are_one_change(cells) -> None:
    cells.run(F)
    cells.run("f(x4)")
    cells.run("k = 3.0")
    assert cells.run("f(x)") == [
        "`k` was 2.0 when traced in cells 2 and 3, is 3.0 now; f still uses 2.0"
    ]


def test_a_dropped_trace_is_not_told_even_if_new_ones_were_made(cells) -> None:
    cells.run(F)
    cells.run("k = 3.0; f.clear_cache()")
    assert cells.run("f(x)") == []
    cells.run("k = 4.0")
    assert cells.run("f(x)") == ["`k` was 3.0 when traced in cell 4, is 4.0 now; f still uses 3.0"]


def test_a_function_that_jaxplore_hands_out_again_traces_by_itself(cells) -> None:
    try:
        cells.run("import jaxplore")
        cell = "@jaxplore.jit\ndef f(x): return x * k"
        cells.run(f"k = 2.0\n{cell}\nf(x)")
        assert cells.run(cell) == []
        assert cells.run("k = 3.0") == []
        assert cells.run("y = f(x)") == []
        assert cells.names["y"].tolist() == [3.0, 3.0, 3.0]
    finally:
        kept.clear()


def test_an_attribute_of_a_users_module_is_watched(cells, user_module) -> None:
    module = user_module("SCALE = 2\nOTHER = 1\n")
    cells.names["mod"] = module
    cells.run("@jax.jit\ndef f(x): return x * mod.SCALE\nf(x)")
    module.OTHER = 5
    assert cells.run("f(x)") == []
    module.SCALE = 3
    assert cells.run("f(x)") == [
        "`mod.SCALE` was 2 when traced in cell 2, is 3 now; f still uses 2"
    ]


def test_a_module_that_the_function_imports_is_watched(cells, user_module) -> None:
    module = user_module("SCALE = 2\n", "scales")
    cells.run("@jax.jit\ndef f(x):\n    from scales import SCALE\n    return x * SCALE\nf(x)")
    module.SCALE = 3
    assert cells.run("f(x)") == [
        "`scales.SCALE` was 2 when traced in cell 2, is 3 now; f still uses 2"
    ]


def test_everything_that_was_traced_is_checked_at_the_end_of_a_script(cells) -> None:
    cells.run(F)
    assert cells.watch.check_all() == []
    cells.names["k"] = 3.0
    (found,) = cells.watch.check_all()
    assert (found.function, found.call_site, found.cell) == ("f", None, None)
    assert cells.watch.check_all() == []


def test_in_a_script_traces_have_no_cell(cells) -> None:
    space = {"k": 2.0}
    exec("def f(x): return x * k", space)
    watch = StaleWatch()
    watch.note(jax.jit(space["f"]))
    space["k"] = 3.0
    (found,) = watch.check_all()
    assert found.explanation == "`k` was 2.0 when traced, is 3.0 now; f still uses 2.0"


def test_a_trace_is_noted_once(cells) -> None:
    cells.run(F)
    f = cells.names["f"]
    jaxpr = f.trace(jnp.ones(3)).jaxpr
    watch = StaleWatch()
    watch.note(f, (), 1, jaxpr=jaxpr)
    cells.names["k"] = 3.0
    watch.note(f, (), 2, jaxpr=jaxpr)
    assert [found.explanation for found in watch.check_all()] == [
        "`k` was 2.0 when traced in cell 1, is 3.0 now; f still uses 2.0"
    ]


def test_only_the_newest_traces_are_watched() -> None:
    watch = StaleWatch(most_traces=3)
    space: dict[str, object] = {"k": 1}
    functions = []
    for number in range(5):
        exec(f"def f{number}(x): return x * k", space)
        functions.append(space[f"f{number}"])
        watch.note(functions[-1], (), number)
    space["k"] = 2
    assert [found.function for found in watch.check_all()] == ["f2", "f3", "f4"]
    watch.clear()
    space["k"] = 3
    assert watch.check_all() == []


# What it holds, and what it runs


class Held:
    """Something of the user's that can be weakly referenced."""

    def __init__(self) -> None:
        self.k = 1


def test_nothing_of_the_users_is_kept_alive() -> None:
    watch = StaleWatch()
    array, matrix, static = jnp.ones(3), np.ones(3), Held()
    space = {"w": array, "m": matrix, "h": Held(), "c": {"a": [jnp.ones(2)]}}
    exec("def g(x): return x\ndef f(x, s): return g(x) * w * m * h.k * c['a'][0] * s.k", space)
    refs = [
        weakref.ref(thing)
        for thing in (array, matrix, static, space["h"], space["f"], space["g"], space["c"]["a"][0])
    ]
    jitted = jax.jit(space["f"], static_argnums=1)
    refs.append(weakref.ref(jitted))
    watch.note(jitted, [("s", static)], 1)
    assert watch.check("f(x, s)", {**space, "f": jitted}, 2) == []
    space.clear()
    del array, matrix, static, jitted
    gc.collect()
    assert [ref() for ref in refs] == [None] * len(refs)
    assert watch.check_all() == []


def test_an_array_that_is_gone_is_compared_by_what_it_held() -> None:
    watch = StaleWatch()
    space = {"w": jnp.arange(1000.0).block_until_ready()}
    exec("def f(x): return x * w", space)
    watch.note(space["f"], (), 1)
    assert watch.check("pass\nx", space, 1) == []  # the arrays are read when the cell ends
    space["w"] = jnp.arange(1000.0)
    assert watch.check("f(x)", space, 2) == []
    space["w"] = (jnp.arange(1000.0) + 1).block_until_ready()
    assert len(watch.check("f(x)", space, 3)) == 1


def test_an_array_that_was_gone_before_it_could_be_read_is_never_told() -> None:
    watch = StaleWatch()
    space = {"w": jnp.arange(1000.0)}
    exec("def f(x): return x * w", space)
    watch.note(space["f"], (), 1)
    space["w"] = jnp.arange(1000.0) + 1
    assert watch.check("f(x)", space, 2) == []
    assert watch.check_all() == []


def test_a_deleted_array_is_never_told() -> None:
    watch = StaleWatch()
    space = {"w": jnp.ones(1000)}
    exec("def f(x): return x * w", space)
    watch.note(space["f"], (), 1)
    space["w"].delete()
    assert watch.check_all() == []


HOSTILE = """
class Meta(type):
    def __eq__(cls, other): raise SystemExit('meta eq')
    def __hash__(cls): raise SystemExit('meta hash')
    def __getattribute__(cls, name): raise SystemExit('meta getattribute ' + name)
class H(metaclass=Meta):
    k = 1
    def __eq__(self, other): raise SystemExit('eq')
    def __hash__(self): raise SystemExit('hash')
    def __repr__(self): raise SystemExit('repr')
    def __bool__(self): raise SystemExit('bool')
    def __len__(self): raise SystemExit('len')
    def __getattr__(self, name): raise SystemExit('getattr ' + name)
    def __getattribute__(self, name): raise SystemExit('getattribute ' + name)
    def __getitem__(self, key): raise SystemExit('getitem')
    def __iter__(self): raise SystemExit('iter')
    @property
    def __class__(self): raise SystemExit('class')
    @property
    def p(self): raise SystemExit('property')
class D(dict):
    def __getitem__(self, key): raise SystemExit('getitem')
    def __iter__(self): raise SystemExit('iter')
    def items(self): raise SystemExit('items')
    def get(self, key): raise SystemExit('get')
class I(int):
    def __eq__(self, other): raise SystemExit('eq')
    def __hash__(self): raise SystemExit('hash')
    def __repr__(self): raise SystemExit('repr')
h = H()
d = D(a=1)
i = I(3)
l = [h, d, {h2: 1} if (h2 := None) else {}, i]
"""


@pytest.mark.parametrize(
    "code",
    ["x * h", "x * h.k", "x * h.p", "h(x)", "h[0]", "g(h)", "d['a'] * x", "g(d)", "g(l)", "i * x",
     "l[0].k", "g(H)", "H.k", "h.k.k.k", "i.real", "g(*l)", "x @ h", "h.missing"],
)  # fmt: skip
@pytest.mark.parametrize("meta", ["Meta", "type"])
def test_no_code_of_the_users_runs(code: str, meta: str) -> None:
    space: dict[str, object] = {}
    hostile = HOSTILE.replace("metaclass=Meta", f"metaclass={meta}")
    exec(hostile + f"\ndef g(v): return v.k\ndef f(x): return {code}", space)
    watch = StaleWatch()
    watch.note(space["f"], [("x", space["h"]), ("s", (space["i"], space["d"]))], 1)
    watch.note(functools.partial(space["f"], space["h"]), (), 1)
    assert watch.check(f"f(x)\n{code}", space, 2) == []
    space["d"].update(a=2)
    space["l"].append(1)
    watch.check("f(x)", space, 3)
    watch.check_all()


def test_deep_wide_and_circular_values_end_the_walk() -> None:
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    circular: dict[str, object] = {}
    circular["self"] = circular
    space = {"deep": deep, "circular": circular, "wide": list(range(100_000))}
    exec("def g(v): return v\ndef f(x): return g(deep), g(circular), g(wide)", space)
    watch = StaleWatch()
    watch.note(space["f"], (), 1)
    assert watch.check_all() == []
    space["wide"][5] = -1
    assert [found.changes for found in watch.check_all()] == [
        (Change(path="wide[5]", before="5", now="-1"),)
    ]


def test_the_code_of_a_trace_costs_no_compile(cells) -> None:
    cells.run("w = jnp.ones(2000)\n@jax.jit\ndef f(x): return x.sum() * w\nf(x)")
    before = cells.watch._made
    cells.run("w2 = w")
    cells.watch.check("f(x)", cells.names, 9)
    assert cells.watch._made == before


def test_parts_have_the_paths_that_the_user_wrote() -> None:
    space: dict[str, object] = {"jnp": jnp, "cfg": {"a": [1, {"b": 2}]}, "n": 3}
    exec("def f(x): return cfg['a'][1]['b'] * n * jnp.pi", space)
    walk = Walk()
    walk.function(space["f"])
    assert [(part.path, part.leaf.text) for part in walk.parts.values()] == [
        ("cfg['a'][1]['b']", "2"),
        ("n", "3"),
    ]


def test_a_trace_that_fails_leaves_nothing(cells) -> None:
    cells.run("k = 2.0\n@jax.jit\ndef f(x): return x * k + None")
    with pytest.raises(TypeError):
        cells.run("f(x)")
    cells.run("k = 3.0")
    assert cells.watch.check("f(x)", cells.names, 9) == []


def test_jaxplore_itself_is_not_watched() -> None:
    watch = StaleWatch()
    watch.note(jnp.sin, (), 1)
    watch.note(jax.jit(jaxplore.grad(jnp.sum)), (), 1)
    assert watch.check_all() == []


def test_a_function_that_only_a_transformation_calls_is_watched(cells) -> None:
    cells.run("k = 2.0\n@jax.jit\ndef f(x): return (x * k).sum()\njax.grad(f)(x)")
    cells.run("k = 3.0")
    assert cells.run("jax.grad(f)(x)") == [
        "`k` was 2.0 when traced in cell 2, is 3.0 now; f still uses 2.0"
    ]


def test_an_old_trace_inside_a_new_one_is_told(cells) -> None:
    cells.run("k = 2.0\n@jax.jit\ndef g(x): return x * k\ng(x)")
    cells.run("k = 3.0")
    assert cells.run("@jax.jit\ndef f(x): return g(x)\ny = f(x)") == [
        "`k` was 2.0 when traced in cell 2, is 3.0 now; g still uses 2.0"
    ]
    assert cells.names["y"].tolist() == [2.0, 2.0, 2.0]
