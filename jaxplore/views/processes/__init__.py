"""A cluster and what its processes showed, as text and HTML."""
