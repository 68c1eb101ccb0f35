"""The report of a whole run: a page and JSON."""
