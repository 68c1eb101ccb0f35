"""Each line of StableHLO and of optimised HLO names its very equation, also in unrolled loops."""

import re
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.capture.programs import labels
from jaxplore.capture.programs import program as capture
from jaxplore.model.program import Program


def layer(w: dict[str, Any], x: Any) -> Any:
    h = x - x.mean(-1, keepdims=True)
    q, k, v = (jnp.einsum("btd,dhe->bthe", h, w[name]) for name in "qkv")
    scores = jnp.einsum("bthe,bshe->bhts", q, k) / 2.0
    mask = jnp.tril(jnp.ones((8, 8), bool))
    attended = jax.nn.softmax(jnp.where(mask, scores, -1e9))
    x = x + jnp.einsum("bhts,bshe,hed->btd", attended, v, w["o"])
    return x + jax.nn.gelu(x @ w["up"]) @ w["down"]


def loss(weights: Any, tokens: Any) -> Any:
    x = weights["embedding"][tokens]
    for w in weights["layers"]:
        x = layer(w, x)
    logits = jax.nn.log_softmax(x @ weights["embedding"].T)
    return -jnp.take_along_axis(logits, tokens[..., None], -1).mean()


def stacked_loss(weights: Any, tokens: Any) -> Any:
    x = weights["embedding"][tokens]
    stacked = jax.tree.map(lambda *each: jnp.stack(each), *weights["layers"])
    x = jax.lax.scan(lambda x, w: (jax.checkpoint(layer)(w, x), None), x, stacked)[0]
    return (x @ weights["embedding"].T).var()


def weights(layers: int) -> Any:
    def some(*shape: int) -> Any:
        return jnp.linspace(-0.5, 0.5, int(jnp.prod(jnp.array(shape)))).reshape(shape)

    one = {name: some(16, 4, 4) for name in "qkv"} | {"o": some(4, 4, 16)}
    one |= {"up": some(16, 64), "down": some(64, 16)}
    return {"embedding": some(32, 16), "layers": [one] * layers}


TOKENS = jnp.arange(16).reshape(2, 8)


@pytest.fixture(scope="module")
def transformer() -> Program:
    return jaxplore.program(jax.grad(loss), weights(4), TOKENS)


@pytest.fixture(scope="module")
def scanned() -> Program:
    return jaxplore.program(jax.grad(stacked_loss), weights(4), TOKENS)


HLO_LINE = re.compile(r" +(?:ROOT )?%[\w.\-]+ = (?:\([^=]*\)|\S+) ([\w\-]+)\(")
STABLEHLO_LINE = re.compile(r' +%[\w:, %]+ = "?([\w.]+)')
NO_WORK = {"parameter", "constant", "tuple", "get-tuple-element", "stablehlo.constant"}


def links(program: Program, name: str) -> dict[int, tuple[int, ...]]:
    """Line of an operation -> the equations it names; of all that do something."""
    pattern = HLO_LINE if name == "hlo" else STABLEHLO_LINE
    named = {
        line: link.equations
        for link in program.stages[name].links
        for line in (link.first_line, link.last_line)
    }
    lines = enumerate(program.stages[name].text.split("\n"), 1)
    found = [(n, match[1]) for n, line in lines if (match := pattern.match(line))]
    return {n: named.get(n, ()) for n, operation in found if operation not in NO_WORK}


@pytest.mark.parametrize("name", ["stablehlo", "hlo"])
def test_every_operation_of_a_transformers_gradient_names_its_equation(
    transformer: Program, name: str
):
    rows = links(transformer, name)
    assert len(rows) > 500
    assert [line for line, equations in rows.items() if not equations] == []
    alone = sum(len(equations) == 1 for equations in rows.values())
    assert alone > 0.85 * len(rows)


@pytest.mark.parametrize("name", ["stablehlo", "hlo"])
def test_nearly_every_operation_of_a_scanned_and_checkpointed_one_does(scanned: Program, name: str):
    rows = links(scanned, name)
    assert sum(bool(equations) for equations in rows.values()) > 0.93 * len(rows)


@pytest.mark.parametrize(
    ("name", "operation"), [("stablehlo", "stablehlo.tanh"), ("hlo", " tanh(")]
)
def test_the_rounds_of_an_unrolled_loop_are_told_apart(
    transformer: Program, name: str, operation: str
):
    lines = transformer.stages[name].text.split("\n")
    rows = links(transformer, name)
    own = [rows[n] for n, line in enumerate(lines, 1) if operation in line]
    tanhs = [i for i, e in enumerate(transformer.equations) if e.primitive == "tanh"]
    assert len(tanhs) == 4
    assert {equations[0] for equations in own} == set(tanhs)
    assert {len(equations) for equations in own} == {1}


