"""Facts -> findings. Each rule gives those of its own ids; the table says which rules are
about devices.

D01-D09 devices, D10-D19 environment and settings, D20-D29 what is installed, D30-D39 the
notebook. An id keeps its meaning for ever; a new trouble gets a new one.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from jaxplore.advise.doctor import devices, notebook, packages, variables
from jaxplore.model.diagnosis import Diagnosed, Diagnosis
from jaxplore.model.doctorfacts import Facts

Rule = Callable[[Facts], Iterator[Diagnosed]]

DEVICES: Final[tuple[Rule, ...]] = (
    devices.idle_accelerator,
    devices.start_failure,
    devices.preallocation,
    devices.memory_variables,
    devices.cpu_devices,
)
ALL: Final[tuple[Rule, ...]] = (
    *DEVICES,
    variables.read_too_late,
    variables.unknown_flags,
    variables.dump,
    variables.debugging,
    variables.deterministic,
    variables.double_precision,
    packages.jaxlib,
    packages.plugins,
    packages.twice,
    packages.shadowed,
    packages.old,
    packages.others,
    notebook.cache,
    notebook.widgets,
    notebook.front_end,
)

_WORST_FIRST: Final = ("error", "warning", "note")
_NAMED: Final = ("numpy", "flax", "optax", "equinox", "ipywidgets", "anywidget")


def findings(facts: Facts, rules: Iterable[Rule] = ALL) -> tuple[Diagnosed, ...]:
    """What is wrong, worst first, and within that by id."""
    found = [one for rule in rules for one in rule(facts)]
    return tuple(sorted(found, key=lambda one: (_WORST_FIRST.index(one.severity), one.id)))


def diagnosis(facts: Facts) -> Diagnosis:
    """All findings, and what they are read from in short."""
    return Diagnosis(findings=findings(facts), facts=tuple(_summary(facts)))


def _summary(facts: Facts) -> Iterator[tuple[str, str]]:
    yield "Python", f"{facts.python} ({facts.executable})"
    plugins = [one.name for one in facts.packages if one.name.startswith("jax-cuda")]
    for name in ("jaxplore", "jax", "jaxlib", *dict.fromkeys(plugins), *_NAMED):
        package = facts.package(name)
        if package is not None:
            yield name, package.version
    state = facts.backend
    yield "backend", f"{state.default}, {state.devices} local" if state.started else "not started"
    for one in facts.accelerators:
        yield one.kind, ", ".join(one.names) + (f", driver {one.driver}" if one.driver else "")
    yield "x64", "on" if facts.x64 else "off"
    yield "cache", facts.cache.directory if facts.cache.on else "off"
    yield "shown in", facts.front_end.host
    for variable in facts.variables:
        if variable.now is not None:
            yield variable.name, variable.now
