"""Whether all processes still compute together: a sum over all devices, which each takes part in.

After a cell that did not end alike everywhere, one may still wait, in compiled code, for a
program that the others did not run; what is run next would be taken for it.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from jaxplore.capture.compiles.observer import observer

Sum = Callable[[float], float]


def sum_of_all() -> Sum:
    """Compiles the sum; gives a function of this process's number to add, once a device."""
    with observer.paused():
        mesh = jax.sharding.Mesh(np.array(jax.devices()), ("all",))
        split = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("all"))
        whole = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
        add = jax.jit(jnp.sum, out_shardings=whole)

        def together(number: float) -> float:
            with observer.paused():
                parts = [
                    jax.device_put(np.full(1, number, np.float32), device)
                    for device in jax.local_devices()
                ]
                shape = (len(jax.devices()),)
                given = jax.make_array_from_single_device_arrays(shape, split, parts)
                return float(add(given))

        together(0.0)
        return together
