"""The numbers of a run as text and as HTML."""

import re
from dataclasses import replace
from html import unescape

import jax
import jax.numpy as jnp
import pytest

from jaxplore import numerics
from jaxplore.model.numerics import FirstBad, Input, Numerics, NumericsRow, Range
from jaxplore.views.numbers.html import html as drawn

SOURCE = """\
import jax
import jax.numpy as jnp

def root(x):
    return jnp.where(x > 0, jnp.sqrt(x), 0.0).sum()

def layers(x):
    return jnp.tanh(x * 100.0) * 1e-6

def decay(x):
    def step(c, _):
        return c - 1.0, jnp.log(c)
    return jax.lax.scan(step, x, None, length=8)[1]

def twice(x):
    return x * 2.0

def units(x):
    return jax.nn.relu(x).sum()
"""


@pytest.fixture(autouse=True)
def deterministic(monkeypatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")


@pytest.fixture
def lesson(user_module):
    return user_module(SOURCE, "lesson")


def test_the_text_says_where_why_and_what_to_write(lesson):
    record = numerics(jax.grad(lesson.root), jnp.array([0.0, 1.0, 4.0]))
    assert str(record) == repr(record) == ROOT


def test_the_iteration_of_a_loop_is_said(lesson):
    assert str(numerics(lesson.decay, 4.0)) == DECAY


def test_finite_numbers_are_said_to_be_finite(lesson):
    assert str(numerics(lesson.layers, jnp.linspace(-1.0, 1.0, 5))) == LAYERS


def test_what_came_in_is_not_called_made(lesson):
    assert str(numerics(lesson.twice, jnp.array([1.0, jnp.nan]))) == CAME_IN


def test_dead_equations_are_no_numbers_of_an_expression(lesson):
    html = numerics(jax.grad(lesson.units), jnp.array([-1.0, -2.0, 3.0, 4.0]))._repr_html_()
    [row] = [row for row in html.split("<tr") if "jax.nn.relu(x)</code>" in row][:1]
    assert " ".join(re.sub("<[^>]*>", " ", row).split()) == (
        "class=f> lesson.py line 19 jax.nn.relu(x) forward 0 4 2 of 4 50 %"
    )


def test_outside_of_deterministic_mode_the_operation_is_named(lesson, monkeypatch):
    monkeypatch.delenv("JAXPLORE_DETERMINISTIC")
    head = str(numerics(lesson.decay, 4.0)).splitlines()[0]
    assert head == DECAY.splitlines()[0].replace("it read", "log read")


def test_the_html_has_a_row_per_expression_and_marks_the_first_bad_one(lesson):
    html = numerics(jax.grad(lesson.root), jnp.array([0.0, 1.0, 4.0]))._repr_html_()
    assert "<script" not in html
    rows = [" ".join(re.sub("<[^>]*>", " ", row).split()) for row in html.split("<tr")[4:]]
    assert [unescape(row) for row in rows] == [
        "> line expression pass largest, 1e-1 … 1e1 from to NaN Inf zeros",
        "class=f> lesson.py line 5 jnp.sqrt(x) forward 0 2 1 of 3",
        "> jnp.where(x > 0, jnp.sqrt(x), 0.0) forward 0 2 1 of 3",
        "> jnp.where(x > 0, jnp.sqrt(x), 0.0).sum() forward 3 3",
        "> jnp.where(x > 0, jnp.sqrt(x), 0.0).sum() backward 1 1",
        "> jnp.where(x > 0, jnp.sqrt(x), 0.0) backward 0 1 1 of 3",
        "class=m> lesson.py line 5 first bad number: jnp.sqrt(x) backward 0.25 0.5 1",
    ]
    bars = re.findall(r'<i class="(lo|hi)" style="left:(\d+)px;width:(\d+)px">', html)
    # From 1, in the middle: 2 and 3 to the right, 0.5 to the left.
    assert bars == [
        ("hi", "60", "18"),
        ("hi", "60", "18"),
        ("hi", "60", "29"),
        ("hi", "60", "0"),
        ("hi", "60", "0"),
        ("lo", "42", "18"),
    ]


def test_many_expressions_are_cut_with_a_word_on_where_the_rest_is(program):
    plain = program("f")
    spans = [replace(plain.equations[0].span, line=n + 1) for n in range(210)]
    rows = tuple(replace(ROW, span=span) for span in spans)
    record = Numerics(program=plain, rows=rows, first_bad=None)
    html = drawn(record)
    assert html.count("<code>f</code>") == 200
    assert "and 10 more expressions: <code>.rows</code> has all" in html
    assert str(record).splitlines()[-1] == "and 202 more expressions"


def test_equations_are_shown_only_where_tests_do_not_compare(lesson, monkeypatch):
    record = numerics(jax.grad(lesson.root), jnp.array([0.0, 1.0, 4.0]))
    assert "equations</summary>" not in record._repr_html_()
    monkeypatch.delenv("JAXPLORE_DETERMINISTIC")
    html = record._repr_html_()
    assert "<summary>2 equations</summary>" in html
    assert "<td>sqrt</td>" in html and "<td>div</td>" in html


def test_hostile_names_are_escaped(program):
    hostile = "<script>alert(1)</script>&\"'`"
    seen = program(hostile)
    given = Input(name=hostile, type="f32[3]", range=FEW)
    bad = FirstBad(
        equation=0,
        span=seen.equations[0].span,
        phase="forward",
        iteration=None,
        iterations=(),
        nan=1,
        inf=0,
        inputs=(given,),
        reaches_result=True,
    )
    row = replace(ROW, span=seen.equations[0].span)
    record = Numerics(program=seen, rows=(row,), first_bad=bad, bad_arguments=(given,))
    html = drawn(record)
    assert "<script" not in html and "&lt;script&gt;" in html
    assert "'`" not in html.replace("&#x27;`", "")


FEW = Range(minimum=0.0, maximum=1.0, norm=1.0, nan=1, inf=0, zero=1, size=3)
ROW = NumericsRow(
    equation=0,
    span=None,
    phase="forward",
    region=0,
    minimum=0.0,
    maximum=1.0,
    norm=1.0,
    nan=0,
    inf=0,
    zero=0,
    size=3,
    runs=1,
)


ROOT = """\
root: first Inf made by the derivative of `jnp.sqrt(x)`, lesson.py line 5: it read `jnp.sqrt(x)` = [0, 2], 1 of 3 is zero
Q04 the derivative of a root at 0 is infinite, and `jnp.sqrt(x)` is 0 in 1 of 3 elements; `jnp.where(x > 0, jnp.sqrt(x), 0.0)` leaves that element out of the value, but its gradient goes through both branches, and 0 * inf is NaN
    lesson.py line 5: write `jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1.0)), 0.0)`

line              expression                                pass      smallest  largest  NaN  Inf  zeros  numbers
lesson.py line 5  jnp.sqrt(x)                               forward          0        2                1        3
lesson.py line 5  jnp.where(x > 0, jnp.sqrt(x), 0.0)        forward          0        2                1        3
lesson.py line 5  jnp.where(x > 0, jnp.sqrt(x), 0.0).sum()  forward          3        3                         1
lesson.py line 5  jnp.where(x > 0, jnp.sqrt(x), 0.0).sum()  backward         1        1                         3
lesson.py line 5  jnp.where(x > 0, jnp.sqrt(x), 0.0)        backward         0        1                1        3
lesson.py line 5  > jnp.sqrt(x)                             backward      0.25      0.5    1                    3"""
DECAY = """\
decay: first Inf made by `jnp.log(c)`, lesson.py line 12, iteration 4: it read `c` = 0
E19 the log of 0 is -inf: `c` is 0
    lesson.py line 12: write `jnp.log(jnp.maximum(c, 1e-12))`

line               expression    pass     smallest  largest  NaN  Inf  zeros  numbers
lesson.py line 12  c - 1.0       forward        -4        3                1        8
lesson.py line 12  > jnp.log(c)  forward      -inf     1.39    3    1      1        8"""
LAYERS = """\
layers: all numbers are finite; the largest of each expression lies between 1e-06 and 100

line              expression                  pass     smallest  largest  NaN  Inf  zeros  numbers
lesson.py line 8  x * 100.0                   forward      -100      100                1        5
lesson.py line 8  jnp.tanh(x * 100.0)         forward        -1        1                1        5
lesson.py line 8  jnp.tanh(x * 100.0) * 1e-6  forward    -1e-06    1e-06                1        5"""
CAME_IN = """\
twice: no NaN or Inf was made here; what is bad came with `x`
E19 `x` held 1 NaN of 2 before anything ran
    look at what made `x`, not at this program

line               expression  pass     smallest  largest  NaN  Inf  zeros  numbers
lesson.py line 16  x * 2.0     forward         2        2    1                    2"""
