"""Programs on eight devices, and what jaxplore says they send: `python -m ... records.pickle`.

In a process of its own: how many devices there are is settled when JAX starts. Written are, by
name, the records of all programs; and for those of which something is advised, the record of
the program that does as it was told.
"""

import inspect
import pickle
import re
import sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import lax
from jax.experimental import io_callback
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

import jaxplore

MESHES = {
    kind: lambda kind=kind: jax.make_mesh((4, 2), ("data", "model"), axis_types=(kind, kind))
    for kind in (AxisType.Auto, AxisType.Explicit)
}
PROGRAMS = {}
"""Name -> (the axes' type, function of a mesh and what puts arrays on it -> function, arguments)."""


def program(make, kind=AxisType.Auto):
    """Adds a program; its name is that of the function that makes it."""
    suffix = "" if kind is AxisType.Auto else " explicit"
    PROGRAMS[make.__name__ + suffix] = kind, make
    return make


def both(make):
    """Adds a program for Auto and for Explicit axes."""
    return program(program(make), AxisType.Explicit)


def ones(*shape):
    return jnp.ones(shape) / 8


# What the code asks for.


@both
def psum(mesh, put):
    def f(x):
        return jax.shard_map(lambda a: lax.psum(a, "data"), in_specs=P("data"), out_specs=P())(x)

    return f, (put(ones(16, 32), "data"),)


@program
def scattered(mesh, put):
    def inner(a):
        part = lax.psum_scatter(a, "data", tiled=True)
        return part, lax.all_gather(part, "data", tiled=True)

    def f(x):
        specs = (P("data", "model"), P(None, "model"))
        return jax.shard_map(inner, in_specs=P(None, "model"), out_specs=specs, check_vma=False)(x)

    return f, (put(ones(16, 32), None, "model"),)


@program
def ring(mesh, put):
    def inner(a):
        a = lax.ppermute(a, "data", [(i, (i + 1) % 4) for i in range(4)])
        return lax.all_to_all(a, "model", 1, 0, tiled=True)

    def f(x):
        specs = P("data", "model")
        return jax.shard_map(inner, in_specs=P("data"), out_specs=specs, check_vma=False)(x)

    return f, (put(ones(16, 32), "data"),)


@both
def loops(mesh, put):
    def inner(a):
        def outer(c, _):
            return lax.scan(lambda d, _: (d + lax.pmean(d, "data"), None), c, None, length=3)[
                0
            ], None

        return lax.scan(outer, a, None, length=5)[0]

    def f(x):
        return jax.shard_map(inner, in_specs=P("data"), out_specs=P("data"), check_vma=False)(x)

    return f, (put(ones(16, 32), "data"),)


@program
def unknown_length(mesh, put):
    def inner(a):
        return lax.while_loop(lambda c: c.sum() < 9.0, lambda c: c + lax.psum(c, "data"), a)

    def f(x):
        return jax.shard_map(inner, in_specs=P("data"), out_specs=P("data"), check_vma=False)(x)

    return f, (put(ones(16, 32), "data"),)


@program
def branches(mesh, put):
    def inner(a, i):
        return lax.switch(i, [lambda b: b, lambda b: lax.psum(b, "model")], a)

    def f(x, i):
        specs = (P("data"), P())
        return jax.shard_map(inner, in_specs=specs, out_specs=P("data"), check_vma=False)(x, i)

    return f, (put(ones(16, 32), "data"), jnp.int32(1))


@program
def ring_attention(mesh, put):
    def inner(q, k, v):
        def step(carry, _):
            out, k, v = carry
            out = out + jnp.exp(q @ k.T) @ v
            k, v = (lax.ppermute(a, "data", [(i, (i + 1) % 4) for i in range(4)]) for a in (k, v))
            return (out, k, v), None

        return lax.scan(step, (jnp.zeros_like(q), k, v), None, length=4)[0][0]

    def f(q, k, v):
        return jax.shard_map(inner, in_specs=P("data"), out_specs=P("data"), check_vma=False)(
            q, k, v
        )

    return f, tuple(put(ones(16, 8), "data") for _ in range(3))


