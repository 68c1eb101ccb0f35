"""What is handed to `jaxplore.program` may be strange; the program is still true."""

import functools
import json
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.core import Primitive

import jaxplore
from jaxplore.model.program import Program

X = jnp.ones((2, 3))


def looked_at(f: Any, /, *args: Any, **kwargs: Any) -> Program:
    return jaxplore.program(f, *args, stages=("jaxpr",), **kwargs)


def primitives(f: Any, /, *args: Any, **kwargs: Any) -> list[str]:
    return [e.primitive for e in looked_at(f, *args, **kwargs).equations]


def literals(f: Any, *args: Any) -> list[str]:
    """The literals that equations read, in order, as written."""
    program = looked_at(f, *args)
    rows = [program.values[v] for e in program.equations for v in e.inputs]
    return [row.name for row in rows if row.kind == "literal"]


def test_a_program_without_equations():
    program = looked_at(lambda x: x, X)
    assert (program.equations, program.summary()) == (
        (),
        "<lambda>: 0 equations, (x: f32[2,3]) -> (f32[2,3])",
    )
    assert program.stages["jaxpr"].text == "{ lambda ; a:f32[2,3]. let\n  in (a,) }"


def test_a_program_without_arguments_and_one_without_results():
    assert primitives(lambda: jnp.sin(1.0)) == ["sin"]
    assert looked_at(lambda x: None, X).regions[0].outputs == ()


def test_an_argument_that_is_not_used_keeps_its_name():
    program = looked_at(lambda x, unused: x * 2, X, jnp.ones(4))
    assert program.argument_names == ("x", "unused")
    assert program.summary() == "<lambda>: 1 equation, (x: f32[2,3], unused: f32[4]) -> (f32[2,3])"


def test_the_arguments_of_a_tree_are_named_by_their_path():
    program = looked_at(lambda p, *rest, k: p["w"], {"w": X, "b": [X, X]}, X, k=X)
    assert program.argument_names == ("p['b'][0]", "p['b'][1]", "p['w']", "rest[0]", "k")


def test_an_output_that_is_dropped_is_written_as_jax_writes_it():
    jaxpr = jax.make_jaxpr(jax.grad(lambda x: jnp.sin(x).sum()))(X)
    assert "_:f32[] = reduce_sum" in str(jaxpr)
    assert "_:f32[] = reduce_sum" in looked_at(jaxpr).stages["jaxpr"].text


@pytest.mark.parametrize(
    ("f", "shown"),
    [
        (lambda x: x + np.nan, ["nan"]),
        (lambda x: x * -np.inf, ["-inf"]),
        (lambda x: (x + 0.0, x * -0.0), ["0.0", "-0.0"]),
        (lambda x: (x * -0.0, x + 0.0), ["-0.0", "0.0"]),
        (lambda x: (x + 1.0, x.astype(int) + 1), ["1.0", "1"]),
        (lambda x: jnp.where(x > 0, True, x > 1), ["0.0", "1.0", "True"]),
    ],
)
def test_literals_are_written_with_their_very_value(f: Callable[..., Any], shown: list[str]):
    assert literals(f, X) == shown


scaled = Primitive("scaled")
scaled.def_abstract_eval(lambda x, **_: x)


def test_parameters_that_are_equal_but_not_the_same_are_told_apart():
    def f(x: Any) -> Any:
        for by in (1, 1.0, True, 0.0, -0.0):
            x = scaled.bind(x, by=by)
        return x

    texts = [e.parameters for e in looked_at(f, X).equations]
    assert texts == ["by=1", "by=1.0", "by=True", "by=0.0", "by=-0.0"]


def test_a_parameter_whose_text_fails_is_named_by_its_type():
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    [equation] = looked_at(lambda x: scaled.bind(x, by=Broken()), X).equations
    assert equation.parameters == "by=<Broken>"


def test_keys_have_their_own_type():
    program = looked_at(lambda k: jax.random.normal(k, (2,)), jax.random.key(0))
    assert program.summary().endswith("(k: key<fry>[]) -> (f32[2])")


@pytest.mark.parametrize(
    ("dtype", "short"),
    [
        ("bool", "bool"),
        ("int8", "i8"),
        ("uint32", "u32"),
        ("bfloat16", "bf16"),
        ("complex64", "c64"),
    ],
)
def test_every_dtype_has_its_short_name(dtype: str, short: str):
    assert (
        looked_at(lambda x: x, jnp.zeros(2, dtype))
        .summary()
        .endswith(f"(x: {short}[2]) -> ({short}[2])")
    )


