"""Facts -> findings. Each rule gives those of its own ids; the table says which rules are
about devices."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from jaxplore.advise.doctor import devices
from jaxplore.model.diagnosis import Diagnosed
from jaxplore.model.doctorfacts import Facts

Rule = Callable[[Facts], Iterator[Diagnosed]]

DEVICES: Final[tuple[Rule, ...]] = (
    devices.idle_accelerator,
    devices.preallocation,
    devices.memory_variables,
    devices.cpu_devices,
)
ALL: Final[tuple[Rule, ...]] = DEVICES

_WORST_FIRST: Final = ("error", "warning", "note")


def findings(facts: Facts, rules: Iterable[Rule] = ALL) -> tuple[Diagnosed, ...]:
    """What is wrong, worst first, and within that by id."""
    found = [one for rule in rules for one in rule(facts)]
    return tuple(sorted(found, key=lambda one: (_WORST_FIRST.index(one.severity), one.id)))
