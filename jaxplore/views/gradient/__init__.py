"""A gradient as text, as a picture, and as HTML without script."""