# Products, sums and gradients.


@both
def parallel_products(mesh, put):
    def f(x, w1, w2):
        h = jax.nn.relu(x @ w1)
        if jax.typeof(x).sharding.mesh.axis_types[0] is AxisType.Explicit:
            return jnp.matmul(h, w2, out_sharding=P("data", None))
        return h @ w2

    weights = put(ones(32, 64), None, "model"), put(ones(64, 32), "model", None)
    return f, (put(ones(16, 32), "data"), *weights)


@both
def total(mesh, put):
    return (lambda x: x.max()), (put(ones(16, 32), "data"),)


def loss(p, x, y):
    h = jnp.tanh(x @ p["w1"] + p["b1"])
    return jnp.mean((h @ p["w2"] - y) ** 2)


def trained(optimiser):
    def step(p, state, x, y):
        grads = jax.grad(loss)(p, x, y)
        updates, state = optimiser.update(grads, state, p)
        return optax.apply_updates(p, updates), state

    return step


def mlp():
    return {"w1": ones(32, 64), "b1": ones(64), "w2": ones(64, 8)}


@both
def data_parallel_sgd(mesh, put):
    p = jax.tree.map(put, mlp())
    optimiser = optax.sgd(0.1)
    batch = put(ones(16, 32), "data"), put(ones(16, 8), "data")
    return trained(optimiser), (p, optimiser.init(p), *batch)


@program
def data_parallel_adam(mesh, put):
    p = jax.tree.map(put, mlp())
    optimiser = optax.adam(0.1)
    batch = put(ones(16, 32), "data"), put(ones(16, 8), "data")
    return trained(optimiser), (p, optimiser.init(p), *batch)


@program
def fsdp(mesh, put):
    def f(p, x, y):
        grads = jax.grad(loss)(p, x, y)
        stepped = jax.tree.map(lambda a, b: a - 0.1 * b, p, grads)
        return jax.tree.map(lambda a: lax.with_sharding_constraint(a, P("data")), stepped)

    p = jax.tree.map(lambda a: put(a, "data"), mlp())
    return f, (p, put(ones(512, 32), "data"), put(ones(512, 8), "data"))


@program
def megatron(mesh, put):
    def f(p, x):
        def whole(p):
            h = lax.with_sharding_constraint(jax.nn.gelu(x @ p["up"]), P("data", "model"))
            o = lax.with_sharding_constraint(h @ p["down"], P("data", None))
            h = lax.with_sharding_constraint(jax.nn.gelu(o @ p["up2"]), P("data", "model"))
            return jnp.mean(lax.with_sharding_constraint(h @ p["down2"], P("data", None)) ** 2)

        return jax.grad(whole)(p)

    up, down = (32, 64), (64, 32)
    p = {name: put(ones(*up), None, "model") for name in ("up", "up2")}
    p |= {name: put(ones(*down), "model", None) for name in ("down", "down2")}
    return f, (p, put(ones(16, 32), "data"))


@program
def deep(mesh, put):
    def f(layers, x):
        def whole(layers):
            h = x
            for layer in layers:
                h = h + jnp.tanh(h @ layer["up"]) @ layer["down"]
            return jnp.mean(h**2)

        value, grads = jax.value_and_grad(whole)(layers)
        scale = jnp.minimum(1.0, 1.0 / optax.global_norm(grads))
        return value, jax.tree.map(lambda a, g: a - scale * g, layers, grads)

    layer = {"up": put(ones(32, 64), None, "model"), "down": put(ones(64, 32), "model")}
    return f, ([layer] * 3, put(ones(16, 32), "data"))


@program
def recomputed(mesh, put):
    def f(layers, x):
        @jax.checkpoint
        def step(h, layer):
            return h + jnp.tanh(h @ layer["up"] + layer["b"]) @ layer["down"], None

        return jax.grad(lambda p: jnp.mean(lax.scan(step, x, p)[0] ** 2))(layers)

    layers = {"up": ones(3, 32, 64), "b": ones(3, 64), "down": ones(3, 64, 32)}
    return f, (jax.tree.map(put, layers), put(ones(16, 32), "data"))


