"""The graph of a program as a picture that needs no browser."""
