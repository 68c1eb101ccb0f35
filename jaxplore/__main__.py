"""`python -m jaxplore` is `jaxplore`."""

import sys

from jaxplore.cli import main

if __name__ == "__main__":
    sys.exit(main())
