"""`%gradient` and `%%grad --show`: what they show, their options, refusals."""

import jax.numpy as jnp
import pytest

from jaxplore.magics.gradientmagics import Options, read_options
from jaxplore.model.gradient import Gradient

DEFINE = "def f(w, b):\n    return jnp.sum(jnp.sin(w) * b)"


@pytest.fixture
def seen(nb):
    nb.ok(DEFINE)
    nb.ok("w, b = jnp.ones(4), jnp.arange(4.0)")
    return nb


def test_a_call_gives_the_record(seen):
    ran = seen.ok("%gradient f(w, b)")
    made = ran.value
    assert isinstance(made, Gradient)
    assert ([leaf.path for leaf in made.inputs], made.name) == (["w"], "f")
    assert made.value == pytest.approx(6 * float(jnp.sin(1.0)), rel=1e-6)
    [shown] = ran.of("gradient")
    assert shown.kind == "execute_result"
    assert shown.text.startswith("gradient of f: value 5.05 · by 1 input · ")


def test_names_and_numbers_choose_what_to_differentiate_by(seen):
    for option, paths in (("b", ["b"]), ("1", ["b"]), ("w,b", ["w", "b"]), ("0,b", ["w", "b"])):
        made = seen.ok(f"%gradient --wrt {option} f(w, b)").value
        assert [leaf.path for leaf in made.inputs] == paths


def test_output_sets_a_name(seen):
    made = seen.ok("%gradient -o g f(w, b)").value
    assert seen.ns["g"] is made


def test_nothing_is_written_to_the_ledger(seen):
    assert seen.ok("%gradient f(w, b)").line == ""


def test_the_users_error_passes(seen):
    ran = seen.fails("%gradient f(w, jnp.ones(3))", "TypeError")
    assert "jaxplore/magics" not in ran.traceback


def test_options_are_read():
    assert read_options("f(x)") == Options(call="f(x)")
    assert read_options("--wrt=w,1 --has-aux f(x) - 1") == Options(
        call="f(x) - 1", wrt=("w", 1), has_aux=True
    )
    assert read_options("--steps f(x)") == Options(call="f(x)", instead="steps")
    assert read_options("-o a  f(x)") == Options(call="f(x)", output="a")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--why f(x)", "%gradient does not know --why."),
        ("--wrt", "%gradient --wrt needs a name."),
        ("-o 3 f(x)", "%gradient -o needs a name."),
    ],
)
def test_what_cannot_be_read_is_refused(seen, line, said):
    failed, given, do = str(seen.fails(f"%gradient {line}", "OptionError").error).split("\n")
    assert (failed, given) == (said, f"Got: {line}")
    assert do.startswith("Do: ")
    assert "needs something to look at" in str(seen.fails("%gradient", "OptionError").error)


def test_what_has_no_gradient_is_refused_in_three_parts(seen):
    ran = seen.fails("%gradient --wrt q f(w, b)", "JaxploreError")
    assert len(str(ran.error).split("\n")) == 3


def test_a_cell_shows_its_gradient(seen):
    ran = seen.ok("%%grad w --show\nh = jnp.tanh(w)\n(h * b).sum()")
    [shown] = ran.of("gradient")[1:]
    assert shown.text.startswith("gradient of cell: value 4.57 · by 1 input · ")
    assert "jnp.tanh(w)" in shown.text
    assert len(ran.results) == 1


def test_a_cell_that_assigns_what_it_reads_shows_the_gradient_of_what_it_read(seen):
    ran = seen.ok("%%grad w --show\nw = w * 2\nloss = (w * w).sum()")
    assert ran.of("gradient")[1].text.startswith("gradient of cell: value 16 · ")


def test_a_higher_order_shows_each_name_by_itself(seen):
    seen.ok("s, t = 2.0, 3.0")
    ran = seen.ok("%%grad --order 2 --show\ns**3 * t**2")
    values = [one.text.split(" · ")[0].split("value ")[-1] for one in ran.of("gradient")[1:]]
    assert values == ["108", "48"]


def test_functions_say_how_to_see_them(seen):
    ran = seen.ok("%%grad --show\ndef g(a):\n    return a**2")
    [note] = ran.of("note")
    assert note.text == "g: to see the gradient, call %gradient g(...)"


def test_help_names_it(seen):
    assert "%gradient f(x)" in seen.ok("%jaxplore help").of("help")[0].text