def test_symbolic_dimensions_are_shown_by_name():
    (b,) = jax.export.symbolic_shape("b")
    program = jaxplore.program(lambda x: (x @ x.T).sum(), jax.ShapeDtypeStruct((b, 3), jnp.float32))
    assert program.values[0].shape == ("b", 3)
    assert "f32[b,b]" in program.stages["jaxpr"].text
    json.dumps(program.to_json())


def test_jits_nested_sixty_deep():
    f: Any = jnp.sin
    for _ in range(60):
        f = jax.jit(lambda x, f=f: f(x) + 1)
    program = looked_at(f, X)
    assert [e.primitive for e in program.equations].count("add") == 60
    assert len(program.regions) == 60


HOSTILE = [
    "</script><script>alert(1)</script>",
    'a"b',
    "a\\b",
    "a/b",
    "a b\nc",
    "",
    "&lt;",
    "日本",
    "jit(x)",
    "%s{}",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_function_name_changes_no_record(name: str):
    def inner(x: Any) -> Any:
        return jnp.sin(x)

    def outer(x: Any) -> Any:
        return jax.jit(inner)(x).sum()

    inner.__name__ = outer.__name__ = name
    program = jaxplore.program(jax.grad(outer), X)
    assert {s: stage.error for s, stage in program.stages.items()} == dict.fromkeys(
        ("jaxpr", "stablehlo", "hlo")
    )
    assert Program.from_json(json.loads(json.dumps(program.to_json()))) == program
    assert len(program.stages["jaxpr"].text.split("\n")) == len(
        looked_at(jax.grad(outer), X).stages["jaxpr"].text.split("\n")
    )


class Model:
    def __init__(self) -> None:
        self.w = jnp.ones((3, 3))

    def forward(self, x: Any) -> Any:
        return jnp.tanh(x @ self.w)

    def __call__(self, x: Any) -> Any:
        return self.forward(x)

    @staticmethod
    def plain(x: Any) -> Any:
        return jnp.tanh(x)

    @jax.jit
    def leaf(self, x: Any) -> Any:
        return x


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (Model().forward, "forward"),
        (Model(), "Model"),
        (Model.plain, "plain"),
        (functools.partial(Model().forward), "forward"),
        (functools.partial(functools.partial(lambda s, x: jnp.tanh(x * s), 2.0)), "<lambda>"),
        (jnp.tanh, "tanh"),
        (jax.jit(Model().forward), "forward"),
        (jax.vmap(jnp.tanh), "tanh"),
    ],
)
def test_anything_that_can_be_called_is_a_program(f: Any, name: str):
    program = looked_at(f, X)
    assert program.name == name
    assert "tanh" in [e.primitive for e in program.equations]


def test_arguments_that_are_no_arrays_are_constants():
    def f(x: Any, how: str, act: Any, none: Any = None, *, more: Any = ()) -> Any:
        assert (how, none, more) == ("twice", None, ("a", 1))
        return act(x) * 2

    assert primitives(f, X, "twice", jnp.tanh, None, more=("a", 1)) == ["tanh", "mul"]
    assert primitives(lambda x, f: f(x), X, f=jnp.sin) == ["sin"]


def test_static_arguments_of_a_jitted_function_stay_static():
    f = jax.jit(lambda x, n: x * 2 if n == 3 else x, static_argnums=1)
    assert primitives(f, X, 3) == ["mul"]


def test_types_are_enough():
    assert primitives(lambda x: jnp.sin(x), jax.ShapeDtypeStruct((10**6, 10**6), jnp.float32)) == [
        "sin"
    ]


