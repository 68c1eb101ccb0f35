"""The four texts of a program, and the links that tie them together."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.capture.programs import hlo
from jaxplore.capture.programs import program as capture
from jaxplore.model.program import Program


def layer(w: Any, x: Any) -> Any:
    return jnp.tanh(x @ w)


def loss(weights: Any, x: Any) -> Any:
    for w in weights:
        x = layer(w, x)
    return jnp.mean(x**2)


def scanned(x: Any) -> Any:
    def body(total: Any, row: Any) -> Any:
        total = jnp.tanh(total + row)
        return total, total * 2

    return jax.lax.cond(x.sum() > 0, jnp.sin, jnp.cos, jax.lax.scan(body, x[0], x)[1])


WEIGHTS = [jnp.ones((3, 3)) / 7, jnp.ones((3, 3)) / 5]


@pytest.fixture(scope="module")
def mlp() -> Program:
    return jaxplore.program(jax.grad(loss), WEIGHTS, jnp.ones((4, 3)))


@pytest.fixture(scope="module")
def loop() -> Program:
    return jaxplore.program(scanned, jnp.ones((5, 3)))


@pytest.fixture(params=["mlp", "loop"])
def program(request: pytest.FixtureRequest) -> Program:
    return request.getfixturevalue(request.param)


def test_all_stages_are_there_in_order(program: Program):
    assert [*program.stages] == ["jaxpr", "stablehlo", "hlo"]
    assert [stage.error for stage in program.stages.values()] == [None] * 3


def test_every_link_lies_inside_its_text(program: Program):
    for stage in program.stages.values():
        lines = stage.text.split("\n")
        for link in stage.links:
            assert 1 <= link.first_line <= link.last_line <= len(lines)
            assert set(link.equations) <= set(range(len(program.equations)))
            assert {e.span for e in program.equations if e.span} >= set(link.spans)


def test_each_equation_has_one_link_in_the_jaxpr_to_its_own_line(program: Program):
    stage = program.stages["jaxpr"]
    lines = stage.text.split("\n")
    assert [link.equations for link in stage.links] == [(i,) for i in range(len(program.equations))]
    for link, equation in zip(stage.links, program.equations, strict=True):
        written = lines[link.first_line - 1].split("= ")[1]
        assert written.startswith(equation.primitive)
        assert link.spans == (() if equation.span is None else (equation.span,))


def test_an_equation_that_holds_programs_is_linked_to_all_their_lines(loop: Program):
    lines = loop.stages["jaxpr"].text.split("\n")
    for link, equation in zip(loop.stages["jaxpr"].links, loop.equations, strict=True):
        if equation.regions:
            assert lines[link.last_line - 1].strip().endswith("}")
            inside = [e for e in loop.equations if e.region in equation.regions]
            own = loop.stages["jaxpr"].links
            for inner in inside:
                place = own[loop.equations.index(inner)]
                assert link.first_line < place.first_line <= place.last_line < link.last_line
        else:
            assert link.first_line == link.last_line


# The operation in each text -> the primitives it may come from.
OPERATIONS = {
    "stablehlo": {"stablehlo.dot_general": "dot_general", "stablehlo.tanh": "tanh"},
    "hlo": {" dot(": "dot_general", " tanh(": "tanh"},
}


@pytest.mark.parametrize("name", ["stablehlo", "hlo"])
def test_products_and_tanhs_are_tied_to_their_equations(mlp: Program, name: str):
    stage = mlp.stages[name]
    by_line = {link.first_line: link for link in stage.links if link.first_line == link.last_line}
    seen, linked = 0, []
    for number, line in enumerate(stage.text.split("\n"), 1):
        for operation, primitive in OPERATIONS[name].items():
            if operation in line:
                seen += 1
                rows = by_line[number].equations if number in by_line else ()
                linked += [mlp.equations[row] for row in rows]
                # XLA folds a transpose into a product, which then has the transpose's name.
                assert {mlp.equations[row].primitive for row in rows} <= {primitive, "transpose"}
    assert seen >= 6
    right = [e for e in linked if e.primitive in OPERATIONS[name].values()]
    assert len(right) >= 0.7 * seen
    assert len(linked) >= 0.9 * seen
    assert {e.phase for e in linked if e.primitive == "dot_general"} == {"forward", "backward"}
    assert {e.phase for e in linked if e.primitive == "tanh"} == {"forward"}


@pytest.mark.parametrize("name", ["stablehlo", "hlo"])
def test_the_phases_of_products_are_right(mlp: Program, name: str):
    """`x @ w` twice forward; backward one product per weight and one for the inner input."""
    stage = mlp.stages[name]
    rows = {
        row
        for link in stage.links
        for row in link.equations
        if mlp.equations[row].primitive == "dot_general"
    }
    phases = [mlp.equations[row].phase for row in sorted(rows)]
    assert (phases.count("forward"), phases.count("backward")) == (2, 3)


def test_a_loops_body_is_tied_through_all_stages(loop: Program):
    for name in ("jaxpr", "stablehlo", "hlo"):
        texts = {span.text for link in loop.stages[name].links for span in link.spans}
        assert {"jnp.tanh(total + row)", "total + row", "total * 2"} <= texts, name


def test_the_texts_carry_no_locations(program: Program):
    assert "loc(" not in program.stages["stablehlo"].text
    assert "metadata=" not in program.stages["hlo"].text
    assert __file__ not in program.stages["stablehlo"].text + program.stages["hlo"].text


def test_only_the_stages_asked_for_are_made(monkeypatch: pytest.MonkeyPatch):
    def lowered(*_: Any, **__: Any) -> Any:
        raise AssertionError("lowered")

    monkeypatch.setattr(jax.stages.Traced, "lower", lowered)
    made = jaxplore.program(jnp.sin, jnp.ones(3), stages=("jaxpr",))
    assert [*made.stages] == ["jaxpr"]


def test_a_stage_that_jax_cannot_make_leaves_the_others(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("XLA is out of order")

    monkeypatch.setattr(jax.stages.Lowered, "compile", broken)
    made = jaxplore.program(layer, WEIGHTS[0], jnp.ones((4, 3)))
    assert made.stages["hlo"].error == "RuntimeError: XLA is out of order"
    assert (made.stages["hlo"].text, made.stages["hlo"].links) == ("", ())
    assert "dot_general" in made.stages["stablehlo"].text
    assert made.stages["stablehlo"].links


@pytest.mark.parametrize("reader", ["read_stablehlo", "read_hlo"])
def test_a_fault_in_reading_one_stage_leaves_the_others(
    reader: str, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: Any, **__: Any) -> Any:
        raise ValueError("unreadable")

    monkeypatch.setattr(capture, reader, broken)
    made = jaxplore.program(layer, WEIGHTS[0], jnp.ones((4, 3)))
    assert made.stages["jaxpr"].text
    assert [e.primitive for e in made.equations] == ["dot_general", "tanh"]


def test_progress_is_told_before_each_long_step():
    said: list[tuple[str, int]] = []
    capture.capture_program(
        layer, (WEIGHTS[0], jnp.ones((4, 3))), progress=lambda *step: said.append(step)
    )
    assert said[0] == ("tracing layer", 0)
    assert [equations for _, equations in said[1:]] == [2] * (len(said) - 1)
    assert ["StableHLO" in step for step, _ in said] == [False, True, False]
    assert ["XLA" in step for step, _ in said] == [False, False, True]


def test_a_program_of_many_uses_is_written_with_each_nested_program_once(
    monkeypatch: pytest.MonkeyPatch,
):
    from jaxplore.capture.programs import walk

    monkeypatch.setattr(walk, "_MOST_EXPANDED", 3)
    inner = jax.jit(lambda x: jnp.sin(x) * 2)
    made = jaxplore.program(lambda x: inner(x) + inner(x), jnp.ones(3))
    assert [e.primitive for e in made.equations] == ["jit", "sin", "mul", "jit", "add"]
    assert "jaxpr=(as in line 3)" in made.stages["jaxpr"].text
    assert made.equations[3].flops == made.equations[0].flops == 6


def carries(weights: Any, x: Any) -> Any:
    def body(c: Any, w: Any) -> Any:
        a, b, d, e, g, h = c
        a = jnp.tanh(a @ w)
        return (a, b + a, d * a, jnp.sin(e) + a, g - a, h + g), a.sum()

    last, sums = jax.lax.scan(body, (x,) * 6, weights)
    return sum(one.sum() for one in last) + sums.sum()


def test_what_a_loop_is_given_is_tied_to_the_loop():
    made = jaxplore.program(jax.grad(carries), jnp.ones((5, 8, 8)), jnp.ones((3, 8)))
    stage = made.stages["hlo"]
    lines = stage.text.split("\n")
    tied = {link.first_line: link for link in stage.links}
    handed_on = re.compile(r" (parameter|constant|tuple|get-tuple-element)\(")
    instructions = {n: text for n, text in enumerate(lines, 1) if " = " in text}
    assert [
        text for n, text in instructions.items() if n not in tied and not handed_on.search(text)
    ] == []
    entry = next(n for n, text in enumerate(lines, 1) if text.startswith("ENTRY"))
    copies = [tied[n] for n, text in instructions.items() if n > entry and " copy(" in text]
    assert copies
    assert {made.equations[e].primitive for link in copies for e in link.equations} == {"scan"}


HLO = """\
HloModule jit_f, is_scheduled=true

FileNames
1 "/a \\"b\\".py"

FunctionNames
1 "f"

FileLocations
1 {file_name_id=1 function_name_id=1 line=3 end_line=3 column=4 end_column=9}

StackFrames
1 {file_location_id=1 parent_frame_id=1}


ENTRY %main.1 (x.1: f32[3]) -> f32[3] {
  %x.1 = f32[3]{0} parameter(0)
  ROOT %sin.1 = f32[3]{0} sine(%x.1), metadata={op_name="jit(f)/sin \\"{}\\"" stack_frame_id=1}
}
"""


def test_hlo_is_read_with_quotes_and_braces_in_names():
    from jaxplore.capture.programs.linking import EquationIndex
    from jaxplore.capture.source.spans import SpanTable

    stage = hlo.read_hlo(HLO, EquationIndex((), (), SpanTable()))
    assert stage.text.split("\n")[-2:] == ["  ROOT %sin.1 = f32[3]{0} sine(%x.1)", "}"]
    [link] = stage.links
    assert [(s.line, s.column, s.end_column, s.function) for s in link.spans] == [(3, 4, 9, "f")]