@program
def gradient_in_shard_map(mesh, put):
    def f(w, x):
        def inner(w, x):
            return jax.grad(lambda w: jnp.mean((x @ w) ** 2))(w)

        return jax.shard_map(inner, in_specs=(P(), P("data")), out_specs=P())(w, x)

    return f, (put(ones(32, 8)), put(ones(16, 32), "data"))


@program
def scanned_layers(mesh, put):
    def f(ws, x):
        def whole(ws):
            return jnp.mean(lax.scan(lambda h, w: (jnp.tanh(h @ w), None), x, ws)[0] ** 2)

        return jax.grad(whole)(ws)

    return f, (put(ones(3, 32, 32)), put(ones(16, 32), "data"))


@program
def embedding(mesh, put):
    table, tokens = put(ones(64, 32), "model"), put(jnp.ones((16,), jnp.int32), "data")
    return (lambda table, tokens: table[tokens]), (table, tokens)


@program
def equinox_model(mesh, put):
    model = eqx.nn.MLP(32, 8, 64, 1, key=jax.random.key(0))
    arrays, static = eqx.partition(model, eqx.is_array)

    def f(arrays, x):
        return jax.grad(lambda a: jnp.mean(jax.vmap(eqx.combine(a, static))(x) ** 2))(arrays)

    return f, (jax.tree.map(put, arrays), put(ones(16, 32), "data"))


@program
def nnx_model(mesh, put):
    class Mlp(nnx.Module):
        def __init__(self):
            self.up = nnx.Linear(32, 64, rngs=nnx.Rngs(0))
            self.down = nnx.Linear(64, 32, rngs=nnx.Rngs(1))

    graph, state = nnx.split(Mlp())

    def f(state, x):
        model = nnx.merge(graph, state)
        return model.down(jax.nn.relu(model.up(x)))

    specs = {(32, 64): (None, "model"), (64, 32): ("model", None), (64,): ("model",)}
    state = jax.tree.map(lambda a: put(a, *specs.get(a.shape, ())), state)
    return f, (state, put(ones(16, 32), "data"))


# Layouts that are asked for where a value has another.


@both
def reshard(mesh, put):
    def f(x):
        y = jnp.sin(x)
        z = (
            jax.sharding.reshard(y, P(None, "data"))
            if jax.typeof(x).sharding.mesh.axis_types[0] is AxisType.Explicit
            else lax.with_sharding_constraint(y, P(None, "data"))
        )
        return z * 2.0

    return f, (put(ones(16, 32), "data"),)


@program
def two_constraints(mesh, put):
    def f(x, w):
        y = lax.with_sharding_constraint(x @ w, P("data", None))
        z = lax.with_sharding_constraint(jnp.sin(y), P(None, "data"))
        return jnp.cos(z)

    return f, (put(ones(16, 32), "data"), put(ones(32, 32)))


@program
def whole(mesh, put):
    def f(x):
        y = lax.with_sharding_constraint(jnp.sin(x), P())
        return y * 2.0

    return f, (put(ones(16, 32), "data"),)


@program
def out_shardings(mesh, put):
    def f(x):
        return jnp.sin(x) * 2.0

    return jax.jit(f, out_shardings=NamedSharding(mesh, P())), (put(ones(16, 32), "data"),)


@program
def operands(mesh, put):
    def f(a, b):
        return a + jnp.sin(b)

    return f, (put(ones(16, 32), "data"), put(ones(16, 32), None, "data"))


@program
def in_specs(mesh, put):
    def f(x):
        return jax.shard_map(jnp.sin, in_specs=P(None, "data"), out_specs=P(None, "data"))(x)

    return f, (put(ones(16, 32), "data"),)


@program
def sorted_rows(mesh, put):
    def f(x):
        return jnp.sort(x * 2.0, axis=0)

    return f, (put(ones(16, 32), "data"),)


@program
def summed_up(mesh, put):
    def f(x):
        return jnp.cumsum(x * 2.0, axis=0)

    return f, (put(ones(16, 32), "data"),)


