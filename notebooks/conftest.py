"""Settings for notebooks under test."""

import os

# What jaxplore shows then holds no times and nothing that depends on the version of XLA.
# The kernels that nbval starts inherit it.
os.environ["JAXPLORE_DETERMINISTIC"] = "1"
