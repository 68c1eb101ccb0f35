"""Derivations: each step is what JAX itself does, and formulas compute what JAX computes."""

import re
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxplore
from jaxplore.errors import JaxploreError
from jaxplore.model.derivation import Contribution, Derivation, Kept, RuleEquation


def layers(w, x):
    y = jnp.tanh(x @ w)
    return (jnp.sin(y) * y / jnp.exp(y) - jnp.sqrt(y + 2.0)).sum()


W, X = jnp.full((3, 2), 0.3), jnp.linspace(0.1, 1.0, 12).reshape(4, 3)


def transposed_by_jax(f, *args):
    """The primitives of the backward pass, as JAX traces the whole gradient."""
    jaxpr = jax.make_jaxpr(jax.grad(f))(*args).jaxpr
    return Counter(
        eqn.primitive.name for eqn in jaxpr.eqns if "transpose(" in str(eqn.source_info.name_stack)
    )


def transposed_step_by_step(record: Derivation) -> Counter[str]:
    found = Counter(
        one.primitive for step in record.steps for one in step.vjp if one.part == "transposed"
    )
    sums = {one.to: one.of - 1 for step in record.steps for one in step.contributions}
    return found + Counter({"add_any": sum(sums.values())})


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (layers, (W, X)),
        (lambda x: jnp.log1p(x) * jnp.cos(x) + x**3, (0.3,)),
        (lambda x: jax.lax.max(x, 2.0) * jax.lax.rsqrt(x) - jnp.tanh(-x), (0.3,)),
        (lambda x: jax.lax.cumsum(x) @ x[::-1].reshape(3), (jnp.arange(3.0),)),
        (lambda x: jnp.concatenate([x, 2 * x]).max() + x[1:].sum(), (jnp.arange(3.0),)),
    ],
)
def test_the_steps_back_are_the_equations_of_jaxs_own_gradient(f, args):
    # What the backward pass begins with is no step.
    expected = transposed_by_jax(f, *args)
    found = transposed_step_by_step(jaxplore.derivation(f, *args))
    begins = expected - found
    assert found - expected == Counter()
    assert set(begins) <= {"broadcast_in_dim", "mul"} and begins.total() <= 1


def calculated(record: Derivation, args: dict[str, object], result: str) -> dict[str, object]:
    """The gradients that the formulas give, evaluated as Python."""
    names: dict[str, object] = {
        **{
            name: getattr(jnp, name) for name in ("sin", "cos", "tan", "tanh", "exp", "log", "sqrt")
        },
        **{name: getattr(jnp, name) for name in ("arctan", "sinh", "cosh", "sign", "where", "sum")},
        "sigmoid": jax.nn.sigmoid,
        "pi": jnp.pi,
        "digamma": jax.scipy.special.digamma,
        "lgamma": jax.scipy.special.gammaln,
        "erf": jax.scipy.special.erf,
        "atan": jnp.arctan,
        **args,
    }
    for step in record.steps:
        target, _, formula = step.equation.partition(" = ")
        names[target] = eval(formula, {}, names)
        for kept in step.keeps:
            name, is_new, formula = kept.partition(" = ")
            if is_new:
                names[name] = eval(formula, {}, names)
    names[f"g{result}"] = 1.0
    for step in record.back:
        for one in step.contributions:
            gained = eval(one.text, {}, names)
            before = 0.0 if one.number == 1 else names[f"g{one.to}"]
            names[f"g{one.to}"] = before + gained
    return names


