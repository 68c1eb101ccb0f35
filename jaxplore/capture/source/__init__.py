"""Whose code a frame is, and where an expression stands in it."""
