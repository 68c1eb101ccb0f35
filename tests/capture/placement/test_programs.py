"""Where a program's inputs and outputs are, and the constraints in it."""

import jax
import jax.numpy as jnp
import pytest

import jaxplore
from jaxplore.errors import JaxploreError

ROWS = "rows over `data` (4), replicated over `model` (2)"
COLUMNS = "columns over `model` (2), replicated over `data` (4)"
WHOLE = "whole on each of 8 devices"


def said(record, role):
    return [(leaf.path, leaf.sharding) for leaf in record.leaves if leaf.role == role]


@pytest.mark.parametrize("name", ["train", "static"])
def test_inputs_outputs_and_constraints_are_found(eight, name):
    record = eight["programs"][name]
    rest = [("scale", WHOLE), ("unused", "nowhere: the program does not use it")]
    inputs = [("params['w']", COLUMNS), ("x", ROWS)]
    assert said(record, "input") == (inputs + rest if name == "train" else inputs)
    assert said(record, "output") == [("result['total']", WHOLE), ("result['z']", COLUMNS)]
    assert said(record, "constraint") == [
        ("with_sharding_constraint", ROWS),
        ("with_sharding_constraint (2)", "rows over `data` (4), columns left to XLA"),
        ("shard_map in_specs[0]", ROWS),
        ("shard_map out_specs[0]", WHOLE),
        ("with_sharding_constraint (3)", COLUMNS),
        ("sum out_shardings[0]", WHOLE),
    ]


def test_each_value_has_its_expression(eight):
    record = eight["programs"]["train"]
    assert record["params['w']"].pinned_by.how == "device_put"
    assert record["x"].pinned_by.span.text == 'jax.device_put(HOST, on("data"))'
    assert record["result['total']"].span.text == "total(y) * scale"
    third = record["with_sharding_constraint (3)"]
    assert third.span.text == 'jax.lax.with_sharding_constraint(carry + 1, on(None, "model"))'
    assert (third.committed, dict(third.bytes_per_device)) == (True, {})


def test_what_the_types_say_is_a_constraint_too(eight):
    record = eight["programs"]["asked"]
    assert said(record, "constraint") == [("reshard", ROWS), ("out_sharding", ROWS)]
    assert said(record, "output") == [("result", ROWS)]
    layout = record.layouts[record["reshard"].layout]
    assert record.meshes[layout.mesh].devices == tuple(f"cpu:{i}" for i in range(8))


def test_a_constraint_that_splits_unevenly_is_said_so(eight):
    [(_, words)] = said(eight["programs"]["uneven"], "constraint")
    assert words == "elements over `data` (4, unevenly), replicated over `model` (2)"


def test_what_is_compiled_already_is_read(eight):
    record = eight["programs"]["compiled"]
    assert said(record, "input") == [("args[0]", ROWS), ("k", WHOLE)]
    assert said(record, "output") == [("result[0]", ROWS), ("result[1]", WHOLE)]


def test_the_arrays_of_a_model_that_is_called_are_inputs(eight):
    record = eight["libraries"]["equinox called"]
    rows = "rows over `model` (2), replicated over `data` (4)"
    assert record.name == "MLP"
    assert said(record, "input") == [
        ("self.layers[0].weight", rows),
        ("self.layers[0].bias", rows.replace("rows", "elements")),
        ("self.layers[1].weight", rows),
        ("self.layers[1].bias", rows.replace("rows", "elements")),
        ("x", WHOLE),
    ]


def test_what_a_library_jitted_has_its_models_arrays_as_inputs(eight):
    found = eight["libraries"]
    names = [path for path, _ in said(found["equinox jitted"], "input")]
    assert names == [
        "model.layers[0].weight",
        "model.layers[0].bias",
        "model.layers[1].weight",
        "model.layers[1].bias",
        "x",
    ]
    assert said(found["nnx jitted"], "input") == [
        ("model.bias.value", "on cpu:0"),
        ("model.kernel.value", "on cpu:0"),
        ("x", "on cpu:0"),
    ]


def test_settings_beside_a_name_stay_constants():
    def repeated(x, config):
        for _ in range(config["times"]):
            x = x + 1
        return x

    record = jaxplore.placement(repeated, jnp.ones(3), {"times": 2, "name": "add"})
    assert said(record, "input") == [("x", "on cpu:0")]


def test_a_result_is_pinned_where_jax_pins_it(eight):
    programs = eight["programs"]
    assert programs["one device"].committed == {"a": False, "result": False}
    assert programs["noisy"].committed == {"x": True, "result": True}


def test_nothing_runs_and_no_compile_is_noted():
    ran = []

    def f(x):
        jax.debug.callback(ran.append, x)
        return x + 1

    with jaxplore.observe() as ledger:
        record = jaxplore.placement(f, jnp.ones(3))
    jax.effects_barrier()
    assert (ran, record.name) == ([], "f")
    assert [row for row in ledger if not row.is_operation] == []


def test_the_users_error_passes():
    with pytest.raises(TypeError, match=r"incompatible shapes|add got"):
        jaxplore.placement(lambda a, b: a + b, jnp.ones(3), jnp.ones(2))


def test_a_jaxpr_has_no_placement():
    with pytest.raises(JaxploreError, match="it holds no array"):
        jaxplore.placement(jax.make_jaxpr(jnp.sin)(1.0))
