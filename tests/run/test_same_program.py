"""Under `jaxplore run` a program prints, fails and ends as it does under `python`."""

import sys
from pathlib import Path

import pytest

from tests.run.conftest import Workplace

pytestmark = pytest.mark.processes

STEP = """
import jax, jax.numpy as jnp

@jax.jit
def step(x):
    return jnp.sin(x) * 2

print(step(jnp.ones(3)))
"""
EVERYTHING = """
import inspect, os, sys, traceback, warnings
print(__name__, __file__, __spec__, __package__, sorted(globals()))
print(sys.argv, sys.path, sys.flags, sys.warnoptions, sys.orig_argv)
print(sorted(os.environ.items()))
print(sorted({*sys.modules, "atexit"}), sorted(sys.path_importer_cache))
print([finder for finder in sys.meta_path if "Waiting" not in repr(finder)])
print(len(inspect.stack()), warnings.filters, sys.getrecursionlimit())
warnings.warn("one", stacklevel=1)
warnings.warn("two", stacklevel=2)
traceback.print_stack()
"""
# Runs in the first process of `jaxplore run` as well, which is a Python like any other.
CUSTOM = """
import sys
if "jaxplore" not in sys.orig_argv:
    print("custom", sys.path[0])
"""

ENDINGS = {
    "fails": "def inner():\n    raise ValueError('no')\ninner()\n",
    "exits with 3": "import sys\nsys.exit(3)\n",
    "calls os._exit": "import os\nprint('lost', end='')\nos._exit(7)\n",
    "is killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "crashes": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n",
    "has work at exit": "import atexit\natexit.register(lambda: print(step(jnp.ones(4))))\n1 / 0\n",
    "fails in JAX": "step('text')\n",
}
ENDINGS_WITHOUT_JAX = {
    "exits with text": "import sys\nsys.exit('not today')\n",
    "exits with nothing": "raise SystemExit\n",
    "does not parse": "x = (1,\nprint('never')\n",
    "is no text": "\0",
    "is interrupted": "raise KeyboardInterrupt\n",
    "has its own hook": "import sys\nsys.excepthook = lambda *a: print('mine', a[0])\n1 / 0\n",
    "fails in a thread": (
        "import threading\nt = threading.Thread(target=lambda: 1 / 0, name='t')\nt.start()\nt.join()\n"
    ),
    "cannot be collected": "class A:\n    def __del__(self): 1 / 0\nA()\nprint('on')\n",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_is_the_programs_own(workplace: Workplace, ending: str):
    workplace.write("end.py", STEP + ENDINGS[ending])
    observed = workplace.same("end.py")
    assert observed.functions == ["step"] + ["step"] * (ending == "has work at exit")
    code = observed.outcome.code
    assert observed.report["status"] == (code if code >= 0 else 128 - code)


@pytest.mark.parametrize("ending", ENDINGS_WITHOUT_JAX)
def test_every_ending_of_a_program_without_jax_is_its_own(workplace: Workplace, ending: str):
    workplace.write("end.py", ENDINGS_WITHOUT_JAX[ending])
    observed = workplace.same("end.py")
    assert "The program did not import JAX" in observed.page


def test_nothing_in_the_process_tells(workplace: Workplace):
    workplace.write("look.py", EVERYTHING)
    observed = workplace.same("./look.py", "a", "-o", "--json", PYTHONPATH="/nowhere")
    assert "JAXPLORE" not in observed.outcome.stdout
    assert workplace.same("look.py", flags=("-X", "dev", "-W", "error::ImportWarning"))


def test_a_module_runs_as_python_runs_it(workplace: Workplace):
    workplace.write("package/__init__.py", "print('package')\n")
    workplace.write("package/part.py", "from . import other\nprint(__name__, __spec__.name)\n")
    workplace.write("package/other.py", "value = 3\n")
    workplace.write(
        "package/__main__.py", EVERYTHING + "from .other import value\n1 / (value - 3)\n"
    )
    workplace.same("-m", "package", "--flag")
    workplace.same("-m", "package.part")
    workplace.same("-mpackage.part")
    workplace.same("-m", "package.missing")


def test_a_folder_and_a_script_elsewhere_run_as_python_runs_them(workplace: Workplace):
    workplace.write("app/__main__.py", EVERYTHING + "import beside\n")
    workplace.write("app/beside.py", "print('beside')\n")
    workplace.same("app")
    workplace.same("app/../app/__main__.py")


def test_stdin_and_arguments_are_the_programs(workplace: Workplace):
    text = (
        "import argparse, sys\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('-o', required=True)\n"
        "print(parser.parse_args(), input(), sys.stdin.read(), sys.stdin.isatty())\n"
    )
    workplace.write("ask.py", text)
    workplace.same("ask.py", "-o", "x", stdin="one\ntwo\nthree\n")
    workplace.same("ask.py", "--help")
    workplace.same("ask.py", "-m", "x")


def test_what_is_set_before_jax_is_imported_counts(workplace: Workplace):
    text = (
        "import os, sys\n"
        "assert 'jax' not in sys.modules and 'numpy' not in sys.modules\n"
        "os.environ['XLA_FLAGS'] = '--xla_force_host_platform_device_count=3'\n"
        "os.environ['JAX_ENABLE_X64'] = '1'\n"
        "import importlib.util\n"
        "assert importlib.util.find_spec('jax') is not None\n"
        "import jax, jax.numpy as jnp\n"
        "print(len(jax.devices()), jnp.ones(2).dtype, type(jax.__spec__.loader), vars(jax.__loader__))\n"
    )
    workplace.write("set.py", text + STEP)
    observed = workplace.same("set.py")
    assert observed.outcome.stdout.startswith("3 float64")
    assert observed.functions == ["step"]


def test_an_import_of_jax_that_fails_looks_the_same(workplace: Workplace):
    failing = "import os\nif 'FAIL' in os.environ: 1 / 0\nimport missing_part\n"
    workplace.write("part/jax/__init__.py", failing)
    text = (
        "try:\n    import jax\nexcept ImportError:\n    import traceback; traceback.print_exc()\n"
        "import jax\n"
    )
    workplace.write("part/fails.py", text)
    workplace.same("part/fails.py")
    workplace.same("part/fails.py", FAIL="1")


def test_a_program_that_makes_warnings_errors_is_observed(workplace: Workplace):
    workplace.write("strict.py", "import warnings\nwarnings.simplefilter('error')\n" + STEP)
    observed = workplace.same("strict.py")
    assert observed.functions == ["step"]
    assert [process["faults"] for process in observed.report["processes"]] == [[]]


def test_another_sitecustomize_still_runs(workplace: Workplace):
    site = workplace.folder.parent / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(CUSTOM)
    workplace.write("step.py", STEP + "import sitecustomize\nprint(sitecustomize.__file__)\n")
    observed = workplace.same("step.py", PYTHONPATH=str(site))
    assert observed.functions == ["step"]
    (site / "sitecustomize.py").write_text(CUSTOM + "    1 / 0\n")
    assert workplace.same("step.py", PYTHONPATH=str(site)).functions == ["step"]


def test_names_of_files_may_be_anything(workplace: Workplace):
    name = "a b 'ü' <script>alert(1)</script>.py".replace("/", "\N{DIVISION SLASH}")
    workplace.write(name, STEP.replace("step", "größe"))
    observed = workplace.same(name)
    assert observed.functions == ["größe"]
    assert "<script>alert" not in observed.page


def test_classes_of_the_program_pickle(workplace: Workplace):
    text = (
        "import pickle\nclass A: pass\n"
        "print(pickle.dumps(A()), type(pickle.loads(pickle.dumps(A()))) is A)\n"
    )
    workplace.write("pickles.py", text)
    workplace.same("pickles.py")


def test_an_open_file_of_the_shell_is_inherited(workplace: Workplace):
    workplace.write("reads.py", "import os\nprint(os.read(7, 9))\n")
    workplace.write("words.txt", "some words")
    shell = "exec 7<words.txt; exec {} reads.py".format
    python = Path(sys.executable)
    from tests.run.conftest import outcome_of

    plain = outcome_of(["sh", "-c", shell(python)], workplace.folder)
    observed = outcome_of(["sh", "-c", shell(f"{python} -m jaxplore run")], workplace.folder)
    assert observed == plain and plain.code == 0
    assert (workplace.folder / "jaxplore-report.html").exists()
