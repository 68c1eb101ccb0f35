"""What the explorer shows of a program on several devices, without being asked."""

import re
from typing import TYPE_CHECKING, Final

from jaxplore.faults import contained

if TYPE_CHECKING:
    from jaxplore.model.collectives import Collectives
    from jaxplore.model.program import Program

_SEVERAL: Final = re.compile(r"\b(?:num_partitions|replica_count)=(?!1\b)\d")


def found_collectives(program: "Program") -> "Collectives | None":
    """What the devices of a program send; None where it runs on one, or has no HLO to tell.

    Only the first line of the text is read for a program on one device.
    """
    stage = program.stages.get("hlo")
    if stage is None or not _SEVERAL.search(stage.text.partition("\n")[0]):
        return None
    with contained("find what devices send"):
        from jaxplore.advise.collectives.collectives import explained
        from jaxplore.capture.collectives.collectives import collectives_of

        return explained(collectives_of(program))
    return None
