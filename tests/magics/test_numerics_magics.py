"""`%numerics` and `%%numerics`."""

import pytest

from jaxplore.errors import CellError, JaxploreError, OptionError

CELL = "def f(a):\n    return jnp.where(a > 0, jnp.sqrt(a), 0.0).sum()"
VERDICT = """\
f: first Inf made by the derivative of `jnp.sqrt(a)`, cell 3 line 2: it read `jnp.sqrt(a)` = \
[0, 1.73], 1 of 4 is zero
Q04 the derivative of a root at 0 is infinite, and `jnp.sqrt(a)` is 0 in 1 of 4 elements; \
`jnp.where(a > 0, jnp.sqrt(a), 0.0)` leaves that element out of the value, but its gradient goes \
through both branches, and 0 * inf is NaN
    cell 3 line 2: write `jnp.where(a > 0, jnp.sqrt(jnp.where(a > 0, a, 1.0)), 0.0)`

line           expression                                pass      smallest  largest  NaN  Inf  \
zeros  numbers
cell 3 line 2  jnp.sqrt(a)                               forward          0     1.73               \
 1        4
cell 3 line 2  jnp.where(a > 0, jnp.sqrt(a), 0.0)        forward          0     1.73               \
 1        4
cell 3 line 2  jnp.where(a > 0, jnp.sqrt(a), 0.0).sum()  forward       4.15     4.15               \
          1
cell 3 line 2  jnp.where(a > 0, jnp.sqrt(a), 0.0).sum()  backward         1        1               \
          4
cell 3 line 2  jnp.where(a > 0, jnp.sqrt(a), 0.0)        backward         0        1               \
 1        4
cell 3 line 2  > jnp.sqrt(a)                             backward     0.289      0.5    1          \
          4"""


def test_a_call_is_looked_at(nb):
    nb.ok(CELL)
    ran = nb.ok("%numerics jax.grad(f)(x)")
    [shown] = ran.of("numerics")
    assert shown.text == VERDICT
    assert "jaxplore-numerics" in shown.data["text/html"]
    # Nothing else is shown: no value, and no compile that the user did not ask for.
    assert ran.shown == [shown]


def test_the_record_is_kept_where_it_is_wanted(nb):
    nb.ok(CELL)
    ran = nb.ok("%numerics -o seen f(x)")
    assert len(ran.of("numerics")) == 1
    record = nb.ns["seen"]
    assert type(record).__name__ == "Numerics" and record.first_bad is None
    assert round(float(record.result), 2) == 4.15


def test_a_cell_is_looked_at_and_its_names_are_set(nb):
    ran = nb.ok("%%numerics -o seen\ny = jnp.log(x)\nz = y * 2\nz.sum()")
    assert ran.results == ["Array(-inf, dtype=float32)"]
    assert nb.ns["y"].tolist()[0] == float("-inf") and nb.ns["z"].shape == (4,)
    assert float(nb.ns["seen"].result) == float("-inf")
    assert ran.of("numerics")[0].text.splitlines()[:3] == [
        "cell: first Inf made by `jnp.log(x)`, cell 3 line 2: it read `x` = [0, 3], 1 of 4 is zero",
        "E19 the log of 0 is -inf: `x` has 1 zero of 4",
        "    cell 3 line 2: write `jnp.log(jnp.maximum(x, 1e-12))`",
    ]
    assert ran.line == ""


def test_code_that_is_written_on_the_line_has_its_place(nb):
    ran = nb.ok("y = 1\n%numerics -o seen (lambda a: jnp.log(a))(x)")
    span = nb.ns["seen"].first_bad.span
    assert (str(span), span.text) == ("cell 3:2:29", "jnp.log(a)")
    assert "cell 3 line 2: write `jnp.log(jnp.maximum(a, 1e-12))`" in ran.of("numerics")[0].text


