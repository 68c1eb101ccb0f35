"""`%%spmd` in a real kernel, on two processes of four devices each.

One cluster for all tests but the last ones, which end it, and then the kernel.
"""

import os
import re
import signal
import threading

import pytest

from tests.cluster.real import Kernel, of_folder, until

SETUP = """%%spmd
import jax, jax.numpy as jnp, numpy as np
from jax.sharding import NamedSharding, PartitionSpec as P
mesh = jax.make_mesh((8,), ("x",))
rows = NamedSharding(mesh, P("x"))
a = jax.make_array_from_callback((8,), rows, lambda i: np.arange(8.0)[i])
me = jax.process_index()

@jax.jit
def total(y):
    add = lambda z: jax.lax.psum(z, "x")
    return jax.shard_map(add, mesh=mesh, in_specs=P("x"), out_specs=P())(y)

total(a)"""
NEVER = "would wait for ever, so it was not run."


@pytest.fixture(scope="module")
def k():
    kernel = Kernel()
    kernel.ok("%load_ext jaxplore\nimport jaxplore, os")
    kernel.ok("c = jaxplore.cluster()")
    assert kernel.ok(SETUP) == "Array([28.], dtype=float32)"
    yield kernel
    kernel.stop()


def test_the_cluster_names_its_processes_and_devices(k):
    assert k.ok("c") == (
        "cluster: 2 processes, 8 devices\n"
        "  process 0 · cpu:0, cpu:1, cpu:2, cpu:3\n"
        "  process 1 · cpu:2048, cpu:2049, cpu:2050, cpu:2051"
    )
    assert k.value("[(d.name, d.process) for d in c.devices][3:5]") == [
        ("cpu:3", 0),
        ("cpu:2048", 1),
    ]


def test_asked_again_it_is_the_same_and_another_one_is_refused(k):
    assert k.value("jaxplore.cluster() is c")
    name, shown = k.fails("jaxplore.cluster(processes=3)")
    assert (name, shown) == (
        "ClusterError",
        "ClusterError: Another cluster is running.\n"
        "Got: 2 processes of 4 devices run, 3 of 4 were asked for\n"
        "Do: end it first: `.stop()` of what `jaxplore.cluster()` gave.",
    )


def test_what_is_equal_is_shown_once_and_what_differs_side_by_side(k):
    _, outputs = k.run("%%spmd\nprint('begins')\nprint('I am', me)\ndisplay(a.shape)\nme * 10")
    assert [kind for kind, _ in outputs] == ["display_data"]
    data = outputs[0][1]["data"]
    assert data["text/plain"] == (
        "process 0:\n    begins\n    I am 0\n    (8,)\n    0\n"
        "process 1:\n    begins\n    I am 1\n    (8,)\n    10"
    )
    assert 'aria-label="process 1"' in data["text/html"] and "<script" not in data["text/html"]
    shown = k.ok("%%spmd\ndisplay('first')\ndisplay(me)\nprint('last')")
    assert shown == "'first'\nprocess 0:\n    0\nprocess 1:\n    1\nlast"


def test_html_of_the_user_stays_html(k):
    _, outputs = k.run("%%spmd\nfrom IPython.display import HTML\nHTML('<b>same</b>')")
    assert outputs[0][1]["data"]["text/html"] == "<b>same</b>"
    _, outputs = k.run("%%spmd\nHTML(f'<b>{me}</b>')")
    assert "<b>1</b>" in outputs[0][1]["data"]["text/html"]


def test_the_notebooks_own_names_are_not_touched_but_for_o(k):
    k.ok("me = 'mine'")
    k.ok("%%spmd -o held\nn = 5\na * 2")
    assert k.value("(me, 'n' in globals())") == ("mine", False)
    assert k.value("[list(map(float, one)) for one in held]") == [[0, 2, 4, 6, 8, 10, 12, 14]] * 2
    k.ok("%%spmd -o held\n{'me': me, 'a': a.shape};")
    assert k.value("held") == ({"me": 0, "a": (8,)}, {"me": 1, "a": (8,)})


