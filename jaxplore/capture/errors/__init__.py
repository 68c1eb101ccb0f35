"""Exceptions, and the arrays of the call that raised them, as records."""
