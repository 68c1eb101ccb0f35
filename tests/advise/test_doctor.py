"""Findings of the doctor, each from planted facts; the facts of a healthy machine give none."""

from dataclasses import replace

import pytest

from jaxplore.advise.doctor.doctor import DEVICES, diagnosis, findings
from jaxplore.model.doctorfacts import (
    Accelerator,
    BackendState,
    CacheFacts,
    Extension,
    Facts,
    FrontEnd,
    Package,
    Shadow,
    Variable,
)
from jaxplore.model.span import Span

PLACE = "/env/lib/site-packages"
CPU = BackendState(started=True, default="cpu", platforms=("cpu",), devices=1)
HEALTHY = Facts(
    python="3.11.9",
    executable="/env/bin/python",
    jax_file=f"{PLACE}/jax/__init__.py",
    cores=8,
    accelerators=(),
    backend=CPU,
    variables=(),
    packages=(
        Package(name="jax", version="0.10.2", place=PLACE, requires=(("jaxlib", "<=0.10.2"),)),
        Package(name="jaxlib", version="0.10.2", place=PLACE),
        Package(name="flax", version="0.12.8", place=PLACE, requires=(("jax", ">=0.10.0"),)),
        Package(name="ipywidgets", version="8.1.9", place=PLACE),
        Package(name="anywidget", version="0.11.0", place=PLACE),
    ),
    jaxplore="0.1.0",
    cache=CacheFacts(on=True, directory="/cache", is_writable=True),
)
H100 = Accelerator(kind="NVIDIA GPU", names=("NVIDIA H100 80GB HBM3",), driver="550.54.14")
GPU = replace(HEALTHY, accelerators=(H100,))
CUDA = Package(name="jax-cuda12-plugin", version="0.10.2", place=PLACE)
SPAN = Span(
    file="cell 3", line=2, column=0, end_line=2, end_column=9, function="<module>", text="a = b"
)


def variable(name, now, start=None, **more):
    return Variable(name=name, now=now, started_with=start, **more)


def of(facts, id):
    return [one for one in findings(facts) if one.id == id]


def only(facts, id):
    [one] = of(facts, id)
    return one.severity, one.title, one.found, one.fix


def with_cuda(**more):
    packages = (*HEALTHY.packages, CUDA)
    return replace(GPU, packages=packages, plugins=("cuda",), **more)


def replaced(name, version, **more):
    return tuple(
        replace(one, version=version, **more) if one.name == name else one
        for one in HEALTHY.packages
    )


def test_a_healthy_machine_has_nothing_but_the_note_that_the_cache_is_on():
    assert [(one.id, one.severity) for one in findings(HEALTHY)] == [("D31", "note")]
    assert findings(HEALTHY, DEVICES) == ()


