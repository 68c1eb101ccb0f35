"""The rows of a gradient: groups and expressions, each with the backward part that came from it."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from jaxplore.model.gradient import Gradient
from jaxplore.model.mirror.build import mirror
from jaxplore.model.mirror.mirror import Mirror, MirrorEdge
from jaxplore.model.mirror.shown import ShownEdge, first_open, shown_edges, shown_rows
from jaxplore.public.gradient import gradient


def shaped(*shape: int, dtype: str = "float32") -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, dtype)


def outline(seen: Mirror) -> list[str]:
    """Each row as a line: kind, name, how often; `-` where no gradient comes through it."""
    lines: list[str] = []
    for index, row in enumerate(seen.rows):
        mark = "" if row.has_gradient else "- "
        times = "" if row.times == 1 else f" x {row.times}"
        lines.append(f"{'  ' * seen.depth(index)}{mark}{row.kind}: {row.name}{times}")
    return lines


def two_layers(w: Any, v: Any, x: Any) -> Any:
    h = jnp.tanh(x @ w)
    return jnp.mean((h @ v) ** 2)


TWO_LAYERS = (shaped(4, 8), shaped(8, 2), shaped(16, 4))


def test_each_expression_is_a_row_between_the_inputs_and_the_result():
    seen = mirror(gradient(two_layers, *TWO_LAYERS, wrt=(0, 1)))
    assert outline(seen) == [
        "inputs: 3 inputs",
        "  input: w",
        "  input: v",
        "  - input: x",
        "expression: x @ w",
        "expression: jnp.tanh(x @ w)",
        "expression: h @ v",
        "expression: (h @ v) ** 2",
        "expression: jnp.mean((h @ v) ** 2)",
        "result: result of two_layers",
    ]
    types = ["f32[4,8]", "f32[8,2]", "f32[16,4]", "f32[16,8]", "f32[16,8]", "f32[16,2]"]
    assert [row.type for row in seen.rows[1:7]] == types


def test_backward_equations_stand_in_the_row_they_came_from():
    made = gradient(two_layers, *TWO_LAYERS, wrt=(0, 1))
    seen = mirror(made)
    names = {
        row.name: {made.backward.equations[b].primitive for b in row.backward} for row in seen.rows
    }
    assert names["x @ w"] == {"dot_general", "transpose"}
    assert "mul" in names["jnp.tanh(x @ w)"]
    placed = sorted(b for row in seen.rows for b in row.backward)
    assert placed == list(range(len(made.backward.equations)))
    forward = sorted(f for row in seen.rows for f in row.forward)
    assert forward == list(range(len(made.forward.equations)))


def test_an_edge_goes_from_the_row_that_makes_a_value_to_the_row_that_reads_it():
    made = gradient(two_layers, *TWO_LAYERS, wrt=(0, 1))
    seen = mirror(made)
    edges = {
        (seen.rows[e.source].name, seen.rows[e.target].name, made.residuals[e.residual].type)
        for e in seen.edges
    }
    assert edges == {
        ("jnp.tanh(x @ w)", "jnp.tanh(x @ w)", "f32[16,8]"),
        ("jnp.tanh(x @ w)", "h @ v", "f32[16,8]"),
        ("(h @ v) ** 2", "(h @ v) ** 2", "f32[16,2]"),
        ("v", "h @ v", "f32[8,2]"),
        ("x", "x @ w", "f32[16,4]"),
    }


def layers(ws: Any, x: Any) -> Any:
    for w in ws:
        x = jnp.tanh(x @ w)
    return x.sum()


def test_layers_of_a_loop_are_a_repeat():
    seen = mirror(gradient(layers, [shaped(4, 4)] * 5, shaped(2, 4)))
    assert outline(seen)[7:12] == [
        "repeat: jnp.tanh(x @ w) x 5",
        "  line: jnp.tanh(x @ w)",
        "    expression: x @ w",
        "    expression: jnp.tanh(x @ w)",
        "  line: jnp.tanh(x @ w)",
    ]


def test_the_function_itself_is_no_row_among_its_own(
    user_module: Callable[..., ModuleType],
):
    made = user_module(
        "import jax, jax.numpy as jnp\n"
        "@jax.checkpoint\n"
        "def block(w, x):\n"
        "    return x + jnp.tanh(x @ w)\n"
        "def loss(ws, x):\n"
        "    for w in ws:\n"
        "        x = block(w, x)\n"
        "    return jnp.sum(x ** 2)\n"
    )
    lines = outline(mirror(gradient(made.loss, [shaped(4, 4)] * 3, shaped(2, 4))))
    assert [line for line in lines if not line.startswith(" ")] == [
        "inputs: 4 inputs",
        "repeat: x + jnp.tanh(x @ w) x 3",
        "expression: x ** 2",
        "expression: jnp.sum(x ** 2)",
        "result: result of loss",
    ]


def test_a_scan_is_a_row_that_holds_its_body():
    def rnn(w: Any, xs: Any) -> Any:
        def step(h: Any, x: Any) -> Any:
            h = jnp.tanh(h @ w + x)
            return h, None

        return jax.lax.scan(step, jnp.zeros((2, 4)), xs)[0].sum()

    seen = mirror(gradient(rnn, shaped(4, 4), shaped(7, 2, 4)))
    lines = outline(seen)
    at = lines.index("loop: jax.lax.scan(step, jnp.zeros((2, 4)), xs) x 7")
    assert lines[at + 1 : at + 4] == [
        "  expression: h @ w",
        "  expression: h @ w + x",
        "  expression: jnp.tanh(h @ w + x)",
    ]
    # All of the backward loop stands in it.
    assert seen.rows[at].end == at + 4
    assert all(not row.backward for row in seen.rows if row.name == "jnp.zeros((2, 4))")


def test_a_counted_loop_is_a_row_of_its_own():
    def loss(w: Any, x: Any) -> Any:
        return jax.lax.fori_loop(0, 3, lambda i, h: jnp.sin(h @ w), x).sum()

    seen = mirror(gradient(loss, shaped(4, 4), shaped(2, 4)))
    [at] = [i for i, row in enumerate(seen.rows) if row.kind == "loop"]
    assert seen.rows[at].times == 3
    assert [seen.rows[i].name for i in seen.children(at)] == ["h @ w", "jnp.sin(h @ w)"]


def stopping(x: Any) -> Any:
    fixed = jax.lax.stop_gradient(x * 2)
    return jnp.sum(x * fixed) + jnp.argmax(x)


def test_rows_without_a_gradient_are_marked_and_know_why():
    made = gradient(stopping, shaped(3))
    seen = mirror(made)
    grey = {row.name: [made.stops[s].kind for s in row.stops] for row in seen.rows}
    assert grey["jax.lax.stop_gradient(x * 2)"] == ["stop_gradient"]
    assert grey["jnp.argmax(x)"] == ["integer result"]
    lines = outline(seen)
    for name in ("x * 2", "jax.lax.stop_gradient(x * 2)", "jnp.argmax(x)"):
        assert f"- expression: {name}" in lines
    assert "expression: x * fixed" in lines


def test_recomputation_is_counted_in_the_row_that_is_computed_again():
    block = jax.checkpoint(lambda w, x: jnp.sin(jnp.cos(x @ w)))

    def loss(w: Any, x: Any) -> Any:
        return block(w, x).sum()

    seen = mirror(gradient(loss, shaped(4, 4), shaped(2, 4)))
    again = {row.name: row.recomputed for row in seen.rows if row.recomputed}
    assert set(again) >= {"x @ w", "jnp.cos(x @ w)"}


@jax.custom_vjp
def clipped(x: Any) -> Any:
    return x


def clipped_forward(x: Any) -> Any:
    return x, jnp.sign(x)


def clipped_backward(sign: Any, g: Any) -> Any:
    return (g * sign,)


clipped.defvjp(clipped_forward, clipped_backward)


def test_a_custom_rule_has_a_row_of_its_own_after_what_was_kept_for_it():
    made = gradient(lambda x: jnp.sum(clipped(jnp.sin(x)) ** 2), shaped(3))
    seen = mirror(made)
    kinds = [(row.kind, row.name) for row in seen.rows]
    at = kinds.index(("expression", "jnp.sign(x)"))
    assert seen.rows[at + 1].kind == "backward only"
    assert not seen.rows[at].has_gradient  # only kept
    [edge] = [e for e in seen.edges if e.source == at]
    assert edge == MirrorEdge(source=at, target=at + 1, residual=edge.residual)


def with_norms(made: Gradient, norm: Callable[[int], float | None]) -> Gradient:
    norms = tuple(norm(b) for b in range(len(made.backward.equations)))
    return replace(made, cotangent_norms=norms)


def test_a_row_has_the_norm_of_what_it_hands_back_and_a_group_the_largest():
    made = gradient(layers, [shaped(4, 4)] * 3, shaped(2, 4))
    seen = mirror(with_norms(made, lambda b: 10.0**-b))
    [repeat] = [row for row in seen.rows if row.kind == "repeat"]
    first, second = [row.norm for row in seen.rows if row.name == "x @ w"][:2]
    assert first is not None and second is not None and first < second
    assert repeat.norm == max(row.norm for row in seen.rows if row.kind == "line")
    assert all(row.norm is None for row in mirror(made).rows)


def test_a_norm_that_is_no_number_wins():
    made = gradient(two_layers, *TWO_LAYERS)
    seen = mirror(with_norms(made, lambda b: float("nan") if b == 1 else 1.0))
    broken = [row.name for row in seen.rows if row.norm is not None and row.norm != row.norm]
    assert broken == ["jnp.mean((h @ v) ** 2)"]


def test_at_first_outer_groups_are_open_as_far_as_there_is_room():
    seen = mirror(gradient(layers, [shaped(4, 4)] * 12, shaped(2, 4)))
    shown = shown_rows(seen, first_open(seen, 24))
    names = [f"{one.turn}:{seen.rows[one.row].name}:{one.is_open}" for one in shown]
    assert names[0] == "0:13 inputs:False"
    assert names[1] == "0:jnp.tanh(x @ w):True"
    # One turn stands for all.
    assert names[2:6] == [
        "1:jnp.tanh(x @ w):True",
        "0:x @ w:False",
        "0:jnp.tanh(x @ w):False",
        "2:jnp.tanh(x @ w):False",
    ]
    assert len(shown) <= 24
    assert [one.is_open for one in shown_rows(seen, first_open(seen, 4))] == [False] * 4


def test_a_closed_group_stands_for_what_it_holds():
    made = gradient(layers, [shaped(4, 4)] * 3, shaped(2, 4))
    seen = mirror(made)
    shown = shown_rows(seen, ())
    edges = shown_edges(seen, shown, made.residuals)
    kept = [e for e in edges if e.is_made]
    assert [(e.source, e.target, e.size_bytes) for e in kept] == [(1, 1, made.residual_bytes)]
    assert all(isinstance(e, ShownEdge) for e in edges)
    # Opened again, nothing is lost and nothing is counted twice.
    opened = shown_rows(seen, range(len(seen.rows)))
    apart = [e for e in shown_edges(seen, opened, made.residuals) if e.is_made]
    found = {residual for e in apart for residual in e.residuals}
    assert sum(made.residuals[r].size_bytes for r in found) == made.residual_bytes


def test_a_branch_holds_the_users_code_alone():
    def loss(x: Any) -> Any:
        y = jax.lax.cond(x[0] > 0, lambda v: jnp.sin(v) * 2, lambda v: jnp.exp(v), x)
        return y.sum()

    lines = outline(mirror(gradient(loss, shaped(3))))
    at = next(i for i, line in enumerate(lines) if line.startswith("branches: "))
    assert lines[at + 1 : at + 6] == [
        "  branch: branch 0",
        "    expression: jnp.exp(v)",
        "  branch: branch 1",
        "    expression: jnp.sin(v)",
        "    expression: jnp.sin(v) * 2",
    ]


def test_users_jitted_functions_are_rows_and_a_librarys_are_not(
    user_module: Callable[..., ModuleType],
):
    made = user_module(
        "import jax, jax.numpy as jnp\n"
        "@jax.jit\n"
        "def inner(x):\n"
        "    y = jnp.sin(x)\n"
        "    return y * jnp.cos(x)\n"
        "def loss(x):\n"
        "    return jax.nn.log_softmax(inner(x)).sum()\n"
    )
    lines = outline(mirror(gradient(made.loss, shaped(3))))
    assert lines == [
        "input: x",
        "call: inner",
        "  expression: jnp.sin(x)",
        "  expression: jnp.cos(x)",
        "  expression: y * jnp.cos(x)",
        "expression: jax.nn.log_softmax(inner(x))",
        "expression: jax.nn.log_softmax(inner(x)).sum()",
        "result: result of loss",
    ]


@pytest.mark.parametrize("deep", [1, 3])
def test_a_derivative_of_a_derivative_has_rows(deep: int):
    f = two_layers
    for _ in range(deep):
        f = (lambda g: lambda w, v, x: jnp.sum(jax.grad(g)(w, v, x) ** 2))(f)
    made = gradient(f, *TWO_LAYERS)
    seen = mirror(made)
    placed = sorted(b for row in seen.rows for b in row.backward)
    assert placed == list(range(len(made.backward.equations)))


def test_rows_nest_and_a_mirror_is_json():
    seen = mirror(gradient(layers, [shaped(4, 4)] * 3, shaped(2, 4)))
    for index, row in enumerate(seen.rows):
        assert row.parent is None or index < seen.rows[row.parent].end
        assert index < row.end <= len(seen.rows)
    data = seen.to_json()
    assert [row["name"] for row in data["rows"]] == [row.name for row in seen.rows]
