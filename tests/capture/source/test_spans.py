"""Each equation points at the exact expression of the user that made it."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.model.program import Equation

X = jnp.ones((3, 3))
SOURCE = Path(__file__).read_text(encoding="utf-8")


def equations(f: Callable[..., Any], *args: Any) -> tuple[Equation, ...]:
    return jaxplore.program(f, *(args or (X,)), stages=("jaxpr",)).equations


def said(f: Callable[..., Any], *args: Any) -> list[tuple[str, str]]:
    """(primitive, the user's expression) per equation."""
    return [(e.primitive, e.span.text if e.span else "") for e in equations(f, *args)]


def test_two_expressions_on_one_line_are_told_apart():
    def f(x: Any) -> Any:
        return jnp.sin(x) + jnp.sin(x * 2)

    assert said(f) == [
        ("sin", "jnp.sin(x)"),
        ("mul", "x * 2"),
        ("sin", "jnp.sin(x * 2)"),
        ("add", "jnp.sin(x) + jnp.sin(x * 2)"),
    ]


def test_an_expression_over_several_lines_is_shown_whole():
    def f(x: Any) -> Any:
        # fmt: off
        return jnp.add(
            x,
            jnp.sin(
                x),
        )
        # fmt: on

    sin = "jnp.sin(\n                x)"
    assert said(f) == [
        ("sin", sin),
        ("add", f"jnp.add(\n            x,\n            {sin},\n        )"),
    ]


def test_columns_count_characters_also_after_other_letters():
    def f(x: Any) -> Any:
        é = "日本𝟜"
        y = jnp.sin(x)
        return jnp.cos(y) + len(é)

    sin, cos, _ = equations(f)
    assert [sin.span.text, cos.span.text] == ["jnp.sin(x)", "jnp.cos(y)"]
    line = SOURCE.split("\n")[sin.span.line - 1]
    assert line[sin.span.column : sin.span.end_column] == "jnp.sin(x)"
    assert sin.span.column == line.index("jnp.sin(x)")


def test_the_innermost_function_of_the_user_is_named():
    def inner(x: Any) -> Any:
        return jnp.exp(x)

    def f(x: Any) -> Any:
        return inner(x) * 2

    exp, mul = equations(f)
    here = "test_the_innermost_function_of_the_user_is_named.<locals>"
    assert (exp.span.text, exp.span.function) == ("jnp.exp(x)", f"{here}.inner")
    assert (mul.span.text, mul.span.function) == ("inner(x) * 2", f"{here}.f")
    assert exp.span.file == mul.span.file == __file__


def test_every_span_is_an_expression_of_the_file():
    def layer(w: Any, x: Any) -> Any:
        return jax.nn.relu(x @ w["a"] + w["b"])[:, :2].mean(axis=0)

    def f(w: Any, x: Any) -> Any:
        with jax.named_scope("enc"):
            h = layer(w, x)
        return (h**2 if h.ndim else h).sum() / -h.size

    expressions = {
        ast.get_source_segment(SOURCE, node)
        for node in ast.walk(ast.parse(SOURCE))
        if isinstance(node, ast.expr)
    }
    texts = {text for _, text in said(jax.grad(f), {"a": X, "b": jnp.ones(3)}, X)}
    assert texts <= expressions
    assert {'x @ w["a"]', 'x @ w["a"] + w["b"]', "h**2", "-h.size"} & texts >= {
        'x @ w["a"]',
        "h**2",
    }


def test_equations_inside_jaxs_own_helpers_point_at_the_users_call():
    def f(x: Any) -> Any:
        return jnp.var(x) + jax.nn.softmax(x).max()

    assert {text for _, text in said(f)} == {
        "jnp.var(x)",
        "jax.nn.softmax(x)",
        "jax.nn.softmax(x).max()",
        "jnp.var(x) + jax.nn.softmax(x).max()",
    }


def test_equations_inside_a_library_point_at_the_users_call():
    linear = equinox.nn.Linear(3, 2, key=jax.random.key(0))

    def f(x: Any) -> Any:
        return linear(x)

    assert {text for _, text in said(f, jnp.ones(3))} == {"linear(x)"}


def test_the_same_helper_called_twice_points_at_each_call():
    def f(x: Any) -> Any:
        first = jnp.var(x)
        return first + jnp.var(x + 1)

    texts = [text for name, text in said(f) if name == "integer_pow" or name == "square"]
    assert texts == ["jnp.var(x)", "jnp.var(x + 1)"]


def test_a_loops_body_points_into_the_body():
    def f(x: Any) -> Any:
        def body(total: Any, row: Any) -> Any:
            return total + jnp.tanh(row).sum(), None

        return jax.lax.scan(body, 0.0, x)[0]

    found = dict(said(f))
    assert found["tanh"] == "jnp.tanh(row)"
    assert found["add"] == "total + jnp.tanh(row).sum()"
    assert found["scan"] == "jax.lax.scan(body, 0.0, x)"


def test_the_transpose_of_an_expression_is_backward_and_points_at_it():
    def loss(x: Any) -> Any:
        return jnp.sum(jnp.sin(x) * 3.0)

    found = [(e.primitive, e.phase, e.span.text) for e in equations(jax.grad(loss))]
    assert ("sin", "forward", "jnp.sin(x)") in found
    assert ("cos", "forward", "jnp.sin(x)") in found
    assert ("mul", "backward", "jnp.sin(x) * 3.0") in found
    assert ("mul", "backward", "jnp.sin(x)") in found


def test_without_a_gradient_everything_is_forward():
    assert {e.phase for e in equations(lambda x: jax.jvp(jnp.tanh, (x,), (x,)))} == {"forward"}


def test_the_backward_of_an_inner_jit_is_backward_throughout():
    inner = jax.jit(lambda x: jnp.tanh(x) @ x)
    rows = equations(jax.grad(lambda x: inner(x).sum()))
    assert {e.phase for e in rows if e.primitive == "dot_general"} == {"forward", "backward"}
    assert [e.phase for e in rows if e.primitive == "tanh"] == ["forward"]
    assert {e.phase for e in rows if e.primitive == "transpose"} <= {"backward"}


@pytest.mark.parametrize("f", [lambda g: g, jax.grad, lambda g: jax.jit(jax.grad(g))])
def test_scopes_are_the_users_names(f: Callable[..., Any]):
    @jax.jit
    def layer(x: Any) -> Any:
        with jax.named_scope("attention"):
            return jnp.sin(x)

    def model(x: Any) -> Any:
        with jax.named_scope("encoder"):
            return layer(x).sum()

    scopes = {e.scope for e in equations(f(model)) if e.primitive in ("sin", "cos")}
    assert scopes == {("encoder", "layer", "attention")}


def test_code_without_source_still_has_a_place():
    space: dict[str, Any] = {"jnp": jnp}
    exec(compile("def f(x):\n  return jnp.sin(x) * 2", "<made up>", "exec"), space)
    rows = equations(space["f"])
    assert [(e.primitive, e.span.file, e.span.line, e.span.text) for e in rows] == [
        ("sin", "<made up>", 2, ""),
        ("mul", "<made up>", 2, ""),
    ]


def test_equal_places_are_one_object():
    first, second = equations(lambda x: jnp.var(x) * 1.0)[:2]
    assert first.span is second.span


def test_the_sources_of_a_program_hold_its_spans():
    program = jaxplore.program(lambda x: jnp.sin(x), X, stages=("jaxpr",))
    [source] = program.sources
    span = program.equations[0].span
    assert source.file == span.file == __file__
    line = source.text.split("\n")[span.line - source.first_line]
    assert line[span.column : span.end_column] == span.text == "jnp.sin(x)"


def test_a_long_file_is_shown_from_first_to_last_function_used(user_module: Callable[..., Any]):
    body = "import jax.numpy as jnp\n" + "# filler\n" * 600
    module = user_module(body + "def f(x):\n    y = x\n    return jnp.sin(y)\n" + "#\n" * 300)
    [source] = jaxplore.program(module.f, X, stages=("jaxpr",)).sources
    assert (source.first_line, source.text) == (602, "def f(x):\n    y = x\n    return jnp.sin(y)")
