"""`%placement` and `%devices`."""

import pytest

from jaxplore.errors import OptionError
from jaxplore.magics.placementmagics import named_parts

SETUP = """\
mesh = jax.make_mesh((2,), ("data",))
rows = jax.NamedSharding(mesh, jax.P("data"))
params = {"w": jax.device_put(np.ones((4, 2), np.float32), rows)}
calls = []
def double(p):
    calls.append(1)
    return p["w"] * 2
f = jax.jit(double)"""
PARAMS = """\
1 array on 2 devices: 32 B in all, 16 B on each
mesh `data` (2, explicit) on cpu:0, 1

path         type      size  split                 per device  pinned by
params['w']  f32[4,2]  32 B  rows over `data` (2)        16 B  jax.device_put(np.ones((4, 2), \
np.float32), rows), cell 3 line 3"""
PROGRAM = """\
double: 2 values on 2 devices: 64 B in all, 32 B on each
mesh `data` (2, explicit) on cpu:0, 1

inputs
path    type      size  split                 per device  pinned by
p['w']  f32[4,2]  32 B  rows over `data` (2)        16 B  jax.device_put(np.ones((4, 2), \
np.float32), rows), cell 3 line 3

outputs
path    type      size  split                 per device  made by
result  f32[4,2]  32 B  rows over `data` (2)        16 B  p["w"] * 2, cell 3 line 7"""


@pytest.fixture
def seen(nb):
    nb.ok(SETUP)
    return nb


def test_arrays_are_named_as_they_are_written(seen):
    ran = seen.ok("%placement params")
    [shown] = ran.of("placement")
    assert shown.text == PARAMS
    assert "jaxplore-placement" in shown.data["text/html"]
    assert ran.shown == [shown]


def test_a_call_of_a_jitted_function_is_a_program(seen):
    ran = seen.ok("%placement f(params)")
    assert ran.of("placement")[0].text == PROGRAM
    # Traced once, and no compile that the user did not ask for.
    assert (len(seen.ns["calls"]), ran.line) == (1, "")


def test_any_other_call_is_made_and_its_result_shown(seen):
    seen.ok("%placement -o made double(params)")
    [leaf] = seen.ns["made"].leaves
    assert (len(seen.ns["calls"]), leaf.path, leaf.sharding) == (1, "", "rows over `data` (2)")
    assert leaf.pinned_by.words == 'p["w"] * 2, cell 3 line 7'


def test_what_a_line_makes_was_made_in_its_cell(seen):
    seen.ok("x = 1\n%placement -o made jax.device_put(np.ones(4), rows)")
    [leaf] = seen.ns["made"].leaves
    assert leaf.pinned_by.words == "jax.device_put(np.ones(4), rows), cell 4 line 2"


def test_several_trees_keep_their_names():
    assert named_parts("a.b['c'], d[0]", (1, 2)) == (("a.b['c']", 1), ("d[0]", 2))
    assert named_parts("d[i], f(x)", (1, 2)) == (("[0]", 1), ("[1]", 2))
    assert named_parts("pair", (1, 2)) == (("pair", (1, 2)),)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%placement", "%placement needs something to look at."),
        ("%placement f(", "%placement cannot read this as an expression: '(' was never closed."),
        ("%placement -o 3 x", "%placement -o needs a name that Python can assign."),
        ("%devices x", "%devices takes no options."),
    ],
)
def test_what_cannot_be_read_is_refused_in_three_parts(nb, line, said):
    failed, _, do = str(nb.fails(line, OptionError).error).split("\n")
    assert failed == said and do.startswith("Do: ")


def test_the_users_error_passes(seen):
    ran = seen.fails("%placement f(1.0)", "TypeError")
    assert "jaxplore/magics" not in ran.traceback
    assert "NameError" in seen.fails("%placement nothing").traceback


def test_devices_are_the_same_on_every_run(nb):
    ran = nb.ok("%devices")
    [shown] = ran.of("devices")
    assert shown.text == (
        "2 devices, backend cpu\n\ndevice  kind  default\ncpu:0   cpu   default\ncpu:1   cpu"
    )
    assert "jaxplore-devices" in shown.data["text/html"] and ran.shown == [shown]


def test_help_names_both(nb):
    shown = nb.ok("%jaxplore help").of("help")[0].text
    assert "%placement params" in shown and "%devices" in shown
