"""Saves the page of a program on eight devices: `python eightdevices.py page.html`.

In a process of its own: how many devices there are is settled when JAX starts.
"""

import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import jaxplore


def block(p: Any, x: jax.Array) -> jax.Array:
    hidden = jnp.tanh(x @ p["up"])
    return x + hidden @ p["down"]


def loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    for p in params:
        x = block(p, x)
    error = jnp.mean((x - y) ** 2)
    jax.debug.callback(print, error)
    return error


def training() -> tuple[Any, Any]:
    """A gradient: the batch is split over `data`, each block's width over `model`."""
    mesh = Mesh(np.array(jax.devices()).reshape(4, 2), ("data", "model"))

    def on(array: jax.Array, *axes: str | None) -> jax.Array:
        return jax.device_put(array, NamedSharding(mesh, PartitionSpec(*axes)))

    up, down = jnp.ones((32, 64)) / 32, jnp.ones((64, 32)) / 64
    params = [{"up": on(up, None, "model"), "down": on(down, "model", None)} for _ in range(3)]
    batch = on(jnp.ones((16, 32)), "data"), on(jnp.zeros((16, 32)), "data")
    return jax.jit(jax.value_and_grad(loss)), (params, *batch)


def main() -> None:
    jax.config.update("jax_num_cpu_devices", 8)
    function, arguments = training()
    jaxplore.explore(function, *arguments).save(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
