"""Show in a page: thin shells around the built front end."""
