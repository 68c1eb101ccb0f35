"""What differs between two programs, as text and as HTML that needs no script."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.model.diff.align import diff_programs
from jaxplore.model.diff.difference import ProgramDiff
from jaxplore.model.program import Program
from jaxplore.views.programs import diff as view

X = jnp.ones(3)


def before(x: Any) -> Any:
    for _ in range(6):
        x = jnp.sin(x)
    return (x * 2.0).sum()


def after(x: Any) -> Any:
    for _ in range(6):
        x = jnp.sin(x)
    return (jnp.exp(x) * 3.0).sum()


@pytest.fixture
def found() -> ProgramDiff:
    return jaxplore.diff((before, X), (after, X.astype("bfloat16")))


@pytest.fixture
def edited() -> ProgramDiff:
    return jaxplore.diff((before, X), (after, X))


TEXT = """\
before -> after: 7 equations the same, 1 changed, 1 added, 0 removed
  changed: inputs in 1, reads 2.0 -> 3.0 in 1
  added: 1 exp
                 before  after
  equations           8      9  +12 %
  flops              24     27  +12 %
  bytes moved     188 B  212 B  +13 %
  largest value    12 B   12 B
  ... 4 equal equations
  f:f32[3] = sin e  # test_diff.py line 29: jnp.sin(x)
  g:f32[3] = sin f  # test_diff.py line 29: jnp.sin(x)
+ h:f32[3] = exp g  # test_diff.py line 30: jnp.exp(x)
~ i:f32[3] = mul h 3.0:f32[]  # reads g -> h; reads 2.0 -> 3.0  # test_diff.py line 30: jnp.exp(x) * 3.0
  j:f32[] = reduce_sum[axes=(0,)] i  # test_diff.py line 30: (jnp.exp(x) * 3.0).sum()"""


def test_equal_stretches_are_folded_and_differences_signed(edited: ProgramDiff):
    lines = str(edited).replace("[axes=(0,) out_sharding=None]", "[axes=(0,)]")
    assert lines == TEXT
    assert repr(edited) == str(edited)


def test_nothing_is_listed_where_nothing_differs():
    same = jaxplore.diff((before, X), (before, X))
    assert str(same).splitlines()[0] == "before: no difference in 8 equations"
    assert "sin" not in str(same) and "sin" not in view.html(same)


def test_the_page_has_both_columns_signs_and_types(found: ProgramDiff):
    html = view.html(found)
    assert "<script" not in html
    rows = re.findall(r"<tr style.*?</tr>", html)
    cells = [
        [unescape(re.sub("<[^>]*>", "", c)) for c in re.findall(r"<td.*?</td>", r)] for r in rows
    ]
    assert [row[0] for row in cells[:2]] == ["~", "~"]
    assert cells[0][1:4] == ["b:f32[3] = sin a", "b:bf16[3] = sin a", "f32[3] -> bf16[3]"]
    assert cells[0][4].endswith("jnp.sin(x)")
    assert any(row[0] == "+" and row[1] == "" and "exp" in row[2] for row in cells)
    assert "x: f32[3] -&gt; bf16[3]" in html


def test_under_test_nothing_depends_on_the_version_of_xla(monkeypatch: pytest.MonkeyPatch):
    f, g = (jax.jit(fun).trace(X).lower().compile() for fun in (before, after))
    compiled = jaxplore.diff(f, g)
    assert "XLA's flops" in str(compiled) and "XLA" in compiled._repr_html_()
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    assert "XLA's flops" not in str(compiled) and "XLA&#x27;s" not in compiled._repr_html_()


def test_hostile_names_are_escaped(program: Callable[[str], Program]):
    hostile = "<script>alert(1)</script>\"'&"
    html = view.html(diff_programs(program(hostile), program(f"{hostile}<b>")))
    assert "<script" not in html and "alert(1)" in html and "<b>&lt;script" in html
    assert re.findall(r"<(\w+)", html).count("b") == 1


def test_a_long_difference_is_cut_and_says_so():
    def long(x: Any, flip: bool) -> Any:
        for n in range(700):
            x = (jnp.sin if (n % 2 == 0) ^ flip else jnp.cos)(x) * float(n)
        return x

    found = jaxplore.diff((lambda x: long(x, False), X), (lambda x: x + 1, X))
    assert len(str(found).splitlines()) < 220
    assert "more lines; .rows has all" in str(found)
    assert view.html(found).count("<tr") < 320


def test_the_same_difference_gives_the_same_output(edited: ProgramDiff):
    again = jaxplore.diff((before, X), (after, X))
    assert str(again) == str(edited) and again._repr_html_() == edited._repr_html_()


def test_a_program_whose_text_was_not_made_reads_too():
    one = jaxplore.program(before, X, stages=())
    two = jaxplore.program(after, X, stages=())
    assert "+ h:f32[3] = exp g" in str(diff_programs(one, two))


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [(100, 150, "+50 %"), (100, 100, ""), (100, 400, "x 4"), (0, 3, ""), (1000, 1001, "+0.1 %")],
)
def test_ratios(was: float, now: float, said: str):
    assert view._ratio(was, now) == said  # pyright: ignore[reportPrivateUsage]
