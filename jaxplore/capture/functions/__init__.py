"""What a Python function depends on: as a key to compare, and as named values to watch."""
