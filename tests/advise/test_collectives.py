"""Why a collective is there, and that what is advised removes it."""

from collections import Counter

import pytest

from tests.capture.collectives import eight

# Split well: what is sent must be sent.
WELL = """
    deep, recomputed, psum, psum explicit, scattered, ring, loops, loops explicit, unknown_length, branches,
    ring_attention, parallel_products, parallel_products explicit, total, total explicit,
    data_parallel_sgd, data_parallel_sgd explicit, data_parallel_adam, fsdp, megatron,
    gradient_in_shard_map, scanned_layers, embedding, equinox_model, nnx_model, rolled, host
"""
CURED = """
    reshard, reshard explicit, two_constraints, whole, out_shardings, operands, in_specs,
    sorted_rows, summed_up, indexed, reshaped
"""


def named(text):
    return [name.strip() for name in text.split(",")]


ROWS, COLUMNS = "rows over `data` (4)", "columns over `data` (4)"
PART = "each device has a part of the sum"
OWN = "each device computes it from its own part of the data"
SUMS = "sums over a dimension that is split over `model` (2)"
ALONG = "pass `x` in split along another dimension: `jax.device_put(x, NamedSharding(mesh, P(None, 'data')))`"
IN_COLUMNS = "`jax.device_put(x, NamedSharding(mesh, P(None, 'data')))`"

# Name -> (cause, explanation, advice) of each row that differs.
WHY = {
    "psum": [("asked", "the code asks for it: psum over `data` (4)", "")],
    "loops": [("asked", "the code asks for it: pmean over `data` (4)", "")],
    "parallel_products": [("contraction", f"`h @ w2` {SUMS}: {PART}", "")],
    "total": [
        (
            "reduction",
            "`x.max()` goes along a dimension that is split over `data` (4): each device has a "
            "part of the result",
            "",
        )
    ],
    "data_parallel_adam": [
        (
            "gradient",
            f"sums the gradients of `p['b1']`, `p['w1']`, `p['w2']` over `data` (4): {OWN}",
            "",
        )
    ],
    "gradient_in_shard_map": [("gradient", f"sums the gradient of `w` over `data` (4): {OWN}", "")],
    "scanned_layers": [("gradient", f"sums the gradient of `ws` over `data` (4): {OWN}", "")],
    "equinox_model": [
        (
            "gradient",
            "sums the gradients of `arrays.layers[0].weight`, `arrays.layers[0].bias`, "
            f"`arrays.layers[1].weight` and 1 more over `data` (4): {OWN}",
            "",
        )
    ],
    "embedding": [
        (
            "reduction",
            "`table[tokens]` reads from an array that is split over `model` (2): each device "
            "gives what it has of it",
            "",
        )
    ],
    "rolled": [
        (
            "reshard",
            "`jnp.roll(x, 1, 0)` reads beyond each device's part: neighbours over `data` (4) "
            "exchange the edges",
            "",
        )
    ],
    "reshard": [
        (
            "reshard",
            f'`jnp.sin(x)` is {ROWS}; `lax.with_sharding_constraint(y, P(None, "data"))` asks for '
            f"{COLUMNS}",
            "write `lax.with_sharding_constraint(y, P('data', None))`, unless what follows needs "
            f"{COLUMNS}; or pass `x` in split that way: {IN_COLUMNS}",
        )
    ],
    "reshard explicit": [
        (
            "reshard",
            f'`jnp.sin(x)` is {ROWS}; `jax.sharding.reshard(y, P(None, "data"))` asks for {COLUMNS}',
            f"write `jax.sharding.reshard(y, P('data', None))`, unless what follows needs {COLUMNS}"
            f"; or pass `x` in split that way: {IN_COLUMNS}",
        )
    ],
    "two_constraints": [
        (
            "reshard",
            f'`jnp.sin(y)` is {ROWS}; `lax.with_sharding_constraint(jnp.sin(y), P(None, "data"))` '
            f"asks for {COLUMNS}",
            "write `lax.with_sharding_constraint(jnp.sin(y), P('data', None))`, unless what follows "
            f"needs {COLUMNS}",
        )
    ],
    "whole": [
        (
            "replication",
            f"`jnp.sin(x)` is {ROWS}; `lax.with_sharding_constraint(jnp.sin(x), P())` asks for it "
            "whole on every device: 2,048 bytes on each instead of 512",
            "write `lax.with_sharding_constraint(jnp.sin(x), P('data', None))`, or leave it out: "
            "each device keeps its part, and XLA moves less",
        )
    ],
    "out_shardings": [
        (
            "replication",
            f"`jnp.sin(x) * 2.0` is {ROWS}; `out_shardings` asks for it whole on every device: "
            "2,048 bytes on each instead of 512",
            "leave `out_shardings` out for it, or write `NamedSharding(mesh, P('data', None))`: "
            "each device keeps its part",
        )
    ],
    "operands": [
        (
            "reshard",
            f"`jnp.sin(b)` is {COLUMNS}, `a` is {ROWS}: one of them has to move",
            "pass `b` in split like the other: `jax.device_put(b, NamedSharding(mesh, P('data', None)))`",
        )
    ],
    "in_specs": [
        (
            "reshard",
            f"`x` is {ROWS}; `in_specs` asks for {COLUMNS}",
            f"pass `x` in split as `in_specs` says: {IN_COLUMNS}",
        )
    ],
    "sorted_rows": [
        (
            "reshard",
            f"`jnp.sort(x * 2.0, axis=0)` needs all rows on a device, and `x * 2.0` is {ROWS}",
            ALONG,
        )
    ],
    "summed_up": [
        (
            "replication",
            f"`jnp.cumsum(x * 2.0, axis=0)` needs all rows on a device, and `x * 2.0` is {ROWS}",
            ALONG,
        )
    ],
    # A library turns the argument before it works on it; said is what the user wrote. Nothing
    # helps: XLA computes it whole on each device.
    "transformed": [
        (
            "replication",
            f"`jnp.fft.fft(x, axis=0)` needs all rows on a device, and `x` is {ROWS}",
            "",
        )
    ],
    # In a loop, what is carried is no argument.
    "carried": [
        (
            "reshard",
            f'`jnp.sin(c)` is {ROWS}; `lax.with_sharding_constraint(jnp.sin(c), P(None, "data"))` '
            f"asks for {COLUMNS}",
            "write `lax.with_sharding_constraint(jnp.sin(c), P('data', None))`, unless what follows "
            f"needs {COLUMNS}",
        ),
        (
            "reshard",
            f'`jnp.cos(y)` is {COLUMNS}; `lax.with_sharding_constraint(jnp.cos(y), P("data"))` '
            f"asks for {ROWS}",
            "write `lax.with_sharding_constraint(jnp.cos(y), P(None, 'data'))`, unless what follows "
            f"needs {ROWS}",
        ),
        (
            "reshard",
            "`lax.scan(step, x, None, length=4)` needs another layout over `data` (4)",
            "",
        ),
    ],
    "indexed": [
        (
            "replication",
            f"`lax.dynamic_index_in_dim(x, i, 0)` needs all rows on a device, and `x` is {ROWS}",
            ALONG,
        )
    ],
}


