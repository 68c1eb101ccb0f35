"""Each equation has its whole call stack: the user's frames and the libraries', not JAX's."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flax.linen
import jax
import jax.numpy as jnp
import optax
import pytest

import jaxplore
from jaxplore.model.program import Program

X = jnp.ones((3, 3))


def looked_at(f: Callable[..., Any], *args: Any) -> Program:
    return jaxplore.program(f, *(args or (X,)), stages=("jaxpr",))


def stack(program: Program, equation: int) -> list[tuple[str, str, str]]:
    """(function, expression, owner) of each frame of an equation, outermost first."""
    calls: list[tuple[str, str, str]] = []
    index = program.equations[equation].frame
    while index is not None:
        frame = program.frames[index]
        name = frame.span.function.rpartition(".")[2]
        calls.insert(0, (name, frame.span.text, frame.owner))
        index = frame.caller
    return calls


def helper(x: Any) -> Any:
    return jnp.sin(x) * 2


def twice(x: Any) -> Any:
    return helper(x) + helper(x + 1)


def test_the_calls_that_led_to_an_equation_are_its_frames():
    program = looked_at(lambda x: twice(x))
    assert [(e.primitive, stack(program, i)) for i, e in enumerate(program.equations)][:3] == [
        (
            "sin",
            [
                ("<lambda>", "twice(x)", "user"),
                ("twice", "helper(x)", "user"),
                ("helper", "jnp.sin(x)", "user"),
            ],
        ),
        (
            "mul",
            [
                ("<lambda>", "twice(x)", "user"),
                ("twice", "helper(x)", "user"),
                ("helper", "jnp.sin(x) * 2", "user"),
            ],
        ),
        ("add", [("<lambda>", "twice(x)", "user"), ("twice", "x + 1", "user")]),
    ]


def test_frames_that_share_callers_are_one_and_callers_come_first():
    program = looked_at(lambda x: twice(twice(x)))
    assert all(f.caller is None or f.caller < i for i, f in enumerate(program.frames))
    keys = [(f.caller, f.span) for f in program.frames]
    assert len(set(keys)) == len(keys)
    assert [f.span.text for f in program.frames if f.caller is None] == [
        "twice(x)",
        "twice(twice(x))",
    ]


def test_the_innermost_frame_is_the_expression():
    program = looked_at(jax.grad(lambda x: twice(x).sum()))
    for equation in program.equations:
        assert equation.frame is not None
        assert program.frames[equation.frame].span == equation.span


def test_a_nested_programs_stack_goes_on_from_the_equation_that_holds_it():
    inner = jax.jit(helper)

    def f(x: Any) -> Any:
        return jax.lax.scan(lambda c, row: (inner(c) + row, None), x[0], x)[0]

    program = looked_at(f)
    [sin] = [i for i, e in enumerate(program.equations) if e.primitive == "sin"]
    assert stack(program, sin) == [
        ("f", "jax.lax.scan(lambda c, row: (inner(c) + row, None), x[0], x)", "user"),
        ("<lambda>", "inner(c)", "user"),
        ("helper", "jnp.sin(x)", "user"),
    ]


def test_each_use_of_one_nested_program_has_its_own_stack():
    inner = jax.jit(helper)
    program = looked_at(lambda x: inner(x) + inner(x * 3))
    sins = [i for i, e in enumerate(program.equations) if e.primitive == "sin"]
    assert [stack(program, i)[0][1] for i in sins] == ["inner(x)", "inner(x * 3)"]


def test_jaxs_own_helpers_take_the_frame_of_the_expression_that_called_them():
    program = looked_at(lambda x: jnp.linalg.norm(x))
    assert {tuple(stack(program, i)) for i in range(len(program.equations))} == {
        (("<lambda>", "jnp.linalg.norm(x)", "user"),)
    }


def test_a_librarys_frames_stand_below_the_users_expression():
    model = flax.linen.Dense(2)
    params = model.init(jax.random.key(0), X)
    program = looked_at(lambda x: model.apply(params, x))
    [dot] = [i for i, e in enumerate(program.equations) if e.primitive == "dot_general"]
    assert program.equations[dot].span.text == "model.apply(params, x)"
    calls = stack(program, dot)
    assert calls[0] == ("<lambda>", "model.apply(params, x)", "user")
    assert {owner for _, _, owner in calls[1:]} == {"library"}
    assert calls[-1][0] == "__call__"
    innermost = program.frames[program.equations[dot].frame].span
    assert innermost.file.endswith("flax/linen/linear.py")


def test_sources_are_the_users_files_and_not_the_librarys():
    model = flax.linen.Dense(2)
    params = model.init(jax.random.key(0), X)
    program = looked_at(lambda x: model.apply(params, x))
    assert [Path(source.file).name for source in program.sources] == ["test_frames.py"]


def test_a_file_that_only_calls_is_among_the_sources(tmp_path: Path, monkeypatch: Any):
    (tmp_path / "their_layer.py").write_text("def run(f, x):\n    return f(x)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import their_layer

    program = looked_at(lambda x: their_layer.run(helper, x))
    del sys.modules["their_layer"]
    assert sorted(Path(source.file).name for source in program.sources) == [
        "test_frames.py",
        "their_layer.py",
    ]
    assert [text for _, text, _ in stack(program, 0)] == [
        "their_layer.run(helper, x)",
        "f(x)",
        "jnp.sin(x)",
    ]


def test_an_expression_in_a_library_alone_has_its_source():
    program = looked_at(optax.l2_loss)
    assert program.equations[0].span.text == "errors**2"
    assert [Path(source.file).parent.parent.name for source in program.sources] == ["optax"]


@pytest.mark.parametrize("f", [jax.grad(lambda x: twice(x).sum()), twice, lambda x: x])
def test_frames_come_back_equal_from_json(f: Callable[..., Any]):
    program = looked_at(f)
    assert Program.from_json(program.to_json()).frames == program.frames


def test_frames_without_source_are_named_by_their_function():
    space: dict[str, Any] = {"jnp": jnp}
    exec("def f(x):\n    return g(x)\ndef g(x):\n    return jnp.sin(x)", space)
    program = looked_at(space["f"])
    assert stack(program, 0) == [("f", "", "user"), ("g", "", "user")]
