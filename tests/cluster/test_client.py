"""Engines that somebody else has started, and processes that die."""

import os
import re
import signal
import threading
import time

import pytest

import jaxplore
from jaxplore.cluster import local, public
from jaxplore.cluster.outcome import Outcome
from jaxplore.cluster.waiting import Answers, Lost
from jaxplore.errors import ClusterError, SpmdError
from tests.cluster.real import alive, of_folder, until

pytestmark = pytest.mark.processes

ARRAY = """
import jax, jax.numpy as jnp, numpy as np, os, time
from jax.sharding import NamedSharding, PartitionSpec as P
rows = NamedSharding(jax.make_mesh((8,), ("x",)), P("x"))
a = jax.make_array_from_callback((8,), rows, lambda i: np.arange(8.0)[i])
"""


@pytest.fixture(scope="module")
def engines():
    started = local.LocalEngines(2)
    yield started
    started.stop()
    assert until(lambda: not of_folder(str(started.folder)))


@pytest.fixture(scope="module")
def client(engines):
    return engines.connect(60, lambda _: None)


@pytest.fixture
def c(client):
    with jaxplore.cluster(client=client) as made:
        made.run(ARRAY)
        yield made


def test_engines_with_another_version_are_refused_and_not_joined(client, monkeypatch):
    monkeypatch.setattr(jaxplore, "__version__", "0.0.0")
    with pytest.raises(ClusterError) as raised:
        jaxplore.cluster(client=client)
    monkeypatch.undo()
    assert str(raised.value) == (
        "The engines have another version of jaxplore than this notebook.\n"
        f"Got: {jaxplore.__version__} there, 0.0.0 here\n"
        "Do: install the same version of jaxplore where the engines run: `pip install jaxplore`."
    )
    assert public.current() is None


def test_the_engines_of_a_client_are_joined(c, client, engines):
    assert [one.process for one in c.devices] == [0] * 4 + [1] * 4
    assert {one.pid for one in c.processes} == {one.pid for one in engines.engines}
    assert [float(value) for value in c.run("a.sum()").values] == [28.0, 28.0]
    assert client[:].apply_sync(os.getpid) == [one.pid for one in c.processes]


def test_they_are_left_as_they_are_and_used_again(client, engines):
    with jaxplore.cluster(client=client) as first:
        first.run(ARRAY + "kept = 7")
    assert str(first) == (
        "cluster: 2 processes, 8 devices; ended: it was stopped\n"
        + "\n".join(str(first).splitlines()[1:])
    )
    with pytest.raises(ClusterError, match="This cluster has ended"):
        first.run("1")
    assert [one.poll() for one in engines.engines] == [None, None]
    look = "loaded = 'spmd' in get_ipython().magics_manager.magics['cell']"
    client[:].execute(look, block=True)
    assert client[:]["loaded"] == [False, False]
    with jaxplore.cluster(client=client) as second:
        assert second.run("kept").values == (7, 7)
        assert second.processes == first.processes


def test_a_placement_says_which_process_a_device_belongs_to(c):
    found = c.placement("a")
    assert [(one.name, one.process) for one in found.known_devices] == [
        *((f"cpu:{n}", 0) for n in range(4)),
        *((f"cpu:{n}", 1) for n in range(2048, 2052)),
    ]
    assert [leaf.path for leaf in found.leaves] == ["a"]
    c.run("own = jnp.ones(4)")
    own = c.placement("{'own': own}")
    assert [(leaf.path, leaf.devices) for leaf in own.leaves] == [
        ("process 0: ['own']", ("cpu:0",)),
        ("process 1: ['own']", ("cpu:2048",)),
    ]
    with pytest.raises(SpmdError, match=r"NameError: name 'nothing' is not defined"):
        c.placement("nothing")


def test_a_part_of_the_joined_processes_is_no_cluster(client, c):
    c.stop()

    class First:
        ids = (0,)

        def __getitem__(self, engine):
            return client[engine]

    with pytest.raises(ClusterError) as raised:
        public.cluster(client=First(), timeout=10)
    assert str(raised.value).splitlines()[:2] == [
        "The engines are not all the processes that JAX has joined.",
        "Got: 1 engines of 2 processes",
    ]


