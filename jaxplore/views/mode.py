"""Whether displays must be the same on every run, for notebooks under test."""

import os

VARIABLE = "JAXPLORE_DETERMINISTIC"


def deterministic() -> bool:
    """True when the environment says `JAXPLORE_DETERMINISTIC=1`.

    Then displays hold no times, nothing that depends on the version of JAX or XLA, and
    no script: what nbval compares stays equal.
    """
    return os.environ.get(VARIABLE, "") not in ("", "0")
