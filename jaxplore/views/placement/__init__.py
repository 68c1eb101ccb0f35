"""Which device holds what, as text, as a picture, and as HTML without script."""
