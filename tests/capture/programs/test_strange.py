"""Programs with effects, references, odd types, great depth or no source are captured whole."""

import functools
import json
import operator
import subprocess
import sys
from typing import Any

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import io_callback
from jax.extend.core import jaxpr_as_fun

import jaxplore
from jaxplore.model.program import Program

X = jnp.ones((2, 3))


def looked_at(f: Any, /, *args: Any) -> Program:
    return jaxplore.program(f, *args, stages=("jaxpr",))


def primitives(f: Any, /, *args: Any) -> list[str]:
    return [e.primitive for e in looked_at(f, *args).equations]


def test_ordered_effects_and_prints_are_equations_like_others():
    def f(x: Any) -> Any:
        jax.debug.print("</script> {x} {{}}", x=x, ordered=True)
        return io_callback(np.asarray, x, x, ordered=True)

    program = jaxplore.program(f, X)
    assert [e.primitive for e in program.equations] == ["debug_print", "io_callback"]
    assert {s.error for s in program.stages.values()} == {None}


def test_references_are_values_with_a_type_of_their_own():
    def f(x: Any) -> Any:
        ref = jax.new_ref(x)
        ref[0] += 1.0
        return ref[...]

    program = jaxplore.program(f, X)
    assert program.equations[0].primitive == "new_ref"
    assert "Ref{float32}" in {value.dtype for value in program.values}
    assert {s.error for s in program.stages.values()} == {None}
    assert primitives(lambda ref: ref[...] * 2, jax.new_ref(X)) == ["get", "mul"]


def test_extended_types_have_names():
    f = lambda x: (x.astype("float8_e4m3fn"), x.astype("int4"), jax.random.wrap_key_data(x[0]))
    shown = {value.type_text for value in looked_at(f, jnp.ones((2, 2), "uint32")).values}
    assert {"f8_e4m3fn[2,2]", "i4[2,2]", "key<fry>[]"} <= shown


def test_a_scan_whose_length_is_a_name_runs_nobody_knows_how_often():
    (b,) = jax.export.symbolic_shape("b")
    scan = lambda x: jax.lax.scan(lambda c, row: (c + row.sum(), None), 0.0, x)[0]
    program = looked_at(scan, jax.ShapeDtypeStruct((b, 3), jnp.float32))
    [loop] = [e for e in program.equations if e.primitive == "scan"]
    assert loop.meaning == "runs its body b times; carries 1 value, reads 1 per step"
    assert [program.regions[r].runs for r in loop.regions] == [None]


def test_sizes_with_names_leave_the_stages_that_can_be_made():
    (b,) = jax.export.symbolic_shape("b")
    program = jaxplore.program(jnp.sin, jax.ShapeDtypeStruct((b, 3), jnp.float32))
    assert "tensor<?x3xf32>" in program.stages["stablehlo"].text
    assert program.stages["hlo"].error == (
        "XLA compiles for sizes that are numbers; here b is a name. "
        "Pass types with numbers to see this text."
    )


def test_an_equation_with_two_thousand_outputs():
    program = looked_at(lambda x: jax.jit(lambda y: [y * i for i in range(2000)])(x), 1.0)
    assert (len(program.equations), len(program.equations[0].outputs)) == (2001, 2000)
    assert Program.from_json(json.loads(json.dumps(program.to_json()))) == program


def nested_jits(depth: int) -> Any:
    """As deep as no function could be traced in one go: each level is made of the last."""
    jaxpr = jax.make_jaxpr(jnp.sin)(X)
    for _ in range(depth):
        inner = jaxpr_as_fun(jaxpr)
        jaxpr = jax.make_jaxpr(jax.jit(lambda x, inner=inner: inner(x)[0] + 1.0))(X)
    return jaxpr


def test_programs_nested_deeper_than_python_calls():
    limit, frame = sys.getrecursionlimit(), sys._getframe()
    depth = 0
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    jaxpr = nested_jits(400)
    sys.setrecursionlimit(depth + 150)
    try:
        program = looked_at(jaxpr)
    finally:
        sys.setrecursionlimit(limit)
    assert (len(program.regions), len(program.equations)) == (401, 801)
    assert program.total_flops == 401 * 6
    assert str(program).count("sin") == 1
    assert Program.from_json(json.loads(json.dumps(program.to_json()))) == program


def test_what_jax_cannot_lower_for_its_depth_is_said():
    called = jaxpr_as_fun(nested_jits(200))
    program = jaxplore.program(lambda x: called(x), X)
    assert len(program.equations) == 401
    for name in ("stablehlo", "hlo"):
        stage = program.stages[name]
        assert stage.error is None or stage.error.startswith("RecursionError")


EXECUTED: dict[str, Any] = {"jnp": jnp}
exec(compile("def f(x):\n    return jnp.sin(x)", "</script>😀\"'<b>", "exec"), EXECUTED)


@pytest.mark.parametrize(
    ("f", "place"),
    [
        (EXECUTED["f"], ("</script>😀\"'<b>", 2, "")),
        (eval("lambda x: jnp.sin(x)"), ("<string>", 1, "")),
        (operator.neg, None),
        (functools.partial(jnp.sin), None),
    ],
)
def test_functions_without_source_have_a_place_at_most(f: Any, place: Any):
    program = jaxplore.program(f, X)
    [equation] = program.equations
    span = equation.span
    assert place == (None if span is None else (span.file, span.line, span.text))
    assert (equation.frame is None) == (span is None)
    assert {s.error for s in program.stages.values()} == {None}
    assert [source for source in program.sources if source.file.startswith("<")] == []


def test_what_was_evaluated_never_quotes_what_the_command_line_held():
    code = (
        "import jax.numpy as jnp, jaxplore\n"
        "p = jaxplore.program(eval('lambda x: jnp.sin(x)'), jnp.ones(3), stages=('jaxpr',))\n"
        "print([e.span.text for e in p.equations], p.sources)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[''] ()\n"
