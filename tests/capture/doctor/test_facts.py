"""What the facts are read from: planted files, and a process with real trouble."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jaxplore.capture.doctor.flags import unknown_flags
from jaxplore.capture.doctor.frontend import extensions, front_end, server_prefix
from jaxplore.capture.doctor.machine import accelerators
from jaxplore.capture.doctor.shadows import shadows
from jaxplore.model.doctorfacts import Accelerator, Extension, Shadow
from jaxplore.public.doctor import doctor


def plant(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


NVIDIA = {
    "dev/nvidia0": "",
    "dev/nvidiactl": "",
    "proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22",
    "proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ: 1",
}
TPU = {
    "dev/vfio/0": "",
    "sys/bus/pci/devices/0000:00:05.0/vendor": "0x1ae0\n",
    "sys/bus/pci/devices/0000:00:05.0/device": "0x0063\n",
}
NODES = "sys/class/kfd/kfd/topology/nodes"
AMD = {
    "dev/kfd": "",
    f"{NODES}/0/properties": "cpu_cores_count 16\nsimd_count 0\n",
    f"{NODES}/1/properties": "simd_count 304\n",
    "sys/module/amdgpu/version": "6.7.0\n",
}


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, ()),
        (NVIDIA, (Accelerator(kind="NVIDIA GPU", names=("NVIDIA H100 80GB HBM3",), driver="550.54.14"),)),
        # A container that was not given the host's GPU.
        ({name: text for name, text in NVIDIA.items() if name != "dev/nvidia0"}, ()),
        (TPU, (Accelerator(kind="TPU", names=("TPU",)),)),
        # Google's network card.
        (TPU | {"sys/bus/pci/devices/0000:00:05.0/device": "0x0042\n"}, ()),
        (AMD, (Accelerator(kind="AMD GPU", names=("AMD GPU",), driver="6.7.0"),)),
    ],
)  # fmt: skip
def test_accelerators_are_read_from_what_the_kernel_shows(tmp_path, files, found):
    assert accelerators(plant(tmp_path, files)) == found


def test_flags_that_xla_has_and_has_not(tmp_path):
    known = "--xla_force_host_platform_device_count=8 --xla_dump_to=/tmp/d"
    assert unknown_flags(known) == ()
    assert unknown_flags(f"{known} --xla_no_such_flag=3") == ("--xla_no_such_flag=3",)
    assert unknown_flags("") == ()
    assert unknown_flags("xla_dump_to=/tmp/d") == ("xla_dump_to=/tmp/d",)
    (tmp_path / "flags").write_text("--xla_no_such_flag", encoding="utf-8")
    assert unknown_flags(str(tmp_path / "flags")) == ("--xla_no_such_flag",)


def test_files_named_as_packages_are_found(tmp_path):
    plant(tmp_path, {"jax.py": "", "random.py": "", "numpy/readme": "", "mine.py": ""})
    found = [one for one in shadows(str(tmp_path)) if one.path.startswith(str(tmp_path))]
    assert found == [
        Shadow(module="jax", path=str(tmp_path / "jax.py"), is_standard=False),
        Shadow(module="random", path=str(tmp_path / "random.py"), is_standard=True),
    ]


def test_the_front_end_is_told_from_the_environment(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", json)
    assert front_end({"VSCODE_PID": "1"}).host == "VS Code"
    assert front_end({"COLAB_RELEASE_TAG": "r"}).host == "Colab"
    jupyter = front_end({"VSCODE_PID": "1", "JPY_PARENT_PID": "0", "JPY_SESSION_NAME": "a.ipynb"})
    assert (jupyter.host, jupyter.is_server_known) == ("Jupyter", False)


@pytest.mark.parametrize(
    ("command", "prefix"),
    [
        ("/env/bin/python /env/bin/jupyter-lab --no-browser", "/env"),
        ("/env/bin/python3 -m jupyterlab", "/env"),
        ("/env/bin/python -m jupyter_server.serverapp", "/env"),
        ("python -m jupyterlab", None),
        ("/env/bin/python /env/bin/jupyter-nbconvert --execute", None),
        ("/env/bin/python /env/bin/pytest", None),
        ("", None),
    ],
)
def test_the_environment_of_the_server_is_that_of_its_command(command, prefix):
    found = server_prefix(command.split())
    assert (found and str(found)) == prefix


def test_extensions_are_those_of_an_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "user"))
    folder = "share/jupyter/labextensions/jaxplore"
    plant(tmp_path, {f"{folder}/package.json": '{"version": "0.1.0"}'})
    place = str(tmp_path / "share/jupyter/labextensions")
    assert list(extensions(tmp_path)) == [Extension(name="jaxplore", version="0.1.0", place=place)]


def test_this_process_has_no_errors():
    assert [one for one in doctor().findings if one.severity == "error"] == []


# Real trouble, all at once: a second jax, a file named jax.py in the folder, a platform asked
# for too late, XLA_FLAGS after the first array.
TROUBLE = """
import json, os, sys
sys.path.append(os.path.join(os.getcwd(), "site"))
import jaxplore, jax
assert not [one for one in jaxplore.doctor().findings if one.id in ("D10", "D11")]
os.environ["JAX_PLATFORMS"] = "cuda"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8 --xla_no_such_flag"
from jaxplore.capture import _hooks
assert jaxplore.doctor().findings and _hooks.backend_state()[0] is False, "it was started"
before = [one.id for one in jaxplore.doctor().findings if one.id == "D11"]
del os.environ["XLA_FLAGS"]
jax.devices()
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"
found = [(one.id, one.title) for one in jaxplore.doctor().findings if one.id != "D31"]
print(json.dumps([before, found]))
"""


def test_a_process_in_real_trouble(tmp_path):
    plant(
        tmp_path,
        {
            "jax.py": "raise ImportError('not JAX')",
            "site/jax-0.4.30.dist-info/METADATA": "Name: jax\nVersion: 0.4.30\n",
        },
    )
    # As an installed command starts: the folder is not on the path.
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONSAFEPATH": "1"}
    environment.pop("XLA_FLAGS", None)
    ran = subprocess.run(
        [sys.executable, "-c", TROUBLE],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    before, found = json.loads(ran.stdout)
    assert before == ["D11"]
    assert sorted(found) == [
        ["D04", "JAX has 1 CPU device, not the 8 that were asked for"],
        ["D10", "JAX_PLATFORMS=cuda has no effect"],
        ["D10", "XLA_FLAGS was set while this process ran: it may have been too late"],
        ["D22", "jax is installed 2 times"],
        ["D23", "`import jax` finds your own jax.py in this folder"],
    ]


def test_the_command_says_by_its_status_whether_there_are_errors(tmp_path):
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_no_such_flag"}
    ran = subprocess.run(
        [sys.executable, "-m", "jaxplore", "doctor", "--json"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 1, ran.stderr
    found = json.loads(ran.stdout)
    errors = [one["id"] for one in found["findings"] if one["severity"] == "error"]
    assert errors == ["D11"]
    assert ["backend", "not started"] in found["facts"]
