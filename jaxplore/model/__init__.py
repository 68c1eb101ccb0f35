"""What we know: frozen records of programs and compiles.

Standard library only. A record can be pickled, compared, stored as a golden file,
or sent to a browser.
"""
