"""What programs on eight devices send, by hand: kinds, axes, bytes, how often, and what for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

import jaxplore
from jaxplore.errors import NotAProgramError
from jaxplore.model.collectives import ValueLayout
from jaxplore.model.placement import Mesh, MeshAxis
from tests.capture.collectives import eight

DATA, MODEL, BOTH = ("data",), ("model",), ("data", "model")

# Name -> (collective, axes, devices, times, bytes each device sends in one, expression).
# x is f32[16,32] in four parts of 512 bytes, unless it says otherwise.
SENT = {
    # 2 * 512 * 3/4
    "psum": [("all-reduce", DATA, 4, 1, 768, 'lax.psum(a, "data")')],
    "psum explicit": [("all-reduce", DATA, 4, 1, 768, 'lax.psum(a, "data")')],
    # 16 x 16 numbers: 1024 * 3/4; back from a quarter of it: 3 * 256
    "scattered": [
        ("reduce-scatter", DATA, 4, 1, 768, 'lax.psum_scatter(a, "data", tiled=True)'),
        ("all-gather", DATA, 4, 1, 768, 'lax.all_gather(part, "data", tiled=True)'),
    ],
    "ring": [
        (
            "collective-permute",
            DATA,
            4,
            1,
            512,
            'lax.ppermute(a, "data", [(i, (i + 1) % 4) for i in range(4)])',
        ),
        ("all-to-all", MODEL, 2, 1, 256, 'lax.all_to_all(a, "model", 1, 0, tiled=True)'),
    ],
    "loops": [("all-reduce", DATA, 4, 15, 768, 'lax.pmean(d, "data")')],
    "loops explicit": [("all-reduce", DATA, 4, 15, 768, 'lax.pmean(d, "data")')],
    "unknown_length": [("all-reduce", DATA, 4, None, 768, 'lax.psum(c, "data")')],
    "branches": [("all-reduce", MODEL, 2, 1, 512, 'lax.psum(b, "model")')],
    # Keys and values of 4 x 8 numbers.
    "ring_attention": [
        (
            "collective-permute",
            DATA,
            4,
            4,
            128,
            'lax.ppermute(a, "data", [(i, (i + 1) % 4) for i in range(4)])',
        )
    ]
    * 2,
    # 4 x 32 numbers of the result: 2 * 512 * 1/2
    "parallel_products": [("all-reduce", MODEL, 2, 1, 512, "h @ w2")],
    "parallel_products explicit": [
        ("all-reduce", MODEL, 2, 1, 512, 'jnp.matmul(h, w2, out_sharding=P("data", None))')
    ],
    "total": [("all-reduce", DATA, 4, 1, 6, "x.max()")],
    "total explicit": [("all-reduce", DATA, 4, 1, 6, "x.max()")],
    # 32*64 + 64 + 64*8 gradients of 4 bytes: 2 * 10496 * 3/4
    "data_parallel_sgd": [("all-reduce", DATA, 4, 1, 15744, 'x @ p["w1"]')],
    "data_parallel_sgd explicit": [("all-reduce", DATA, 4, 1, 15744, 'x @ p["w1"]')],
    "data_parallel_adam": [("all-reduce", DATA, 4, 1, 15744, 'x @ p["w1"]')],
    "gradient_in_shard_map": [("all-reduce", DATA, 4, 1, 1536, "x @ w")],
    "scanned_layers": [("all-reduce", DATA, 4, 3, 6144, "h @ w")],
    "embedding": [("all-reduce", MODEL, 2, 1, 512, "table[tokens]")],
    "nnx_model": [("all-reduce", MODEL, 2, 1, 512, "model.down(jax.nn.relu(model.up(x)))")],
    # 512 * 3/4; into 2048: 2048 * 3/4
    "reshard": [
        ("all-to-all", DATA, 4, 1, 384, 'lax.with_sharding_constraint(y, P(None, "data"))')
    ],
    "whole": [("all-gather", DATA, 4, 1, 1536, "lax.with_sharding_constraint(jnp.sin(x), P())")],
    # A row of 32 numbers to the neighbour.
    "rolled": [("collective-permute", DATA, 4, 1, 128, "jnp.roll(x, 1, 0)")],
    "asked_in_parts": [],
    "nothing_moves": [],
    "nothing_moves explicit": [],
}


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent(name):
    seen = [
        (
            row.kind,
            row.axes,
            row.group_size,
            row.repeats,
            row.sent_bytes,
            None if row.span is None else row.span.text,
        )
        for row in eight.record(name).rows
    ]
    assert seen == SENT[name]


@pytest.mark.parametrize("name", [name for name in SENT if SENT[name]])
def test_each_is_tied_to_its_line_and_its_equations(name):
    record = eight.record(name)
    lines = record.program.stages["hlo"].text.split("\n")
    for row in record.rows:
        assert f"%{row.name} = " in lines[row.line - 1] and row.kind in lines[row.line - 1]
        spans = [record.program.equations[equation].span for equation in row.equations]
        assert row.span in spans


def test_a_record_knows_its_mesh_and_its_sum():
    record = eight.record("loops explicit")
    names = tuple(f"cpu:{number}" for number in range(8))
    axes = tuple(
        MeshAxis(name=name, size=size, kind="explicit")
        for name, size in (("data", 4), ("model", 2))
    )
    assert (record.mesh, record.devices) == (Mesh(axes=axes, devices=names), 8)
    assert record.sent_bytes == 15 * 768


def test_layouts_are_those_that_the_program_says():
    record = eight.record("two_constraints")
    program = record.program
    x, w = program.regions[0].inputs
    first, second = (e for e in program.equations if e.primitive == "sharding_constraint")
    rows, columns = (("data",), ()), ((), ("data",))
    said = [(one.value, one.role, one.partition) for one in record.layouts]
    assert said == [
        (x, "input", rows),
        (w, "input", ((), ())),
        (first.outputs[0], "constraint", rows),
        (second.outputs[0], "constraint", columns),
    ]
    # With Explicit axes each value has a layout.
    record = eight.record("reshard explicit")
    made = {one.value: one for one in record.layouts if one.role in ("type", "constraint")}
    sin = next(i for i, e in enumerate(record.program.equations) if e.primitive == "sin")
    value = record.program.equations[sin].outputs[0]
    assert made[value] == ValueLayout(value=value, role="type", equation=sin, partition=rows)


def test_what_goes_to_the_host():
    seen = [
        (one.kind, one.size_bytes, one.repeats, one.span.text.partition("(")[0])
        for one in eight.record("host").transfers
    ]
    # The sum is printed in each of four rounds; 16 x 32 numbers go out and one comes back.
    assert sorted(seen) == [
        ("callback", 4, 4, "jax.debug.print"),
        ("callback", 2052, 1, "io_callback"),
    ]


def test_a_compiled_program_has_axes_by_the_names_of_xla_at_most():
    mesh = Mesh2.make()
    x = jax.device_put(jnp.ones(8), NamedSharding(mesh, P("a")))
    compiled = jax.jit(lambda x: x.sum()).lower(x).compile()
    [row] = jaxplore.collectives(compiled).rows
    assert (row.kind, row.group_size, row.sent_bytes, row.equations) == ("all-reduce", 2, 4, ())
    lowered = jaxplore.collectives(jax.jit(lambda x: x.sum()).trace(x))
    assert [row.axes for row in lowered.rows] == [("a",)]


class Mesh2:
    """A mesh of the two devices that every test has."""

    @staticmethod
    def make():
        return jax.make_mesh((2,), ("a",), axis_types=(AxisType.Auto,))


def test_a_program_that_is_captured_already():
    x = jax.device_put(jnp.ones(8), NamedSharding(Mesh2.make(), P("a")))
    program = jaxplore.program(lambda x: x.sum(), x)
    record = jaxplore.collectives(program)
    assert record.program is program
    axis = MeshAxis(name="a", size=2, kind="auto")
    assert record.mesh == Mesh(axes=(axis,), devices=())
    assert [(row.kind, row.axes) for row in record.rows] == [("all-reduce", ("a",))]


def test_arguments_that_are_only_types_have_shardings_too():
    sharding = NamedSharding(Mesh2.make(), P("a"))
    record = jaxplore.collectives(
        jnp.sum, jax.ShapeDtypeStruct((8,), jnp.float32, sharding=sharding)
    )
    assert [(row.kind, row.axes, row.sent_bytes) for row in record.rows] == [
        ("all-reduce", ("a",), 4)
    ]


def test_mapped_functions_run_on_their_devices():
    mapped = jax.pmap(lambda x: jax.lax.psum(x, "i"), axis_name="i")
    record = jaxplore.collectives(mapped, np.ones((2, 4), np.float32))
    assert [(row.kind, row.group_size, row.sent_bytes, row.cause) for row in record.rows] == [
        ("all-reduce", 2, 16, "asked")
    ]


def test_one_device_sends_nothing():
    record = jaxplore.collectives(lambda x: jnp.sin(x).sum(), jnp.ones(4))
    assert (record.devices, record.mesh, record.rows, record.transfers) == (1, None, (), ())


def test_an_unused_argument_is_no_other():
    mesh = Mesh2.make()
    whole, split = NamedSharding(mesh, P()), NamedSharding(mesh, P("a"))
    unused = jax.device_put(jnp.ones((3,)), whole)
    x = jax.device_put(jnp.ones((8, 4)), split)

    def f(unused, x):
        return jnp.cumsum(x, axis=0)

    record = jaxplore.collectives(f, unused, x)
    assert [one.value for one in record.layouts if one.role == "input"] == [
        record.program.regions[0].inputs[1]
    ]
    [row] = record.rows
    assert row.advice.startswith("pass `x` in split along another dimension")


def test_errors_of_the_user_come_through():
    def broken(x):
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        jaxplore.collectives(broken, jnp.ones(3))
    with pytest.raises(NotAProgramError):
        jaxplore.collectives(3)


def test_a_record_has_json():
    record = eight.record("psum")
    data = record.to_json()
    assert [row["kind"] for row in data["rows"]] == ["all-reduce"]
