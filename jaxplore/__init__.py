"""jaxplore makes JAX visible while you work in a notebook.

Write programs with JAX's own transformations (`jit`, `grad`, ...), observe what is
compiled (`observe`, `ledger`), and look at what JAX saw (`program`, `explore`). In
IPython, `%load_ext jaxplore` adds the magics.
"""

import sys as _sys

from jax import numpy as numpy

from jaxplore import check as check
from jaxplore.capture.source import files as _files

# The function, in the place of the folder of the same name, which is imported by now.
from jaxplore.cluster.public import cluster as cluster
from jaxplore.errors import CellError as CellError
from jaxplore.errors import CheckError as CheckError
from jaxplore.errors import JaxploreError as JaxploreError
from jaxplore.errors import NotAProgramError as NotAProgramError
from jaxplore.errors import UnexpectedCompileError as UnexpectedCompileError
from jaxplore.magics import load_ipython_extension as load_ipython_extension
from jaxplore.magics import unload_ipython_extension as unload_ipython_extension
from jaxplore.magics.shellcells import cell_of as _cell_of
from jaxplore.public.checkpointing import checkpoint_options as checkpoint_options
from jaxplore.public.collectives import collectives as collectives
from jaxplore.public.derivation import derivation as derivation
from jaxplore.public.devices import devices as devices
from jaxplore.public.diff import diff as diff
from jaxplore.public.diff import install as _let_rows_answer
from jaxplore.public.doctor import doctor as doctor
from jaxplore.public.errors import explain_error as explain_error
from jaxplore.public.expecting import expect as expect
from jaxplore.public.gradient import gradient as gradient
from jaxplore.public.gradientoutput import install as _let_gradients_show
from jaxplore.public.look import explore as explore
from jaxplore.public.look import program as program
from jaxplore.public.numerics import numerics as numerics
from jaxplore.public.passes import passes as passes
from jaxplore.public.persistentcache import cache as cache
from jaxplore.public.persistentcache import cache_status as cache_status
from jaxplore.public.placement import placement as placement
from jaxplore.public.timing import compare_times as compare_times
from jaxplore.public.timing import time as time
from jaxplore.session import ledger as ledger
from jaxplore.session import observe as observe
from jaxplore.session import why as why
from jaxplore.transforms import checkpoint as checkpoint
from jaxplore.transforms import grad as grad
from jaxplore.transforms import hessian as hessian
from jaxplore.transforms import jacfwd as jacfwd
from jaxplore.transforms import jacrev as jacrev
from jaxplore.transforms import jit as jit
from jaxplore.transforms import value_and_grad as value_and_grad
from jaxplore.transforms import vmap as vmap
from jaxplore.views import drawings as _drawings  # gives the records their HTML forms

__version__ = "0.1.0"

# `import jaxplore.numpy as jnp` gives the very module that `import jax.numpy as jnp` gives.
_sys.modules[f"{__name__}.numpy"] = numpy
_drawings.install()
_let_rows_answer()
_let_gradients_show()
_files.cells.ask = _cell_of
