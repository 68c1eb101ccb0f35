"""Findings about devices: an accelerator that lies idle, its memory, simulated CPUs."""

import re
from collections.abc import Iterator
from typing import Final

from jaxplore.advise.doctor.versions import at_least, release
from jaxplore.model.diagnosis import Diagnosed, Severity
from jaxplore.model.doctorfacts import Accelerator, Facts, Package

# What JAX calls the platform of each kind of accelerator.
_PLATFORM: Final = {"NVIDIA GPU": "cuda", "AMD GPU": "rocm", "TPU": "tpu"}
_NAMES: Final = {"cuda": ("cuda", "gpu"), "rocm": ("rocm", "gpu"), "tpu": ("tpu",)}
# CUDA's major version -> the oldest driver that runs it.
_DRIVERS: Final = {"13": "580", "12": "525"}
_HIDING: Final = {
    "NVIDIA GPU": ("CUDA_VISIBLE_DEVICES",),
    "AMD GPU": ("HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"),
    "TPU": (),
}
_FRACTIONS: Final = ("XLA_CLIENT_MEM_FRACTION", "XLA_PYTHON_CLIENT_MEM_FRACTION")
_ALLOCATORS: Final = ("default", "platform", "bfc", "cuda_async", "vmm", "address")
_FORCED: Final = re.compile(r"--xla_force_host_platform_device_count=(\d+)")
RESTART: Final = "then restart the kernel"


def idle_accelerator(facts: Facts) -> Iterator[Diagnosed]:
    """D01: this machine has an accelerator, and JAX computes on the CPU."""
    if facts.backend.started and facts.backend.default != "cpu":
        return
    for accelerator in facts.accelerators:
        reason = _why_idle(facts, accelerator)
        if reason is None:
            continue
        severity, found, fix = reason
        yield Diagnosed(
            id="D01",
            severity=severity,
            title=_idle(facts, accelerator),
            found=f"{_described(accelerator)}; {found}",
            fix=fix,
        )


def _idle(facts: Facts, accelerator: Accelerator) -> str:
    if _first(facts) in _NAMES[_PLATFORM[accelerator.kind]]:
        return f"JAX cannot use the {accelerator.kind} that jax_platforms asks for"
    verb = "computes" if facts.backend.started else "will compute"
    return f"JAX {verb} on the CPU although this machine has {_a(accelerator)}"


def _first(facts: Facts) -> str:
    """The platform that JAX was asked for; `""` where it chooses."""
    return facts.platforms.split(",")[0].strip()


def _why_idle(facts: Facts, accelerator: Accelerator) -> tuple[Severity, str, str] | None:
    """(how bad, the reason, what to type); None where JAX may well use it."""
    platform = _PLATFORM[accelerator.kind]
    names = _NAMES[platform]
    if facts.platforms and _first(facts) not in names:
        return "warning", *_forced(facts, names)
    for name in _HIDING[accelerator.kind]:
        variable = facts.variable(name)
        if variable is not None and variable.now is not None and _hides(variable.now):
            said = f"{name}={variable.now!r} hides it"
            return "warning", said, f"`unset {name}` (or `{name}=0`), {RESTART}"
    if platform not in facts.plugins:
        return "error", f"no plugin for {platform} is installed", _install(facts, accelerator)
    broken = _broken_plugin(facts, accelerator)
    if broken is not None:
        return "error", *broken
    if not facts.backend.started:
        return None
    message = dict(facts.backend.errors).get(platform)
    ask = f'`JAX_PLATFORMS={platform} python -c "import jax; jax.devices()"`'
    if message:
        said = " ".join(message.split())
        return "error", f"its plugin did not start: {said}", f"{ask} shows it alone"
    return "error", "its plugin did not start, and JAX did not say why", f"{ask} says why"


def _hides(devices: str) -> bool:
    """Whether a list of visible devices names none: it ends at the first that is no device."""
    return devices.split(",")[0].strip() in ("", "-1", "NoDevFiles")


def _forced(facts: Facts, names: tuple[str, ...]) -> tuple[str, str]:
    found = f"JAX's setting jax_platforms is {facts.platforms!r}"
    variable = facts.variable("JAX_PLATFORMS")
    if variable is None or variable.now != facts.platforms:
        return found, f'take `jax.config.update("jax_platforms", ...)` out, {RESTART}'
    if variable.set_at is not None:
        found += f", from JAX_PLATFORMS, set in {variable.set_at.place}"
        return found, f"take that line out, {RESTART}"
    found += f", from JAX_PLATFORMS={variable.now}"
    return found, f"`unset JAX_PLATFORMS` (or `JAX_PLATFORMS={names[0]}`), {RESTART}"


