"""How a cell of `%%jit` or `%%grad` becomes a program, and runs."""
