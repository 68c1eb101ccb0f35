"""What numerics says of every result is what numpy says, and the run itself is untouched."""

import json
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

import jaxplore
from jaxplore.capture import _hooks
from jaxplore.errors import JaxploreError
from jaxplore.model.numerics import Numerics, NumericsRow
from jaxplore.model.program import Program


def row(seen: Numerics, primitive: str) -> NumericsRow:
    """The one row of a primitive."""
    (found,) = [r for r in seen.rows if seen.program.equations[r.equation].primitive == primitive]
    return found


def expected(values: list[Any]) -> tuple[Any, ...]:
    """Minimum, maximum, norm and the counts of some arrays, by numpy."""
    flat = np.concatenate([np.asarray(v).astype(np.float64).ravel() for v in values])
    good = flat[~np.isnan(flat)]
    norm = math.nan if np.isnan(flat).any() else float(np.sqrt((flat**2).sum()))
    counts = [int(c.sum()) for c in (np.isnan(flat), np.isinf(flat), flat == 0)]
    ends = (float(good.min()), float(good.max())) if good.size else (None, None)
    return *ends, norm, *counts, int(flat.size)


def _both_nan(one: float, other: float) -> bool:
    return math.isnan(one) and math.isnan(other)


def close(row: NumericsRow, wanted: tuple[Any, ...]) -> None:
    said = (row.minimum, row.maximum, row.norm, row.nan, row.inf, row.zero, row.size)
    for one, other in zip(said, wanted, strict=True):
        assert one == other or math.isclose(one, other, rel_tol=1e-5) or _both_nan(one, other)


_UNARY = (jnp.sin, jnp.log, jnp.sqrt, jnp.negative, jnp.exp, jax.nn.relu, lambda x: 1 / x)
_BINARY = (jnp.add, jnp.multiply, jnp.divide, lambda x, y: jnp.where(x > y, x, y))


def evaluated(jaxpr: Any, x: jax.Array) -> list[list[jax.Array]]:
    """The results of each outermost equation."""
    opened = getattr(jaxpr, "jaxpr", jaxpr)
    env: dict[Any, Any] = {opened.invars[0]: x}
    made: list[list[jax.Array]] = []
    for equation in opened.eqns:
        args = [v.val if isinstance(v, _hooks.Literal) else env[v] for v in equation.invars]
        primitive = equation.primitive
        out = primitive.bind(*args, **primitive.get_bind_params(equation.params))
        made.append(out if primitive.multiple_results else [out])
        env.update(zip(equation.outvars, made[-1], strict=True))
    return made


@settings(max_examples=6, deadline=None)
@given(
    steps=st.lists(st.tuples(st.integers(0, 10), st.integers(0, 9), st.integers(0, 9)), max_size=8),
    numbers=st.lists(
        st.sampled_from([0.0, 1.0, -1.0, 2.5, math.nan, math.inf, 1e30, -3e-30]),
        min_size=3,
        max_size=3,
    ),
)
def test_every_row_is_what_numpy_counts(steps: Any, numbers: Any) -> None:
    def f(x: jax.Array) -> list[jax.Array]:
        made = [x]
        for op, a, b in steps:
            a, b = made[a % len(made)], made[b % len(made)]
            made.append(_UNARY[op](a) if op < len(_UNARY) else _BINARY[op - len(_UNARY)](a, b))
        return made

    x = jnp.array(numbers)
    seen = jaxplore.numerics(f, x)
    rows = {r.equation: r for r in seen.rows}
    results = jax.jit(lambda x: evaluated(jax.make_jaxpr(f)(x), x))(x)
    outer = [i for i, e in enumerate(seen.program.equations) if e.region == 0]
    for index, made in zip(outer, results, strict=True):
        floats = [one for one in made if jnp.issubdtype(one.dtype, jnp.floating)]
        if floats:
            close(rows[index], expected(floats))
        else:
            assert index not in rows


def test_all_iterations_of_loops_count_and_branches_that_ran() -> None:
    def step(c: jax.Array, a: jax.Array) -> tuple[jax.Array, jax.Array]:
        c = lax.cond(a > 1, lambda: jnp.sin(c), lambda: jnp.cos(c))
        return c, c * a

    xs = np.arange(4.0, dtype=np.float32)
    seen = jaxplore.numerics(lambda xs: lax.scan(step, 0.5, xs), xs)
    carries, c = [], np.float32(0.5)
    for a in xs:
        c = np.sin(c) if a > 1 else np.cos(c)
        carries.append(c)
    close(row(seen, "mul"), expected([np.array(carries) * xs]))
    close(row(seen, "sin"), expected([np.array(carries[2:])]))
    assert (row(seen, "sin").runs, row(seen, "cos").runs, row(seen, "mul").runs) == (2, 2, 4)
    close(row(seen, "scan"), expected([c, np.array(carries) * xs]))


