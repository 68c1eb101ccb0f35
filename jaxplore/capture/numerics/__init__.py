"""The numbers inside one run: planned, measured while it runs, and read afterwards."""
