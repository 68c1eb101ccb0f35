"""`%jaxpr`, `%hlo`, `%explore`, `%ledger`."""

import pytest

from jaxplore.errors import JaxploreError

SETUP = (
    "def loss(a, b=2.0, *rest, k=1.0, **more):\n    return (jnp.sin(a) * b * k).sum()\n"
    "def total(d):\n    return sum(jax.tree.leaves(d))\n"
    "class Model:\n    def __init__(self, w):\n        self.w = w\n"
    "    def __call__(self, a):\n        return jnp.cos(a * self.w)\n"
    "    def apply(self, a):\n        return jnp.tan(a * self.w)\n"
    "model, p = Model(x), {'w': x, 'n': 2.0}\n"
    "args, kw = (x, 3.0), {'k': 4.0}\ndef make(n):\n    return lambda a: jnp.exp(a) * n\n"
    "jitted = jax.jit(loss)\ntraced = jitted.trace(x)\nlowered = traced.lower()\n"
    "import jaxplore\nprogram = jaxplore.program(loss, x)\njaxpr = jax.make_jaxpr(loss)(x)"
)

CALLS = {
    "loss(x)": "sin",
    "loss(x, 3.0)": "sin",
    "loss(a=x, b=3.0)": "sin",
    "loss(*args)": "sin",
    "loss(*args, **kw)": "sin",
    "loss(x, **{'k': 1.0})": "sin",
    "loss(x, k=jnp.ones(4))": "sin",
    "jitted(x)": "sin",
    "model(x)": "cos",
    "model.apply(x)": "tan",
    "make(3)(x)": "exp",
    "jax.grad(loss)(x)": "cos",
    "jax.vmap(jnp.tanh)(x)": "tanh",
    "(lambda a: jnp.log(a))(x)": "log",
    "loss(jnp.ones((2, 2)))": "sin",
    "loss(loss(x) * x)": "sin",
    "total({'w': x, 'n': 2.0})": "add",
    "total({'w': 2.0, 'lr':.1, 'n':3.0})": "add",
    "total({**p})": "add",
    "total([v for v in p.values()])": "add",
    "loss(jax.ShapeDtypeStruct((4,), jnp.float32))": "sin",
    "loss(x)  # a note": "sin",
    "traced": "sin",
    "lowered": "sin",
    "program": "sin",
    "jaxpr": "sin",
    "jnp.sin(x)": "sin",
}


@pytest.mark.parametrize("call", CALLS)
def test_jaxpr_shows_the_call(nb, call):
    nb.ok(SETUP)
    ran = nb.ok(f"%jaxpr {call}")
    if call == "lowered":
        return
    [shown] = ran.of("jaxpr")
    assert CALLS[call] in shown.text
    assert set(shown.data) == {"text/plain", "text/html"}
    assert "<script" not in shown.data["text/html"]
    assert ran.line == ""
    assert ran.results == []


@pytest.mark.parametrize("call", ["loss(x)", "jitted(x)", "lowered", "program", "model(x)"])
def test_hlo_and_explore_show_the_call(nb, call):
    nb.ok(SETUP)
    assert "HloModule" in nb.ok(f"%hlo {call}").of("hlo")[0].text
    assert nb.ok(f"%explore {call}").of("explorer")[0].text


def test_each_equation_is_beside_its_expression(nb):
    nb.ok("def f(a):\n    return 2 * jnp.sin(a)")
    number = nb.shell.execution_count - 1
    [shown] = nb.ok("%jaxpr f(x)").of("jaxpr")
    [line] = [line for line in shown.text.splitlines() if "sin " in line and "#" in line]
    assert line.split("#")[1].strip() == f"cell {number}:2  jnp.sin(a)"


def test_explore_is_a_result_that_can_be_kept(nb):
    nb.ok(SETUP)
    nb.ok("%explore loss(x)")
    assert type(nb.ok("_").value).__name__ == "Explorer"
    nb.ok("e = %explore loss(x)")
    assert type(nb.ns["e"]).__name__ == "Explorer"


def test_the_call_itself_is_not_run(nb, capsys):
    nb.ok("n = []\ndef f(a):\n    n.append(1)\n    return a")
    nb.ok("%jaxpr f(x)")
    assert len(nb.ns["n"]) <= 1


