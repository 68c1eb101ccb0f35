"""Say what it means: from records to findings, each with advice. Never calls JAX."""