def test_a_cell_may_await(c):
    assert c.run("import asyncio\nawait asyncio.sleep(0.01)\n3").values == (3, 3)


def test_values_that_cannot_travel_come_as_text_and_wholes_as_arrays(c):
    assert c.run("{'a': a, 'me': jax.process_index()}").values[1]["a"].tolist() == [*range(8)]
    assert c.run("(lambda: 1)").values[0].startswith("<function <lambda> at 0x")
    assert c.run("x = 1").values == (None, None)
    assert str(c.run("print('a')\njax.process_index()")) == (
        "process 0: 2 outputs\nprocess 1: 2 outputs"
    )


def test_a_failure_is_raised_with_what_it_was_on_each_process(c):
    with pytest.raises(SpmdError) as raised:
        c.run("if jax.process_index():\n    raise KeyError('w')")
    assert str(raised.value) == "process 1: KeyError: 'w'"
    with pytest.raises(SpmdError) as raised:
        c.run("raise KeyError('w')")
    assert str(raised.value) == "KeyError: 'w'\n(on every process)"


def test_other_constants_are_told_and_run(c):
    run = c.run("k = float(jax.process_index() + 1)\njax.jit(lambda y: (y * k).sum())(a).shape")
    told = [
        one.data["text/plain"] for one in run.processes[0].outputs if "jaxplore" in one.metadata
    ]
    assert told == [
        "jaxplore: processes 0, 1 compile other constants into `<lambda>` in cell 1 line 2: "
        "jax.jit(lambda y: (y * k).sum())(a): results that JAX takes for equal on every process "
        "will differ; pass them as arguments"
    ]


LATE = """\
if jax.process_index():
    while not given_up.exists(): time.sleep(0.02)  # comes only when it is too late
else:
    try: jax.jit(lambda y: y.sum() * 7)(a)
    finally: given_up.touch()
"""


def test_a_process_that_does_not_come_is_named_with_its_place(client, tmp_path):
    with jaxplore.cluster(client=client, timeout=2.0) as c:
        c.run(ARRAY + f"\nimport pathlib\ngiven_up = pathlib.Path({str(tmp_path)!r}) / 'given_up'")
        with pytest.raises(SpmdError) as raised:
            c.run(LATE)
        said = str(raised.value)
        assert re.search(r"process 1 is at cell 1 line 2: (time\.sleep|given_up\.exists)\(", said)


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (
            {0: Lost("cannot be reached"), 1: Lost("cannot be reached")},
            "Processes 0, 1 do not answer any more: the cluster has ended.\n"
            "Got: processes 0, 1 cannot be reached\n",
        ),
        (
            {0: Lost("was at x when process 1 had ended"), 1: Lost("exited with status 3", True)},
            "Process 1 has died, and the cluster with it.\n"
            "Got: process 1 exited with status 3; process 0 was at x when process 1 had ended\n",
        ),
    ],
)
def test_who_is_lost_is_said_with_how(lost, said):
    error = Outcome.of(Answers(lost=lost), 2, None).error
    assert isinstance(error, ClusterError) and str(error).startswith(said)


def test_a_process_that_is_killed_is_named_within_seconds(client, engines, monkeypatch):
    monkeypatch.setattr(local, "LocalEngines", lambda _: engines)
    c = jaxplore.cluster()
    c.run(ARRAY)
    pids = [one.pid for one in c.processes]
    killing = threading.Timer(0.5, os.kill, (pids[1], signal.SIGKILL))
    killing.start()
    began_s = time.monotonic()
    with pytest.raises(ClusterError) as raised:
        c.run("time.sleep(60)")  # never ends by itself: it is killed
    killing.join()
    assert time.monotonic() - began_s < 10
    lines = str(raised.value).splitlines()
    assert lines[0] == "Process 1 has died, and the cluster with it."
    assert lines[1].startswith(
        "Got: process 1 was killed (SIGKILL: the machine may be out of memory); process 0 was "
    )
    assert lines[2].startswith("Do: start it again with `jaxplore.cluster()`")
    assert not c.is_running and public.current() is None
    assert until(lambda: not alive(pids))
