"""What is said before a long compile, word for word."""

import pytest

from jaxplore.advise.compiles.longcompile import LONG_EQUATIONS, warning
from jaxplore.model.compiles import LineCount
from jaxplore.model.span import Span


def line(number: int, equations: int, *, repeats: int = 1, text: str = "block(x)") -> LineCount:
    span = Span(
        file="cell 3",
        line=number,
        column=4,
        end_line=number,
        end_column=12,
        function="train_step",
        text=text,
    )
    return LineCount(span=span, equations=equations, repeats=repeats)


def test_a_program_that_compiles_soon_gets_no_warning():
    assert warning("f", LONG_EQUATIONS - 1, [line(1, LONG_EQUATIONS - 1, repeats=500)]) is None


def test_the_lines_of_an_unrolled_loop_are_named_with_what_to_do():
    lines = [line(14, 48_125, repeats=4_000), line(20, 4_000), line(21, 100)]
    assert warning("train_step", 52_310, lines) == (
        "train_step has 52,310 equations: XLA may take about 8 s to 16 min, and an interrupt "
        "waits until it ends\n"
        "  cell 3 line 14 `block(x)` unrolled 4,000 times: 92 % of 52,310 equations; use "
        "jax.lax.scan or fori_loop\n"
        "  cell 3 line 20 `block(x)`: 8 % of 52,310 equations"
    )


def test_what_is_not_unrolled_is_not_said_to_be():
    assert warning("step", 5_000, [line(2, 3_000), line(3, 2_000)]) == (
        "step has 5,000 equations: XLA may take about 1 s to 38 s, and an interrupt waits until "
        "it ends\n"
        "  cell 3 line 2 `block(x)`: 60 % of 5,000 equations\n"
        "  cell 3 line 3 `block(x)`: 40 % of 5,000 equations\n"
        "  what is done often in the same way can be compiled once: jax.lax.scan over stacked "
        "arrays, or jax.vmap"
    )


def test_without_lines_the_size_alone_is_said():
    assert warning("step", 400_000, []) == (
        "step has 400,000 equations: XLA may take about 60 s to 2 h, and an interrupt waits "
        "until it ends"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("f(\n    x,\n)", " `f( x, )`"),
        ("x" * 51, f" `{'x' * 49}…`"),
    ],
)
def test_an_expression_is_shown_on_one_short_line(text: str, shown: str):
    said = warning("f", 5_000, [line(2, 5_000, repeats=9, text=text)])
    assert said is not None
    assert said.splitlines()[1].startswith(f"  cell 3 line 2{shown} unrolled 9 times: 100 %")