def test_a_helper_that_jax_lowers_once_names_all_its_uses():
    inner = jax.jit(lambda x: jnp.sin(x))
    program = jaxplore.program(lambda x: inner(x) + inner(x * 2), jnp.ones(3))
    sins = tuple(i for i, e in enumerate(program.equations) if e.primitive == "sin")
    [line] = [
        n for n, s in enumerate(program.stages["stablehlo"].text.split("\n"), 1) if ".sine" in s
    ]
    assert (len(sins), links(program, "stablehlo")[line]) == (2, sins)
    assert {e for equations in links(program, "hlo").values() for e in equations} >= set(sins)


def test_the_equations_of_jaxs_own_helpers_stand_in_the_expression_that_called_them():
    program = jaxplore.program(lambda x: jnp.tril(x) * 2, jnp.ones((3, 3)))
    for name in ("stablehlo", "hlo"):
        spans = {s.text for link in program.stages[name].links for s in link.spans}
        assert "jnp.tril(x)" in spans, name


def nested(x: Any) -> Any:
    inner = jax.jit(lambda x: jnp.where(x > 0, jnp.tril(x), 0.0) + jnp.sin(x))
    for _ in range(3):
        x = jnp.sin(x) * 2
    x = inner(x) + inner(x * 3)
    return jax.lax.scan(lambda c, r: (jnp.tanh(c + r), None), x, jnp.ones((3, 4, 4)))[0].sum()


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (jax.value_and_grad(nested), (jnp.ones((4, 4)),)),
        (jax.grad(loss), (weights(2), TOKENS)),
        (jax.grad(stacked_loss), (weights(2), TOKENS)),
    ],
)
def test_the_texts_are_those_that_jax_and_xla_make_without_labels(
    f: Callable[..., Any], args: tuple[Any, ...]
):
    program = jaxplore.program(f, *args)
    lowered = jax.jit(f).lower(*args)
    assert program.stages["stablehlo"].text == lowered.as_text().strip("\n")
    bare = jaxplore.program(lowered.compile())
    assert program.stages["hlo"].text == bare.stages["hlo"].text


def test_what_was_lowered_before_is_labelled_too():
    traced = jax.jit(lambda x: [x := jnp.sin(x) for _ in range(20)][-1]).trace(jnp.ones(3))
    traced.lower()
    program = jaxplore.program(traced)
    assert [*links(program, "stablehlo").values()] == [(i,) for i in range(20)]


def test_what_xla_keeps_on_disk_has_no_names_of_ours(monkeypatch: pytest.MonkeyPatch):
    assert labels.may_label()
    seen: list[Any] = []
    monkeypatch.setattr(capture, "may_label", lambda: False)
    monkeypatch.setattr(capture, "label", seen.append)
    program = jaxplore.program(jax.grad(loss), weights(2), TOKENS)
    assert seen == []
    rows = links(program, "hlo")
    assert sum(bool(equations) for equations in rows.values()) > 0.9 * len(rows)


def test_a_cache_on_disk_is_noticed(tmp_path: Any):
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    try:
        assert not labels.may_label()
    finally:
        jax.config.update("jax_compilation_cache_dir", before)


def test_a_jax_that_cannot_be_given_labels_is_linked_by_position(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(capture, "label", lambda _: None)
    program = jaxplore.program(lambda x: jnp.sin(x) * 2, jnp.ones(3))
    assert [*links(program, "stablehlo").values()] == [(0,), (1,), (1,)]


@pytest.mark.parametrize(
    ("path", "found", "bare"),
    [
        ("jit(f)/jvp(~0.9~)/jit(g)/~1.4~/cos", ((0, 9), (1, 4)), "jit(f)/jvp()/jit(g)/cos"),
        ("jit(f)/jvp(enc/~0.9~)/cos", ((0, 9),), "jit(f)/jvp(enc)/cos"),
        ("~2.0~/iota", ((2, 0),), "/iota"),
        ("jit(f)/a~b/sin", (), "jit(f)/a~b/sin"),
    ],
)
def test_labels_are_read_off_a_path_and_taken_out(path: str, found: Any, bare: str):
    assert (labels.labels_in(path), labels.without_labels(path)) == (found, bare)
