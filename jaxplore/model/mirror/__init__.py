"""A gradient as rows: forward on the left, its backward mirror on the right."""
