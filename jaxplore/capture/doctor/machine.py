"""The accelerators of this machine, from what its kernel shows: no driver is opened.

A chip counts when this process could open it: in a container the host's driver may show
GPUs that the container was not given.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from jaxplore.model.doctorfacts import Accelerator

_ROOT: Final = Path("/")
_NVIDIA_NODE: Final = re.compile(r"nvidia\d+")
_NVIDIA_VERSION: Final = re.compile(r"\b(\d{3,}\.\d+(?:\.\d+)?)\b")
_GOOGLE: Final = "0x1ae0"
# Google's other devices (network, storage of its cloud) have the same maker.
_TPUS: Final = frozenset(
    ("0x0027", "0x0056", "0x005e", "0x0062", "0x0063", "0x006f", "0x0076", "0x0083", "0x007c")
)
_ASKED_S: Final = 10


def accelerators(root: Path = _ROOT) -> tuple[Accelerator, ...]:
    """Accelerators of each kind, under the root of a file system."""
    found = (_nvidia(root), _amd(root), _tpu(root))
    return tuple(one for one in found if one is not None)


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _nvidia(root: Path) -> Accelerator | None:
    nodes = [name for name in _names(root / "dev") if _NVIDIA_NODE.fullmatch(name)]
    is_wsl = (root / "dev/dxg").exists() and shutil.which("nvidia-smi") is not None
    if not nodes and not is_wsl:
        return None
    driver = root / "proc/driver/nvidia"
    models = [
        line.partition(":")[2].strip()
        for place in sorted(_names(driver / "gpus"))
        for line in _read(driver / "gpus" / place / "information").splitlines()
        if line.startswith("Model:")
    ]
    version = _NVIDIA_VERSION.search(_read(driver / "version"))
    if len(models) >= max(len(nodes), 1) and version is not None:
        # The host may have more than this container was given.
        names = tuple(models[: len(nodes)]) or tuple(models)
        return Accelerator(kind="NVIDIA GPU", names=names, driver=version[1])
    asked = _ask_nvidia() if root == _ROOT else []
    names = tuple(name for name, _ in asked) or ("NVIDIA GPU",) * len(nodes)
    if not names:
        return None  # a Windows graphics card of another maker
    said = asked[0][1] if asked else "" if version is None else version[1]
    return Accelerator(kind="NVIDIA GPU", names=names, driver=said)


def _ask_nvidia() -> list[tuple[str, str]]:
    """(name, driver) of each GPU, as nvidia-smi says."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    question = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        said = subprocess.run(
            question, capture_output=True, text=True, timeout=_ASKED_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [line.rpartition(",") for line in said.stdout.splitlines() if "," in line]
    return [(name.strip(), driver.strip()) for name, _, driver in rows]


def _amd(root: Path) -> Accelerator | None:
    if not (root / "dev/kfd").exists():
        return None
    nodes = root / "sys/class/kfd/kfd/topology/nodes"
    # The CPU is a node too, without SIMD units.
    gpus = [
        place
        for place in sorted(_names(nodes))
        if re.search(r"\bsimd_count\s+[1-9]", _read(nodes / place / "properties"))
    ]
    if not gpus:
        return None
    version = _read(root / "sys/module/amdgpu/version").strip()
    return Accelerator(kind="AMD GPU", names=("AMD GPU",) * len(gpus), driver=version)


def _tpu(root: Path) -> Accelerator | None:
    has_node = any(name.startswith("accel") for name in _names(root / "dev"))
    if not has_node and not any(name.isdigit() for name in _names(root / "dev/vfio")):
        return None
    devices = root / "sys/bus/pci/devices"
    chips = [
        place
        for place in _names(devices)
        if _read(devices / place / "vendor").strip() == _GOOGLE
        and _read(devices / place / "device").strip() in _TPUS
    ]
    return Accelerator(kind="TPU", names=("TPU",) * len(chips)) if chips else None


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
