"""Finite differences: a gradient checked against the function itself."""
