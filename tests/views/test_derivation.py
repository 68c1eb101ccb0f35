"""The text and the HTML of a derivation."""

import jax.numpy as jnp
import pytest

import jaxplore


@pytest.fixture
def deterministic(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")


def squashed(w, x):
    y = jnp.tanh(x @ w)
    return (y * y).sum()


ARGS = (jnp.ones((3, 2)), jnp.ones((4, 3)))


def test_the_text_is_the_same_in_every_version_of_jax(deterministic):
    assert str(jaxplore.derivation(squashed, *ARGS)) == (
        "derivation of squashed by w: 4 equations, 4 with a derivative\n"
        "\n"
        "1. forward: each equation, and how a change goes through it (jvp); da is the change of a\n"
        "   expression       equation     change                rule\n"
        "1  x @ w            a = x @ w    da = x @ dw           linear in each factor\n"
        "2  jnp.tanh(x @ w)  b = tanh(a)  db = (1 - b**2) * da  the slope of tanh is 1 - tanh**2\n"
        "3  y * y            c = b * b    dc = db * b + b * db  product rule\n"
        "4  (y * y).sum()    e = sum(c)   de = sum(dc)          linear: a sum of changes\n"
        "\n"
        "2. linearised: what is known is computed on the way forward and kept; the changes are left,\n"
        "   and in each equation they are only added and multiplied by what is known\n"
        "   known          linear\n"
        "1  x              da = x @ dw\n"
        "2  k2 = 1 - b**2  db = k2 * da\n"
        "3  b              dc = db * b + b * db\n"
        "4                 de = sum(dc)\n"
        "\n"
        "3. transposed: the same equations from the last to the first; ga is the gradient by a\n"
        "   gradient                            uses\n"
        "   ge = 1                              it starts here\n"
        "4  gc = ge, repeated for each element\n"
        "3  gb = gc * b                         1 of 2 uses of b\n"
        "3  gb += b * gc                        2 of 2 uses of b: all are added\n"
        "2  ga = k2 * gb\n"
        "1  gw = xᵀ @ ga\n"
        "\n"
        "4. removed as dead code, when the gradient alone is asked for\n"
        "  3: c = b * b: only the value needs it\n"
        "  4: e = sum(c): only the value needs it"
    )


def test_otherwise_what_jax_wrote_stands_beside_it():
    text = str(jaxplore.derivation(squashed, *ARGS))
    part = text[text.index("4. what JAX's own rules wrote") :].splitlines()
    assert part[1:8] == [
        "   part     equation",
        "1  forward  a = dot_general x w",
        "   jvp      da = dot_general x dw",
        "   kept     x: f32[4,3], 48 B",
        "   back     t1 = dot_general ga x",
        "   back     gw = transpose t1",
        "2  forward  b = tanh a",
    ]
    assert "5. removed as dead code" in text


def test_html_has_the_same_parts_without_script_and_escaped(deterministic):
    params = {"<script>alert(1)</script>": jnp.ones(3)}
    record = jaxplore.derivation(lambda p: sum(v.sum() for v in p.values()), params)
    html = record._repr_html_()
    assert "<script" not in html and "p[&#x27;&lt;script&gt;alert(1)&lt;/script&gt;&#x27;]" in html
    assert [f"{number}. " in html for number in range(1, 5)] == [True] * 4
    assert html.count("<table>") == 3


def test_a_record_is_json():
    data = jaxplore.derivation(squashed, *ARGS).to_json()
    assert data["steps"][1]["keeps"] == ["k2 = 1 - b**2"]
