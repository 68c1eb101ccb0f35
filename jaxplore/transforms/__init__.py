"""Write programs: JAX's own transformations, under the name people import.

All but `jit` are JAX's own objects. `jit` takes what `jax.jit` takes and returns what it
returns; it only looks first whether the same function was compiled before.
"""

from jax import checkpoint as checkpoint
from jax import grad as grad
from jax import hessian as hessian
from jax import jacfwd as jacfwd
from jax import jacrev as jacrev
from jax import value_and_grad as value_and_grad
from jax import vmap as vmap

from jaxplore.transforms.jit import jit as jit
