"""Two programs, aligned."""
