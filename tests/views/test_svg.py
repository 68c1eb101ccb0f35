"""A program as a picture: drawn without a `dot`, true, well formed, small, the same each time."""

import base64
import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import optax
import pytest

import jaxplore
from jaxplore.model.program import Equation, Program, Value, freeze_stages
from jaxplore.views.graph.boxes import Item, Section
from jaxplore.views.graph.shown import first_view, levels
from jaxplore.views.graph.svg import picture, svg
from jaxplore.views.programs.program import html

Make = Callable[[str], Program]
HOSTILE = [
    "</title><script>alert(1)</script>",
    "]]><!-- ",
    "say \"hi\" & 'bye'",
    "\x00\x1b[31m\ud800\ufffe",
    "日本 𝟜 é",
    "x" * 500,
    "",
]
SVG = "{http://www.w3.org/2000/svg}"
GOLDEN = Path(__file__).with_name("small.svg")


def seen(f: Any, *args: Any) -> Program:
    return jaxplore.program(f, *args, stages=("jaxpr",))


def written(section: Section, indent: str = "") -> list[str]:
    """A picture as lines: boxes, and what points to each."""
    lines: list[str] = []
    for place, item in enumerate(section.items):
        sources = [section.items[a].title for a, b in section.edges if b == place]
        makers = f" <- {', '.join(sources)}" if sources else ""
        parts = " ".join(filter(None, (item.title, item.detail, *item.shown_chips())))
        lines.append(f"{indent}{item.kind} {parts}{makers}")
        for inner in item.sections:
            lines += [f"{indent}  {inner.title}:", *written(inner, indent + "    ")]
    return lines


def test_a_small_picture_word_for_word(program: Make):
    assert svg(program("f")) == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_in_well_formed_xml(program: Make, name: str):
    drawing = ElementTree.fromstring(svg(program(name)))
    names = {node.tag for node in drawing.iter()}
    allowed = ("svg", "title", "style", "defs", "marker", "path", "text", "rect", "g")
    assert names <= {SVG + tag for tag in allowed}
    assert drawing.get("role") == "img"
    title = drawing.find(f"{SVG}title")
    assert title is not None and title.text == drawing.get("aria-label")
    assert len(picture(program(name)).svg) < 20_000


def test_loops_and_branches_are_drawn_as_what_they_are():
    def control_flow(x: jax.Array, scale: jax.Array) -> Any:
        def body(carry: Any, row: jax.Array) -> Any:
            return carry + row.sum() * scale, row * 2

        total, rows = jax.lax.scan(body, 0.0, x)
        total = jax.lax.cond(total > 1.0, jnp.sin, jnp.cos, total)
        return jax.lax.while_loop(lambda t: t < 9.0, lambda t: t * 1.5, total), rows

    lines = written(first_view(seen(control_flow, jnp.ones((4, 2)), 1.0)))
    text = "\n".join(lines)
    assert "scan × 4" in text
    for title in ("each step:", "if false:", "if true:", "condition:", "body:"):
        assert f"\n  {title}\n" in text
    ports = [line.split()[1:3] for line in lines if line.strip().startswith("input")]
    assert ["x", "f32[2]"] in ports
    assert ["const", "f32[]"] in ports
    assert ports.count(["carry", "f32[]"]) == 3  # the scan's, the condition's, the body's
    outputs = [line.strip() for line in lines if "output carry" in line]
    assert outputs[0].startswith("output carry, y f32[] +1 <- ")


def test_every_box_stands_on_what_it_reads():
    def f(x: jax.Array, y: jax.Array) -> jax.Array:
        return jnp.tanh(x @ y) + x.sum()

    lines = written(first_view(seen(f, jnp.ones((3, 3)), jnp.ones((3, 3)))))
    assert lines == [
        "input x f32[3,3]",
        "input y f32[3,3]",
        "equation dot_general f32[3,3] <- x f32[3,3], y f32[3,3]",
        "equation tanh f32[3,3] <- dot_general",
        "equation reduce_sum f32[] <- x f32[3,3]",
        "equation add f32[3,3] <- tanh, reduce_sum",
        "output out f32[3,3] <- add",
    ]


def test_parameters_of_many_readers_are_chips():
    def f(x: jax.Array, w: jax.Array) -> jax.Array:
        return jnp.sin(x) * w + jnp.cos(x) * w + jnp.tan(x) * w + jnp.exp(x) * w

    section = first_view(seen(f, 1.0, 2.0))
    inputs = [item for item in section.items if item.kind == "input"]
    assert inputs == []
    chips = {chip for item in section.items for chip in item.chips}
    assert chips == {"x", "w"}


