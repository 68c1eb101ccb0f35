"""What devices send each other, as text and as HTML."""

import re
from dataclasses import replace
from html import unescape

import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.views.collectives import text as words
from jaxplore.views.collectives.html import html as drawn
from tests.capture.collectives import eight

RESHARD = """\
f: 1 collective makes each of 8 devices send 384 B: 384 B over data

line                  expression                                        pass     collective  over  \
times  each time  in all
programs.py line {}  lax.with_sharding_constraint(y, P(None, "data"))  forward  all-to-all  data  \
    1      384 B   384 B
    `jnp.sin(x)` is rows over `data` (4); `lax.with_sharding_constraint(y, P(None, "data"))` asks \
for columns over `data` (4)
    do: write `lax.with_sharding_constraint(y, P('data', None))`, unless what follows needs \
columns over `data` (4); or pass `x` in split that way: `jax.device_put(x, NamedSharding(mesh, \
P(None, 'data')))`"""

RING = """\
f: 2 collectives make each of 8 devices send 768 B: 512 B over data, 256 B over model

line                 expression                                            pass     collective      \
    over   times  each time  in all
programs.py line {}  lax.ppermute(a, "data", [(i, (i + 1) % 4) for i in …  forward  \
collective-permute  data       1      512 B   512 B
    the code asks for it: ppermute over `data` (4)
programs.py line {}  lax.all_to_all(a, "model", 1, 0, tiled=True)          forward  all-to-all      \
    model      1      256 B   256 B
    the code asks for it: all_to_all over `model` (2)"""


@pytest.fixture(params=[False, True], ids=["shown", "deterministic"])
def is_deterministic(request, monkeypatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1" if request.param else "")
    return request.param


def lines_of(record):
    """The lines that the text names, in its order."""
    rows = words.rows_of(record)
    return [row.first.span.line for row in rows]


@pytest.mark.parametrize(("name", "text"), [("reshard", RESHARD), ("ring", RING)])
def test_the_text_says_what_is_sent_why_and_what_to_write(name, text, is_deterministic):
    record = eight.record(name)
    assert str(record) == repr(record) == text.format(*lines_of(record))


VERDICTS = {
    "nothing_moves": "<lambda>: no collectives: nothing moves between the 8 devices",
    "asked_in_parts": "f: no collectives: nothing moves between the 8 devices; 1 transfer to or "
    "from the host",
    "unknown_length": "f: at least 1 collective makes each of 8 devices send 768 B: 768 B over data",
    "loops": "f: 15 collectives make each of 8 devices send 11.2 KiB: 11.2 KiB over data",
    "megatron": "f: 4 collectives make each of 8 devices send 25.5 KiB: 24.0 KiB over data, 1.5 KiB "
    "over model",
    "host": "f: 1 collective makes each of 8 devices send 7 B: 7 B over data and model; 2 transfers "
    "to or from the host",
}


@pytest.mark.parametrize("name", VERDICTS)
def test_the_first_line_sums_up(name):
    assert words.verdict(eight.record(name)) == VERDICTS[name]


def test_one_device_and_no_hlo():
    record = jaxplore.collectives(lambda x: x + 1, jnp.ones(3))
    assert str(record) == "<lambda> runs on one device: nothing moves between devices"
    empty = jaxplore.collectives(jaxplore.program(lambda x: x + 1, jnp.ones(3), stages=("jaxpr",)))
    assert str(empty) == "<lambda>: not known, for there is no optimised HLO"


def test_equal_collectives_of_an_expression_are_one_row():
    record = eight.record("sorted_rows")
    [row] = words.rows_of(record)
    assert (len(record.rows), row.times, row.sent_bytes) == (2, 2, 768)


def test_sums_are_by_axes_most_first():
    assert words.by_axes(eight.record("ring")) == [("over data", 512), ("over model", 256)]


def test_what_goes_to_the_host_has_a_table_of_its_own():
    text = str(eight.record("host"))
    assert "to or from the host  times  each time" in text
    assert "    do: it runs in every round of the loop: print under" in text


def said(html):
    """What is read on the page, without its style."""
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(text).split())


def test_html_says_the_same_and_reads_without_script(is_deterministic):
    record = eight.record("megatron")
    html = record._repr_html_()
    assert html == drawn(record)
    read = said(html)
    assert read.startswith(VERDICTS["megatron"])
    assert "what each device sends over data 24.0 KiB over model 1.5 KiB" in read
    for row in record.rows:
        assert row.explanation.replace("`", "").split()[0] in read and row.kind in read
    assert "<script" not in html and 'role="img" aria-label="94 % of all bytes"' in html
    # XLA counts its instructions in its own way in each version.
    assert ("in the optimised HLO" in read) is not is_deterministic


def test_advice_is_marked_in_html():
    html = eight.record("whole")._repr_html_()
    assert html.count('<div class="do">') == 1
    assert "write <code>lax.with_sharding_constraint(jnp.sin(x), P(&#x27;data&#x27;, None))" in html


def test_hostile_names_are_escaped():
    record = eight.record("psum")
    evil = '<img src=x onerror="alert(1)">'
    [row] = record.rows
    row = replace(row, span=replace(row.span, text=evil, file=evil), axes=(evil,), name=evil)
    row = replace(row, explanation=evil, advice=f"`{evil}` `")
    record = replace(record, rows=(row,), program=replace(record.program, name=evil))
    html = record._repr_html_()
    assert "<img" not in html and html.count("&lt;img") >= 6
    assert evil in str(record)


def test_both_versions_of_the_theme_have_colours():
    html = eight.record("psum")._repr_html_()
    assert "prefers-color-scheme:dark" in html and "data-jp-theme-light=false" in html