@pytest.mark.parametrize(
    "f",
    [
        lambda x: jnp.sin(x) * jnp.cos(x) + jnp.tan(x),
        lambda x: jnp.exp(x) / x - jnp.log(x),
        lambda x: jnp.tanh(x) * jnp.sqrt(x) + x**3 + x**2,
        lambda x: jax.lax.rsqrt(x) + jax.nn.sigmoid(x) + jax.lax.log1p(x) + jax.lax.expm1(x),
        lambda x: jnp.sinh(x) + jnp.cosh(x) * jax.lax.atan(x) + abs(-x),
        lambda x: jax.lax.pow(x, x + 1.0) + jax.lax.exp2(x) + jax.lax.erf(x) + jax.lax.lgamma(x),
        lambda x: jax.lax.square(x) + jnp.where(x > 0, x * x, x),
    ],
)
def test_the_formulas_are_right(f):
    record = jaxplore.derivation(f, 0.7)
    texts = {s.equation: s for s in record.steps if s.primitive != "convert_element_type"}
    assert len(texts) == len(record.steps)
    rest = [one.text.replace("where", "*") for s in record.steps for one in s.contributions]
    assert all(rest)
    # `a where c is True, else 0` is words: as Python, a product.
    steps = [
        jaxplore.model.derivation.Step(
            **{
                **{name: getattr(step, name) for name in step.__slots__},
                "contributions": tuple(
                    Contribution(to=c.to, number=c.number, of=c.of, text=_python(c.text))
                    for c in step.contributions
                ),
            }
        )
        for step in record.steps
    ]
    as_python = Derivation(
        name="f",
        wrt=("x",),
        results=record.results,
        is_scalar=True,
        steps=tuple(steps),
        equations=0,
    )
    found = calculated(as_python, {"x": 0.7}, record.results[0])["gx"]
    np.testing.assert_allclose(found, jax.grad(f)(0.7), rtol=1e-5)


def _python(text: str) -> str:
    return re.sub(r"(.*) where (\w+) is (True|False), else 0", r"(\1) * (\2 == \3)", text)


def test_a_step_in_full():
    def wave(x):
        return jnp.sin(x) * x

    (sine, product) = jaxplore.derivation(wave, 1.0).steps
    assert sine.span is not None and sine.span.text == "jnp.sin(x)"
    assert (sine.number, sine.primitive, sine.equation) == (1, "sin", "a = sin(x)")
    assert (sine.has_derivative, sine.leads_to_result, sine.is_needed) == (True, True, True)
    assert sine.words == "the slope of sin is cos"
    assert (sine.tangent, sine.linear) == ("da = cos(x) * dx", "da = k1 * dx")
    assert sine.keeps == ("k1 = cos(x)",)
    assert sine.jvp == (
        RuleEquation(text="a = sin x", primitive="sin", part="known"),
        RuleEquation(text="t1 = cos x", primitive="cos", part="known"),
        RuleEquation(text="da = mul dx t1", primitive="mul", part="linear"),
    )
    assert sine.kept == (Kept(name="t1", made_by="t1 = cos x", type="f32[]", size_bytes=4),)
    assert sine.contributions == (Contribution(to="x", text="k1 * ga", number=2, of=2),)
    assert sine.vjp == (
        RuleEquation(text="t1 = cos x", primitive="cos", part="known"),
        RuleEquation(text="gx = mul ga t1", primitive="mul", part="transposed"),
    )
    assert product.contributions == (
        Contribution(to="a", text="gb * x", number=1, of=1),
        Contribution(to="x", text="a * gb", number=1, of=2),
    )
    # The result is the last value: the gradient alone does not need it.
    assert not product.is_needed and jaxplore.derivation(wave, 1.0).removed == (product,)


def test_a_number_that_meets_an_array_gets_the_sum():
    def f(p, x):
        return (p["scale"] * x).sum()

    record = jaxplore.derivation(f, {"scale": jnp.float32(2)}, jnp.ones(3))
    product = record.steps[0]
    assert product.linear == "da = d(p['scale']) * x"
    assert [one.text for one in product.contributions] == ["sum(ga * x)"]


def test_what_has_no_part_says_why():
    def f(x, y):
        kept = jax.lax.stop_gradient(x) * y
        return kept + x * (x > y) + jnp.round(x), jnp.sin(x)

    record = jaxplore.derivation(f, jnp.float32(1), jnp.float32(2), has_aux=True)
    said = {
        step.equation: (step.has_derivative, step.leads_to_result, step.words)
        for step in record.steps
    }
    assert said["a = stop_gradient(x)"] == (False, False, "the gradient is stopped on purpose")
    assert said["b = a * y"] == (False, False, "does not change with x")
    assert said["c = x > y"] == (False, False, "true or false: no derivative")
    assert [row[2] for row in said.values() if "slope is 0" in row[2]] == [
        "constant between steps: its slope is 0"
    ]
    # Auxiliary results change, but lead to no result.
    assert [row for name, row in said.items() if "sin(x)" in name] == [
        (True, False, "the slope of sin is cos")
    ]