def test_effects_of_a_cell_happen_once(nb):
    nb.ok("seen = []\ndef note(v):\n    seen.append(v.item())\n    return v")
    nb.ok(
        "%%numerics\n"
        "kind = jax.ShapeDtypeStruct((), jnp.float32)\n"
        "y = jax.experimental.io_callback(note, kind, x.sum(), ordered=True)"
    )
    assert nb.ns["seen"] == [6.0]


def test_a_cell_that_defines_functions_is_told_what_to_do(nb):
    ran = nb.fails("%%numerics\nk = 2.0\ndef g(a):\n    return a", CellError)
    assert str(ran.error) == (
        "%%numerics looks at one run of a cell, and this cell defines a function.\n"
        "Got: line 3: def g(a):\n"
        "Do: run the cell without %%numerics, then look at a call: `%numerics g(...)`."
    )
    assert "k" not in nb.ns


@pytest.mark.parametrize(
    ("cell", "kind", "failed"),
    [
        ("%numerics", OptionError, "%numerics needs something to look at."),
        ("%numerics -o 2x f(x)", OptionError, "%numerics -o needs a name that Python can assign."),
        ("%%numerics f(x)\nx", OptionError, "%%numerics looks at the cell below it and takes"),
        ("%%numerics\nx.sum() +", CellError, "The cell is not valid Python: invalid syntax."),
        ("%numerics x", JaxploreError, "Cannot measure the numbers of this"),
    ],
)
def test_what_cannot_be_looked_at_is_refused_in_three_parts(nb, cell, kind, failed):
    nb.ok(CELL)
    ran = nb.fails(cell, kind)
    parts = str(ran.error).split("\n")
    assert parts[0].startswith(failed)
    assert parts[1].startswith("Got: ") and parts[2].startswith("Do: ")
    assert not ran.faults


@pytest.mark.parametrize("cell", ["%numerics bad(x)", "%%numerics\nbad(x)"])
def test_an_error_of_the_user_comes_through_without_frames_of_ours(nb, cell):
    nb.ok("class Mine(Exception):\n    pass\ndef bad(a):\n    raise Mine('as it is')")
    ran = nb.fails(cell, "Mine")
    assert str(ran.error) == "as it is" and ran.error.__cause__ is None
    assert "jaxplore" not in ran.traceback
    assert not ran.faults


def test_a_fault_of_ours_leaves_the_cell_as_it_was(nb, monkeypatch):
    def broken(*_args, **_options):
        raise RuntimeError("broken")

    monkeypatch.setattr("jaxplore.capture.numerics.numerics.capture_numerics", broken)
    ran = nb.run("%%numerics\ny = x + 1\ny.sum()")
    assert ran.value == 10.0 and nb.ns["y"].tolist() == [1, 2, 3, 4]
    assert ran.faults == [
        "jaxplore could not measure the numbers (RuntimeError: broken); your code was not affected"
    ]


def test_help_lists_it(nb):
    assert "%numerics f(x)" in nb.ok("%jaxplore help").of("help")[0].text


@pytest.mark.parametrize("magic", ["numerics", "gradient"])
def test_what_takes_long_says_what_it_does(nb, monkeypatch, magic):
    monkeypatch.delenv("JAXPLORE_DETERMINISTIC")
    nb.ok(
        "def deep(a):\n    for _ in range(40):\n        a = jnp.tanh(a * 1.1)\n    return a.sum()"
    )
    lines = [shown.text for shown in nb.ok(f"%{magic} deep(x)").of("progress")]
    assert lines[0].endswith(" ...") and " equations: " in lines[0]
    assert "compiling them with a measurement after each" in lines[-1]
    assert lines[-1].endswith(": done")


def test_what_a_function_on_the_host_raises_is_the_users_own(nb):
    nb.ok(
        "def bad(v):\n    raise ValueError('mine')\n"
        "def f(a):\n    return jax.pure_callback(bad, jax.ShapeDtypeStruct((), 'float32'), a.sum())"
    )
    ran = nb.run("%numerics f(x)")
    assert "mine" in str(ran.error) and ran.of("numerics") == []
