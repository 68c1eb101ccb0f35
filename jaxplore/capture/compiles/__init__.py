"""Every compile of the process, as records."""