def _install(facts: Facts, accelerator: Accelerator) -> str:
    if accelerator.kind == "TPU":
        return f"{_pip(facts, 'tpu')}, {RESTART}"
    if accelerator.kind == "AMD GPU":
        return f"{_pip(facts, 'rocm7-local')} (it needs ROCm 7 on the machine), {RESTART}"
    major = _cuda_for(accelerator.driver)
    if major is None:
        return (
            f"update the NVIDIA driver to {_DRIVERS['12']} or later, then {_pip(facts, 'cuda12')}"
        )
    return f"{_pip(facts, f'cuda{major}')}, {RESTART}"


def _cuda_for(driver: str) -> str | None:
    """The newest CUDA that a driver runs; CUDA 12 where its version is not known."""
    if not driver:
        return "12"
    return next((major for major, least in _DRIVERS.items() if at_least(driver, least)), None)


def _pip(facts: Facts, extra: str) -> str:
    """The command that installs the plugin beside the JAX that is there."""
    jax = facts.package("jax")
    version = f"=={jax.version}" if jax is not None and release(jax.version) else ""
    return f'`pip install "jax[{extra}]{version}"`'


def _broken_plugin(facts: Facts, accelerator: Accelerator) -> tuple[str, str] | None:
    """A plugin that cannot start: of another version than jaxlib, or newer than the driver."""
    if accelerator.kind != "NVIDIA GPU":
        return None
    plugins = cuda_plugins(facts)
    jaxlib = facts.package("jaxlib")
    reasons: list[tuple[str, str]] = []
    for major, plugin in plugins.items():
        if jaxlib is not None and _differ(plugin.version, jaxlib.version):
            found = f"{plugin.name} {plugin.version} does not fit jaxlib {jaxlib.version}"
            reasons.append((found, f"{_pip(facts, f'cuda{major}')}, {RESTART}"))
        elif at_least(accelerator.driver, _DRIVERS[major]) is False:
            reasons.append(_old_driver(facts, accelerator, major, plugin))
    # One that fits is enough.
    return reasons[0] if plugins and len(reasons) == len(plugins) else None


def _old_driver(
    facts: Facts, accelerator: Accelerator, major: str, plugin: Package
) -> tuple[str, str]:
    least = _DRIVERS[major]
    found = f"{plugin.name} needs driver {least} or later"
    other = _cuda_for(accelerator.driver)
    if other is None:
        return found, f"update the NVIDIA driver to {least} or later"
    older = f"`pip uninstall -y {plugin.name}` and {_pip(facts, f'cuda{other}')}"
    return found, f"update the NVIDIA driver, or {older}, {RESTART}"


def cuda_plugins(facts: Facts) -> dict[str, Package]:
    """CUDA's major version -> the installed plugin for it."""
    found = {major: facts.package(f"jax-cuda{major}-plugin") for major in _DRIVERS}
    return {major: plugin for major, plugin in found.items() if plugin is not None}


def _differ(one: str, other: str) -> bool:
    numbers = release(one), release(other)
    return None not in numbers and numbers[0] != numbers[1]


def _a(accelerator: Accelerator) -> str:
    count = len(accelerator.names)
    article = "an" if accelerator.kind in ("NVIDIA GPU", "AMD GPU") else "a"
    return f"{article} {accelerator.kind}" if count == 1 else f"{count} {accelerator.kind}s"


def _described(accelerator: Accelerator) -> str:
    names = list(dict.fromkeys(accelerator.names))
    count = len(accelerator.names)
    said = ", ".join(names) if count == len(names) else f"{count} x {', '.join(names)}"
    return f"{said} (driver {accelerator.driver})" if accelerator.driver else said


def start_failure(facts: Facts) -> Iterator[Diagnosed]:
    """D06: JAX cannot start at all."""
    said = " ".join(facts.backend.failure.split())
    has_nvidia = any(one.kind == "NVIDIA GPU" for one in facts.accelerators)
    if facts.platforms == "cuda" and not has_nvidia and not facts.backend.started:
        # JAX itself ends with an assertion that says nothing.
        found = "jax_platforms asks for cuda alone, and this process sees no NVIDIA GPU"
        yield _does_not_start(found, f"`unset JAX_PLATFORMS` lets JAX choose; {RESTART}")
    elif said:
        asked = f"jax_platforms asks for {facts.platforms}" if facts.platforms else "JAX chooses"
        yield _does_not_start(
            f"{asked}; it says: {said}",
            '`JAX_PLATFORMS=cpu python -c "import jax; jax.devices()"` shows whether JAX itself '
            "works; then mend or uninstall the plugin that the message names",
        )


def _does_not_start(found: str, fix: str) -> Diagnosed:
    return Diagnosed(id="D06", severity="error", title="JAX does not start", found=found, fix=fix)


