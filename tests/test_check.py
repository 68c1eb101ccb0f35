"""`jaxplore.check`: exercises that say PASS, or what was found."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

import jaxplore
from jaxplore import CheckError, check
from jaxplore.errors import JaxploreError

f32 = jnp.float32


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


AGREES = "the gradient agrees with finite differences in float64, to a relative 1e-05"


def squashed(scale: float):
    """sin with a rule of its own, right only where `scale` is 1."""

    @jax.custom_vjp
    def wave(x):
        return jnp.sin(x)

    wave.defvjp(lambda x: (jnp.sin(x), x), lambda x, ct: (scale * ct * jnp.cos(x),))
    return wave


def loss(x):
    return jnp.sin(x).sum()


def test_a_right_gradient_passes_in_double_precision_whatever_is_given(capsys):
    for dtype in (jnp.float32, jnp.bfloat16, np.float64):
        check.matches_finite_difference(loss, np.array([0.5, 2.0, 0.0]).astype(dtype))
        assert said(capsys) == [f"PASS loss: {AGREES}", "  x: 3 of 3 coordinates"]
    assert jnp.ones(1).dtype == jnp.float32


def test_a_right_custom_rule_passes_and_a_wrong_one_is_named(capsys):
    def wave_loss(x):
        return wave(x).sum()

    wave = squashed(1.0)
    check.matches_finite_difference(wave_loss, jnp.arange(3.0))
    assert said(capsys) == [f"PASS wave_loss: {AGREES}", "  x: 3 of 3 coordinates"]
    wave = squashed(1.5)
    with pytest.raises(CheckError) as failed:
        check.matches_finite_difference(wave_loss, jnp.arange(3.0))
    assert str(failed.value) == (
        "The gradient of wave_loss differs from finite differences.\n"
        "Got: x[0]: gradient 1.5, finite difference 1, relative error 0.33\n"
        "     x: 3 of 3 coordinates, 3 differ, relative error up to 0.33\n"
        "Do: check the rule of wave: custom_jvp and custom_vjp are believed."
    )


@pytest.mark.parametrize("off", [1e-3, -1e-3, 2e-5])
def test_a_rule_that_is_slightly_wrong_is_found(off):
    with pytest.raises(CheckError, match="relative error"):
        check.matches_finite_difference(lambda x: squashed(1 + off)(x).sum(), jnp.arange(3.0))


def test_one_wrong_coordinate_of_one_leaf_is_the_one_that_is_named():
    @jax.custom_vjp
    def total(p):
        return (p["w"] ** 2).sum() + p["b"].sum()

    def back(p, ct):
        return ({"w": (2 * p["w"] * ct).at[1, 2].multiply(3.0), "b": jnp.ones(2) * ct},)

    total.defvjp(lambda p: (total(p), p), back)
    with pytest.raises(CheckError) as failed:
        check.matches_finite_difference(total, {"w": jnp.ones((2, 3)), "b": jnp.ones(2)})
    assert str(failed.value).splitlines()[1:4] == [
        "Got: p['w'][1, 2]: gradient 6, finite difference 2, relative error 0.67",
        "     p['b']: 2 of 2 coordinates",
        "     p['w']: 6 of 6 coordinates, 1 differ, relative error up to 0.67",
    ]


def test_a_gradient_that_is_cut_on_purpose_is_no_slope():
    with pytest.raises(CheckError, match=r"gradient 2, finite difference 4(.|\n)*stop_gradient"):
        check.matches_finite_difference(lambda x: jax.lax.stop_gradient(x) * x, 2.0)


@pytest.mark.parametrize(
    ("f", "x", "points"),
    [
        (jax.nn.relu, [-1.0, 0.0, 2.0], ["x[1]: a kink, with slopes 0 and 1; the gradient is 0"]),
        (jnp.abs, [-1.0, 0.0, 2.0], ["x[1]: a kink, with slopes -1 and 1; the gradient is 1"]),
        (
            jnp.max,
            [2.0, 2.0, 1.0],
            [
                "x[0]: a kink, with slopes 0 and 1; the gradient is 0.5",
                "x[1]: a kink, with slopes 0 and 1; the gradient is 0.5",
            ],
        ),
        (
            jnp.sqrt,
            [0.0, 2.0, 1.0],
            ["x[0]: the function is finite on one side only; the gradient is inf"],
        ),
        (
            lambda x: jnp.round(x) + x,
            [0.5, 2.0, 1.0],
            ["x[0]: the function jumps here; the gradient is 1"],
        ),
    ],
)
def test_a_kink_is_told_and_is_no_failure(f, x, points, capsys):
    def bent(x):
        return f(x).sum()

    check.matches_finite_difference(bent, jnp.array(x))
    lines = said(capsys)
    assert lines == [
        f"PASS bent: {AGREES}",
        *[f"  {point}" for point in points],
        "  x: 3 of 3 coordinates",
    ]


def test_at_a_kink_a_gradient_outside_of_both_slopes_is_wrong():
    @jax.custom_jvp
    def size(x):
        return jnp.abs(x)

    size.defjvp(lambda x, t: (jnp.abs(x[0]), 5.0 * t[0]))
    with pytest.raises(CheckError, match=r"gradient 5, finite difference 1, relative error 0\.8"):
        check.matches_finite_difference(size, 0.0)


def test_a_kink_beside_the_point_does_not_disturb(capsys):
    check.matches_finite_difference(lambda x: jnp.abs(x).sum(), jnp.array([1e-6, -1e-3, 1.0]))
    assert said(capsys)[1:] == ["  x: 3 of 3 coordinates"]


@pytest.mark.parametrize("scale", [1e-20, 1e-8, 1e8, 1e15])
def test_scales_do_not_matter(scale, capsys):
    x = np.array([1.0, -2.0, 0.0, 1e-6]) * scale
    check.matches_finite_difference(lambda x: ((x / scale) ** 3 + jnp.exp(x / scale)).sum(), x)
    check.matches_finite_difference(lambda x: (x**2).sum() * scale, x)
    check.matches_finite_difference(lambda x: jnp.log(x).sum(), np.abs(x) + 1e-10 * scale)
    assert [line for line in said(capsys) if "4 of 4" not in line] == [
        f"PASS <lambda>: {AGREES}"
    ] * 3


def test_zeros_agree_with_zeros(capsys):
    check.matches_finite_difference(lambda x: (x * 0).sum() + 1e6, jnp.zeros(2))
    check.matches_finite_difference(lambda x, y: y**2, jnp.ones(2), 3.0, wrt=(0, 1))
    assert said(capsys)[1::1] == [
        "  x: 2 of 2 coordinates",
        f"PASS <lambda>: {AGREES}",
        "  x: 2 of 2 coordinates",
        "  y: 1 of 1 coordinate",
    ]


def test_a_function_that_keeps_to_float32_itself_is_compared_less_strictly(capsys):
    def pinned(x):
        return jnp.sin(x.astype(jnp.float32)).sum()

    check.matches_finite_difference(pinned, jnp.array([0.5, 2.0]))
    assert said(capsys) == [
        "PASS pinned: the gradient agrees with finite differences in float32, to a relative 1e-02",
        "  it computes in float32 itself: x.astype(jnp.float32)",
        "  x: 2 of 2 coordinates",
    ]
    wrong = squashed(1.2)
    with pytest.raises(CheckError, match=r"relative error 0\.17"):
        check.matches_finite_difference(lambda x: wrong(x.astype(f32)).sum(), jnp.ones(2))


def test_a_function_that_refuses_float64_is_compared_in_its_own_type(capsys):
    def powers(x):
        return jax.lax.scan(lambda c, _: (c * x, None), f32(1), None, length=3)[0]

    check.matches_finite_difference(powers, 1.1)
    assert said(capsys) == [
        "PASS powers: the gradient agrees with finite differences in float32, to a relative 1e-02",
        "  it does not run in float64: compared in float32",
        "  x: 1 of 1 coordinate",
    ]


def test_of_a_large_input_a_sample_and_random_directions_are_compared(capsys):
    w = jax.random.normal(jax.random.key(0), (40, 20))
    check.matches_finite_difference(lambda w, n: (jnp.tanh(w) ** n).sum(), w, 2)
    assert said(capsys)[1:] == ["  w: 24 of 800 coordinates, 2 random directions"]

    @jax.custom_vjp
    def spoiled(w):
        return (w**2).sum()

    # One of 800 coordinates is wrong; its gradient is the largest.
    spoiled.defvjp(lambda w: (spoiled(w), w), lambda w, ct: ((2 * w).at[17, 3].set(1e3) * ct,))
    with pytest.raises(CheckError, match=r"w\[17, 3\]: gradient 1000"):
        check.matches_finite_difference(spoiled, w)


def test_all_kinds_of_calls(capsys):
    def both(p, x, *, power):
        return (p["w"] * x**power).sum(), {"aux": x.sum()}

    p = {"w": jnp.ones(2), "steps": jnp.arange(3), "key": jax.random.key(0)}
    check.matches_finite_difference(both, p, jnp.ones(2), power=3, wrt=("p", 1), has_aux=True)
    assert said(capsys)[1:] == ["  p['w']: 2 of 2 coordinates", "  x: 2 of 2 coordinates"]

    def decides(x):
        return x**3 if x > 0 else x

    check.matches_finite_difference(decides, 2.0)
    check.matches_finite_difference(jax.jit(lambda x, n: x**n, static_argnums=1), 3.0, 2)
    assert len(said(capsys)) == 4


def test_results_that_are_not_one_number_are_weighed(capsys):
    # The plain sum of a softmax is constant: any error would cancel.
    @jax.custom_vjp
    def soft(x):
        return jax.nn.softmax(x)

    soft.defvjp(lambda x: (soft(x), x), lambda x, ct: (jnp.zeros_like(x) * ct,))
    with pytest.raises(CheckError):
        check.matches_finite_difference(soft, jnp.arange(3.0))
    check.matches_finite_difference(jax.nn.softmax, jnp.arange(3.0))
    assert "  it returns more than one number: compared is a weighted sum of them" in said(capsys)


def test_a_nan_gradient_is_a_failure_that_points_at_numerics():
    with pytest.raises(CheckError) as failed:
        check.matches_finite_difference(lambda x: jnp.where(x > 0, jnp.sqrt(x), 0.0), -1.0)
    assert str(failed.value).splitlines()[1:] == [
        "Got: x: gradient nan, finite difference 0",
        "     x: 1 of 1 coordinate, 1 differ",
        "Do: look at jaxplore.numerics(jax.grad(f), ...): where the first NaN or Inf is made.",
    ]


@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (lambda x: x + 1j, 1.0, "complex128"),
        (lambda x: jnp.abs(x["a"]), {"a": jnp.ones(()), "b": 1j * jnp.ones(2)}, "complex gradient"),
        (lambda x: x > 0, 1.0, "no result|bool"),
        (lambda x: 1 / x, jnp.zeros(()), "the value is not finite"),
        (lambda x: x, 3, "floating"),
        (lambda x: x, jax.ShapeDtypeStruct((), f32), "need numbers"),
    ],
)
def test_what_cannot_be_compared_is_refused(f, x, message):
    with pytest.raises(JaxploreError, match=message):
        check.matches_finite_difference(f, x)


def test_the_functions_own_error_passes_through():
    with pytest.raises(ZeroDivisionError):
        check.matches_finite_difference(lambda x: x / 0 if isinstance(x, float) else 1 // 0, 1.0)


def test_losses_of_flax_and_optax_pass(capsys):
    model = nn.Sequential([nn.Dense(4), nn.tanh, nn.Dense(3)])
    x, labels = jax.random.normal(jax.random.key(1), (5, 2)), jnp.array([0, 1, 2, 0, 1])
    params = model.init(jax.random.key(0), x)

    def net_loss(params):
        logits = model.apply(params, x)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    check.matches_finite_difference(net_loss, params)
    lines = said(capsys)
    assert lines[0] == f"PASS net_loss: {AGREES}"
    assert sorted(line.split(": ")[1] for line in lines[1:]) == [
        "12 of 12 coordinates",
        "3 of 3 coordinates",
        "4 of 4 coordinates",
        "8 of 8 coordinates",
    ]


def test_no_check_shows_in_the_ledger():
    with jaxplore.observe() as ledger:
        x = np.ones(3, np.float32)
        check.matches_finite_difference(loss, x)
        check.all_finite({"x": x})
        check.residual_bytes(loss, x, most=100)
    assert list(ledger) == []


def test_all_finite_says_which_and_what_made_them(capsys):
    check.all_finite({"w": jnp.ones((2, 3)), "n": 3, "b": [1.0]})
    assert said(capsys) == ["PASS all finite: 7 numbers in 2 arrays"]
    with pytest.raises(CheckError) as failed:
        check.all_finite({"w": jnp.array([[1, 2], [jnp.nan, jnp.inf]]), "b": jnp.bfloat16(jnp.inf)})
    assert str(failed.value).splitlines()[1:3] == [
        "Got: ['b'] bfloat16[]: 1 Inf",
        "     ['w'] float32[2, 2]: 1 NaN, 1 Inf of 4, the first at [1, 0]",
    ]


def test_all_finite_of_a_function_names_the_expression(capsys):
    def logs(x):
        return jnp.log(x) + 1

    check.all_finite(logs, jnp.ones(2))
    assert said(capsys) == ["PASS all finite: 2 numbers in 1 array"]
    with pytest.raises(
        CheckError, match=r"the first was made by test_check.py line \d+: jnp.log\(x\)"
    ):
        check.all_finite(logs, jnp.array([1.0, 0.0]))
    check.all_finite(lambda: jnp.ones(3))
    assert said(capsys) == ["PASS all finite: 3 numbers in 1 array"]


def test_residual_bytes_counts_what_is_kept(capsys):
    def twice(x):
        return jnp.sin(jnp.sin(x)).sum()

    check.residual_bytes(twice, jnp.ones(8), most=64)
    check.residual_bytes(jax.checkpoint(twice), jax.ShapeDtypeStruct((8,), f32), most=0)
    assert said(capsys) == [
        "PASS twice keeps 64 bytes for its backward pass, at most 64 are allowed",
        "PASS twice keeps 0 bytes for its backward pass, at most 0 are allowed",
    ]
    with pytest.raises(CheckError) as failed:
        check.residual_bytes(twice, jnp.ones(8), most=63)
    assert str(failed.value) == (
        "twice keeps 64 bytes for its backward pass, at most 63 are allowed.\n"
        "Got: 32 bytes, f32[8]: jnp.sin(x)\n"
        "     32 bytes, f32[8]: jnp.sin(jnp.sin(x))\n"
        "Do: compute them again in the backward pass: jax.checkpoint on the part that makes them; "
        "%gradient --memory compares the ways."
    )


def test_residuals_of_one_expression_stand_together():
    def looped(x):
        for _ in range(3):
            x = jnp.sin(x)
        return x.sum()

    with pytest.raises(CheckError, match=r"Got: 96 bytes, 3 × f32\[8\]: jnp.sin\(x\)\nDo"):
        check.residual_bytes(looped, jnp.ones(8), most=0)


def test_sent_bytes_names_the_expressions_that_send(capsys):
    mesh = jax.make_mesh((2,), ("data",), axis_types=(AxisType.Auto,))
    x = jax.device_put(jnp.ones((4, 4)), NamedSharding(mesh, P("data", None)))

    def doubled(x):
        return 2 * x

    def summed(x):
        return x.sum(axis=0)

    check.sent_bytes(doubled, x, most=0)
    check.sent_bytes(summed, x, most=16)
    assert capsys.readouterr().out == (
        "PASS doubled: each of 2 devices sends 0 bytes, at most 0 are allowed\n"
        "PASS summed: each of 2 devices sends 16 bytes, at most 16 are allowed\n"
    )
    with pytest.raises(CheckError) as caught:
        check.sent_bytes(summed, x, most=15)
    line = summed.__code__.co_firstlineno + 1
    assert str(caught.value) == (
        "summed: each of 2 devices sends 16 bytes, at most 15 are allowed.\n"
        f"Got: 16 bytes, all-reduce: test_check.py line {line}: x.sum(axis=0)\n"
        "Do: split what meets in one expression the same way: %placement shows how it is split, "
        "%collectives what avoids each."
    )
