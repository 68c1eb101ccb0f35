"""Cards below cells that failed: real errors on 8 simulated devices, in one process of its own."""

import json
import os
import subprocess
import sys

import pytest

SETUP = """# the arrays
import jax, jax.numpy as jnp, numpy as np
from jax.sharding import AxisType, Mesh
d = jax.devices()
auto = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,))
grid = jax.make_mesh((4, 2), ("data", "model"))
wide = jax.make_mesh((2, 4), ("data", "model"))
a = jax.device_put(jnp.ones(8), d[0])
b = jax.device_put(jnp.ones(8), d[1])
s = jax.device_put(jnp.ones((8, 8)), jax.NamedSharding(auto, jax.P("data")))
x = jax.device_put(jnp.ones((8, 8)), jax.NamedSharding(grid, jax.P("data")))
y = jax.device_put(jnp.ones((8, 8)), jax.NamedSharding(grid, jax.P(None, "data")))
z = jax.device_put(jnp.ones((8, 8)), jax.NamedSharding(wide, jax.P("data")))
back = Mesh(np.array(d)[::-1], ("data",))
r = jax.device_put(jnp.ones((8, 8)), jax.NamedSharding(back, jax.P("data")))
params = {"w": jnp.ones(2), "v": b}
f = jax.jit(lambda p, q: p * q)
"""

RUNNER = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

config = Config()
config.HistoryManager.enabled = False
config.InteractiveShell.colors = "nocolor"
shell = InteractiveShell.instance(config=config)
cells = json.load(sys.stdin)
found = {}
with capture_output():
    shell.run_cell("%load_ext jaxplore", store_history=True)
    shell.run_cell(cells.pop("setup"), store_history=True).raise_error()
for name, cell in cells.items():
    with capture_output() as seen:
        result = shell.run_cell(cell, store_history=True)
    error = result.error_in_exec
    shown = [
        [one.metadata["jaxplore"]["view"], one.data["text/plain"], one.data.get("text/html", "")]
        for one in seen.outputs
        if one.metadata.get("jaxplore", {}).get("view") in ("card", "fault")
    ]
    found[name] = [type(error).__name__, str(error), seen.stdout, shown, shell.execution_count - 1]
    del error, result
