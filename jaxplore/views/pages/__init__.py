"""HTML that carries its own data and script, and how the data is packed."""
