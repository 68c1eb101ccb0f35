"""Findings about the environment and JAX's settings: read too late, wrong, or left on."""

import re
from collections.abc import Iterator
from typing import Final

from jaxplore.advise.doctor.devices import RESTART
from jaxplore.model.diagnosis import Diagnosed
from jaxplore.model.doctorfacts import Facts, Variable

# Of no use to JAX on the CPU.
_FOR_ACCELERATORS: Final = re.compile(r"CUDA_|HIP_|ROCR_|TPU_|LIBTPU_|TF_|XLA_(PYTHON_)?CLIENT_")
_YES: Final = frozenset(("1", "true", "yes", "y", "on", "t"))
_NO: Final = frozenset(("", "0", "false", "no", "n", "off", "f", "none"))
_DUMP: Final = re.compile(r"--xla_dump_to=(\S+)")
_MANY: Final = 3

# Setting -> what it does to every program.
_COSTS: Final = {
    "jax_debug_nans": "each result is fetched and looked at, and nothing runs ahead",
    "jax_debug_infs": "each result is fetched and looked at, and nothing runs ahead",
    "jax_disable_jit": "nothing is compiled: functions run operation by operation",
    "jax_log_compiles": "each compilation writes lines to the log",
    "jax_explain_cache_misses": "each compilation is explained in the log",
    "jax_check_tracer_leaks": "each trace is searched for leaks, and traces are not kept",
    "jax_enable_checks": "JAX checks its own work at each step",
}


def read_too_late(facts: Facts) -> Iterator[Diagnosed]:
    """D10: a variable that was set after it had been read."""
    for variable in facts.variables:
        if variable.now is None or not _was_set_here(variable):
            continue
        if variable.setting:
            if not _agree(variable.now, variable.setting_value):
                yield _unread_setting(variable)
        elif facts.backend.started and (
            _has_accelerator(facts) or not _FOR_ACCELERATORS.match(variable.name)
        ):
            yield from _unread_by_xla(variable)


def _was_set_here(variable: Variable) -> bool:
    if variable.set_at is not None:
        return True
    return variable.is_start_known and variable.now != variable.started_with


def _has_accelerator(facts: Facts) -> bool:
    return bool(facts.accelerators) or facts.backend.default != "cpu"


def _agree(text: str, value: str) -> bool:
    """Whether JAX's setting is what the variable says.

    >>> _agree("1", "True"), _agree("cuda", "cpu"), _agree("", "None"), _agree("2", "2.0")
    (True, False, True, True)
    """
    text, value = text.strip().lower(), value.strip().lower()
    if text == value:
        return True
    if value in ("true", "false"):
        return text in (_YES if value == "true" else _NO)
    try:
        return float(text) == float(value)
    except ValueError:
        return text in _NO and value in _NO


def _unread_setting(variable: Variable) -> Diagnosed:
    value = variable.setting_value or "not set"
    return Diagnosed(
        id="D10",
        severity="error",
        title=f"{variable.name}={variable.now} has no effect",
        found=f"{_set_at(variable)}; JAX reads it once, when it is imported, and its setting "
        f"{variable.setting} is {value}",
        fix=f"set {variable.name} before Python starts, or in a line above the first "
        f"`import jax`; {RESTART}",
    )


def _unread_by_xla(variable: Variable) -> Iterator[Diagnosed]:
    if variable.after_backend is False:
        return
    is_certain = variable.after_backend is True
    yield Diagnosed(
        id="D10",
        severity="error" if is_certain else "note",
        title=f"{variable.name} was set after JAX had started, and has no effect"
        if is_certain
        else f"{variable.name} was set while this process ran: it may have been too late",
        found=f"{_set_at(variable)}; it is read once, when JAX makes its first array",
        fix=f"set {variable.name} before Python starts, or above the line that makes the first "
        f"array; {RESTART}",
    )


def _set_at(variable: Variable) -> str:
    started = "nothing" if not variable.started_with else variable.started_with
    if variable.set_at is not None:
        return f"set in {variable.set_at.place}: {variable.set_at.quoted(60)}"
    return f"it is {variable.now!r} now, and this process started with {started}"


def unknown_flags(facts: Facts) -> Iterator[Diagnosed]:
    """D11: XLA_FLAGS that end the process."""
    if not facts.unknown_flags:
        return
    words = " ".join(facts.unknown_flags)
    when = "that starts with it " if facts.backend.started else ""
    is_file = not words.startswith("-")
    yield Diagnosed(
        id="D11",
        severity="error",
        title=f"XLA_FLAGS ends the process {when}as soon as JAX starts",
        found=f"XLA takes {words!r} for a file with flags, and cannot read it"
        if is_file
        else f"this XLA has no flag {words}",
        fix=f"begin each flag with `--`, as in `XLA_FLAGS=--xla_dump_to=DIR`; {RESTART}"
        if is_file
        else f"take {words} out of XLA_FLAGS; {RESTART}",
    )


def dump(facts: Facts) -> Iterator[Diagnosed]:
    """D12: XLA writes every program to files."""
    found = _DUMP.search(facts.value("XLA_FLAGS"))
    if found is not None:
        yield Diagnosed(
            id="D12",
            severity="warning",
            title="XLA writes everything it compiles to files",
            found=f"XLA_FLAGS holds {found[0]}",
            fix=f"take it out of XLA_FLAGS, {RESTART}; `%hlo f(x)` shows a program without it",
        )


def debugging(facts: Facts) -> Iterator[Diagnosed]:
    """D13: JAX's settings for debugging that are on."""
    for name, value in facts.switches:
        usual = "False"
        yield Diagnosed(
            id="D13",
            severity="warning",
            title=f"{name} is on, which slows every program",
            found=f"{name} is {value}: {_COSTS.get(name, 'it is meant for debugging')}",
            fix=f'`jax.config.update("{name}", {usual})` when you no longer need it',
        )


def deterministic(facts: Facts) -> Iterator[Diagnosed]:
    """D14: displays leave out times and versions."""
    if facts.deterministic:
        yield Diagnosed(
            id="D14",
            severity="note",
            title="jaxplore shows no times, and nothing that depends on versions",
            found="JAXPLORE_DETERMINISTIC is set, for notebooks under test",
            fix="`del os.environ['JAXPLORE_DETERMINISTIC']` shows them",
        )


def double_precision(facts: Facts) -> Iterator[Diagnosed]:
    """D15: 64-bit NumPy arrays become 32-bit in JAX; D16: x64 came late."""
    names = facts.float64_names
    if not facts.x64 and len(names) >= _MANY:
        more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
        yield Diagnosed(
            id="D15",
            severity="note",
            title="your NumPy arrays have 64-bit floats, and JAX computes with 32 bits",
            found=f"{', '.join(names[:_MANY])}{more} are float64; jax_enable_x64 is off",
            fix='`jax.config.update("jax_enable_x64", True)` right after `import jax`, if you '
            "need the digits",
        )
    if facts.x64 and facts.x64_set_at is not None:
        yield Diagnosed(
            id="D16",
            severity="note",
            title="64 bits were switched on after JAX had started",
            found=f"in {facts.x64_set_at.described(60)}; arrays made before keep their 32 bits",
            fix=f"move the line right below the first `import jax`, {RESTART}",
        )
