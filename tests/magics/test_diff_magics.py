"""`%jdiff`, and `%explore` of a compile by its number."""

import pytest

from jaxplore.errors import JaxploreError

CELL = (
    "@jax.jit\ndef f(a):\n    return jnp.sin(a) * 2.0\n"
    "def g(a):\n    return jnp.exp(jnp.sin(a)) * 2.0\n"
)
NOTHING_DIFFERS = "f: no difference in 2 equations"
SHAPE = "f: 0 equations the same, 2 changed, 0 added, 0 removed"


@pytest.fixture
def numbers(nb) -> list[int]:
    """The numbers of two compiles of `f`, for two shapes."""
    nb.ok(CELL + "y = f(x)")
    nb.ok("y = f(jnp.ones(7))")
    rows = nb.ok("import jaxplore\n[row.function for row in jaxplore.ledger()]").value
    return [n for n, name in enumerate(rows) if name == "f"]


def test_two_calls_are_compared(nb):
    nb.ok(CELL)
    ran = nb.ok("%jdiff f(x) vs g(x)")
    assert type(ran.value).__name__ == "ProgramDiff"
    [text] = ran.results
    assert text.splitlines()[0] == "f -> g: 1 equation the same, 1 changed, 1 added, 0 removed"
    assert "+ c:f32[4] = exp b" in text
    html = ran.shown[0].data["text/html"]
    assert "<script" not in html and "jaxplore-diff" in html
    # Nothing was compiled, and XLA's numbers are no part of what tests compare.
    assert ran.line == "" and "XLA" not in text + html


def test_compiles_are_compared_by_their_numbers(nb, numbers):
    first, second = numbers
    for line in (f"{first} {second}", f"{first} vs {second}", f"{second}", "-1", ""):
        assert nb.ok(f"%jdiff {line}").results[0].splitlines()[0] == SHAPE, line
    assert nb.ok(f"%jdiff {first} {first}").results == [NOTHING_DIFFERS + COSTS]
    assert nb.ok(f"%jdiff {first} vs f(x)").results == [NOTHING_DIFFERS + COSTS]


COSTS = """
                 before  after
  equations           2      2
  flops               8      8
  bytes moved      68 B   68 B
  largest value    16 B   16 B"""


def test_a_compile_is_explored_by_its_number(nb, numbers):
    first, second = numbers
    assert nb.ok(f"%explore {first}").value.program.summary() == (
        "f: 2 equations, (a: f32[4]) -> (f32[4])"
    )
    assert "f32[7]" in nb.ok(f"%jaxpr {second}").of("jaxpr")[0].text
    assert "HloModule" in nb.ok(f"%hlo {second}").of("hlo")[0].text
    assert "f32[7]" in nb.ok("%explore -1").value.program.summary()


def test_why_says_how_to_look(nb, numbers, monkeypatch):
    monkeypatch.delenv("JAXPLORE_DETERMINISTIC")
    first, second = numbers
    assert nb.ok(f"%why {second}").of("why")[0].text.splitlines()[-1] == (
        f"  look      %explore {second} shows the program, %jdiff {second} what changed in it"
    )
    assert nb.ok(f"%why {first}").of("why")[0].text.splitlines()[-1] == (
        f"  look      %explore {first} shows the program"
    )


def test_an_edited_cell_is_compared_with_what_it_was(nb):
    cell = "%%jit\ndef h(a):\n    b = jnp.sin(a)\n    return b * 2.0\n"
    nb.ok(cell + "old = h")
    nb.ok("y = h(x)")
    nb.ok(cell.replace("    return", "\n    b = b + 1\n    return") + "z = h(x)")
    text = nb.ok("%jdiff -1").results[0]
    assert "+ c:f32[4] = add b 1.0:f32[]" in text
    assert text.splitlines()[0] == "h: 1 equation the same, 1 changed, 1 added, 0 removed"


@pytest.mark.parametrize(
    ("line", "failed"),
    [
        ("f(x)", "%jdiff cannot read this as two programs: there is only one side."),
        ("f(x) vs", "%jdiff cannot read this as two programs: invalid syntax."),
        ("1 2 3", "%jdiff cannot read this as two programs: invalid syntax."),
        ("99 vs f(x)", "There is no such compile."),
        ("99", "There is no such compile."),
        ("x vs f(x)", "Cannot show this as a program."),
    ],
)
def test_what_cannot_be_compared_is_refused_in_three_parts(nb, line, failed):
    nb.ok(CELL + "f(x)")
    ran = nb.fails(f"%jdiff {line}", JaxploreError)
    parts = str(ran.error).split("\n")
    assert parts[0] == failed
    assert parts[1].startswith("Got: ") and parts[2].startswith("Do: ")
    assert not ran.faults


def test_an_error_of_the_function_comes_through_unchanged(nb):
    nb.ok(CELL + "class Mine(Exception):\n    pass\ndef bad(a):\n    raise Mine('as it is')")
    ran = nb.fails("%jdiff f(x) vs bad(x)", "Mine")
    assert str(ran.error) == "as it is"


def test_a_collected_function_is_said(nb, numbers):
    nb.ok("del f, y\nimport gc; n = gc.collect()")
    ran = nb.fails(f"%explore {numbers[0]}", JaxploreError)
    assert str(ran.error).split("\n")[0] == (
        "The program of this compile is gone: JAX keeps it only as long as its function."
    )


def test_show_of_a_cell_is_its_explorer(nb):
    ran = nb.ok("%%jit --show\nz = jnp.sin(x) * 2\nz.sum()")
    [shown] = ran.of("explorer")
    assert shown.text.splitlines()[0] == "cell: 3 equations, (x: f32[4]) -> (f32[], f32[4])"
    assert len(ran.results) == 1


def test_show_of_functions_that_the_cell_calls_is_their_explorer(nb):
    ran = nb.ok(
        "%%jit --show -o program\n"
        "def f(a):\n    return jnp.sin(a) * 2\ndef g(a):\n    return a\ny = f(x)"
    )
    [shown] = ran.of("explorer")
    assert shown.text.splitlines()[0] == "f: 2 equations, (a: f32[4]) -> (f32[4])"
    assert nb.ns["program"].name == "f"
    [note] = ran.of("note")
    assert note.text == "g: jitted; to see it, call %explore g(...)"


def test_help_lists_it(nb):
    assert "%jdiff f(x) vs g(x)" in nb.ok("%jaxplore help").of("help")[0].text
    assert "%jdiff 12" in nb.ok("%jaxplore help").of("help")[0].text
