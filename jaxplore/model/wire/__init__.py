"""The records as columns: what browsers and golden files get."""
