"""An expression written anew, from its text alone."""

import pytest

from jaxplore.advise.numbers.badfixes import stable_form, strict
from jaxplore.advise.numbers.rewriting import Expression, exchanged
from jaxplore.model.span import Span


@pytest.mark.parametrize(
    ("written", "stable"),
    [
        ("jnp.exp(z) / jnp.sum(jnp.exp(z))", "jax.nn.softmax(z, axis=None)"),
        ("jnp.exp(z) / jnp.exp(z).sum(-1, keepdims=True)", "jax.nn.softmax(z, axis=-1)"),
        ("jnp.exp(z) / jnp.sum(jnp.exp(z), axis=1)", ""),
        ("jnp.exp(z) / jnp.sum(jnp.exp(y))", ""),
        ("jnp.log(jnp.exp(z).sum(axis=-1))", "jax.nn.logsumexp(z, axis=-1)"),
        ("jnp.log(1 + jnp.exp(-z))", "jax.nn.softplus(-z)"),
        ("jnp.log1p(jnp.exp(z * 2))", "jax.nn.softplus(z * 2)"),
        ("jnp.log(jax.nn.softmax(z, axis=0))", "jax.nn.log_softmax(z, axis=0)"),
        ("jnp.log(jax.nn.sigmoid(z))", "jax.nn.log_sigmoid(z)"),
        ("1 / (1 + jnp.exp(-z))", "jax.nn.sigmoid(z)"),
        ("1.0 / (jnp.exp(-(a + b)) + 1.0)", "jax.nn.sigmoid(a + b)"),
        ("2 / (1 + jnp.exp(-z))", ""),
        ("jnp.log(x)", ""),
        ("x / y", ""),
    ],
)
def test_what_jax_computes_stably_under_a_name_is_known(written, stable):
    expression = Expression.of(written)
    assert expression is not None and stable_form(expression) == stable


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("x >= 0", "x > 0"),
        ("x < 0.0", "x <= 0.0"),
        ("x > 0", "x > 0"),
        ("x >= 1", "x >= 1"),
        ("0 <= x < 1", "0 <= x < 1"),
        ("mask", "mask"),
    ],
)
def test_a_condition_that_lets_zero_in_is_made_strict(given, wanted):
    assert strict(given) == wanted


@pytest.mark.parametrize("text", ["", "x +", "x = 1", "for x in y", "f(x", "\0"])
def test_what_is_no_expression_is_left_alone(text):
    assert Expression.of(text) is None


def test_names_that_take_several_bytes_are_kept():
    expression = Expression.of("jnp.sqrt(größe * ñ)")
    assert expression.with_part(expression.arguments[0], "ß") == "jnp.sqrt(ß)"


def test_a_part_on_a_later_line_is_exchanged():
    def span(line, column, text):
        rows = text.split("\n")
        end = len(rows[-1]) + (column if len(rows) == 1 else 0)
        return Span(
            file="a.py",
            line=line,
            column=column,
            end_line=line + len(rows) - 1,
            end_column=end,
            function="f",
            text=text,
        )

    outer = span(3, 8, "jnp.where(x > 0,\n  jnp.sqrt(x), 0.)")
    assert exchanged(outer, span(4, 2, "jnp.sqrt(x)"), "1.") == "jnp.where(x > 0,\n  1., 0.)"
