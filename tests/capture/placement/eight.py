"""Placements on eight simulated devices, written as one pickle to the path given.

A process of its own: the devices of the tests' process are two.
"""

import pickle
import sys

import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

jax.config.update("jax_num_cpu_devices", 8)

import jaxplore  # noqa: E402

MESH = jax.make_mesh((4, 2), ("data", "model"))
AUTO = jax.make_mesh((4, 2), ("data", "model"), axis_types=(AxisType.Auto,) * 2)
HOST = np.ones((8, 4), np.float32)


def on(*spec, mesh=AUTO):
    return NamedSharding(mesh, P(*spec))


def arrays():
    rows = jax.device_put(HOST, on("data"))
    gone = jax.device_put(HOST, on("data"))
    gone.delete()
    donated = jax.device_put(HOST, on("data"))
    jax.jit(lambda a: a + 1, donate_argnums=0)(donated)
    keys = jax.device_put(jax.random.split(jax.random.key(0), 8), on("data"))
    return {
        "rows": rows,
        "both": jax.device_put(HOST, on(("data", "model"))),
        "columns": jax.device_put(HOST, on(None, "model")),
        "explicit": jax.device_put(HOST, on("data", "model", mesh=MESH)),
        "whole": jax.device_put(HOST, on()),
        "cube": jax.device_put(np.ones((2, 4, 8)), on(None, "data", "model")),
        "one": jax.device_put(HOST, jax.devices()[3]),
        "loose": jnp.ones(3),
        "half": jax.device_put(HOST.astype(jnp.bfloat16), on("data")),
        "keys": keys,
        "pinned_host": jax.device_put(HOST, on("data").with_memory_kind("pinned_host")),
        "numpy": HOST,
        "number": 2.0,
        "deleted": gone,
        "donated": donated,
        "planned": jax.ShapeDtypeStruct((10, 4), jnp.float32, sharding=on("data")),
        "open": jax.ShapeDtypeStruct((10, 4), jnp.float32),
        "text": "no array",
        "again": rows,
        "ref": jax.new_ref(rows),
    }


def pins():
    rows = jax.device_put(HOST, on("data"))
    step = jax.jit(lambda a: a + 1)
    step(rows)
    singles = [jax.device_put(HOST, device) for device in jax.devices()]
    with jax.set_mesh(MESH):
        in_mesh = jnp.ones(3)
        moved = jax.sharding.reshard(in_mesh, P())
    return {
        "put": rows,
        "callback": jax.make_array_from_callback((8, 4), on("data"), lambda i: HOST[i]),
        "singles": jax.make_array_from_single_device_arrays((8, 4), on(), singles),
        "process": jax.make_array_from_process_local_data(on("data"), HOST),
        "constraint": jax.lax.with_sharding_constraint(rows, on()),
        "moved": moved,
        "in_mesh": in_mesh,
        "cached": step(rows),
        "first": jax.jit(lambda a: a * 3, out_shardings=on())(HOST),
        "eager": rows * 2,
        "zeros": jnp.zeros((8, 4), device=on("data")),
        "key": jax.device_put(jax.random.key(0), on()),
        "loose": jax.jit(lambda a: a + 1)(HOST),
    }


def train(params, x, scale, *, unused=None, mode="plain"):
    y = jax.lax.with_sharding_constraint(x @ params["w"] * 2, on("data"))
    y = jax.lax.with_sharding_constraint(y, on("data", P.UNCONSTRAINED))
    z = jax.shard_map(
        lambda a: jax.lax.psum(a, "data"), mesh=AUTO, in_specs=P("data"), out_specs=P()
    )(y)

    def body(carry, _):
        return jax.lax.with_sharding_constraint(carry + 1, on(None, "model")), None

    z, _ = jax.lax.scan(body, z, None, length=3)
    total = jax.jit(jnp.sum, out_shardings=on())
    return {"z": z, "total": total(y) * scale}


def asked(x):
    y = jax.sharding.reshard(x, P("data"))
    return jnp.einsum("ij,jk->ik", y, jnp.ones((4, 6)), out_sharding=P("data", None))


