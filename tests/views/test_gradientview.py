"""A gradient as text, SVG, HTML and wire: whole texts; hostile names stay text."""

import base64
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import pytest

from jaxplore.model.gradient import Gradient, GradientLayer
from jaxplore.model.mirror.mirror import ROW_KINDS
from jaxplore.public.gradient import gradient
from jaxplore.views.gradient import colours, html, svg, text, wire, words

SOURCE = """\
import jax, jax.numpy as jnp

def loss(w, x):
    h = jnp.sin(x @ w)
    fixed = jax.lax.stop_gradient(h)
    return jnp.sum(h * fixed)

def layers(ws, x):
    for w in ws:
        x = jax.nn.sigmoid(x @ w)
    return x.sum()

@jax.checkpoint
def block(w, x):
    return jnp.cos(jnp.sin(x @ w))

def saved(w, x):
    return block(w, x).sum()
"""


def shaped(*shape: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, "float32")


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """As a file the user wrote."""
    path = tmp_path_factory.mktemp("code") / "user_code.py"
    path.write_text(SOURCE, encoding="utf-8")
    module = ModuleType("user_code")
    exec(compile(SOURCE, str(path), "exec"), module.__dict__)
    return module


@pytest.fixture(scope="module")
def made(code: ModuleType) -> Gradient:
    return gradient(code.loss, jnp.ones((4, 2)) / 4, jnp.ones((3, 4)))


@pytest.fixture
def under_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")


@pytest.mark.usefixtures("under_test")
def test_the_text_says_all_of_it(made: Gradient):
    assert text.text(made) == TEXT


TEXT = """\
gradient of loss: value 4.25 · by 1 input · 2 values kept for the backward pass: 48 B

   forward ↓                   type      kept        norm  ↑ backward
1  ▾ 2 inputs
2      w                       f32[4,2]              3.86  gradient
3      x                       f32[3,4]  (48 B → 4)        not asked for
4    x @ w                     f32[3,2]              3.86
5    jnp.sin(x @ w)            f32[3,2]  24 B        1.11
6    jax.lax.stop_gradient(h)  f32[3,2]  24 B → 7          stop_gradient lets no gradient pass
7    h * fixed                 f32[3,2]              2.06
8    jnp.sum(h * fixed)        f32[]                 2.45
9    result of loss = 4.25                           1     starts with 1

kept for the backward pass: 48 B
size  type      value                     made at
24 B  f32[3,2]  jnp.sin(x @ w)            user_code.py line 4
24 B  f32[3,2]  jax.lax.stop_gradient(h)  user_code.py line 5
read again, but alive anyway: 48 B (x)

the gradient stops in 1 place
where                expression                why
user_code.py line 5  jax.lax.stop_gradient(h)  stop_gradient lets no gradient pass

norms by layer  parameters  gradient  cotangent
w                    0.707      3.86       1.11"""


def test_outside_of_tests_a_row_names_its_operations(made: Gradient):
    lines = str(made).splitlines()
    assert next(line for line in lines if line.startswith("4 ")).endswith("dot_general, transpose")


@pytest.mark.usefixtures("under_test")
def test_turns_of_a_repeat_are_numbered_and_equal_values_are_one_row(code: ModuleType):
    made = gradient(code.layers, [shaped(4, 4)] * 3, shaped(2, 4))
    assert text.text(made) == LAYERS


LAYERS = """\
gradient of layers: by 3 inputs · 5 values kept for the backward pass: 160 B

    forward ↓                     type      kept         ↑ backward
 1  ▾ 4 inputs
 2      ws[0]                     f32[4,4]               gradient
 3      ws[1]                     f32[4,4]  (64 B → 10)  gradient
 4      ws[2]                     f32[4,4]  (64 B → 11)  gradient
 5      x                         f32[2,4]  (32 B → 8)   not asked for
 6  ▾ jax.nn.sigmoid(x @ w) × 3   f32[2,4]
 7    ▾ 1: jax.nn.sigmoid(x @ w)  f32[2,4]
 8        x @ w                   f32[2,4]
 9        jax.nn.sigmoid(x @ w)   f32[2,4]  64 B → 10
10    ▸ 2: jax.nn.sigmoid(x @ w)  f32[2,4]  64 B → 11
11    ▸ 3: jax.nn.sigmoid(x @ w)  f32[2,4]  32 B
12    x.sum()                     f32[]
13    result of layers                                   starts here

kept for the backward pass: 160 B
 size  type          value                  made at
160 B  5 × f32[2,4]  jax.nn.sigmoid(x @ w)  user_code.py line 10
read again, but alive anyway: 160 B (ws[1], ws[2], x)"""


