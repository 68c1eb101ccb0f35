"""The lines with most equations, and how often a loop made them."""

import textwrap

import jax
import jax.numpy as jnp
import pytest

from jaxplore.capture.programs.jaxprs import count_equations
from jaxplore.capture.programs.linecounts import line_counts
from jaxplore.capture.source.spans import SpanTable

HEAD = "import functools\nimport jax\nimport jax.numpy as jnp\nfrom jax import lax\n"


@pytest.fixture
def counted(user_module):
    """(text, equations, repeats) of each line of `f`, traced for a vector of four."""

    def count(source, most=5, transform=lambda f: f):
        module = user_module(HEAD + textwrap.dedent(source))
        jaxpr = jax.make_jaxpr(transform(module.f))(jnp.ones(4))
        lines = line_counts(jaxpr, SpanTable(), most)
        assert sum(line.equations for line in lines) <= count_equations(jaxpr)
        return [(line.span.text, line.equations, line.repeats) for line in lines]

    return count


def test_an_unrolled_loop_is_counted_and_said_to_repeat(counted):
    assert counted(
        """
        def f(x):
            for _ in range(20):
                x = lax.sin(x) + lax.exp(lax.exp(x))
            return lax.exp(x)
        """
    ) == [("lax.sin(x)", 80, 20), ("lax.exp(x)", 1, 1)]


def test_the_span_is_the_expression_of_the_line_that_made_most(counted):
    assert counted(
        """
        def f(x):
            return lax.exp(x), [lax.sin(x) for _ in range(3)]
        """
    ) == [("lax.sin(x)", 4, 1)]


def test_a_comprehension_and_a_while_are_loops(counted):
    assert counted(
        """
        def f(x):
            ys = [lax.sin(x) for _ in range(12)]
            n = 0
            while n < 9:
                x = lax.exp(x)
                n += 1
            return ys, x
        """
    ) == [("lax.sin(x)", 12, 12), ("lax.exp(x)", 9, 9)]


def test_a_helper_called_in_a_loop_repeats(counted):
    assert counted(
        """
        def helper(x):
            return lax.sin(x)
        def f(x):
            for _ in range(10):
                x = helper(x)
            return x
        """
    ) == [("lax.sin(x)", 10, 10)]


def test_a_helper_called_from_many_places_does_not_repeat(counted):
    calls = "\n".join("    x = helper(x)" for _ in range(10))
    source = f"def helper(x):\n    return lax.sin(x)\ndef f(x):\n{calls}\n    return x\n"
    assert counted(source) == [("lax.sin(x)", 10, 1)]


def test_what_jax_itself_repeats_is_not_a_loop_of_the_user(counted):
    source = "def f(x):\n    return jax.tree.map(lambda y: lax.sin(y), [x] * 30)\n"
    assert counted(source) == [("lax.sin(y)", 30, 1)]


def test_a_loop_run_a_few_times_is_not_said_to_repeat(counted):
    assert counted(
        """
        def f(x):
            for _ in range(7):
                x = lax.sin(x)
            return x
        """
    ) == [("lax.sin(x)", 7, 1)]


def test_a_loop_of_jax_counts_its_body_once(counted):
    assert counted(
        """
        def f(x):
            def body(x, _):
                return lax.sin(lax.exp(x)) + 1, None
            return lax.scan(body, x, None, length=1000)[0]
        """
    ) == [
        ("lax.exp(x)", 3, 1),
        ("lax.scan(body, x, None, length=1000)", 1, 1),
    ]


def test_a_program_used_often_counts_each_time(counted):
    assert counted(
        """
        @jax.jit
        def inner(x):
            return lax.sin(lax.exp(x))
        def f(x):
            for _ in range(10):
                x = inner(x)
            return x
        """
    ) == [("lax.exp(x)", 20, 10), ("inner(x)", 10, 10)]


def test_a_program_used_from_many_places_does_not_repeat(counted):
    calls = "\n".join("    x = inner(x)" for _ in range(10))
    source = f"@jax.jit\ndef inner(x):\n    return lax.sin(x)\ndef f(x):\n{calls}\n    return x\n"
    assert counted(source)[0] == ("lax.sin(x)", 10, 1)


def test_forward_and_backward_of_a_loop_are_one_loop(counted):
    found = counted(
        """
        def f(x):
            for _ in range(10):
                x = lax.sin(x)
            return x[0]
        """,
        transform=jax.grad,
    )
    # The sine, its derivative, and the product on the way back.
    assert found[0] == ("lax.sin(x)", 30, 10)


def test_only_the_lines_with_most_are_given(counted):
    source = "def f(x):\n" + "".join(f"    x = {'-' * n}x\n" for n in range(1, 6)) + "    return x"
    assert [line[1] for line in counted(source, most=2)] == [5, 4]


def test_nested_programs_that_use_each_other_are_read_once(counted):
    inner = "@jax.jit\ndef f0(x):\n    return lax.sin(x)\n"
    for n in range(1, 25):
        inner += f"@jax.jit\ndef f{n}(x):\n    return f{n - 1}(f{n - 1}(x))\n"
    assert counted(inner + "f = f24\n", most=2) == [
        ("f0(x)", 2**24, 1),
        ("lax.sin(x)", 2**24, 1),
    ]


def test_an_empty_program_has_no_lines(counted):
    assert counted("def f(x):\n    return x\n") == []


def test_programs_nested_deeper_than_calls_may_be_are_counted():
    inner = jax.jit(lambda x: x)
    held = jax.make_jaxpr(lambda x: jnp.sin(x))(jnp.ones(4))
    holder = jax.make_jaxpr(lambda x: inner(x))(jnp.ones(4))
    (call,) = holder.eqns
    for _ in range(1_200):
        equations = [call.replace(params={**call.params, "jaxpr": held})]
        if hasattr(holder, "jaxpr"):
            held = holder.replace(jaxpr=holder.jaxpr.replace(eqns=equations))
        else:
            held = holder.replace(eqns=equations)
    lines = line_counts(held, SpanTable())
    assert [(line.span.text, line.equations) for line in lines] == [
        ("inner(x)", 1_200),
        ("jnp.sin(x)", 1),
    ]
