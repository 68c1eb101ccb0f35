"""Where the arrays of a tree are: how they are split, what pinned them, bytes per device."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxplore
from jaxplore.errors import JaxploreError

ROWS = "rows over `data` (4), replicated over `model` (2)"
WHOLE = "whole on each of 8 devices"


def test_each_sharding_is_said_in_words(eight):
    assert eight["arrays"].sharding == {
        "['again']": ROWS,
        "['both']": "rows over `data` (4) and `model` (2)",
        "['columns']": "columns over `model` (2), replicated over `data` (4)",
        "['cube']": "dimension 1 over `data` (4), dimension 2 over `model` (2)",
        "['deleted']": "nowhere: it was deleted or donated",
        "['donated']": "nowhere: it was deleted or donated",
        "['explicit']": "rows over `data` (4), columns over `model` (2)",
        "['half']": ROWS,
        "['keys']": "elements over `data` (4), replicated over `model` (2)",
        "['loose']": "on cpu:0",
        "['number']": "on the host: a Python number",
        "['numpy']": "on the host",
        "['one']": "on cpu:3",
        "['open']": "nothing is said about its place",
        "['pinned_host']": f"{ROWS}, in memory `pinned_host`",
        "['planned']": "rows over `data` (4, unevenly), replicated over `model` (2)",
        "['ref']": ROWS,
        "['rows']": ROWS,
        "['whole']": WHOLE,
    }


def test_bytes_are_those_on_each_device(eight):
    record = eight["arrays"]
    held = {path: sorted(set(sizes.values())) for path, sizes in record.bytes_per_device.items()}
    assert held["['rows']"] == [32] and len(record["['rows']"].devices) == 8
    assert held["['half']"] == [16]
    assert held["['keys']"] == [16]  # two numbers of four bytes each
    assert held["['whole']"] == [128]
    assert held["['one']"] == [128] and record["['one']"].devices == ("cpu:3",)
    assert held["['planned']"] == [16, 48]  # three rows, and what is left for the last
    assert [held[path] for path in ("['numpy']", "['deleted']", "['open']")] == [[], [], []]


def test_an_array_that_is_there_twice_counts_once(eight):
    record = eight["arrays"]
    assert record["['rows']"].same_as == "['again']"
    rest = [leaf for leaf in record.leaves if leaf.path != "['rows']"]
    assert record.device_bytes["cpu:7"] == sum(
        leaf.bytes_per_device.get("cpu:7", 0) for leaf in rest
    )


def test_each_shard_has_its_index_ranges(eight):
    record = eight["arrays"]
    layout = record.layouts[record["['explicit']"].layout]
    assert (layout.spec, layout.partition) == ("P('data', 'model')", (("data",), ("model",)))
    assert [(shard.device, shard.ranges) for shard in layout.shards[:3]] == [
        ("cpu:0", ((0, 2), (0, 2))),
        ("cpu:1", ((0, 2), (2, 4))),
        ("cpu:2", ((2, 4), (0, 2))),
    ]
    mesh = record.meshes[layout.mesh]
    assert [(axis.name, axis.size, axis.kind) for axis in mesh.axes] == [
        ("data", 4, "explicit"),
        ("model", 2, "explicit"),
    ]
    planned = record.layouts[record["['planned']"].layout]
    assert [shard.ranges[0] for shard in planned.shards[::2]] == [(0, 3), (3, 6), (6, 9), (9, 10)]


def test_states_tell_what_is_there(eight):
    states = {leaf.path: leaf.state for leaf in eight["arrays"].leaves if leaf.state != "held"}
    assert states == {
        "['deleted']": "deleted",
        "['donated']": "deleted",
        "['number']": "host",
        "['numpy']": "host",
        "['open']": "planned",
        "['planned']": "planned",
    }


PINS = {
    "['cached']": ("result", "step(rows)"),
    "['callback']": (
        "make_array_from_callback",
        'jax.make_array_from_callback((8, 4), on("data"), lambda i: HOST[i])',
    ),
    "['constraint']": (
        "with_sharding_constraint",
        "jax.lax.with_sharding_constraint(rows, on())",
    ),
    "['eager']": ("operation", "rows * 2"),
    "['first']": ("result", "jax.jit(lambda a: a * 3, out_shardings=on())(HOST)"),
    "['in_mesh']": ("operation", "jnp.ones(3)"),
    "['key']": ("device_put", "jax.device_put(jax.random.key(0), on())"),
    "['moved']": ("reshard", "jax.sharding.reshard(in_mesh, P())"),
    "['process']": (
        "make_array_from_process_local_data",
        'jax.make_array_from_process_local_data(on("data"), HOST)',
    ),
    "['put']": ("device_put", 'jax.device_put(HOST, on("data"))'),
    "['singles']": (
        "make_array_from_single_device_arrays",
        "jax.make_array_from_single_device_arrays((8, 4), on(), singles)",
    ),
    "['zeros']": ("operation", 'jnp.zeros((8, 4), device=on("data"))'),
}


def test_the_call_that_pinned_an_array_is_named(eight):
    record = eight["pins"]
    found = {
        leaf.path: (leaf.pinned_by.how, leaf.pinned_by.span.text)
        for leaf in record.leaves
        if leaf.committed
    }
    assert found == PINS
    loose = record["['loose']"]
    assert (loose.committed, loose.pinned_by) == (False, None)


def test_models_and_optimiser_states_are_trees(eight):
    found = eight["libraries"]
    assert found["nnx"].sharding == {".layer.bias.value": WHOLE, ".layer.kernel.value": ROWS}
    assert found["nnx state"].sharding["['layer']['kernel'].value"] == ROWS
    assert found["linen"].sharding == {"['params']['bias']": WHOLE, "['params']['kernel']": WHOLE}
    rows = "rows over `model` (2), replicated over `data` (4)"
    assert found["equinox"].sharding == {
        ".layers[0].weight": rows,
        ".layers[0].bias": rows.replace("rows", "elements"),
        ".layers[1].weight": rows,
        ".layers[1].bias": rows.replace("rows", "elements"),
    }
    adam = found["adam"]
    assert adam.sharding["[0].mu['w']"] == ROWS and adam.sharding["[0].count"] == "on cpu:0"


def test_a_placement_holds_no_array():
    x = jnp.ones((64, 64))
    record = jaxplore.placement(x)
    del x
    assert all(array.shape != (64, 64) for array in jax.live_arrays())
    assert (record[""].sharding, record[0].size_bytes) == ("on cpu:0", 64 * 64 * 4)


def test_looking_at_an_array_makes_no_arrays():
    mesh = jax.make_mesh((2,), ("data",))
    x = jax.device_put(np.ones((22, 7)), jax.sharding.NamedSharding(mesh, jax.P("data")))

    def alive():
        # Other tests leave arrays of other shapes.
        return [one.shape for one in jax.live_arrays() if one.shape in ((22, 7), (11, 7))]

    assert alive() == [(22, 7)]
    jaxplore.placement(x)
    jaxplore.devices()
    assert alive() == [(22, 7)]


def test_a_value_that_is_traced_has_no_place_yet():
    seen = []
    jax.jit(lambda x: seen.append(jaxplore.placement(x)) or x)(jnp.ones(3))
    assert seen[0].sharding == {"": "not known while it is traced"}


def test_what_holds_no_array_is_refused_in_three_parts():
    with pytest.raises(JaxploreError) as caught:
        jaxplore.placement("x")
    assert str(caught.value) == (
        "Cannot say where this is: it holds no array.\nGot: str\n"
        "Do: pass an array, a tree of arrays, or a function and its arguments."
    )
    assert len(jaxplore.placement({})) == 0


def test_many_arrays_that_lie_alike_are_read_once():
    mesh = jax.sharding.Mesh(np.array(jax.devices()).reshape(2), ("data",))
    sharding = jax.sharding.NamedSharding(mesh, jax.P("data"))
    tree = [jax.ShapeDtypeStruct((8, 4), jnp.float32, sharding=sharding) for _ in range(300)]
    record = jaxplore.placement(tree)
    assert (len(record.leaves), len(record.layouts), len(record.meshes)) == (300, 1, 1)
    assert record.device_bytes == {"cpu:0": 300 * 64, "cpu:1": 300 * 64}