print(json.dumps(found))
"""

PUT = {
    "a": 'jax.device_put(jnp.ones(8), d[0]), cell 2 line 8',
    "b": 'jax.device_put(jnp.ones(8), d[1]), cell 2 line 9',
}  # fmt: skip
ONE_SET = "and a program runs on one set of devices"
MORE = "an array that no call pinned goes where the others are"

# Name -> (cell, class of the error, the whole card without its first words).
CASES = {
    "a jitted call": (
        "f(a, b)",
        "ValueError",
        f"""E20 one program, two sets of devices, cell N line 1: f(a, b)
  `a` is on cpu:0, `b` on cpu:1: both are pinned there, {ONE_SET}
  array  type        where     pinned by
  a      float32[8]  on cpu:0  {PUT["a"]}
  b      float32[8]  on cpu:1  {PUT["b"]}
  do: `b = jax.device_put(b, a.sharding)`; {MORE}""",
    ),
    "an operation outside of jit": (
        "c = 1\na + b",
        "ValueError",
        f"""E20 one program, two sets of devices, cell N line 2: a + b
  `a` is on cpu:0, `b` on cpu:1: both are pinned there, {ONE_SET}
  array  type        where     pinned by
  a      float32[8]  on cpu:0  {PUT["a"]}
  b      float32[8]  on cpu:1  {PUT["b"]}
  do: `b = jax.device_put(b, a.sharding)`; {MORE}""",
    ),
    "in a function of the user's, in a tree": (
        "def g(tree, other):\n    return jax.jit(lambda t, o: t['v'] + o)(tree, other)\ng(params, a)",
        "ValueError",
        f"""E20 one program, two sets of devices, cell N line 2: jax.jit(lambda t, o: t['v'] + o)(tree, other)
  `tree['v']` is on cpu:1, `other` on cpu:0: both are pinned there, {ONE_SET}
  array      type        where     pinned by
  tree['v']  float32[8]  on cpu:1  {PUT["b"]}
  other      float32[8]  on cpu:0  {PUT["a"]}
  do: `other = jax.device_put(other, tree['v'].sharding)`; {MORE}""",
    ),
    "a result that was pinned by its inputs": (
        "h = a * 2\nf(h, b)",
        "ValueError",
        f"""E20 one program, two sets of devices, cell N line 2: f(h, b)
  `h` is on cpu:0, `b` on cpu:1: both are pinned there, {ONE_SET}
  array  type        where     pinned by
  h      float32[8]  on cpu:0  a * 2, cell N line 1
  b      float32[8]  on cpu:1  {PUT["b"]}
  do: `b = jax.device_put(b, h.sharding)`; {MORE}""",
    ),
    "a mesh and a device": (
        "f(s, a)",
        "ValueError",
        f"""E20 one program, two sets of devices, cell N line 1: f(s, a)
  `s` is on the 8 devices cpu:0 to cpu:7, `a` on cpu:0: both are pinned there, {ONE_SET}
  array  type          where                                            pinned by
  s      float32[8,8]  rows over `data` (8); 8 devices, cpu:0 to cpu:7  jax.device_put(jnp.ones((8, 8)), jax.NamedSharding(auto, ja…, cell 2 line 10
  a      float32[8]    on cpu:0                                         {PUT["a"]}
  do: `a = jax.device_put(a, jax.NamedSharding(s.sharding.mesh, jax.P()))` puts a copy on each of the other's devices; {MORE}""",
    ),
    "the same devices in another order": (
        "f(s, r)",
        "ValueError",
        """E20 one program, two sets of devices, cell N line 1: f(s, r)
  `s` is on the 8 devices cpu:0 to cpu:7, `r` on the 8 devices cpu:7 to cpu:0: the same devices in another order, and a program has one order
  array  type          where                                            pinned by
  s      float32[8,8]  rows over `data` (8); 8 devices, cpu:0 to cpu:7  jax.device_put(jnp.ones((8, 8)), jax.NamedSharding(auto, ja…, cell 2 line 10
  r      float32[8,8]  rows over `data` (8); 8 devices, cpu:7 to cpu:0  jax.device_put(jnp.ones((8, 8)), jax.NamedSharding(back, ja…, cell 2 line 15
  do: make both meshes from the same devices, in the same order""",
    ),
    "a constraint on other devices": (
        "k = jax.jit(lambda v: jax.lax.with_sharding_constraint(v, jax.NamedSharding(auto, jax.P())))\nk(a)",
        "ValueError",
        f"""E20 one program, two sets of devices, cell N line 2: k(a)
  `a` is on cpu:0, the sharding_constraint on the 8 devices cpu:0 to cpu:7: `a` is pinned there, {ONE_SET}
  array                type        where                      pinned by
  a                    float32[8]  on cpu:0                   {PUT["a"]}
  sharding_constraint              8 devices, cpu:0 to cpu:7
  do: with `mesh`, the mesh of the sharding_constraint: `a = jax.device_put(a, jax.NamedSharding(mesh, jax.P()))` puts a copy on each of its devices""",
    ),
    "in_shardings": (
        "i = jax.jit(lambda v: v, in_shardings=jax.NamedSharding(auto, jax.P(None, 'data')))\ni(s)",
        "ValueError",
        """E25 an argument is not split as `in_shardings` say, cell N line 2: i(s)
  `s` is pinned: rows over `data` (8); `in_shardings` ask for: columns over `data` (8); `jax.jit` does not move a pinned array
  array         type          where                                               pinned by
  s             float32[8,8]  rows over `data` (8); 8 devices, cpu:0 to cpu:7     jax.device_put(jnp.ones((8, 8)), jax.NamedSharding(auto, ja…, cell 2 line 10
  in_shardings  float32[8,8]  columns over `data` (8); 8 devices, cpu:0 to cpu:7
  do: `s = jax.device_put(s, sharding)` with the sharding of `in_shardings`, before the call; or leave `in_shardings` out: a pinned argument is taken as it is""",
    ),
    "a dimension that cannot be split": (
        "n = jnp.ones((10, 3))\njax.device_put(n, jax.NamedSharding(auto, jax.P('data')))",
        "IndivisibleError",
        """E26 a dimension that cannot be split evenly, cell N line 2: jax.device_put(n, jax.NamedSharding(auto, jax.P('data')))
  dimension 0 of the shape (10, 3) has 10 elements, to be split over `data` into 8 equal parts
  array  type           where     pinned by
  n      float32[10,3]  on cpu:0  not pinned
  do: make it 8 or 16 long, as in `jnp.pad(n, ((0, 6), (0, 0)))`, or leave that dimension whole: `None` in its place in `jax.P(...)`""",
    ),
    "a result that cannot be split": (
        "jax.jit(lambda v: v, out_shardings=jax.NamedSharding(auto, jax.P('data')))(jnp.ones(7))",
        "IndivisibleError",
        """E26 a dimension that cannot be split evenly, cell N line 1: jax.jit(lambda v: v, out_shardings=jax.NamedSharding(auto, …
  dimension 0 of the shape (7,) has 7 elements, to be split over `data` into 8 equal parts
  do: make it 8 long, as in `jnp.pad(x, ((0, 1),))`, or leave that dimension whole: `None` in its place in `jax.P(...)`""",
    ),
    "shard_map that cannot split": (
        "m = jax.shard_map(lambda v: v, mesh=auto, in_specs=jax.P('data'), out_specs=jax.P('data'))\nm(jnp.ones(7))",
        "ValueError",
        """E26 a dimension that cannot be split evenly, cell N line 2: m(jnp.ones(7))
  dimension 0 of the shape (7,) has 7 elements, to be split over `data` into 8 equal parts
  array          type        where     pinned by
  (an argument)  float32[7]  on cpu:0  not pinned
  do: make it 8 long, as in `jnp.pad(x, ((0, 1),))`, or leave that dimension whole: `None` in its place in `jax.P(...)`""",
    ),
    "an axis that is misspelt": (
        "jax.NamedSharding(grid, jax.P('modle'))",
        "ValueError",
        """E27 a mesh axis that does not exist, cell N line 1: jax.NamedSharding(grid, jax.P('modle'))
  the `PartitionSpec` names the axis `modle`; the mesh has `data` and `model`
  do: write `model` for `modle`""",
    ),
    "a constraint without a mesh": (
        "jax.jit(lambda v: jax.lax.with_sharding_constraint(v, jax.P('data')))(s)",
        "RuntimeError",
        """E28 a `PartitionSpec` without a mesh, cell N line 1: jax.lax.with_sharding_constraint(v, jax.P('data'))
  a `PartitionSpec` only names axes; no mesh says which devices they are
  do: pass `jax.NamedSharding(mesh, jax.P(...))` in its place, or put the code below `with jax.set_mesh(mesh):`""",
    ),
    "two meshes": (
        "x + z",
        "ValueError",
        """E29 arrays on two meshes, cell N line 1: x + z
  `x` is on a mesh of `data` (4) and `model` (2), `z` is on a mesh of `data` (2) and `model` (4); one operation works on one mesh
  array  type          where                                                                         pinned by
  x      float32[8,8]  rows over `data` (4), replicated over `model` (2); 8 devices, cpu:0 to cpu:7  jax.device_put(jnp.ones((8, 8)), jax.NamedSharding(grid, ja…, cell 2 line 11
  z      float32[8,8]  rows over `data` (2), replicated over `model` (4); 8 devices, cpu:0 to cpu:7  jax.device_put(jnp.ones((8, 8)), jax.NamedSharding(wide, ja…, cell 2 line 13
  do: `z = jax.device_put(z, jax.NamedSharding(x.sharding.mesh, jax.P()))` puts it on the other's mesh; name axes in `jax.P` to split it""",
    ),
    "another mesh is set": (
        "with jax.set_mesh(wide):\n    jax.jit(lambda v: v + 1)(x)",
        "ValueError",
        """E29 another mesh than the one that is set, cell N line 2: v + 1
  `jax.set_mesh` chose a mesh of `data` (2) and `model` (4), and a value is on a mesh of `data` (4) and `model` (2)
  array  type          where                                              pinned by
  v      float32[8,8]  rows over `data` (4), replicated over `model` (2)
  do: compute below `with jax.set_mesh(mesh):` with the value's own mesh, or put the value on the mesh that is set: `jax.device_put(x, jax.NamedSharding(mesh, jax.P(...)))`""",
    ),
    "Explicit axes that do not fit": (
        "x + y",
        "ShardingTypeError",
        """E30 the shardings of an operation do not fit, cell N line 1: x + y
  the result of `add` would be split over `data` along two dimensions; a mesh axis can split one
  array  type          where                                                                            pinned by
  x      float32[8,8]  rows over `data` (4), replicated over `model` (2); 8 devices, cpu:0 to cpu:7     jax.device_put(jnp.ones((8, 8)), jax.NamedSharding(grid, ja…, cell 2 line 11
  y      float32[8,8]  columns over `data` (4), replicated over `model` (2); 8 devices, cpu:0 to cpu:7  jax.device_put(jnp.ones((8, 8)), jax.NamedSharding(grid, ja…, cell 2 line 12
  do: `y = jax.sharding.reshard(y, jax.typeof(x).sharding)` splits both in the same way""",
    ),
    "Explicit axes, while it is traced": (
        "jax.jit(lambda p, q: jnp.dot(p, q))(y, x)",
        "ShardingTypeError",
        """E30 the shardings of an operation do not fit, cell N line 1: jnp.dot(p, q)
  the dimension that is summed is split over `data` in both: the result may be whole or split, and with Explicit axes JAX does not choose
  array  type          where                                                 pinned by
  p      float32[8,8]  columns over `data` (4), replicated over `model` (2)
  q      float32[8,8]  rows over `data` (4), replicated over `model` (2)
  do: say it in the call, as in `jnp.dot(x, y, out_sharding=jax.NamedSharding(jax.typeof(x).sharding.mesh, jax.P()))` for a whole result""",
    ),
    "too many entries": (
        "jax.device_put(a, jax.NamedSharding(auto, jax.P('data', None)))",
        "ValueError",
        f"""E31 a `PartitionSpec` with too many entries, cell N line 1: jax.device_put(a, jax.NamedSharding(auto, jax.P('data', Non…
  it has 2 entries, one per dimension, and the array has 1 dimension
  array  type        where     pinned by
  a      float32[8]  on cpu:0  {PUT["a"]}
  do: write at most 1 in `jax.P(...)`; dimensions that it leaves out stay whole""",
    ),
    "one axis twice": (
        "jax.NamedSharding(auto, jax.P('data', 'data'))",
        "DuplicateSpecError",
        """E32 one mesh axis for two dimensions, cell N line 1: jax.NamedSharding(auto, jax.P('data', 'data'))
  the `PartitionSpec` has `data` twice; a mesh axis can split one dimension
  do: keep `data` for one dimension, and `None` or another axis for the other""",
    ),
}  # fmt: skip