def why(name):
    rows = sorted(eight.record(name).rows, key=lambda row: row.span.line)
    return list(dict.fromkeys((row.cause, row.explanation, row.advice) for row in rows))


@pytest.mark.parametrize("name", WHY)
def test_why_it_is_there_and_what_to_write(name):
    assert why(name) == WHY[name]


@pytest.mark.parametrize("name", named(WELL))
def test_nothing_is_advised_where_nothing_helps(name):
    record = eight.record(name)
    assert record.rows and [row.advice for row in record.rows if row.advice] == []
    assert not [row for row in record.rows if row.cause == "unknown" or not row.explanation]


@pytest.mark.parametrize("name", named(CURED))
def test_what_is_advised_removes_it(name):
    assert [row for row in eight.record(name).rows if row.advice]
    followed = eight.followed(name)
    assert followed is not None and followed.rows == ()


def test_causes_of_a_program_split_over_two_axes():
    rows = {
        (row.span.text, row.phase, row.axes): row.cause for row in eight.record("megatron").rows
    }
    assert rows == {
        ('h @ p["down"]', "forward", ("model",)): "contraction",
        ('h @ p["down2"]', "forward", ("model",)): "contraction",
        ('o @ p["up2"]', "backward", ("model",)): "contraction",
        ('x @ p["up"]', "backward", ("data",)): "gradient",
    }


def test_rounds_of_an_unrolled_loop_are_told_apart():
    """They share their expressions, and the first reads an argument where the others do not."""
    record = eight.record("deep")
    products = 'jnp.tanh(h @ layer["up"]) @ layer["down"]'
    causes = Counter(
        (row.span.text, row.phase, row.axes, row.cause)
        for row in record.rows
        if row.axes == ("model",)
    )
    assert causes == {
        (products, "forward", ("model",), "contraction"): 3,
        ('h @ layer["up"]', "backward", ("model",), "contraction"): 2,
        ("optax.global_norm(grads)", "forward", ("model",), "reduction"): 1,
    }
    [gradient] = [row for row in record.rows if row.axes == ("data",)]
    assert (gradient.cause, gradient.explanation) == (
        "gradient",
        "sums the gradients of `layers[0]['down']`, `layers[0]['up']`, `layers[1]['down']` and 3 "
        f"more, and other sums, over `data` (4): {OWN}",
    )


def test_gradients_of_what_is_computed_again():
    said = "sums the gradients of `layers['b']`, `layers['down']`, `layers['up']` over `data` (4)"
    assert why("recomputed") == [("gradient", f"{said}: {OWN}", "")]
    assert [row.repeats for row in eight.record("recomputed").rows] == [3]


def test_parameters_kept_in_parts_are_gathered_where_they_are_read():
    said = {row.explanation for row in eight.record("fsdp").rows if row.kind == "all-gather"}
    assert said == {
        f"`p['{name}']` is kept in parts over `data` (4) and needed whole by `{reader}`"
        for name, reader in (
            ("b1", 'x @ p["w1"] + p["b1"]'),
            ("w1", 'x @ p["w1"]'),
            ("w2", 'h @ p["w2"]'),
        )
    }


def test_a_callback_runs_for_one_device_unless_it_is_called_in_parts():
    [gathered, handed_out] = sorted(why("asked_of_the_host"), key=lambda row: "hands" in row[1])
    advice = (
        "where it works element by element, call it inside of `jax.shard_map`: each device then "
        "calls it with its own part"
    )
    call = '`jax.pure_callback(np.sin, kind, x, vmap_method="broadcast_a…`'
    assert gathered == (
        "replication",
        f"{call} runs for one device, which needs all that goes in",
        advice,
    )
    assert handed_out == (
        "replication",
        f"{call} runs for one device, which hands its result to all",
        advice,
    )
    assert eight.record("asked_in_parts").rows == ()


def test_what_goes_to_the_host_in_a_loop_is_called_out():
    said = {
        one.span.text[:9]: (one.explanation, one.advice) for one in eight.record("host").transfers
    }
    assert said == {
        "jax.debug": (
            "`jax.debug.print` sends what it prints to the host",
            "it runs in every round of the loop: print under `jax.lax.cond`, or after the loop",
        ),
        "io_callba": ("`io_callback` runs Python on the host, and the program waits for it", ""),
    }