def test_an_error_on_every_process_is_shown_once_with_the_users_own_lines(k):
    name, shown = k.fails("%%spmd\nx = 1\nx / 0")
    assert name == "FailedError"
    assert "line 3\n      1 %%spmd\n      2 x = 1\n----> 3 x / 0\n" in shown
    assert shown.count("ZeroDivisionError: division by zero\n(on every process)") == 1
    assert "jaxplore/" not in shown


def test_an_error_on_one_process_names_it(k):
    _, shown = k.fails("%%spmd\nif me == 1:\n    1 / 0\n'fine'")
    assert shown.startswith("process 0:\n    'fine'\nprocess 1:\n    (nothing)\nprocess 1:\n---")
    assert shown.endswith("ZeroDivisionError: division by zero")


def test_the_line_under_the_cell_says_what_was_compiled(k):
    _, outputs = k.run("%%spmd\ntwice = jax.jit(lambda y: y * 2)\nb = twice(a)")
    [added] = [c for kind, c in outputs if kind == "display_data"]
    assert added["metadata"] == {"jaxplore": {"view": "compiles"}}
    assert added["data"]["text/plain"] == (
        "on each of 2 processes: 1 compile · <lambda>: first call"
    )
    _, outputs = k.run("%%spmd\nif me:\n    d = jax.jit(lambda y: y * 3)(1.0)")
    assert [c["data"]["text/plain"] for _, c in outputs] == [
        "process 0: no compile\nprocess 1: 1 compile · <lambda>: first call"
    ]


def test_a_process_that_does_not_run_the_program_is_named_before_it_runs(k):
    cell = "%%spmd\ntriple = jax.jit(lambda y: y.sum() * 3)\nif me == 0:\n    triple(a)"
    name, shown = k.fails(cell)
    assert name == "FailedError"
    assert f"Process 1 does not run `<lambda>`, which needs all its processes: it {NEVER}" in shown
    assert "line 4: triple(a); process 1 has finished the cell without it." in shown
    assert k.ok("%%spmd\nprint(triple(a))") == "84.0"  # nothing is broken by it


def test_a_process_that_fails_before_a_program_is_named_by_the_one_that_waits(k):
    cell = "%%spmd\nif me:\n    raise ValueError('no data')\njax.jit(lambda y: y.sum() * 4)(a)"
    _, shown = k.fails(cell)
    assert "process 1 has left the cell: ValueError: no data." in shown
    assert "----> 3     raise ValueError('no data')" in shown


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("f = jax.jit(lambda y: (y * 2).sum() if me else (y + y).sum())\nf(a)", "stablehlo.add"),
        (
            "f, g = jax.jit(lambda y: y.sum() - 1), jax.jit(lambda y: y.max() - 1)\n"
            "for one in (g, f) if me else (f, g):\n    one(a)",
            "stablehlo.maximum",
        ),
    ],
    ids=["another branch", "another order"],
)
def test_a_process_that_runs_another_program_is_named_before_it_runs(k, program, said):
    _, shown = k.fails(f"%%spmd\n{program}")
    assert "Process 1 runs another program than process 0" in shown
    assert "so nothing was run." in shown and "(on every process)" in shown
    assert "of the program is the first that differs:\n  process 0: " in shown
    assert said in shown
    assert k.ok("%%spmd\nprint(total(a))") == "[28.]"


def test_a_program_compiled_ahead_on_one_process_is_no_other_program(k):
    cell = (
        "%%spmd\nf = jax.jit(lambda y: y.sum() * 9)\nif me:\n    f.lower(a).compile()\nprint(f(a))"
    )
    assert k.ok(cell) == "252.0"


