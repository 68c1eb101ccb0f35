"""What is said about a placement, and what to type instead."""

import pytest

from jaxplore.advise.placement import findings

FOUND = {
    "whole": [
        "P03 `tree['w']` is whole on each of 8 devices, 2.0 MiB on each, although the mesh could "
        "split it\n    `jax.device_put(tree['w'], jax.sharding.NamedSharding(mesh, "
        "jax.P('data', 'model')))`: 256.0 KiB on each instead of 2.0 MiB"
    ],
    "loose": [
        "P04 `tree['b']` and 1 other are not pinned, `tree['x']` is: each call copies to 8 devices "
        "what is not, and compiles again once it is (R16)\n    pin it once: `jax.device_put("
        "tree['b'], jax.sharding.NamedSharding(tree['x'].sharding.mesh, jax.P()))`"
    ],
    "one": [
        "P02 both arrays are on cpu:0: the other 7 devices hold nothing\n    "
        "`mesh = jax.make_mesh((8,), ('data',))`, then `jax.device_put(tree[0], "
        "jax.sharding.NamedSharding(mesh, jax.P('data')))` splits it"
    ],
    "deleted": [
        "P06 `tree['gone']` is deleted, or donated to a call: reading fails\n    "
        "use what that call returned, or take the argument out of `donate_argnums`"
    ],
    "even": [],
    "alone": [],
    "program": [
        "P03 `a` and 1 other are whole on each of 8 devices, 4.0 MiB on each, although the mesh "
        "could split them\n    pass it with `jax.sharding.NamedSharding(mesh, "
        "jax.P('data', 'model'))`: 256.0 KiB on each instead of 2.0 MiB"
    ],
}


@pytest.mark.parametrize("name", FOUND)
def test_a_finding_says_what_to_type(eight, name):
    assert [str(one) for one in findings(eight["advised"][name])] == FOUND[name]


def test_arrays_pinned_apart_name_both_calls(eight):
    [apart] = findings(eight["advised"]["apart"])
    assert (apart.id, apart.paths) == ("P05", ("['x']", "['d']"))
    assert 'jax.device_put(HOST, on("data")), eight.py line' in apart.explanation
    assert "jax.device_put(HOST, jax.devices()[3]), eight.py line" in apart.explanation
    assert apart.advice == "put them alike: `jax.device_put(tree['d'], tree['x'].sharding)`"


def test_uneven_devices_name_the_array(eight):
    found = findings(eight["advised"]["uneven"])
    assert [one.id for one in found] == ["P04", "P01"]
    assert found[1].explanation == (
        "device cpu:0 holds 8.0x the mean of 8 devices, most of it `tree['w']`"
    )
    assert found[1].advice == (
        "split it: `jax.device_put(tree['w'], jax.sharding.NamedSharding(mesh, "
        "jax.P('data', 'model')))`"
    )


def test_long_trees_are_cut_in_text(eight):
    lines = str(eight["advised"]["many"]).split("\n")
    assert lines[0] == "50 arrays on 8 devices: 12.5 KiB in all, 1.6 KiB on each"
    assert lines[-2:] == [
        "and 10 more, `.leaves` has all:",
        "    10 rows over `data` (4), replicated over `model` (2)",
    ]


def test_text_is_a_table(eight):
    assert str(eight["advised"]["loose"]).split("\n\n")[0] == (
        "3 arrays on 8 devices: 276 B in all, 32 B to 52 B each; cpu:0 holds 1.5 times the mean\n"
        "per device: cpu:0: 52 B; cpu:1–7: 32 B each\n"
        "mesh `data` (4, auto) × `model` (2, auto) on cpu:0–7"
    )
    line = str(eight["advised"]["loose"]).split("\n\n")[1].split("\n")[3]
    assert line.startswith(
        "['x']     f32[8,4]  128 B  rows over `data` (4), replicated over `model` (2)        "
        '32 B  jax.device_put(HOST, on("data")), eight.py line'
    )
