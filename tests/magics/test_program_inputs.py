"""What a `%%jit` program cell reads: traced or compiled in."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest


def kinds_of(nb, setup):
    """Which leaves of `v` are traced in a cell that reads it."""
    nb.ok(f"from collections import namedtuple, OrderedDict\nimport dataclasses\n{setup}")
    found = []
    # A function is a constant by identity of its code; a closure over `found` reports.
    nb.ns["note"] = lambda leaves: found.append([isinstance(a, jax.core.Tracer) for a in leaves])
    nb.ok("%%jit\nnote(jax.tree.leaves(v))")
    return found[0]


@pytest.mark.parametrize(
    ("setup", "expected"),
    [
        ("v = jnp.ones(3)", [True]),
        ("v = np.ones(3)", [True]),
        ("v = np.float32(3)", [True]),
        ("v = np.arange(3)", [True]),
        ("v = 2.0", [True]),
        ("v = 2", [False]),
        ("v = True", [False]),
        ("v = 'mean'", [False]),
        ("v = None", []),
        ("v = 1j", [False]),
        ("v = jnp.sin", [False]),
        ("v = jnp", [False]),
        ("v = lambda a: a", [False]),
        ("v = jax.random.key(0)", [True]),
        ("v = jax.random.PRNGKey(0)", [True]),
        ("v = [x, 2.0, 3, 'a']", [True, True, False, False]),
        ("v = (x, (1, 2.5))", [True, False, True]),
        ("v = {'b': 1, 'a': x}", [True, False]),
        ("v = OrderedDict(b=1, a=x)", [False, True]),
        ("P = namedtuple('P', 'w n')\nv = P(x, 3)", [True, False]),
        ("@dataclasses.dataclass\nclass D:\n    w: object\nv = D(x)", [False]),
        ("v = np.array(['a', 'b'])", [False]),
        ("v = np.array([None, 1])", [False]),
        ("v = np.str_('a')", [False]),
        ("v = np.datetime64('2020-01-01')", [False]),
        ("v = []", []),
    ],
)
def test_arrays_and_floats_are_traced_everything_else_is_compiled_in(nb, setup, expected):
    assert kinds_of(nb, setup) == expected


@pytest.mark.parametrize(
    ("setup", "cell", "expected"),
    [
        ("P = __import__('collections').namedtuple('P', 'w n')\nv = P(x, 3)", "v.w * v.n", 3.0),
        (
            "import dataclasses\n@dataclasses.dataclass\nclass D:\n    n: int\nv = D(3)",
            "x * v.n",
            3.0,
        ),
        ("v = {'w': x, 'n': 3}", "sum(v['w'] for _ in range(v['n']))", 3.0),
        ("v = jax.random.key(0)", "jax.random.normal(v, (4,)) * 0 + x * 3", 3.0),
        ("v = 'a'", "x * {'a': 3}[v]", 3.0),
        ("v = [1, 2]", "x * sum(v)", 3.0),
        ("v = None", "x * 3 if v is None else x", 3.0),
        ("v = slice(0, 4)", "x[v] * 3", 3.0),
        ("v = (x.shape[0],)", "jnp.broadcast_to(x, v) * 3", 3.0),
        ("v = jnp.float32", "x.astype(v) * 3", 3.0),
        ("v = x.dtype", "x.astype(v) * 3", 3.0),
    ],
)
def test_every_kind_of_input_can_be_used(nb, setup, cell, expected):
    nb.ok(setup)
    np.testing.assert_allclose(nb.ok(f"%%jit\n{cell}").value, expected * np.arange(4.0))
    again = nb.ok(f"%%jit\n{cell}")
    np.testing.assert_allclose(again.value, expected * np.arange(4.0))


def test_optax_state_is_traced_and_its_functions_are_compiled_in(nb):
    nb.ok("import optax\nopt = optax.adam(0.1)\nw = jnp.ones(3)\nstate = opt.init(w)")
    cell = (
        "%%jit\ngrads = jax.grad(lambda p: (p**2).sum())(w)\n"
        "updates, state = opt.update(grads, state, w)\nw = optax.apply_updates(w, updates)"
    )
    nb.ok(cell)
    first = np.asarray(nb.ns["w"])
    ran = nb.ok(cell)
    assert ran.line == ""
    assert not np.allclose(nb.ns["w"], first)
    assert int(nb.ns["state"][0].count) == 2


def test_an_equinox_model_is_an_input_and_an_output(nb):
    nb.ok("import equinox as eqx\nmodel = eqx.nn.MLP(4, 1, 8, 1, key=jax.random.key(0))")
    cell = (
        "%%jit\ng = eqx.filter_grad(lambda m: m(x)[0])(model)\n"
        "model = eqx.apply_updates(model, jax.tree.map(lambda a: -0.1 * a, g))\nmodel(x)[0]"
    )
    first, again = nb.ok(cell), nb.ok(cell)
    third = nb.ok(cell)
    assert float(again.value) < float(first.value)
    assert float(third.value) < float(again.value)
    assert again.line == third.line == ""


def test_static_makes_a_float_a_constant(nb):
    nb.ok("k = 3.0")
    assert nb.ok("%%jit --static k\ny = x * int(k)").line == "1 compile · cell: first call"
    nb.ok("k = 3.0")
    assert nb.ok("%%jit --static k\ny = x * int(k)").line == ""
    nb.ok("k = 4.0")
    ran = nb.ok("%%jit --static k\ny = x * int(k)")
    assert "k" in ran.line
    np.testing.assert_allclose(nb.ns["y"], 4 * np.arange(4.0))


def test_static_takes_an_array(nb):
    nb.ok("n = np.array([2, 3])")
    np.testing.assert_allclose(nb.ok("%%jit --static n\njnp.ones(n) * 1").value, np.ones((2, 3)))
    nb.ok("n[0] = 1")
    assert nb.ok("%%jit --static n\njnp.ones(n) * 1").value.shape == (1, 3)


def test_static_of_a_name_the_cell_does_not_read(nb):
    ran = nb.fails("%%jit --static k\nx * 2", "CellError")
    assert str(ran.error) == (
        "--static names `k`, which this cell does not read.\n"
        "Got: --static k; the cell reads x.\nDo: name one of the cell's inputs."
    )


def test_donated_inputs_are_given_away_and_the_name_is_set_anew(nb):
    nb.ok("old = x")
    nb.ok("%%jit --donate x\nx = x + 1")
    assert nb.ns["old"].is_deleted()
    np.testing.assert_allclose(nb.ns["x"], np.arange(4.0) + 1)
    nb.ok("%%jit --donate x --show\nx = x + 1")
    assert nb.fails("%%jit --donate q\nx * 2", "CellError")


def test_no_input_at_all(nb):
    np.testing.assert_allclose(nb.ok("%%jit\njnp.arange(3) + 1").value, [1, 2, 3])
    assert nb.ok("%%jit\njnp.arange(3) + 1").line == ""


def test_inputs_stay_as_they_were(nb):
    nb.ok("k = 2.0\na = np.ones(2)\nd = {'w': x, 'n': 1}")
    before = {name: nb.ns[name] for name in ("k", "a", "d", "x")}
    nb.ok("%%jit\nd['w'] * k + a[0]")
    assert all(nb.ns[name] is value for name, value in before.items())
    assert type(nb.ns["d"]["n"]) is int
    assert isinstance(jnp.asarray(nb.ns["x"]), jax.Array)