def test_a_loop_that_does_not_run_and_arrays_without_elements() -> None:
    seen = jaxplore.numerics(
        lambda x: lax.while_loop(lambda s: s.sum() > 9, lambda s: s * 2, x), jnp.ones(3)
    )
    never = row(seen, "mul")
    assert (never.runs, never.size, never.minimum, never.norm) == (0, 0, None, 0.0)
    assert row(seen, "reduce_sum").runs == 1
    empty = jaxplore.numerics(lambda x: jnp.sin(x), jnp.zeros((0, 3)))
    assert (empty.rows[0].size, empty.rows[0].minimum, empty.rows[0].runs) == (0, None, 1)
    assert jaxplore.numerics(lambda: None).rows == ()
    assert jaxplore.numerics(lambda x: x, 1.0).result == 1.0


def test_a_mapped_loop_counts_what_each_lane_returns() -> None:
    doubled = jax.vmap(lambda x: lax.while_loop(lambda c: c < 40, lambda c: c * 2, x))
    seen = jaxplore.numerics(doubled, jnp.array([1.0, 3.0]))
    np.testing.assert_array_equal(seen.result, [64.0, 48.0])
    assert (row(seen, "while").minimum, row(seen, "while").maximum) == (48.0, 64.0)


@pytest.mark.parametrize("dtype", ["float8_e4m3fn", "bfloat16", "float16"])
def test_narrow_types(dtype: str) -> None:
    x = jnp.array([1.5, 0.0, -2.0], dtype)
    seen = jaxplore.numerics(lambda x: x * x, x)
    close(row(seen, "mul"), (0.0, 4.0, math.sqrt(2.25**2 + 16), 0, 0, 1, 3))


def test_complex_numbers_have_a_norm_and_no_least() -> None:
    x = jnp.array([3 + 4j, 0, complex(0, math.nan), complex(math.inf, 0)])
    one = row(jaxplore.numerics(lambda x: x * 1.0, x[:2]), "mul")
    assert (one.minimum, one.maximum, one.norm, one.zero) == (None, None, 5.0, 1)
    bad = row(jaxplore.numerics(lambda x: jnp.conj(x), x), "conj")
    assert (bad.nan, bad.inf) == (1, 1)


def test_the_norm_of_huge_and_of_tiny_numbers() -> None:
    for size in (1e30, 1e-30):
        one = row(jaxplore.numerics(lambda x: x * 3.0, jnp.full(4, size)), "mul")
        assert math.isclose(one.norm, 6 * size, rel_tol=1e-6)


def test_double_precision() -> None:
    with jax.enable_x64(True):
        x = jnp.array([1.0, 1.0 + 1e-12, 1e200 * 1e-60])
        one = row(jaxplore.numerics(lambda x: x * 1.0, x), "mul")
        assert (one.minimum, one.maximum) == (1.0, 1e200 * 1e-60)


def test_saturated_units() -> None:
    x = jnp.array([-9.0, -1.0, 0.0, 1.0, 9.0])
    assert row(jaxplore.numerics(jnp.tanh, x), "tanh").saturated == 2
    assert row(jaxplore.numerics(jax.nn.sigmoid, x), "logistic").saturated == 2
    assert row(jaxplore.numerics(jax.nn.relu, x), "max").saturated == 3
    assert row(jaxplore.numerics(jnp.sin, x), "sin").saturated is None


def test_integers_and_keys_pass_through() -> None:
    def f(key: jax.Array, n: jax.Array) -> tuple[jax.Array, jax.Array]:
        return jax.random.split(key)[0], n + 1

    key = jax.random.key(0)
    seen = jaxplore.numerics(f, key, jnp.int32(3))
    assert seen.rows == () and seen.result[1] == 4
    np.testing.assert_array_equal(
        jax.random.key_data(seen.result[0]), jax.random.key_data(jax.random.split(key)[0])
    )


def test_effects_happen_once(capfd: pytest.CaptureFixture[str]) -> None:
    calls: list[float] = []

    def f(x: jax.Array) -> jax.Array:
        jax.debug.print("x {}", x, ordered=True)

        def step(c: jax.Array, a: jax.Array) -> tuple[jax.Array, None]:
            jax.debug.callback(lambda a: calls.append(float(a)), a)
            return c + a, None

        total, _ = lax.scan(step, x, jnp.arange(3.0))
        return jax.experimental.io_callback(
            lambda t: np.float32(t + 1), jax.ShapeDtypeStruct((), "float32"), total
        )

    seen = jaxplore.numerics(f, jnp.float32(1))
    jax.effects_barrier()
    assert (float(seen.result), calls) == (5.0, [0.0, 1.0, 2.0])
    assert capfd.readouterr().out == "x 1.0\n"