def preallocation(facts: Facts) -> Iterator[Diagnosed]:
    """D02: JAX reserves most of a GPU's memory when it starts."""
    if not uses_gpu(facts):
        return
    if facts.value("XLA_PYTHON_CLIENT_PREALLOCATE") in ("false", "False", "0"):
        return
    if facts.value("XLA_PYTHON_CLIENT_ALLOCATOR").lower() in ("platform", "cuda_async"):
        return
    fraction = next((facts.value(name) for name in _FRACTIONS if facts.value(name)), "")
    share = _share(fraction) if fraction else 0.75
    if share is None:
        return  # D03
    yield Diagnosed(
        id="D02",
        severity="note",
        title="JAX reserves GPU memory when it starts, so nvidia-smi shows it as used",
        found=f"{share:.0%} of each GPU".replace("%", " %")
        + (f", from {fraction!r}" if fraction else ", JAX's default")
        + "; `%memory` and `%devices` show what is really in use",
        fix="`XLA_PYTHON_CLIENT_PREALLOCATE=false` before Python starts takes memory as needed; "
        "`XLA_CLIENT_MEM_FRACTION=0.4` reserves less",
    )


def uses_gpu(facts: Facts) -> bool:
    """Whether JAX computes on a GPU, or is about to."""
    if facts.backend.started:
        return facts.backend.default == "gpu"
    gpus = [one for one in facts.accelerators if one.kind != "TPU"]
    return any(
        _PLATFORM[one.kind] in facts.plugins and _why_idle(facts, one) is None for one in gpus
    )


def memory_variables(facts: Facts) -> Iterator[Diagnosed]:
    """D03: a memory setting for the GPU that cannot be meant, or stops it from starting."""
    given = [name for name in _FRACTIONS if facts.value(name)]
    if len(given) == 2:
        yield _memory(
            f"{given[0]} and {given[1]} are both set: the GPU's plugin refuses that",
            f"`unset {given[1]}`, its old name, {RESTART}",
        )
    for name in given:
        share = _share(facts.value(name))
        if share is None and not facts.value("TF_FORCE_UNIFIED_MEMORY"):
            yield _memory(
                f"{name}={facts.value(name)} is not a share between 0 and 1",
                f"`{name}=0.75` before Python starts",
            )
    allocator = facts.value("XLA_PYTHON_CLIENT_ALLOCATOR")
    if allocator and allocator.lower() not in _ALLOCATORS:
        yield _memory(
            f"XLA_PYTHON_CLIENT_ALLOCATOR={allocator} is no allocator",
            f"use one of {', '.join(_ALLOCATORS)}, before Python starts",
        )


def _memory(found: str, fix: str) -> Diagnosed:
    return Diagnosed(
        id="D03",
        severity="warning",
        title="a setting for GPU memory does not make sense",
        found=found,
        fix=fix,
    )


def _share(text: str) -> float | None:
    """A share of the memory; None where it is none."""
    try:
        share = float(text)
    except ValueError:
        return None
    # Above 1 is allowed for unified memory only, which has a variable of its own.
    return share if 0 < share <= 1 else None


def cpu_devices(facts: Facts) -> Iterator[Diagnosed]:
    """D04: another number of CPU devices than asked for; D05: more than cores."""
    state = facts.backend
    if not state.started or state.default != "cpu":
        return
    asked, source = _asked_cpus(facts)
    if asked > 0 and asked != state.devices:
        yield Diagnosed(
            id="D04",
            severity="error",
            title=f"JAX has {_cpus(state.devices)}, not the {asked} that were asked for",
            found=f"{source} asks for {asked}; the backend had started without it",
            fix=f'`jax.config.update("jax_num_cpu_devices", {asked})` as the first line after '
            "`import jax`; restart the kernel first",
        )
    elif state.devices > facts.cores:
        yield Diagnosed(
            id="D05",
            severity="note",
            title=f"{state.devices} simulated CPU devices share {facts.cores} "
            + ("core" if facts.cores == 1 else "cores"),
            found="programs on them are right, but not faster than on one device",
            fix="nothing to do for learning and tests; measure speed on real devices",
        )


def _asked_cpus(facts: Facts) -> tuple[int, str]:
    """(number, what asks for it); 0 where nothing does."""
    if facts.cpu_devices > 0:
        return facts.cpu_devices, "jax_num_cpu_devices"
    forced = _FORCED.findall(facts.value("XLA_FLAGS"))
    if forced:
        return int(forced[-1]), "XLA_FLAGS"
    return 0, ""


def _cpus(count: int) -> str:
    return f"{count} CPU device" if count == 1 else f"{count} CPU devices"