@pytest.mark.usefixtures("under_test")
def test_what_is_computed_again_says_so(code: ModuleType):
    made = gradient(code.saved, shaped(4, 4), shaped(2, 4))
    lines = text.text(made).splitlines()
    assert made.residual_bytes == 0
    assert lines[0] == ("gradient of saved: by 1 input · nothing kept for the backward pass")
    row = next(line for line in lines if "jnp.sin(x @ w)" in line)
    assert row.endswith("computed again")


def test_the_layers_table_has_only_columns_with_numbers(made: Gradient):
    layer = GradientLayer(
        name="enc", parameter_norm=1.5, gradient_norm=None, cotangent_norm=2e-9, saturated=0.25
    )
    assert text.layers_text(replace(made, layers=(layer,))) == (
        "norms by layer  parameters  cotangent  saturated\n"
        "enc                    1.5      2e-09       25 %"
    )


def test_the_picture_is_xml_with_every_row_and_nothing_else(made: Gradient):
    root = ElementTree.fromstring(made.to_svg())
    said = ["".join(part.itertext()) for part in root.iter("{http://www.w3.org/2000/svg}text")]
    for name in ("x @ w", "jnp.sin(x @ w)", "h * fixed", "result of loss = 4.25"):
        assert name in said
    assert "stop_gradient lets no gradient pass" in said
    assert {"24 B", "3.86"} <= set(said)
    tags = {part.tag.rpartition("}")[2] for part in root.iter()}
    assert tags == {"svg", "title", "style", "defs", "marker", "path", "rect", "text", "g"}


def test_lines_are_as_thick_as_what_is_kept(code: ModuleType):
    made = gradient(code.loss, shaped(4, 2), shaped(3, 4))
    kept = re.findall(r'class="k" stroke-width="([\d.]+)"', svg.svg(made))
    assert kept == ["7.2", "7.2"]
    assert len(re.findall('class="a"', svg.svg(made))) == 1


def test_types_alone_have_no_scale(code: ModuleType, made: Gradient):
    numbers, made = made, gradient(code.loss, shaped(4, 2), shaped(3, 4))
    assert "exploding" not in svg.svg(made)
    assert "exploding" in svg.svg(numbers)


def test_colours_go_from_purple_over_grey_to_orange():
    purple, grey, orange = (colours.colour(norm) for norm in (1e-9, 1.0, 1e9))
    assert (purple, grey, orange) == ("#5e3c99", "#a0a6ae", "#a63c00")
    assert colours.colour(float("inf")) == colours.colour(float("nan")) == colours.BROKEN
    assert colours.colour(0.0) == colours.colour(None) == "none"


def test_bars_span_four_decades_at_least():
    bars = colours.Bars([1.0, 0.1])
    assert bars.share(1.0) == 1.0
    assert 0.7 < bars.share(0.1) < 0.8
    assert (bars.share(0.0), bars.share(None), bars.share(float("nan"))) == (0.0, 0.0, 1.0)


HOSTILE = "<img src=x onerror=alert(1)>]]>\x00\ud800"


def hostile(made: Gradient) -> Gradient:
    residuals = [replace(one, name=HOSTILE) for one in made.residuals]
    stops = [replace(one, reason=HOSTILE) for one in made.stops]
    inputs = [replace(one, path=HOSTILE) for one in made.inputs]
    return replace(
        made,
        name=HOSTILE,
        residuals=tuple(residuals),
        stops=tuple(stops),
        inputs=tuple(inputs),
    )