def test_rules_of_ones_own_and_programs_are_one_step_each():
    @jax.custom_vjp
    def clipped(x):
        return x

    clipped.defvjp(lambda x: (x, None), lambda _, ct: (jnp.clip(ct, -1, 1),))

    def f(x):
        looped = jax.lax.scan(lambda c, _: (jnp.sin(c), None), x, None, length=3)[0]
        return clipped(looped) + jax.nn.relu(x) + jax.checkpoint(jnp.cos)(x)

    record = jaxplore.derivation(f, 1.0)
    calls = [step for step in record.steps if "(" in step.equation]
    assert [step.equation.partition(" = ")[2] for step in calls] == [
        "scan(x)",
        "clipped(a)",
        "relu(x)",
        "checkpoint(x)",
    ]
    assert all(step.leads_to_result and step.vjp and not step.tangent for step in calls)
    # Of a custom_vjp JAX has no jvp, only a place for its bwd.
    assert [one.primitive for one in calls[1].jvp] == ["custom_lin"]
    # A loop runs for what it keeps, though nothing reads its result.
    assert [step.is_needed for step in calls] == [True, False, False, False]


def test_pytrees_several_arguments_and_jitted_functions():
    @jax.jit
    def inner(p, x):
        return x @ p["w"] + p["b"]

    def f(p, x):
        return jnp.sum(inner(p, x) ** 2)

    record = jaxplore.derivation(
        jax.jit(f), {"w": jnp.ones((3, 2)), "b": jnp.ones(2)}, jnp.ones((4, 3)), wrt=(0, "x")
    )
    assert record.wrt == ("p['b']", "p['w']", "x")
    assert [step.equation for step in record.steps] == [
        "a = x @ p['w']",
        "b = broadcast(p['b'])",
        "c = a + b",
        "e = c**2",
        "f = sum(e)",
    ]
    ends = [(one.to, one.text) for step in record.back for one in step.contributions][-3:]
    assert ends == [
        ("p['b']", "sum(gb) over the new axes"),
        ("x", "ga @ p['w']ᵀ"),
        ("p['w']", "xᵀ @ ga"),
    ]


def test_a_change_goes_through_complex_numbers():
    record = jaxplore.derivation(lambda x: jnp.abs(jnp.fft.rfft(x)).sum(), jnp.arange(4.0))
    assert [step.has_derivative for step in record.steps] == [True] * len(record.steps)
    assert record.back[-1].contributions[0].to == "x"


def test_of_a_long_function_the_beginning_is_shown():
    def long(x):
        for _ in range(50):
            x = jnp.sin(x) * 2
        return x

    record = jaxplore.derivation(long, 1.0)
    assert (len(record.steps), record.equations) == (60, 100)
    assert all(step.leads_to_result for step in record.steps)
    assert "shown are the first 60: 40 more follow" in str(record)


def test_what_cannot_be_derived_is_refused_and_own_errors_pass():
    with pytest.raises(JaxploreError, match="Cannot take the gradient"):
        jaxplore.derivation(lambda x: x, 3)
    with pytest.raises(JaxploreError, match="Cannot derive the gradient of this result"):
        jaxplore.derivation(lambda x: x > 0, 3.0)
    with pytest.raises(ZeroDivisionError):
        jaxplore.derivation(lambda x: 1 / 0, 3.0)


def test_no_compile_shows_in_the_ledger():
    with jaxplore.observe() as ledger:
        jaxplore.derivation(layers, jax.ShapeDtypeStruct((3, 2), "float32"), np.ones((4, 3)))
    assert list(ledger) == []
