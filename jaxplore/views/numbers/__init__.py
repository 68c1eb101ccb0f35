"""The numbers of a run, as text and HTML."""