def test_what_jax_made_of_a_function_is_shown_too():
    def f(x: Any) -> Any:
        return jnp.sin(x) * 2

    traced = jax.jit(f).trace(X)
    whole = jaxplore.program(f, X)
    assert jaxplore.program(traced) == whole
    assert looked_at(jax.make_jaxpr(f)(X)).stages == {"jaxpr": whole.stages["jaxpr"]}
    assert looked_at(jax.make_jaxpr(f)(X)).name == "f"
    lowered = jaxplore.program(traced.lower())
    assert (lowered.name, [*lowered.stages]) == ("f", ["stablehlo", "hlo"])
    assert lowered.stages["stablehlo"].text == whole.stages["stablehlo"].text
    compiled = jaxplore.program(traced.lower().compile())
    assert (compiled.name, [*compiled.stages]) == ("f", ["hlo"])
    assert compiled.stages["hlo"].text == whole.stages["hlo"].text


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: jaxplore.program(3),
            "Cannot show this as a program.\nGot: 3 (int)\nDo: pass a function and its arguments, a jaxpr, "
            "or what .trace(), .lower() or .compile() returned.",
        ),
        (
            lambda: jaxplore.program(jnp.sin, X, stages=("mlir",)),
            "Cannot make these stages of a program.\nGot: stages=('mlir',)\n"
            "Do: name some of jaxpr, stablehlo, hlo in a tuple.",
        ),
        (
            lambda: jaxplore.program(jnp.sin, X, stages="hlo"),
            "Cannot make these stages of a program.\nGot: stages='hlo'\n"
            "Do: name some of jaxpr, stablehlo, hlo in a tuple.",
        ),
        (
            lambda: jaxplore.program(jax.jit(jnp.sin).trace(X), X),
            "A program that is made already takes no arguments.\nGot: Traced and 1 arguments\n"
            "Do: pass it alone, or pass the function.",
        ),
    ],
)
def test_what_is_no_program_is_refused_in_three_parts(call: Callable[[], Any], text: str):
    with pytest.raises(jaxplore.NotAProgramError) as caught:
        call()
    assert str(caught.value) == text


class TheirError(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)


@pytest.mark.parametrize("wrap", [lambda f: f, jax.jit, jax.grad])
def test_the_users_own_exception_passes_through_untouched(wrap: Callable[..., Any]):
    fault = TheirError(3, "mine")

    def f(x: Any) -> Any:
        raise fault

    with pytest.raises(TheirError) as caught:
        jaxplore.program(wrap(f), jnp.ones(()))
    assert caught.value is fault
    assert (type(caught.value), caught.value.args) == (TheirError, (3, "mine"))
    assert caught.value.__cause__ is None


def test_jaxs_own_error_passes_through():
    with pytest.raises(jax.errors.TracerBoolConversionError):
        jaxplore.program(lambda x: x if x > 0 else -x, 1.0)
    with pytest.raises(ValueError, match="Incompatible shapes"):
        jaxplore.program(lambda x: x + jnp.ones(7), X)


def test_a_missing_argument_says_what_python_says():
    def f(x: Any, y: Any) -> Any:
        return x

    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        jaxplore.program(f, X)


def test_looking_changes_nothing_that_runs_afterwards():
    f = jax.jit(lambda x: jnp.sin(x) * 2)
    before = f(X)
    with jaxplore.observe() as ledger:
        jaxplore.program(f, X)
        jaxplore.program(lambda x: jnp.cos(x).sum(), X)
        assert (f(X) == before).all()
    assert [row.function for row in ledger if row.kind != "eager"] == []


def test_looking_before_the_first_call_changes_no_result():
    f = jax.jit(lambda x: jnp.sin(x) * 3)
    looked_at(f, X)
    with jaxplore.observe() as ledger:
        result = f(X)
    assert (result == jnp.sin(X) * 3).all()
    assert [row.cause for row in ledger if row.kind != "eager"] == ["R01"]


def test_parameters_name_functions_and_say_nothing_of_what_wraps_them():
    @jax.custom_vjp
    def mine(x: Any) -> Any:
        return x * 2

    def forward(x: Any) -> Any:
        return mine(x), x

    def backward(x: Any, gradient: Any) -> Any:
        return (gradient * x,)

    mine.defvjp(forward, backward)

    def host(x: Any) -> Any:
        return x

    def f(x: Any) -> Any:
        kept = jax.new_ref(x)
        kept[0] = x[1]
        return jax.nn.relu(mine(kept[...])), jax.pure_callback(host, x, x), jnp.max(x, np.int64(1))

    program = looked_at(f, X)
    told = {e.primitive: e.parameters for e in program.equations}
    assert [told[name] for name in ("custom_vjp_call", "pure_callback", "reduce_max")] == [
        "fwd_jaxpr_thunk=forward num_consts=0 bwd=backward symbolic_zeros=False",
        "callback=host",
        "axes=(1,)",
    ]
    assert not [text for text in told.values() if "Wrapped" in text or "PyTreeDef" in text]
    names = [region.name for region in program.regions]
    assert [name for name in names if name in ("mine", "relu")] == ["mine", "relu", "relu"]


def test_a_model_that_is_called_itself_is_a_program_with_its_arrays_as_constants():
    model = eqx.nn.MLP(2, 3, 4, 1, key=jax.random.key(0))  # cannot be hashed
    program = looked_at(model, np.ones(2, np.float32))
    assert program.summary() == "MLP: 7 equations, (x: f32[2]) -> (f32[3])"
    assert len(program.regions[0].constants) == 4