OTHERS = {
    "no card: another error": "1 / 0",
    "no card: another error of JAX": "jnp.ones(2) + jnp.ones(3)",
    "no card: an error of the user's": "raise ValueError('the data is not found in mesh: ()')",
    "no card: no error": "a * 2",
}

# What the advice says, typed: it must work.
FIXES = {
    "fix E20": "b2 = jax.device_put(b, a.sharding)\nf(a, b2)",
    "fix E20 mesh": "a2 = jax.device_put(a, jax.NamedSharding(s.sharding.mesh, jax.P()))\nf(s, a2)",
    "fix E26": "jax.device_put(jnp.pad(jnp.ones((10, 3)), ((0, 6), (0, 0))), jax.NamedSharding(auto, jax.P('data')))",
    "fix E29": "z2 = jax.device_put(z, jax.NamedSharding(x.sharding.mesh, jax.P()))\nx + z2",
    "fix E30": "y2 = jax.sharding.reshard(y, jax.typeof(x).sharding)\nx + y2",
    "fix E30 dot": "jnp.dot(y, x, out_sharding=jax.NamedSharding(jax.typeof(x).sharding.mesh, jax.P()))",
    "fix E30 traced": "jax.jit(lambda p, q: jnp.dot(p, q, out_sharding=jax.NamedSharding(jax.typeof(p).sharding.mesh, jax.P())))(y, x)",
    "fix E30 reshard": "jax.sharding.reshard(y, jax.NamedSharding(grid, jax.P('model'))).reshape(64)",
}  # fmt: skip