def programs():
    ran = []

    def noisy(x):
        jax.debug.callback(ran.append, x)
        return x + 1

    params = {"w": jax.device_put(np.ones((4, 6), np.float32), on(None, "model"))}
    x = jax.device_put(HOST, on("data"))
    yield "train", jaxplore.placement(train, params, x, 2.0, unused=jnp.ones(3), mode="b")
    static = jax.jit(train, static_argnums=2, static_argnames="mode")
    yield "static", jaxplore.placement(static, params, x, 2.0, mode="b")
    with jax.set_mesh(MESH):
        yield "asked", jaxplore.placement(asked, jax.ShapeDtypeStruct((8, 4), jnp.float32))
    yield (
        "uneven",
        jaxplore.placement(
            lambda a: jax.lax.with_sharding_constraint(a, on("data")).sum(), np.ones(10, np.float32)
        ),
    )
    compiled = jax.jit(lambda a, *, k: (a + 1, k)).lower(x, k=3).compile()
    yield "compiled", jaxplore.placement(compiled)
    yield "one device", jaxplore.placement(jax.jit(lambda a: a + 1), jnp.ones(3))
    yield "noisy", jaxplore.placement(noisy, x)
    jax.effects_barrier()
    assert ran == []


class Net(nnx.Module):
    def __init__(self, rngs):
        split = nnx.with_partitioning(nnx.initializers.ones_init(), ("data", None))
        self.layer = nnx.Linear(8, 4, rngs=rngs, kernel_init=split)


def libraries():
    with jax.set_mesh(AUTO):
        net = Net(nnx.Rngs(0))
        graph, state = nnx.split(net)
        state = jax.device_put(
            state, jax.tree.map(lambda a: on("data" if a.ndim > 1 else None), state)
        )
        yield "nnx", jaxplore.placement(nnx.merge(graph, state))
        yield "nnx state", jaxplore.placement(state)
    dense = nn.Dense(4).init(jax.random.key(0), HOST)
    yield "linen", jaxplore.placement(jax.device_put(dense, on()))
    mlp = eqx.nn.MLP(8, 8, 8, 1, key=jax.random.key(0))
    arrays, rest = eqx.partition(mlp, eqx.is_array)
    mlp = eqx.combine(jax.device_put(arrays, on("model")), rest)
    yield "equinox", jaxplore.placement(mlp)
    yield "equinox called", jaxplore.placement(mlp, jnp.ones(8))
    called = eqx.filter_jit(lambda model, x: model(x))
    yield "equinox jitted", jaxplore.placement(called, mlp, jnp.ones(8))
    called = nnx.jit(lambda model, x: model(x))
    yield "nnx jitted", jaxplore.placement(called, nnx.Linear(8, 4, rngs=nnx.Rngs(0)), HOST.T)
    params = {"w": jax.device_put(HOST, on("data")), "b": jax.device_put(np.ones(4), on())}
    yield "adam", jaxplore.placement(optax.adam(1e-3).init(params))


def advised():
    large = np.ones((1024, 512), np.float32)
    rows = jax.device_put(HOST, on("data"))
    yield "whole", jaxplore.placement({"w": jax.device_put(large, on()), "x": rows})
    yield "apart", jaxplore.placement({"x": rows, "d": jax.device_put(HOST, jax.devices()[3])})
    yield "loose", jaxplore.placement({"x": rows, "step": jnp.ones(()), "b": jnp.ones(4)})
    yield "one", jaxplore.placement([jnp.ones((1024, 512)), jnp.ones(3)])
    yield "alone", jaxplore.placement(jnp.ones((16, 3)))
    yield "uneven", jaxplore.placement({"x": rows, "w": jnp.ones((512, 512))})
    yield "deleted", jaxplore.placement({"gone": arrays()["deleted"], "x": rows})
    yield "even", jaxplore.placement({"x": rows, "y": jax.device_put(HOST, on(("data", "model")))})
    f = jax.jit(lambda a: a * 2, out_shardings=on())
    yield "program", jaxplore.placement(f, jax.device_put(large, on()))
    yield "many", jaxplore.placement([jax.device_put(HOST, on("data")) for _ in range(50)])


def devices():
    before = len(jax.live_arrays())
    rows = jax.device_put(HOST, on("data"))
    ones = jnp.ones((4, 4))
    with jaxplore.observe():
        jax.jit(lambda a: a.sum())(rows)
        seen = jaxplore.devices()
    assert len(jax.live_arrays()) <= before + 2, "looking at arrays makes none"
    shards = [shard.data for shard in rows.addressable_shards]
    again = jaxplore.devices()
    assert str(ones) and shards
    with jax.default_device(jax.devices()[2]):
        other = jaxplore.devices()
    return [seen, again, jaxplore.devices(), other]


if __name__ == "__main__":
    found = {
        "devices": devices(),
        "arrays": jaxplore.placement(arrays()),
        "pins": jaxplore.placement(pins()),
        "programs": dict(programs()),
        "libraries": dict(libraries()),
        "advised": dict(advised()),
    }
    with open(sys.argv[1], "wb") as file:
        pickle.dump(found, file)
