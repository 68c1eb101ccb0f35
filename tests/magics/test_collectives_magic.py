"""`%collectives`."""

import pytest

from jaxplore.errors import JaxploreError, OptionError

SETUP = """\
from jax.sharding import AxisType, NamedSharding, PartitionSpec as P
mesh = jax.make_mesh((2,), ("data",), axis_types=(AxisType.Auto,))
rows = jax.device_put(jnp.ones((8, 4)), NamedSharding(mesh, P("data")))
def f(a):
    return jnp.cumsum(a, axis=0)
"""
TEXT = """\
f: 1 collective makes each of 2 devices send 64 B: 64 B over data

line           expression             pass     collective  over  times  each time  in all
cell 3 line 5  jnp.cumsum(a, axis=0)  forward  all-gather  data      1       64 B    64 B
    `jnp.cumsum(a, axis=0)` needs all rows on a device, and `a` is rows over `data` (2)
    do: pass `a` in split along another dimension: `jax.device_put(a, NamedSharding(mesh, P(None, \
'data')))`"""


def test_a_call_is_looked_at(nb):
    nb.ok(SETUP)
    ran = nb.ok("%collectives f(rows)")
    [shown] = ran.of("collectives")
    assert shown.text == TEXT
    assert "jaxplore-collectives" in shown.data["text/html"]
    # Nothing else is shown: nothing ran.
    assert ran.shown == [shown]


def test_the_record_is_kept_where_it_is_wanted(nb):
    nb.ok(SETUP)
    nb.ok("%collectives -o seen f(jax.device_put(rows, NamedSharding(mesh, P(None, 'data'))))")
    record = nb.ns["seen"]
    assert (type(record).__name__, record.devices, record.rows) == ("Collectives", 2, ())


def test_a_program_on_one_device(nb):
    [shown] = nb.ok("%collectives jnp.sin(x)").of("collectives")
    assert shown.text == "sin runs on one device: nothing moves between devices"


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ("%collectives", OptionError, "%collectives needs something to look at"),
        ("%collectives -o 3 f(x)", OptionError, "%collectives -o needs a name"),
        ("%collectives 1.5", JaxploreError, "Cannot show this as a program"),
        ("%collectives undefined(x)", NameError, "undefined"),
    ],
)
def test_mistakes_are_said(nb, line, error, message):
    assert message in str(nb.fails(line, error).error)