BROKEN = {
    "broken": "import jaxplore.advise.errors.cards as cards\nkept, cards.card = cards.card, None\nf(a, b)",
    "next": "cards.card = kept\na * 2",
    "quiet": "get_ipython().run_line_magic('jaxplore', 'quiet')\nf(a, b)",
}


@pytest.fixture(scope="module")
def seen():
    environment = {
        **os.environ,
        "JAX_PLATFORMS": "cpu",
        "JAX_NUM_CPU_DEVICES": "8",
        "JAXPLORE_DETERMINISTIC": "1",
    }
    environment.pop("XLA_FLAGS", None)
    cells = {"setup": SETUP, **{name: cell for name, (cell, _, _) in CASES.items()}}
    cells |= OTHERS | FIXES | BROKEN
    ran = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps(cells), env=environment, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", CASES)
def test_the_whole_card(seen, name):
    _, kind, card = CASES[name]
    error, message, printed, shown, number = seen[name]
    assert (error, [view for view, _, _ in shown]) == (kind, ["card"])
    [(_, text, html)] = shown
    assert text.replace(f"cell {number} ", "cell N ") == card
    # The traceback is JAX's own, and so is the exception.
    assert message.splitlines()[0][:40] in printed
    assert "jaxplore" not in printed
    assert "jxp-errorcard" in html and "<script" not in html
    assert html.count("<tr>") == (0 if "pinned by" not in card else card.count("\n") - 2)


@pytest.mark.parametrize("name", OTHERS)
def test_no_card_for_anything_else(seen, name):
    assert seen[name][3] == []


@pytest.mark.parametrize("name", FIXES)
def test_what_the_card_says_to_type_works(seen, name):
    assert seen[name][0] == "NoneType", seen[name][1]


def test_a_fault_in_the_card_is_one_quiet_line(seen):
    error, message, printed, shown, _ = seen["broken"]
    assert error == "ValueError" and message.startswith("Received incompatible devices")
    assert "Received incompatible devices" in printed
    assert [[view, text] for view, text, _ in shown] == [
        [
            "fault",
            "jaxplore could not explain an error (TypeError: 'NoneType' object is not callable); "
            "your code was not affected",
        ]
    ]
    assert seen["next"][0] == "NoneType"


def test_quiet_shows_no_card(seen):
    assert seen["quiet"][0] == "ValueError"
    assert seen["quiet"][3] == []