@program
def transformed(mesh, put):
    def f(x):
        return jnp.fft.fft(x, axis=0).real

    return f, (put(ones(16, 32), "data"),)


@program
def carried(mesh, put):
    def f(x):
        def step(c, _):
            y = lax.with_sharding_constraint(jnp.sin(c), P(None, "data"))
            return lax.with_sharding_constraint(jnp.cos(y), P("data")), None

        return lax.scan(step, x, None, length=4)[0]

    return f, (put(ones(16, 32), "data"),)


@program
def indexed(mesh, put):
    def f(x, i):
        return lax.dynamic_index_in_dim(x, i, 0)

    return f, (put(ones(16, 32), "data"), 3)


@program
def reshaped(mesh, put):
    def f(x):
        return jnp.sin(x).reshape(-1, 8)

    return f, (put(ones(6, 32, 8), None, "data"),)


@program
def rolled(mesh, put):
    return (lambda x: jnp.roll(x, 1, 0)), (put(ones(16, 32), "data"),)


# The host; one device; nothing.


@program
def host(mesh, put):
    def f(x):
        def step(c, _):
            jax.debug.print("{}", c.sum())
            return c * 2.0, None

        kind = jax.ShapeDtypeStruct((), jnp.float32)
        y = lax.scan(step, x, None, length=4)[0]
        return y + io_callback(lambda a: np.float32(a.sum()), kind, y, ordered=False)

    return f, (ones(16, 32),)


@program
def asked_of_the_host(mesh, put):
    def f(x):
        kind = jax.ShapeDtypeStruct(x.shape, x.dtype)
        return jax.pure_callback(np.sin, kind, x, vmap_method="broadcast_all") + 1.0

    return f, (put(ones(16, 32), "data"),)


@program
def asked_in_parts(mesh, put):
    def part(x):
        kind = jax.ShapeDtypeStruct(x.shape, x.dtype)
        return jax.pure_callback(np.sin, kind, x, vmap_method="broadcast_all") + 1.0

    def f(x):
        specs = P("data")
        return jax.shard_map(part, in_specs=specs, out_specs=specs, check_vma=False)(x)

    return f, (put(ones(16, 32), "data"),)


@both
def nothing_moves(mesh, put):
    return (lambda x: jnp.sin(x) * 2.0), (put(ones(16, 32), "data"),)


def captured(name):
    """The record of a program, and that of the one that follows the first advice."""
    kind, make = PROGRAMS[name]
    mesh = MESHES[kind]()
    f, args = make(mesh, lambda a, *spec: jax.device_put(a, NamedSharding(mesh, P(*spec))))
    with jax.set_mesh(mesh):
        record = jaxplore.collectives(f, *args)
        advised = [row for row in record.rows if row.advice]
        return record, followed(f, args, advised[0], mesh) if advised else None


def followed(f, args, row, mesh):
    """What is sent by the program that does as it is told."""
    scope = {**globals(), "mesh": mesh}
    write = re.search(r"write `([^`]*)`", row.advice)
    passed = re.search(r"`jax\.device_put\((\w+), ([^`]*)\)`", row.advice)
    if passed:
        names = list(inspect.signature(f).parameters)
        place, sharding = names.index(passed[1]), eval(passed[2], scope)
        args = [jax.device_put(a, sharding) if i == place else a for i, a in enumerate(args)]
        return jaxplore.collectives(f, *args)
    if "out_shardings" in row.advice:
        inner = f.__wrapped__
        return jaxplore.collectives(jax.jit(inner, out_shardings=eval(write[1], scope)), *args)
    if not write:
        return None
    source = inspect.getsource(f)
    assert source.count(row.span.text) == 1
    exec(inspect.cleandoc("\n" + source.replace(row.span.text, write[1])), scope)
    return jaxplore.collectives(scope[f.__name__], *args)


if __name__ == "__main__":
    jax.config.update("jax_num_cpu_devices", 8)
    names = sys.argv[2:] or list(PROGRAMS)
    Path(sys.argv[1]).write_bytes(pickle.dumps({name: captured(name) for name in names}))
