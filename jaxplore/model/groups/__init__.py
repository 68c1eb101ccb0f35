"""A program as a tree of groups."""