def test_arrays_of_one_process_need_no_other(k):
    assert k.ok("%%spmd\nif me:\n    jax.jit(lambda y: y + 41)(1.0)\nprint('on')") == "on"


def test_the_ledger_has_a_column_for_each_process(k):
    lines = k.ok("c.ledger()").splitlines()
    assert lines[1].split()[-4:] == ["process", "0", "process", "1"]
    [row] = [line for line in lines if line.startswith("total ")]
    assert row.split()[-2:] == ["compiled", "compiled"]
    assert any(line.endswith("not compiled  compiled") for line in lines)
    assert k.value("[one.process for one in c.ledger().processes]") == [0, 1]


def test_magics_work_in_the_processes(k):
    shown = k.ok("%%spmd\n%jaxpr total(a)")
    assert "psum" in shown and "process" not in shown


def test_code_of_a_script_runs_without_the_magic(k):
    assert k.value("[float(v[0]) for v in c.run('total(a)').values]") == [28.0, 28.0]
    assert k.ok("c.run('print(me)')") == "process 0:\n    0\nprocess 1:\n    1"


def test_a_cell_that_takes_too_long_is_interrupted_and_says_where_it_was(k):
    cell = "%%spmd --timeout 2\nimport time\nif me:\n    time.sleep(60)"  # process 1 hangs
    name, shown = k.fails(cell)
    assert (name, re.sub(r"cell \d+", "cell N", shown)) == (
        "SpmdError",
        "SpmdError: The cell took longer than 2 s and was interrupted.\n"
        "Got: process 1 was at cell N line 4: time.sleep(60); "  # its place is the sleep
        "process 0 had finished\n"
        "Do: give it more time, `%%spmd --timeout 600`, or look at the lines named: a process "
        "that waits for another one there has run other programs, or in another order.",
    )
    assert k.ok("%%spmd\nprint(total(a))") == "[28.]"


def test_an_interrupt_reaches_the_processes_and_the_notebook_goes_on(k, tmp_path):
    kernel, began = k.value("os.getpid()"), tmp_path / "began"

    def interrupt_when_it_runs():
        assert until(began.exists)
        os.kill(kernel, signal.SIGINT)

    interrupting = threading.Thread(target=interrupt_when_it_runs)
    interrupting.start()
    touched = f"import pathlib; pathlib.Path({str(began)!r}).touch(); n = 1"
    name, _ = k.fails(f"%%spmd\n{touched}\ntime.sleep(60)")  # until the interrupt
    interrupting.join()
    assert name == "KeyboardInterrupt"
    assert k.ok("%%spmd\nprint(n, total(a))") == "1 [28.]"


def test_a_process_that_waits_for_ever_in_compiled_code_is_named_and_ends(k):
    mark = k.value("str(c._engines.folder)")
    k.ok("c.patience = type(c.patience)(after_interrupt=1.0, together=1.0)")
    cell = "%%spmd --timeout 2\nif me == 0:\n    print(total(a))"  # compiled: nobody sees it
    name, shown = k.fails(cell)
    assert name == "ClusterError"
    assert shown.startswith(
        "ClusterError: The processes do not compute together any more: one waits, in compiled "
        "code, for a program that another did not run. The cluster has ended.\n"
        "Got: process 0 was at cell "
    )
    assert "line 3: print(total(a)); process 1 had finished\n" in shown
    name, shown = k.fails("%%spmd\n1")
    assert shown.startswith("ClusterError: %%spmd needs a cluster to run the cell on")
    assert until(lambda: not of_folder(mark))


def test_it_can_be_started_again_and_nothing_is_left_when_the_kernel_is_killed(k):
    k.ok("c = jaxplore.cluster()")
    assert k.ok(SETUP) == "Array([28.], dtype=float32)"
    mark, pid = k.value("(str(c._engines.folder), os.getpid())")
    assert len(of_folder(mark)) >= 3
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: not of_folder(mark) and not os.path.exists(mark))