def items(section: Section) -> list[Item]:
    inside = [item for one in section.items for s in one.sections for item in items(s)]
    return [*section.items, *inside]


def deep(x: jax.Array, depth: int = 200) -> jax.Array:
    return x if depth == 0 else jax.jit(partial(deep, depth=depth - 1))(x) * 2.0


def nested(x: jax.Array) -> jax.Array:
    """Two hundred calls deep, which JAX itself needs a higher limit for."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(50_000)
    try:
        return deep(x)
    finally:
        sys.setrecursionlimit(before)


def many(x: jax.Array) -> Any:
    return jnp.split(x, 2000)


@pytest.mark.parametrize(
    ("f", "argument"),
    [
        (lambda x: x, jnp.ones(3)),
        (lambda x: 1.0, jnp.ones(3)),
        (lambda x: jax.random.uniform(x), jax.random.key(0)),
        (nested, 1.0),
        (many, jnp.ones(4000)),
    ],
    ids=["nothing", "unused", "keys", "deep", "2,000 outputs"],
)
def test_strange_programs_have_a_picture(f: Any, argument: Any):
    program = seen(f, argument)
    ElementTree.fromstring(svg(program))
    assert len(items(first_view(program))) < 200


def test_the_levels_that_are_asked_for_are_open():
    def inner(x: jax.Array) -> jax.Array:
        return jnp.sin(x) * jnp.cos(x)

    def f(x: jax.Array) -> jax.Array:
        with jax.named_scope("first"):
            return inner(x) + inner(x * 2.0)

    program = seen(f, 1.0)
    closed, opened = (len(items(levels(program, depth, 1000))) for depth in (0, 3))
    assert closed < opened
    shown = [item for item in items(levels(program, 9, 1000)) if item.kind == "equation"]
    assert len(shown) == len(program.equations)


@pytest.fixture(scope="module")
def large() -> Program:
    """100,000 equations, each on another line of a generated source."""
    small = seen(lambda x: x * 2.0, jnp.ones(3))
    value, equation = small.values[-1], small.equations[0]
    count = 100_000
    values: list[Value] = [small.values[0]]
    equations: list[Equation] = []
    assert equation.span is not None
    for i in range(count):
        values.append(replace(value, name=f"v{i}", kind="result"))
        span = replace(equation.span, line=i // 10, end_line=i // 10)
        reads = tuple({i, max(0, i - 7)})
        equations.append(replace(equation, inputs=reads, outputs=(i + 1,), span=span, frame=None))
    whole = replace(small.regions[0], inputs=(0,), outputs=(count,))
    return replace(
        small,
        equations=tuple(equations),
        values=tuple(values),
        regions=(whole,),
        stages=freeze_stages({}),
        frames=(),
    )


def test_a_large_program_has_a_small_picture_soon(large: Program):
    start = time.process_time()
    drawn = picture(large)
    # Some 1.5 s on a quiet machine, most of it for the groups.
    assert time.process_time() - start < 8
    assert len(drawn.svg) <= 40_000
    assert drawn.svg == picture(large).svg
    ElementTree.fromstring(drawn.svg)


def test_the_html_shows_the_picture_as_an_image(program: Make):
    document = html(program("f"))
    found = re.findall(
        r'<img src="data:image/svg\+xml;base64,([^"]*)" [^>]*alt="([^"]*)"', document
    )
    ((encoded, said),) = found
    assert said == "Graph of f: 3 equations. sin, mul f"
    assert ElementTree.fromstring(base64.b64decode(encoded)).get("role") == "img"


def test_the_users_own_code_is_opened_before_a_larger_library():
    def loss(p: Any, x: Any) -> Any:
        return jnp.mean((jnp.tanh(x @ p["w"]) @ p["v"] + jnp.sin(x) @ p["w"] @ p["v"]) ** 2)

    optimizer = optax.adam(1e-3)

    def step(p: Any, state: Any, x: Any) -> Any:
        return optimizer.update(jax.grad(loss)(p, x), state, p)

    p = {"w": jnp.ones((3, 4)), "v": jnp.ones((4, 2))}
    section = first_view(seen(step, p, optimizer.init(p), jnp.ones((5, 3))), boxes=20)
    opened = [item.title for item in section.items if item.sections]
    assert opened[:1] == ["loss"]
