"""Show as text: from records to plain text, HTML, SVG and DOT. Never calls JAX."""
