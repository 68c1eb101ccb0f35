"""Generated cells: `%%jit` and `%%grad` agree with numpy."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FEW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
numbers = st.integers(-4, 4)


@FEW
@given(st.lists(numbers, min_size=1, max_size=5), st.integers(-3, 3))
def test_the_gradient_of_a_polynomial(nb, coefficients, at):
    nb.ns["t"] = float(at)
    terms = "\n".join(f"y = y + {c} * t**{i}" for i, c in enumerate(coefficients))
    nb.ok(f"%%grad t\ny = 0.0 * t\n{terms}\ny")
    polynomial = np.polynomial.Polynomial(coefficients)
    assert float(nb.ns["y"]) == pytest.approx(polynomial(at))
    assert float(nb.ns["grads"]["t"]) == pytest.approx(polynomial.deriv()(at))


names = st.sampled_from(["a", "b", "c"])
expressions = st.recursive(
    names | numbers.map(str),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(
        lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
    ),
    max_leaves=4,
)
assignments = st.tuples(names, st.sampled_from(["=", "+=", "-="]), expressions).map(" ".join)
simple = st.lists(assignments, min_size=1, max_size=3)


def indented(lines):
    return "\n".join("    " + line for line in lines)


statements = st.one_of(
    assignments,
    simple.map(lambda b: f"for i in range(2):\n{indented(b)}"),
    st.tuples(st.sampled_from(["flag", "not flag"]), simple, simple).map(
        lambda p: f"if {p[0]}:\n{indented(p[1])}\nelse:\n{indented(p[2])}"
    ),
    st.tuples(st.sampled_from(["flag", "not flag"]), simple).map(
        lambda p: f"if {p[0]}:\n{indented(p[1])}"
    ),
    st.tuples(simple, simple).map(
        lambda p: f"try:\n{indented(p[0])}\nexcept KeyError:\n{indented(p[1])}"
    ),
    st.tuples(names, expressions).map(lambda p: f"{p[0]} = (lambda: {p[1]})()"),
)


@FEW
@given(st.lists(statements, min_size=1, max_size=4).map("\n".join), st.booleans())
def test_a_generated_cell_does_what_python_does(nb, body, flag):
    start = {"a": np.float64(1.5), "b": np.float64(-2.0), "c": 3, "flag": flag}
    expected = dict(start)
    exec(body, {}, expected) if "lambda" not in body else exec(body, expected)
    nb.ns.update(start)
    nb.ok(f"%%jit\n{body}")
    for name in ("a", "b", "c"):
        assert float(nb.ns[name]) == pytest.approx(float(expected[name]), rel=1e-5)