def test_references_are_written_once() -> None:
    def f(x: jax.Array) -> jax.Array:
        ref = jax.new_ref(x)

        def body(i: jax.Array, c: jax.Array) -> jax.Array:
            ref[...] = ref[...] * 2
            return c + 1.0

        return lax.fori_loop(0, 3, body, x) + ref[...]

    assert float(jaxplore.numerics(f, jnp.float32(1)).result) == 12.0


def test_donated_arguments_are_kept_and_static_ones_known() -> None:
    def scaled(x: jax.Array, n: int, *, mode: str) -> jax.Array:
        return x * n if mode == "a" else x

    f = jax.jit(scaled, static_argnums=1, static_argnames="mode", donate_argnums=0)
    x = jnp.ones(3)
    seen = jaxplore.numerics(f, x, 3, mode="a")
    np.testing.assert_array_equal(seen.result, [3.0, 3.0, 3.0])
    assert float(x.sum()) == 3.0
    plain = jaxplore.numerics(scaled, x, 3, mode="a")
    np.testing.assert_array_equal(plain.result, seen.result)


def test_results_keep_their_structure_and_their_bits() -> None:
    def f(p: dict[str, Any], x: jax.Array) -> dict[str, Any]:
        return {"y": jnp.tanh(x @ p["w"]).sum(), "z": (x[:, 0] - 1,)}

    args = ({"w": jax.random.normal(jax.random.key(0), (8, 8))}, jnp.ones((4, 8)))
    step = jax.value_and_grad(lambda p, x: f(p, x)["y"])
    for g in (f, step):
        seen, plain = jaxplore.numerics(g, *args).result, jax.jit(g)(*args)
        assert jax.tree.structure(seen) == jax.tree.structure(plain)
        for one, other in zip(jax.tree.leaves(seen), jax.tree.leaves(plain), strict=True):
            np.testing.assert_array_equal(one, other)


def test_nothing_shows_in_the_ledger() -> None:
    with jaxplore.observe() as ledger:
        jaxplore.numerics(lambda x: jnp.sin(x), np.ones(3, np.float32))
    assert len(ledger) == 0


def test_rows_are_those_of_the_program() -> None:
    def f(x: jax.Array) -> jax.Array:
        for _ in range(60):
            x = jax.jit(lambda x: jnp.sin(x) * 2)(x)
        return x

    seen = jaxplore.numerics(f, jnp.ones(3))
    program = jaxplore.program(f, jnp.ones(3), stages=("jaxpr",))
    assert [e.primitive for e in seen.program.equations] == [e.primitive for e in program.equations]
    assert [r.equation for r in seen.rows] == list(range(180))
    for one in seen.rows:
        equation = seen.program.equations[one.equation]
        assert (one.span, one.phase, one.region) == (equation.span, equation.phase, equation.region)


def deep(levels: int) -> Callable[[jax.Array], jax.Array]:
    """Functions compiled within functions."""

    def f(x: jax.Array) -> jax.Array:
        return jnp.sin(x)

    for _ in range(levels):
        f = jax.jit(lambda x, inner=f: inner(x) * 1.5)
    return f


def test_deep_programs() -> None:
    assert len(jaxplore.numerics(deep(60), jnp.ones(2)).rows) == 120


@pytest.mark.parametrize(
    ("f", "args", "text"),
    [
        (
            jnp.sin,
            (jax.ShapeDtypeStruct((2,), "float32"),),
            "Cannot measure numbers where only a type is given.\n"
            "Got: ShapeDtypeStruct(shape=(2,), dtype=float32) at [0][0]\n"
            "Do: pass an array, such as jnp.ones(shape, dtype).",
        ),
        (
            3,
            (),
            "Cannot measure the numbers of this: they are made when a function runs.\n"
            "Got: 3 (int)\n"
            "Do: pass the function and its arguments: jaxplore.numerics(f, x).",
        ),
    ],
)
def test_what_has_no_numbers_is_refused(f: Any, args: Any, text: str) -> None:
    with pytest.raises(JaxploreError) as caught:
        jaxplore.numerics(f, *args)
    assert str(caught.value) == text


def test_the_users_own_errors_pass_through() -> None:
    def f(x: jax.Array) -> jax.Array:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        jaxplore.numerics(f, 1.0)


def test_the_json_holds_all_but_the_result() -> None:
    seen = jaxplore.numerics(lambda x: jnp.log(x), np.zeros(2, np.float32))
    written = json.loads(json.dumps(seen.to_json()))
    assert list(written) == ["program", "rows", "first_bad", "bad_arguments"]
    assert Program.from_json(written["program"]) == seen.program
    (row,) = written["rows"]
    assert (row["minimum"], row["inf"], written["first_bad"]["inf"]) == (-np.inf, 2, 2)