RESTART = "then restart the kernel"
IDLE = {
    "no plugin": (
        GPU,
        "error",
        "no plugin for cuda is installed",
        f'`pip install "jax[cuda12]==0.10.2"`, {RESTART}',
    ),
    "no plugin, a new driver": (
        replace(GPU, accelerators=(replace(H100, driver="580.65.06"),)),
        "error",
        "no plugin for cuda is installed",
        f'`pip install "jax[cuda13]==0.10.2"`, {RESTART}',
    ),
    "no plugin, a driver too old for any": (
        replace(GPU, accelerators=(replace(H100, driver="470.82.01"),)),
        "error",
        "no plugin for cuda is installed",
        'update the NVIDIA driver to 525 or later, then `pip install "jax[cuda12]==0.10.2"`',
    ),
    "forced by the environment": (
        with_cuda(platforms="cpu", variables=(variable("JAX_PLATFORMS", "cpu", "cpu"),)),
        "warning",
        "JAX's setting jax_platforms is 'cpu', from JAX_PLATFORMS=cpu",
        f"`unset JAX_PLATFORMS` (or `JAX_PLATFORMS=cuda`), {RESTART}",
    ),
    "forced in a cell": (
        with_cuda(platforms="cpu", variables=(variable("JAX_PLATFORMS", "cpu", set_at=SPAN),)),
        "warning",
        "JAX's setting jax_platforms is 'cpu', from JAX_PLATFORMS, set in cell 3 line 2",
        f"take that line out, {RESTART}",
    ),
    "forced by a setting": (
        with_cuda(platforms="cpu"),
        "warning",
        "JAX's setting jax_platforms is 'cpu'",
        f'take `jax.config.update("jax_platforms", ...)` out, {RESTART}',
    ),
    "hidden": (
        with_cuda(variables=(variable("CUDA_VISIBLE_DEVICES", "-1", "-1"),)),
        "warning",
        "CUDA_VISIBLE_DEVICES='-1' hides it",
        f"`unset CUDA_VISIBLE_DEVICES` (or `CUDA_VISIBLE_DEVICES=0`), {RESTART}",
    ),
    "another version": (
        replace(with_cuda(), packages=(*HEALTHY.packages, replace(CUDA, version="0.9.1"))),
        "error",
        "jax-cuda12-plugin 0.9.1 does not fit jaxlib 0.10.2",
        f'`pip install "jax[cuda12]==0.10.2"`, {RESTART}',
    ),
    "a plugin newer than the driver": (
        replace(with_cuda(), packages=(*HEALTHY.packages, replace(CUDA, name="jax-cuda13-plugin"))),
        "error",
        "jax-cuda13-plugin needs driver 580 or later",
        "update the NVIDIA driver, or `pip uninstall -y jax-cuda13-plugin` and "
        f'`pip install "jax[cuda12]==0.10.2"`, {RESTART}',
    ),
    "its plugin says why": (
        with_cuda(backend=replace(CPU, errors=(("cuda", "no\n supported devices"),))),
        "error",
        "its plugin did not start: no supported devices",
        '`JAX_PLATFORMS=cuda python -c "import jax; jax.devices()"` shows it alone',
    ),
    "nobody says why": (
        with_cuda(),
        "error",
        "its plugin did not start, and JAX did not say why",
        '`JAX_PLATFORMS=cuda python -c "import jax; jax.devices()"` says why',
    ),
}


@pytest.mark.parametrize("name", IDLE)
def test_an_idle_accelerator_and_why(name):
    facts, severity, reason, fix = IDLE[name]
    driver = facts.accelerators[0].driver
    assert only(facts, "D01") == (
        severity,
        "JAX computes on the CPU although this machine has an NVIDIA GPU",
        f"NVIDIA H100 80GB HBM3 (driver {driver}); {reason}",
        fix,
    )
    assert [one for one in findings(facts, DEVICES) if one.id == "D01"] == of(facts, "D01")


def test_before_jax_has_started_only_what_is_certain_is_said():
    idle = BackendState(started=False)
    assert of(with_cuda(backend=idle), "D01") == []
    [one] = of(replace(GPU, backend=idle), "D01")
    assert one.title == "JAX will compute on the CPU although this machine has an NVIDIA GPU"


def test_a_gpu_that_is_used_is_not_idle():
    used = BackendState(started=True, default="gpu", platforms=("cuda", "cpu"), devices=1)
    [note] = findings(with_cuda(backend=used), DEVICES)
    assert (note.id, note.severity) == ("D02", "note")
    assert note.found == (
        "75 % of each GPU, JAX's default; `%memory` and `%devices` show what is really in use"
    )


