"""Slopes from values at steps to both sides."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxplore.capture.finite.slopes import Values, slope_of, verdict_of

EPS = float(np.finfo(np.float64).eps)
STEPS = [float(step) for step in np.geomspace(2e-2, 2e-8, 12)]


def slope(f, x=0.0):
    ahead, behind = [f(x + step) for step in STEPS], [f(x - step) for step in STEPS]
    return slope_of(Values(f(x), ahead, behind, STEPS, STEPS), resolution=EPS)


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3))
def test_the_slope_of_a_smooth_function_is_found(a, b, x):
    found = slope(lambda t: a * math.sin(3 * t) + b * math.exp(t), x)
    right = 3 * a * math.cos(3 * x) + b * math.exp(x)
    assert found.shape == "smooth"
    assert abs(found.central.value - right) <= 10 * found.central.error + 1e-12
    assert found.central.error < 1e-6 * (1 + abs(a) + abs(b) * math.exp(x))


@pytest.mark.parametrize(
    ("f", "shape"),
    [
        (abs, "kink"),
        (lambda t: max(t, t * t - 1e-3 * t), "kink"),
        (lambda t: math.floor(t) + t, "jump"),
        (lambda t: math.sqrt(t) if t >= 0 else math.nan, "edge"),
        (lambda t: t * t * math.copysign(1, t), "smooth"),
        (lambda t: abs(t - 1e-6), "smooth"),
        (lambda t: 0.0, "smooth"),
    ],
)
def test_its_shape_is_told(f, shape):
    assert slope(f).shape == shape


def verdict(f, gradient, **options):
    given = {"rtol": 1e-5, "leaf_size": 0.0, "can_jump": True, **options}
    return verdict_of(slope(f), gradient, **given)[0]


def test_a_gradient_is_right_wrong_or_cannot_be_told():
    assert verdict(math.sin, 1.0) == "agrees"
    assert verdict(math.sin, 1 + 2e-5) == "differs"
    assert verdict(math.sin, math.nan) == "differs"
    assert [verdict(abs, g) for g in (-1.0, 0.3, 1.0, 1.1)] == ["kink", "kink", "kink", "differs"]
    # Beside a large number a small slope cannot be told from none; a larger one can.
    rough = lambda t: 1e9 + 1e-4 * t
    assert [verdict(rough, g) for g in (1e-4, 0.0, 1.0)] == ["agrees", "agrees", "differs"]
    noisy = lambda t: t + 1e-3 * math.sin(1e9 * t)
    assert verdict(noisy, 1.0) == "unclear"
    # What is tiny in its leaf is compared less strictly.
    assert verdict(math.sin, 1 + 2e-5, leaf_size=1e4) == "agrees"
