"""Operations and bytes, against counts made by hand."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from jax.experimental import pallas as pl

import jaxplore
from jaxplore.model.program import XlaEstimate


def flops(f: Callable[..., Any], *shapes: tuple[int, ...]) -> dict[str, int]:
    """Primitive -> operations of its equations together."""
    args = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    counts: dict[str, int] = {}
    for equation in jaxplore.program(f, *args, stages=("jaxpr",)).equations:
        counts[equation.primitive] = counts.get(equation.primitive, 0) + equation.flops
    return counts


def convolved(x: Any, kernel: Any) -> Any:
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID")


def grouped(x: Any, kernel: Any) -> Any:
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID", feature_group_count=4)


def batch_grouped(x: Any, kernel: Any) -> Any:
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID", batch_group_count=2)


def same(x: Any, kernel: Any) -> Any:
    return jax.lax.conv_general_dilated(x, kernel, (1,), "SAME")


def spread(x: Any, kernel: Any) -> Any:
    """The image has a zero between any two elements."""
    return jax.lax.conv_general_dilated(x, kernel, (1,), [(0, 0)], lhs_dilation=(2,))


def pooled(x: Any) -> Any:
    return jax.lax.reduce_window(x, 0.0, jax.lax.add, (2, 2), (2, 2), "VALID")


def muladd(a: Any, b: Any) -> Any:
    return a * b + 1.0


def kernel(x: Any) -> Any:
    def body(read: Any, write: Any) -> None:
        write[...] = read[...] * 2.0

    block = pl.BlockSpec((4, 4), lambda i: (i, 0))
    call = pl.pallas_call(
        body, grid=(2,), in_specs=[block], out_specs=block, out_shape=x, interpret=True
    )
    return call(x)


def scanned(x: Any) -> Any:
    return jax.lax.scan(lambda t, row: (t + row @ row, None), 0.0, x)[0]


@pytest.mark.parametrize(
    ("f", "shapes", "counts"),
    [
        (jnp.matmul, [(2, 3), (3, 5)], {"dot_general": 2 * 2 * 5 * 3}),
        (jnp.matmul, [(7, 2, 3), (7, 3, 5)], {"dot_general": 2 * 7 * 2 * 5 * 3}),
        (jnp.dot, [(6,), (6,)], {"dot_general": 2 * 6}),
        (jnp.outer, [(3,), (4,)], {"mul": 12}),
        (
            convolved,
            [(1, 3, 8, 8), (5, 3, 2, 2)],
            {"conv_general_dilated": 2 * 5 * 7 * 7 * 3 * 2 * 2},
        ),
        (grouped, [(1, 4, 8, 8), (4, 1, 3, 3)], {"conv_general_dilated": 2 * 4 * 6 * 6 * 3 * 3}),
        (lambda x: x.sum(), [(4, 5)], {"reduce_sum": 20}),
        (lambda x: x.max(axis=0), [(4, 5)], {"reduce_max": 20}),
        (lambda x: jax.lax.cumsum(x), [(6,)], {"cumsum": 6}),
        (lambda x: jax.lax.sort(x), [(6,)], {"sort": 6 * 3}),
        (lambda x: jnp.sin(x) * 2, [(3, 4)], {"sin": 12, "mul": 12}),
        (lambda x: x**2 + x**5 + x**-1, [(3,)], {"integer_pow": 3 * (1 + 3 + 1), "add": 6}),
        (lambda x: jnp.clip(x, 0, 1) > x, [(3,)], {"jit": 6, "max": 3, "min": 3}),
        (lambda x: jax.lax.clamp(0.0, x, 1.0), [(3,)], {"clamp": 6}),
        (lambda x: jax.lax.top_k(x, 2), [(4, 5)], {"top_k": 20}),
        (
            batch_grouped,
            [(4, 2, 8, 8), (6, 2, 3, 3)],
            {"conv_general_dilated": 2 * 2 * 6 * 6 * 6 * 2 * 9},
        ),
        (same, [(1, 1, 4), (1, 1, 3)], {"conv_general_dilated": 2 * (2 + 3 + 3 + 2)}),
        (spread, [(1, 1, 4), (1, 1, 3)], {"conv_general_dilated": 2 * (2 + 1 + 2 + 1 + 2)}),
        (pooled, [(4, 6)], {"reduce_window_sum": 2 * 3 * 4}),
        (lambda x: x.at[jnp.array([0, 0, 1])].add(1.0), [(3, 5)], {"scatter-add": 15, "add": 1}),
        (lambda x: x.at[jnp.array([0, 0, 1])].set(1.0), [(3, 5)], {}),
        (
            lambda x: jax.lax.reduce(x, 0.0, muladd, (0,)),
            [(4, 5)],
            {"reduce": 40, "mul": 1, "add": 1},
        ),
        (
            lambda x: jax.lax.fft(x + 0j, "FFT", (8,)),
            [(3, 8)],
            {"jit": 360, "fft": 5 * 8 * 3 * 3, "add": 48},
        ),
        (lambda x: jax.lax.fft(x, "RFFT", (8,)), [(3, 8)], {"jit": 180, "fft": 180}),
        (
            lambda x: jax.lax.linalg.cholesky(x, symmetrize_input=False),
            [(2, 6, 6)],
            {"cholesky": 2 * 72},
        ),
        (
            lambda a, b: jax.lax.linalg.triangular_solve(a, b, left_side=True),
            [(4, 4), (4, 6)],
            {"triangular_solve": 4 * 24},
        ),
        (lambda a: jax.lax.linalg.lu(a)[0], [(6, 6)], {"lu": 6**3 - 72}),
        (lambda a: jax.lax.linalg.qr(a, full_matrices=False), [(6, 3)], {"qr": 4 * 6 * 9 - 36}),
        (lambda a: jax.lax.linalg.eigh(a, symmetrize_input=False), [(4, 4)], {"eigh": 9 * 64}),
        (
            lambda a: jax.lax.linalg.svd(a, full_matrices=False),
            [(5, 4)],
            {"svd": 4 * 5 * 16 + 22 * 64},
        ),
        (lambda x: jax.pure_callback(lambda v: v, x, x), [(3,)], {}),
        (lambda x: jax.ffi.ffi_call("theirs", x)(x), [(3,)], {}),
        (
            lambda x: jax.lax.while_loop(lambda t: t.sum() < 9, lambda t: t * 2, x),
            [(3,)],
            {"while": 3 + 3, "reduce_sum": 3, "mul": 3},
        ),
        (kernel, [(8, 4)], {"pallas_call": 2 * 4 * 4, "mul": 16}),
        (lambda x: x.T.reshape(-1)[2:].astype(int), [(3, 4)], {}),
        (scanned, [(7, 3)], {"scan": 7 * (2 * 3 + 1), "dot_general": 6, "add": 1}),
        (
            lambda x: jax.lax.cond(True, lambda t: jnp.sin(jnp.cos(t)), lambda t: t, x),
            [(5,)],
            {"cond": 10, "sin": 5, "cos": 5},
        ),
        (jax.jit(lambda x: x + x), [(3,)], {"add": 3}),
        (lambda x: jax.jit(lambda y: y + y)(x), [(3,)], {"jit": 3, "add": 3}),
    ],
)
def test_operations_are_those_counted_by_hand(
    f: Callable[..., Any], shapes: list[tuple[int, ...]], counts: dict[str, int]
):
    assert {name: count for name, count in flops(f, *shapes).items() if count} == counts


def test_operations_on_integers_are_not_floating_point():
    program = jaxplore.program(lambda x: x + x, jnp.arange(3), stages=("jaxpr",))
    assert [e.flops for e in program.equations] == [0]


def test_bytes_are_those_of_inputs_and_outputs():
    program = jaxplore.program(lambda x: x * 2.0, jnp.ones(3), stages=("jaxpr",))
    assert [e.bytes for e in program.equations] == [12 + 4 + 12]


def test_complex_numbers_take_more():
    x = jnp.ones((2, 3), jnp.complex64)
    program = jaxplore.program(lambda x: (x + x, x * x, x @ x.T), x, stages=("jaxpr",))
    work = {e.primitive: e.flops for e in program.equations}
    assert work == {"add": 2 * 6, "mul": 6 * 6, "transpose": 0, "dot_general": 8 * 4 * 3}


def test_a_ragged_product_counts_each_row_once():
    program = jaxplore.program(
        jax.lax.ragged_dot,
        jnp.ones((6, 3)),
        jnp.ones((2, 3, 4)),
        jnp.array([2, 4]),
        stages=("jaxpr",),
    )
    assert program.total_flops == 2 * 6 * 3 * 4


def mlp(weights: Any, x: Any) -> Any:
    for w in weights:
        x = x @ w
    return x


def convolutions(kernels: Any, x: Any) -> Any:
    for kernel in kernels:
        x = jax.lax.conv_general_dilated(x, kernel, (2, 2), "SAME")
    return x


WEIGHTS = [jnp.ones((32, 48)), jnp.ones((48, 16))]
KERNELS = [jnp.ones((8, 3, 3, 3)), jnp.ones((4, 8, 3, 3))]


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (mlp, (WEIGHTS, jnp.ones((64, 32)))),
        (jax.vmap(mlp, (None, 0)), (WEIGHTS, jnp.ones((5, 64, 32)))),
        (convolutions, (KERNELS, jnp.ones((2, 3, 16, 16)))),
    ],
)
def test_products_and_convolutions_count_what_xla_counts(f: Callable[..., Any], args: Any):
    program = jaxplore.program(f, *args)
    assert program.xla_estimate is not None
    assert program.total_flops == program.xla_estimate.flops


def test_the_gradient_of_a_dense_network_counts_nearly_what_xla_counts():
    def loss(weights: Any, x: Any) -> Any:
        return (jnp.tanh(mlp(weights, x)) ** 2).mean()

    program = jaxplore.program(jax.grad(loss), WEIGHTS, jnp.ones((64, 32)))
    assert program.xla_estimate is not None
    assert program.total_flops == pytest.approx(program.xla_estimate.flops, rel=0.05)


def test_a_programs_totals_count_loops_as_often_as_they_run():
    def f(x: Any) -> Any:
        return jax.lax.scan(lambda c, _: (c * 2.0, None), x, length=10)[0] + 1.0

    program = jaxplore.program(f, jnp.ones(3), stages=("jaxpr",))
    assert (program.total_flops, program.total_bytes) == (10 * 3 + 3, 10 * 28 + 28)


def runs(f: Callable[..., Any], *args: Any) -> list[tuple[str, int | None]]:
    regions = jaxplore.program(f, *args, stages=("jaxpr",)).regions
    return [(region.kind, region.runs) for region in regions]


def test_a_region_runs_as_often_as_the_scans_about_it_multiply_to():
    inner = lambda c, _: (jax.lax.cond(c.sum() > 0, jnp.sin, jnp.cos, c), None)
    outer = lambda c, _: (jax.lax.scan(inner, c, length=5)[0], None)
    assert runs(lambda x: jax.lax.scan(outer, x, length=7)[0], jnp.ones(3)) == [
        ("program", 1),
        ("jaxpr", 7),
        ("jaxpr", 35),
        ("branches", 35),
        ("branches", 35),
    ]


def test_nobody_knows_how_often_a_while_runs_what_it_holds():
    body = lambda c: jax.lax.scan(lambda c, _: (c * 2, None), c, length=4)[0]
    found = runs(lambda x: jax.lax.while_loop(lambda c: c.sum() < 9, body, x), jnp.ones(3))
    assert sorted(found, key=str) == [
        ("body_jaxpr", None),
        ("cond_jaxpr", None),
        ("jaxpr", None),
        ("program", 1),
    ]


def test_a_region_that_is_written_once_for_several_uses_runs_for_all(
    monkeypatch: pytest.MonkeyPatch,
):
    from jaxplore.capture.programs import walk

    monkeypatch.setattr(walk, "_MOST_EXPANDED", 3)
    deepest = jax.jit(lambda x: jnp.sin(x) * 2)
    inner = jax.jit(lambda x: deepest(deepest(x)))

    def f(x: Any) -> Any:
        return inner(x) + jax.lax.scan(lambda c, _: (inner(c), None), x, length=10)[0]

    program = jaxplore.program(f, jnp.ones(3), stages=("jaxpr",))
    assert sorted(r.runs or 0 for r in program.regions) == [1, 10, 11, 22]
    leaves = [
        e for e in program.equations if not e.regions and e.primitive in ("sin", "mul", "add")
    ]
    times = [program.regions[e.region].runs or 1 for e in leaves]
    assert program.total_flops == sum(e.flops * n for e, n in zip(leaves, times, strict=True))


def test_the_rules_for_its_derivative_are_no_runs_of_a_linear_solve():
    f = lambda b: jax.lax.custom_linear_solve(
        lambda x: x * 2.0, b, lambda _, b: b / 2.0, symmetric=True
    )
    program = jaxplore.program(f, jnp.ones(3), stages=("jaxpr",))
    [solve] = [e for e in program.equations if e.primitive == "custom_linear_solve"]
    assert [program.regions[r].runs for r in solve.regions] == [0, 0, 1, 0]
    assert solve.flops == 3 == program.total_flops


def test_xlas_estimate_is_asked_only_where_the_program_was_compiled():
    args = (mlp, WEIGHTS, jnp.ones((64, 32)))
    estimate = jaxplore.program(*args).xla_estimate
    assert estimate is not None
    assert estimate.flops == 2 * 64 * 48 * (32 + 16)
    assert estimate.bytes is not None and estimate.bytes >= 4 * 64 * (32 + 16)
    assert jaxplore.program(*args, stages=("jaxpr", "stablehlo")).xla_estimate is None
    compiled = jax.jit(mlp).lower(WEIGHTS, jnp.ones((64, 32))).compile()
    assert jaxplore.program(compiled).xla_estimate == estimate


@pytest.mark.parametrize(
    ("said", "estimate"),
    [
        (None, None),
        ({}, None),
        ({"flops": -1.0}, None),
        ([{"flops": 3.0}], XlaEstimate(flops=3.0, bytes=None)),
        ({"flops": -1.0, "bytes accessed": 8.0}, XlaEstimate(flops=None, bytes=8.0)),
    ],
)
def test_what_xla_does_not_say_is_not_known(
    said: Any, estimate: XlaEstimate | None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jax.stages.Compiled, "cost_analysis", lambda _: said)
    assert jaxplore.program(jnp.sin, jnp.ones(3)).xla_estimate == estimate


def test_a_backend_that_fails_to_estimate_leaves_the_program(monkeypatch: pytest.MonkeyPatch):
    def fails(_: Any) -> Any:
        raise NotImplementedError

    monkeypatch.setattr(jax.stages.Compiled, "cost_analysis", fails)
    program = jaxplore.program(jnp.sin, jnp.ones(3))
    assert (program.xla_estimate, program.stages["hlo"].error) == (None, None)


@pytest.mark.skipif(not hasattr(jax.lax, "polynomial"), reason="this JAX has no polynomials")
def test_a_polynomial_counts_two_per_element_and_degree():
    lax: Any = jax.lax
    assert flops(lambda x: lax.polynomial(x, [1.0, 5.0, 2.0]), (7,))["polynomial"] == 7 * 2 * 2