@pytest.mark.parametrize("magic", ["%jaxpr", "%hlo", "%explore"])
def test_an_error_of_the_function_comes_through_unchanged(nb, magic):
    nb.ok("class Mine(Exception):\n    pass\ndef f(a):\n    raise Mine('as it is')")
    ran = nb.fails(f"{magic} f(x)", "Mine")
    assert str(ran.error) == "as it is"
    assert "----> 4     raise Mine('as it is')" in ran.traceback
    assert "jaxplore" not in ran.traceback
    assert not ran.faults


@pytest.mark.parametrize("magic", ["%jaxpr", "%hlo", "%explore"])
def test_an_error_of_jax_comes_through_unchanged(nb, magic):
    nb.ok("def f(a):\n    if a.sum() > 0:\n        return a\n    return -a")
    ran = nb.fails(f"{magic} f(x)", "TracerBoolConversionError")
    assert "----> 2     if a.sum() > 0:" in ran.traceback
    assert not ran.faults


@pytest.mark.parametrize("magic", ["%jaxpr", "%hlo", "%explore"])
def test_wrong_arguments_and_missing_names_are_the_users_errors(nb, magic):
    nb.ok("def f(a):\n    return a")
    assert not nb.fails(f"{magic} f(x, x)", TypeError).faults
    assert not nb.fails(f"{magic} nothing(x)", NameError).faults
    assert not nb.fails(f"{magic} f(nothing)", NameError).faults
    assert not nb.fails(f"{magic} f(1 / 0)", ZeroDivisionError).faults


@pytest.mark.parametrize("magic", ["%jaxpr", "%hlo", "%explore"])
def test_what_is_no_program_is_refused(nb, magic):
    ran = nb.fails(f"{magic} x", JaxploreError)
    assert "\nGot: " in str(ran.error)
    assert "\nDo: " in str(ran.error)
    assert not ran.faults
    assert "jaxplore" not in ran.traceback.replace("jaxplore.program", "")


@pytest.mark.parametrize("magic", ["jaxpr", "hlo", "explore"])
def test_an_empty_line_is_refused(nb, magic):
    ran = nb.fails(f"%{magic}", JaxploreError)
    assert str(ran.error) == (
        f"%{magic} needs something to look at.\nGot: an empty line.\n"
        f"Do: write a call, as in `%{magic} f(x)`."
    )


@pytest.mark.parametrize("line", ["f(x", "f(x) g(x)", "y = f(x)", "import os"])
def test_bad_syntax_is_an_error_that_shows_the_line(nb, line):
    nb.ok("def f(a):\n    return a")
    ran = nb.fails(f"%jaxpr {line}", (SyntaxError, JaxploreError))
    assert line in ran.traceback
    assert "jaxplore/magics" not in ran.traceback


def test_looking_is_in_no_ledger(nb):
    nb.ok(SETUP)
    nb.ok("rows = len(jaxplore.ledger())")
    for magic in ("%jaxpr", "%hlo", "%explore"):
        assert nb.ok(f"{magic} loss(x)").line == ""
    assert nb.ok("len(jaxplore.ledger()) - rows").value == 0


def test_the_ledger_as_text(nb):
    nb.ok("def f(a):\n    return a + 1\nf = jax.jit(f)\nf(x)")
    first = nb.shell.execution_count - 1
    nb.ok("y = f(jnp.ones(7))")
    [shown] = nb.ok("%ledger").of("ledger")
    head, columns, *rows = shown.text.splitlines()
    assert head == "2 compiles"
    assert columns.split() == ["cell", "function", "why", "cause", "called", "at"]
    assert rows[0].split() == [
        str(first),
        "f",
        "first",
        "call",
        "R01",
        "cell",
        str(first),
        "line",
        "4:",
        "f(x)",
    ]
    assert rows[1].startswith(f"   {first + 1}")
    assert "R02" in rows[1]
    assert "<details" in shown.data["text/html"]


def test_the_ledger_with_times(nb, monkeypatch):
    monkeypatch.delenv("JAXPLORE_DETERMINISTIC")
    nb.ok("y = jax.jit(lambda a: a + 1)(x)")
    [shown] = nb.ok("%ledger").of("ledger")
    for column in ("trace", "lower", "XLA", "equations", "memory"):
        assert column in shown.text.splitlines()[1]


def test_an_empty_ledger(nb):
    assert nb.ok("%ledger").of("ledger")[0].text == "0 compiles"
