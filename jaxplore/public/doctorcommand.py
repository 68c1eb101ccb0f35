"""The command `jaxplore doctor`: status 0 where nothing is wrong, 1 where an error was found."""

import json
import sys
from collections.abc import Sequence
from typing import Final

from jaxplore.errors import JaxploreError
from jaxplore.public.doctor import doctor

HELP: Final = """\
usage: jaxplore doctor [--json]

Say what is wrong with JAX, its environment variables and the notebook, each with what to
type. JAX is started in this command's own process, without reserving a GPU's memory.

  --json      the findings and the facts as JSON
  -h, --help  this text

Status 0: no errors (there may be warnings and notes); 1: at least one error.
"""


def main(arguments: Sequence[str]) -> int:
    """Print the findings; the exit status.

    Raises:
        JaxploreError: The arguments are wrong.
    """
    given = set(arguments)
    if given & {"-h", "--help"}:
        print(HELP, end="")
        return 0
    if given - {"--json"}:
        raise JaxploreError.of(
            failed="`jaxplore doctor` does not know this.",
            given=" ".join(arguments),
            do="use --json or nothing; `jaxplore doctor --help` says more.",
        )
    found = doctor(start=True)
    if given:
        json.dump(found.to_json(), sys.stdout, indent=2)
        print()
    else:
        from jaxplore.views import doctor as view

        print(view.text(found))
    return int(any(one.severity == "error" for one in found.findings))
