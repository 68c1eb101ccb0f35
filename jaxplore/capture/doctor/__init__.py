"""Facts about this machine, this process and what is installed, read without starting JAX."""