@pytest.mark.parametrize(
    ("kind", "names", "title", "fix"),
    [
        ("TPU", ("TPU",) * 4, "4 TPUs", 'pip install "jax[tpu]==0.10.2"'),
        ("AMD GPU", ("AMD GPU",), "an AMD GPU", 'pip install "jax[rocm7-local]==0.10.2"'),
    ],
)
def test_other_accelerators(kind, names, title, fix):
    severity, said, _, do = only(
        replace(HEALTHY, accelerators=(Accelerator(kind=kind, names=names),)), "D01"
    )
    assert (severity, said) == (
        "error",
        f"JAX computes on the CPU although this machine has {title}",
    )
    assert fix in do


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}, None),
        ({"XLA_PYTHON_CLIENT_ALLOCATOR": "platform"}, None),
        ({"XLA_CLIENT_MEM_FRACTION": ".4"}, "40 % of each GPU, from '.4'"),
    ],
)
def test_preallocation_follows_the_variables(given, said):
    used = BackendState(started=True, default="gpu", platforms=("cuda", "cpu"), devices=1)
    variables = tuple(variable(name, value, value) for name, value in given.items())
    found = of(with_cuda(backend=used, variables=variables), "D02")
    assert [one.found.partition(";")[0] for one in found] == ([] if said is None else [said])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"XLA_CLIENT_MEM_FRACTION": "75"}, ["XLA_CLIENT_MEM_FRACTION=75 is not a share between 0 and 1"]),
        ({"XLA_PYTHON_CLIENT_MEM_FRACTION": "all"}, ["XLA_PYTHON_CLIENT_MEM_FRACTION=all is not a share between 0 and 1"]),
        ({"XLA_PYTHON_CLIENT_ALLOCATOR": "malloc"}, ["XLA_PYTHON_CLIENT_ALLOCATOR=malloc is no allocator"]),
        ({"XLA_CLIENT_MEM_FRACTION": "1.5", "TF_FORCE_UNIFIED_MEMORY": "1"}, []),
        ({"XLA_CLIENT_MEM_FRACTION": "0.5", "XLA_PYTHON_CLIENT_MEM_FRACTION": "0.5"}, ["XLA_CLIENT_MEM_FRACTION and XLA_PYTHON_CLIENT_MEM_FRACTION are both set: the GPU's plugin refuses that"]),
    ],
)  # fmt: skip
def test_memory_settings_that_make_no_sense(given, said):
    variables = tuple(variable(name, value, value) for name, value in given.items())
    assert [one.found for one in of(replace(HEALTHY, variables=variables), "D03")] == said


def test_another_number_of_cpu_devices_than_asked_for():
    flags = "--xla_force_host_platform_device_count=8"
    asked = replace(HEALTHY, variables=(variable("XLA_FLAGS", flags),))
    assert only(asked, "D04")[:3] == (
        "error",
        "JAX has 1 CPU device, not the 8 that were asked for",
        "XLA_FLAGS asks for 8; the backend had started without it",
    )
    got = replace(asked, backend=replace(CPU, devices=8))
    assert of(got, "D04") == of(got, "D05") == []
    assert only(replace(got, cores=2), "D05")[:2] == (
        "note",
        "8 simulated CPU devices share 2 cores",
    )


def test_jax_that_does_not_start():
    failed = BackendState(started=False, failure="Unable to initialize\nbackend 'tpu'")
    assert only(replace(HEALTHY, backend=failed, platforms="tpu"), "D06")[:3] == (
        "error",
        "JAX does not start",
        "jax_platforms asks for tpu; it says: Unable to initialize backend 'tpu'",
    )
    idle = BackendState(started=False)
    assert only(replace(HEALTHY, backend=idle, platforms="cuda"), "D06") == (
        "error",
        "JAX does not start",
        "jax_platforms asks for cuda alone, and this process sees no NVIDIA GPU",
        "`unset JAX_PLATFORMS` lets JAX choose; then restart the kernel",
    )
    assert of(replace(HEALTHY, backend=idle, platforms="cuda,cpu"), "D06") == []


def test_a_gpu_that_was_asked_for_and_cannot_be_used():
    asked = replace(GPU, platforms="cuda", backend=BackendState(started=False))
    assert only(asked, "D01")[:3] == (
        "error",
        "JAX cannot use the NVIDIA GPU that jax_platforms asks for",
        "NVIDIA H100 80GB HBM3 (driver 550.54.14); no plugin for cuda is installed",
    )


