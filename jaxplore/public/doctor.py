"""What is wrong with this process and what is installed for it: the function behind `%doctor`.

What it needs is imported when it is first called: `import jaxplore` stays light.
"""

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jaxplore.model.diagnosis import Diagnosed, Diagnosis
    from jaxplore.model.doctorfacts import Facts, Variable


def doctor(*, start: bool = False) -> "Diagnosis":
    """What is wrong with JAX, its environment and the notebook, and how to put it right.

    Of a backend that has not started only what is certain is said. Each finding has an id
    that keeps its meaning, the facts it is read from, and what to type.

    Args:
        start: Start JAX if it has not started, which tells more: what a plugin says that does
            not load. Environment variables set later have no effect then. It is not started
            where XLA_FLAGS would end the process.

    Returns:
        Findings, worst first, and the facts that were looked at.

    >>> seen = doctor()
    >>> [one.id for one in seen.findings if one.severity == "error"]
    []
    """
    from jaxplore.advise.doctor.doctor import diagnosis
    from jaxplore.capture.doctor.facts import all_facts, started

    facts = with_history(all_facts(_names()), _history())
    return diagnosis(started(facts) if start else facts)


def device_findings() -> "tuple[Diagnosed, ...]":
    """What `doctor` says about devices: `D01` where an accelerator lies idle, and why.

    Starts no backend. For `jaxplore.devices()`; it is here because what asks JAX must not
    give advice.
    """
    from jaxplore.advise.doctor.doctor import DEVICES, findings
    from jaxplore.capture.doctor.facts import device_facts

    return findings(device_facts(), DEVICES)


def _shell() -> Any:
    ipython: Any = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def _history() -> "Sequence[str]":
    """The cells that ran so far; the first is cell 0."""
    shell = _shell()
    return () if shell is None else shell.user_ns.get("In", ())


def with_history(facts: "Facts", cells: "Sequence[str]") -> "Facts":
    """The facts with the cells that set variables, as far as the cells' text shows it."""
    from jaxplore.capture.doctor.watch import assignment

    def placed(variable: "Variable") -> "Variable":
        is_start = variable.is_start_known and variable.now == variable.started_with
        if variable.now is None or variable.set_at is not None or is_start:
            return variable
        spans = (assignment(variable.name, n, str(text)) for n, text in enumerate(cells))
        return replace(variable, set_at=next((s for s in reversed([*spans]) if s), None))

    return replace(facts, variables=tuple(map(placed, facts.variables)))


def _names() -> "Mapping[str, object]":
    """The user's variables: the notebook's, or those of the script that runs."""
    shell = _shell()
    return vars(sys.modules["__main__"]) if shell is None else shell.user_ns
