"""`%%grad` on program cells: value, `grads`, options, refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

FOUR = np.arange(4.0)


def test_the_value_is_displayed_and_the_gradients_are_set(nb):
    nb.ok("w, k = jnp.ones(4), 2.0")
    ran = nb.ok("%%grad\nz = x * w\n(z**2).sum() * k")
    assert ran.value == 28.0
    assert len(ran.results) == 1
    grads = nb.ns["grads"]
    assert set(grads) == {"x", "w", "k"}
    np.testing.assert_allclose(grads["x"], 2 * FOUR * 2)
    np.testing.assert_allclose(grads["w"], 2 * FOUR**2 * 2)
    np.testing.assert_allclose(grads["k"], 14.0)
    np.testing.assert_allclose(nb.ns["z"], FOUR)


def test_the_line_shows_value_and_norms(nb):
    [shown] = nb.ok("%%grad\n(x**2).sum()").of("gradient")
    assert shown.text == "value 14 · norms of gradients: x 7.48"


def test_a_last_assignment_is_the_scalar(nb):
    ran = nb.ok("%%grad\nloss = (x**2).sum()")
    assert ran.results == []
    assert float(nb.ns["loss"]) == 14.0
    np.testing.assert_allclose(nb.ns["grads"]["x"], 2 * FOUR)


@pytest.mark.parametrize("last", ["loss += x.sum()", "loss: float = x.sum()"])
def test_other_assignments_are_the_scalar(nb, last):
    nb.ok("loss = 1.0")
    nb.ok(f"%%grad x\n{last}")
    np.testing.assert_allclose(nb.ns["grads"]["x"], np.ones(4))


def test_names_choose_what_to_differentiate_by(nb):
    nb.ok("w, k = jnp.ones(4), 2.0")
    for line in ("w k", "w, k", "w,k"):
        nb.ok(f"%%grad {line}\n(x * w).sum() * k")
        assert set(nb.ns["grads"]) == {"w", "k"}


def test_output_names_the_gradients(nb):
    nb.ns.pop("grads", None)
    nb.ok("%%grad -o g\n(x**2).sum()")
    assert "grads" not in nb.ns
    np.testing.assert_allclose(nb.ns["g"]["x"], 2 * FOUR)


def test_a_pytree_with_ints(nb):
    nb.ok("p = {'w': x, 'n': 3, 'b': [2.0, 'a', jnp.arange(2)]}")
    nb.ok("%%grad p\n(p['w'] * p['b'][0]).sum() * p['n']")
    grads = nb.ns["grads"]["p"]
    np.testing.assert_allclose(grads["w"], np.full(4, 6.0))
    np.testing.assert_allclose(grads["b"][0], 18.0)
    assert (grads["n"], grads["b"][1], grads["b"][2]) == (None, None, None)


@pytest.mark.parametrize(("order", "expected"), [(1, 4 * 27.0), (2, 12 * 9.0), (3, 24 * 3.0)])
def test_order(nb, order, expected):
    for number in ("3.0", "jnp.float32(3)", "np.float32(3)"):
        nb.ok(f"t = {number}")
        nb.ok(f"%%grad --order {order}\nt**4")
        np.testing.assert_allclose(nb.ns["grads"]["t"], expected, rtol=1e-6)


def test_each_input_has_its_own_higher_derivative(nb):
    nb.ok("s, t = 2.0, 3.0")
    nb.ok("%%grad --order 2\ns**3 * t**2")
    np.testing.assert_allclose(nb.ns["grads"]["s"], 6 * 2 * 9.0)
    np.testing.assert_allclose(nb.ns["grads"]["t"], 2 * 8.0)


def test_running_again_does_not_trace(nb):
    nb.ok("w = jnp.ones(4)")
    cell = "%%grad w\nloss = ((x * w) ** 2).sum()"
    nb.ok(cell)
    nb.ok("w = w - 0.1 * grads['w']")
    ran = nb.ok(cell)
    assert ran.line == ""
    np.testing.assert_allclose(nb.ns["grads"]["w"], 2 * FOUR**2 * nb.ns["w"], rtol=1e-6)


REFUSED = {
    "not a scalar": ("x * 2", "float32[4]"),
    "int": ("x.astype(int).sum()", "int32[]"),
    "complex": ("(x * 1j).sum()", "complex64[]"),
    "None": ("x.sum()\nNone", "NoneType"),
    "bool": ("x.sum() > 1", "bool[]"),
    "tuple": ("(x.sum(), 1.0)", "tuple"),
    "Python int": ("x.sum()\n3", "int"),
    "not a scalar, assigned": ("y = x * 2", "float32[4]"),
    "no value": ("y = 1\nimport math", "none"),
    "unpacked": ("a, b = x.sum(), x.sum()", "none"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_real_scalar_is_refused_at_its_line(nb, name):
    body, given = REFUSED[name]
    ran = nb.fails(f"%%grad\n\n{body}", "CellError")
    lines = body.split("\n")
    said = str(ran.error).split("\n")
    assert given in said[0]
    assert said[1] == f"Got: line {2 + len(lines)}: {lines[-1]}"
    assert said[2].startswith("Do: ")
    assert "jaxplore/magics" not in ran.traceback
    assert "grads" not in nb.ns


@pytest.mark.parametrize("value", ["3", "True", "jnp.arange(3)", "'a'", "[1, 2]", "1j"])
def test_an_input_that_is_not_floating_is_refused(nb, value):
    nb.ok(f"q = {value}")
    ran = nb.fails("%%grad q\nx.sum() + (q is None)", "CellError")
    assert "There is no gradient by `q`" in str(ran.error)


def test_a_name_the_cell_does_not_read_is_refused(nb):
    ran = nb.fails("%%grad q\nx.sum()", "CellError")
    assert "does not read `q`" in str(ran.error)


def test_nothing_to_differentiate_by(nb):
    nb.ok("n = 3")
    ran = nb.fails("%%grad\nn * 1.0", "CellError")
    assert "nothing to differentiate by" in str(ran.error)


def test_an_order_needs_scalars_and_is_positive(nb):
    assert "--order 2 needs scalar inputs" in str(nb.fails("%%grad --order 2\nx.sum()").error)
    assert "at least 1" in str(nb.fails("%%grad --order 0\nx.sum()").error)


def test_show_draws_the_gradient_graph(nb):
    shown = nb.ok("%%grad --show\njnp.sin(x).sum()").of("gradient")[-1]
    assert "jnp.sin(x)" in shown.text


def test_a_constant_has_a_zero_gradient(nb):
    nb.ok("%%grad x\ny = x\n2.5")
    np.testing.assert_allclose(nb.ns["grads"]["x"], np.zeros(4))


def test_functions_give_their_gradients(nb):
    nb.ok("%%grad\ndef f(a, b=1.0):\n    return (a**3).sum() * b\ndef g(a):\n    return a**2")
    np.testing.assert_allclose(nb.ok("grad_f(x)").value, 3 * FOUR**2)
    np.testing.assert_allclose(nb.ok("grad_g(3.0)").value, 6.0)
    np.testing.assert_allclose(nb.ok("f(x)").value, (FOUR**3).sum())


def test_functions_by_parameter(nb):
    nb.ok("%%grad b\ndef f(a, b):\n    return a * b**2")
    np.testing.assert_allclose(nb.ok("grad_f(2.0, 3.0)").value, 12.0)
    nb.ok("%%grad b a\ndef f(a, b):\n    return a * b**2")
    np.testing.assert_allclose(nb.ok("grad_f(2.0, 3.0)").value, (12.0, 9.0))
    assert "no parameter `q`" in str(nb.fails("%%grad q\ndef f(a):\n    return a").error)


@pytest.mark.parametrize("order", [2, 3])
def test_functions_of_higher_order(nb, order):
    nb.ok(f"%%grad --order {order}\ndef f(a):\n    return a**5")
    expected = {2: 20 * 8.0, 3: 60 * 4.0}[order]
    np.testing.assert_allclose(nb.ok(f"grad{order}_f(2.0)").value, expected)


def test_a_cell_equals_jax_grad(nb):
    nb.ok("p = {'w': jnp.ones((4, 3)) * 0.1, 'b': jnp.zeros(3)}\ny = jnp.ones(3)")
    nb.ok("%%grad p\nh = jnp.tanh(x @ p['w'] + p['b'])\nloss = ((h - y) ** 2).mean()")

    def loss(p):
        return ((jnp.tanh(nb.ns["x"] @ p["w"] + p["b"]) - nb.ns["y"]) ** 2).mean()

    jax.tree.map(np.testing.assert_allclose, nb.ns["grads"]["p"], jax.grad(loss)(nb.ns["p"]))