LATE = {
    "a setting that says something else": (
        variable("JAX_PLATFORMS", "cuda", setting="jax_platforms", setting_value="cpu"),
        ("error", "JAX_PLATFORMS=cuda has no effect"),
    ),
    "a setting that agrees": (
        variable("JAX_ENABLE_X64", "1", setting="jax_enable_x64", setting_value="True"),
        None,
    ),
    "there from the start": (
        variable("JAX_ENABLE_X64", "1", "1", setting="jax_enable_x64", setting_value="False"),
        None,
    ),
    "XLA_FLAGS after the backend": (
        variable("XLA_FLAGS", "--xla_a", set_at=SPAN, after_backend=True),
        ("error", "XLA_FLAGS was set after JAX had started, and has no effect"),
    ),
    "XLA_FLAGS before it": (
        variable("XLA_FLAGS", "--xla_a", set_at=SPAN, after_backend=False),
        None,
    ),
    "nobody looked": (
        variable("XLA_FLAGS", "--xla_a"),
        ("note", "XLA_FLAGS was set while this process ran: it may have been too late"),
    ),
    "for a GPU that is not there": (
        variable("CUDA_VISIBLE_DEVICES", "0", after_backend=True),
        None,
    ),
    "where the start is not known": (
        variable("XLA_FLAGS", "--xla_a", is_start_known=False),
        None,
    ),
}


@pytest.mark.parametrize("name", LATE)
def test_variables_that_were_read_before_they_were_set(name):
    given, said = LATE[name]
    found = of(replace(HEALTHY, variables=(given,)), "D10")
    assert [(one.severity, one.title) for one in found] == ([] if said is None else [said])


def test_the_line_that_set_a_variable_too_late_is_named():
    given = variable("XLA_FLAGS", "--xla_a", set_at=SPAN, after_backend=True)
    assert only(replace(HEALTHY, variables=(given,)), "D10")[2] == (
        "set in cell 3 line 2: a = b; it is read once, when JAX makes its first array"
    )