def test_hostile_names_stay_text(made: Gradient):
    bad = hostile(made)
    root = ElementTree.fromstring(bad.to_svg())
    assert not [part for part in root.iter() if part.tag.endswith("img")]
    page = html.html(bad)
    assert re.findall("<img (?!src=.data:image/svg)", page) == []
    assert "&lt;img src=x" in page
    json.dumps(wire.payload(bad, with_program=False), allow_nan=False)


def test_the_html_has_a_picture_and_tables_and_no_script(made: Gradient):
    page = html.html(made)
    assert page.count("<img ") == 1 and "<script" not in page and "<svg" not in page
    titles = re.findall("<summary[^>]*>([^<]*)</summary>", page)
    assert titles == [
        "the rows as text",
        "kept for the backward pass: 48 B",
        "the gradient stops in 1 place",
        "norms by layer",
    ]


@pytest.mark.usefixtures("under_test")
def test_under_test_the_html_is_tables_alone(made: Gradient):
    page = html.html(made)
    assert "<img" not in page and page.count("<details open>") == 4
    assert "dot_general" not in page


def test_the_wire_has_the_rows_in_columns(made: Gradient):
    data = wire.payload(made, with_program=False)
    assert sorted(data) == ["format", "gradient", "view"]
    seen = data["gradient"]
    names = [seen["strings"][i] for i in seen["rows"]["name"]]
    assert names == [
        "2 inputs",
        "w",
        "x",
        "x @ w",
        "jnp.sin(x @ w)",
        "jax.lax.stop_gradient(h)",
        "h * fixed",
        "jnp.sum(h * fixed)",
        "result of loss",
    ]
    assert {len(column) for column in seen["rows"].values()} == {len(names)}
    spans = seen["spans"]
    at = seen["rows"]["span"][names.index("jnp.sin(x @ w)")]
    assert (spans["line"][at], spans["column"][at], spans["end_column"][at]) == (4, 8, 22)
    assert seen["strings"][spans["file"][at]].endswith("user_code.py")
    assert seen["stops"][0]["reason"] == "stop_gradient lets no gradient pass"
    assert "program" in wire.payload(made, with_program=True)


def test_numbers_that_json_has_not_travel_as_words(made: Gradient):
    broken = replace(made, cotangent_norms=tuple(float("nan") for _ in made.cotangent_norms))
    data = wire.payload(broken, with_program=False)
    norms: list[Any] = data["gradient"]["rows"]["norm"]
    assert "NaN" in norms
    json.dumps(data, allow_nan=False)


def test_a_large_gradient_travels_packed(code: ModuleType):
    x = jax.ShapeDtypeStruct((2, 4), "float32")

    def wide(x: Any) -> Any:
        return sum(jnp.sum(jnp.sin(x * i)) for i in range(60))

    data = wire.payload(gradient(wide, x), with_program=False)
    assert sorted(data) == ["format", "packed", "view"]
    seen = json.loads(gzip.decompress(base64.b64decode(data["packed"])))
    assert seen["format"] == wire.GRADIENT_FORMAT


def test_the_browser_knows_the_same_kinds_of_rows_and_the_same_colours():
    browser = Path(__file__).parents[2] / "extension/src"
    rows = (browser / "wire/gradient.ts").read_text(encoding="utf-8")
    kinds = re.findall('"([^"]*)"', rows[rows.index("ROW_KINDS = [") : rows.index("] as const")])
    assert tuple(kinds) == ROW_KINDS
    norms = (browser / "model/norms.ts").read_text(encoding="utf-8")
    found = re.findall(r"\[(-?\d+), \[(\d+), (\d+), (\d+)\]\]", norms)
    assert tuple((int(d), (int(r), int(g), int(b))) for d, r, g, b in found) == colours.STOPS
    assert f'BROKEN = "{colours.BROKEN}"' in norms


def test_norms_are_written_short():
    assert [words.number(n) for n in (0.0, 1.0, 0.000123456, 12345.0, float("inf"))] == [
        "0",
        "1",
        "0.000123",
        "1.23e+04",
        "Inf",
    ]
