"""Real models: what jaxplore says of them is what JAX and XLA say."""

from pathlib import Path
from typing import Any, NamedTuple

import jax
import pytest

import jaxplore
from jaxplore.model.program import Program
from jaxplore.views.pages.packing import pack
from tests.models import models
from tests.models.jaxreading import Row, lines_named, rows, whole_types
from tests.models.models import MODELS
from tests.views.unpacked import unpacked


class Model(NamedTuple):
    program: Program
    jaxpr: Any
    compiled: str


@pytest.fixture(scope="module", params=MODELS.values(), ids=MODELS.keys())
def model(request: pytest.FixtureRequest) -> Model:
    function, arguments = request.param()
    # JAX keeps what it traced inside of libraries, with the place it was first called from.
    jax.clear_caches()
    traced = (function if hasattr(function, "trace") else jax.jit(function)).trace(*arguments)
    compiled = traced.lower().compile().as_text()
    return Model(jaxplore.program(function, *arguments), traced.jaxpr, compiled)


def rows_of(program: Program) -> list[Row]:
    def types(values: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(program.values[value].type_text for value in values)

    return [(e.primitive, types(e.inputs), types(e.outputs)) for e in program.equations]


def test_every_equation_of_jax_is_there_in_its_order_with_its_types(model: Model):
    assert rows_of(model.program) == rows(model.jaxpr)
    assert len(model.program.equations) > 10


def test_its_inputs_and_outputs_are_those_of_jax(model: Model):
    whole = model.program.regions[0]
    read, made = (
        tuple(model.program.values[value].type_text for value in values)
        for values in (whole.inputs, whole.outputs)
    )
    assert (read, made) == whole_types(model.jaxpr)


def test_every_stage_is_there_and_linked_to_most_of_the_program(model: Model):
    assert [*model.program.stages] == ["jaxpr", "stablehlo", "hlo"]
    for name, stage in model.program.stages.items():
        assert stage.error is None
        linked = {equation for link in stage.links for equation in link.equations}
        assert linked <= set(range(len(model.program.equations)))
        # XLA removes and merges; before it, only what JAX itself does not lower is missing.
        share = len(linked) / len(model.program.equations)
        assert share >= {"jaxpr": 1, "stablehlo": 0.6, "hlo": 0.3}[name], name


def test_an_instruction_is_linked_to_lines_that_xla_itself_names(model: Model):
    named = lines_named(model.compiled)
    assert named
    links = model.program.stages["hlo"].links
    linked = {equation for link in links for equation in link.equations}
    places = {model.program.equations[equation].span for equation in linked}
    assert [p for p in places if p is not None and (p.file, p.line) not in named] == []
    assert any(places)


def test_every_equation_points_at_an_expression_of_the_models_own_file(model: Model):
    files = [e.span and e.span.file for e in model.program.equations]
    # JAX cuts the call stacks of what it moves out of a scan: those know the library alone.
    assert None not in files
    assert files.count(models.__file__) >= 0.95 * len(files)
    for equation in model.program.equations:
        frame = equation.frame
        while frame is not None and model.program.frames[frame].owner == "library":
            frame = model.program.frames[frame].caller
        if frame is not None:
            assert equation.span == model.program.frames[frame].span
            assert equation.span.file == models.__file__


def test_every_expression_stands_where_it_is_said_to(model: Model):
    spans = {e.span for e in model.program.equations if e.span is not None}
    spans |= {frame.span for frame in model.program.frames}
    for span in spans:
        lines = Path(span.file).read_text(encoding="utf-8").split("\n")
        lines = lines[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column]
        lines[0] = lines[0][span.column :]
        standing = "\n".join(lines)
        assert standing
        # A library's text is not kept: its frames say where, and no more.
        assert span.text == standing or (span.text == "" and span.file != models.__file__)


def test_it_comes_back_from_json_and_from_a_page(model: Model):
    data = model.program.to_json()
    assert Program.from_json(data) == model.program
    assert unpacked(pack(data)) == data