OTHERS = {
    "D11": (
        {"unknown_flags": ("--xla_foo=3",), "backend": BackendState(started=False)},
        "error",
        "XLA_FLAGS ends the process as soon as JAX starts",
        "this XLA has no flag --xla_foo=3",
    ),
    "D12": (
        {"variables": (variable("XLA_FLAGS", "--xla_dump_to=/tmp/d", "--xla_dump_to=/tmp/d"),)},
        "warning",
        "XLA writes everything it compiles to files",
        "XLA_FLAGS holds --xla_dump_to=/tmp/d",
    ),
    "D13": (
        {"switches": (("jax_debug_nans", "True"),)},
        "warning",
        "jax_debug_nans is on, which slows every program",
        "jax_debug_nans is True: each result is fetched and looked at, and nothing runs ahead",
    ),
    "D14": (
        {"deterministic": True},
        "note",
        "jaxplore shows no times, and nothing that depends on versions",
        "JAXPLORE_DETERMINISTIC is set, for notebooks under test",
    ),
    "D15": (
        {"float64_names": ("a", "b", "c", "d")},
        "note",
        "your NumPy arrays have 64-bit floats, and JAX computes with 32 bits",
        "a, b, c and 1 more are float64; jax_enable_x64 is off",
    ),
    "D16": (
        {"x64": True, "x64_set_at": SPAN},
        "note",
        "64 bits were switched on after JAX had started",
        "in cell 3 line 2: a = b; arrays made before keep their 32 bits",
    ),
    "D20": (
        {"packages": replaced("jaxlib", "0.11.0")},
        "error",
        "jax 0.10.2 and jaxlib 0.11.0 do not fit",
        "jax 0.10.2 needs jaxlib<=0.10.2",
    ),
    "D21": (
        {"packages": (*HEALTHY.packages, replace(CUDA, version="0.9.1"))},
        "warning",
        "JAX will not use jax-cuda12-plugin 0.9.1",
        "it must have jaxlib's version, 0.10.2",
    ),
    "D22": (
        {"packages": (*HEALTHY.packages, Package(name="jax", version="0.4.30", place="/conda"))},
        "warning",
        "jax is installed 2 times",
        f"jax 0.10.2 in {PLACE}; jax 0.4.30 in /conda; Python uses the first",
    ),
    "D23": (
        {"shadows": (Shadow(module="jax", path="/home/me/jax.py", is_standard=False),)},
        "error",
        "`import jax` finds your own jax.py in this folder",
        "Python that starts in /home/me imports /home/me/jax.py instead of the package",
    ),
    "D23 standard": (
        {"shadows": (Shadow(module="random", path="/home/me/random.py", is_standard=True),)},
        "warning",
        "your random.py has the name of a module of Python's own",
        "/home/me/random.py can be imported in its place, by JAX and NumPy as well",
    ),
    "D24": (
        {"packages": replaced("jax", "0.9.0", requires=())},
        "error",
        "jax 0.9.0 is older than jaxplore supports",
        "jax 0.10.2 or later is needed",
    ),
    "D25": (
        {"packages": replaced("flax", "0.20.0", requires=(("jax", ">=0.11.1"),))},
        "warning",
        "flax 0.20.0 does not fit jax 0.10.2",
        "it needs jax>=0.11.1",
    ),
    "D30": (
        {"cache": CacheFacts(on=True, directory="/root/c", is_writable=False)},
        "warning",
        "the persistent compilation cache cannot be written",
        "/root/c is no folder that this process can write to",
    ),
    "D31": (
        {"cache": CacheFacts(on=False)},
        "note",
        "the persistent compilation cache is off",
        "every new process compiles everything again",
    ),
    "D32": (
        {"packages": replaced("anywidget", "0.9.3")},
        "warning",
        "live views need anywidget 0.9.18 or later",
        "anywidget 0.9.3 is installed",
    ),
    "D34": (
        {"front_end": FrontEnd(host="Jupyter", server_python="/other")},
        "note",
        "the Jupyter server and this kernel are in two environments",
        "the server is in /other, this kernel is /env/bin/python",
    ),
    "D35": (
        {"front_end": FrontEnd(host="Colab")},
        "note",
        "live widgets have to be switched on in Colab",
        "this kernel runs in Colab",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_each_other_finding(name):
    change, *said = OTHERS[name]
    severity, title, found, fix = only(replace(HEALTHY, **change), name[:3])
    assert [severity, title, found] == said
    assert fix


def test_the_extensions_of_the_server_are_compared():
    def found(*extensions):
        front = FrontEnd(host="Jupyter", is_server_known=True, extensions=extensions)
        return [one.title for one in of(replace(HEALTHY, front_end=front), "D33")]

    def extension(name, version="1"):
        return Extension(name=name, version=version, place="/labextensions")

    others = extension("anywidget"), extension("@jupyter-widgets/jupyterlab-manager")
    assert found(extension("jaxplore", "0.1.0"), *others) == []
    assert found(extension("jaxplore", "0.0.9"), *others) == [
        "JupyterLab has jaxplore's extension of another version"
    ]
    assert found() == [
        "JupyterLab does not have jaxplore's extension",
        "JupyterLab does not have the extension of anywidget",
        "JupyterLab does not have the extension of ipywidgets",
    ]


def test_versions_that_are_not_plain_numbers_are_not_judged():
    assert of(replace(HEALTHY, packages=replaced("jaxlib", "0.11.0.dev20260101")), "D20") == []


def test_errors_come_first_and_ids_in_order():
    facts = replace(GPU, switches=(("jax_debug_nans", "True"),), deterministic=True)
    assert [one.id for one in findings(facts)] == ["D01", "D13", "D14", "D31"]


def test_the_facts_are_named_in_short():
    facts = dict(diagnosis(with_cuda()).facts)
    assert facts["jax"] == "0.10.2"
    assert facts["backend"] == "cpu, 1 local"
    assert facts["NVIDIA GPU"] == "NVIDIA H100 80GB HBM3, driver 550.54.14"
