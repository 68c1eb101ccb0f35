"""What a process of a cluster does when it is asked: join, run a cell, tell what it compiled.

These functions run in the engines; the notebook asks for them by ipyparallel.
"""

import os
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import jax

from jaxplore.capture import _hooks
from jaxplore.cluster.comparing import Comparing, KeyValueStore
from jaxplore.cluster.meeting import Meeting, place_key
from jaxplore.cluster.together import Sum, sum_of_all
from jaxplore.cluster.whereabouts import Whereabouts
from jaxplore.errors import ClusterError
from jaxplore.faults import contained
from jaxplore.model.placement import Device
from jaxplore.model.processes import Process, ProcessCompiles, ProcessRun

if TYPE_CHECKING:
    from jaxplore.magics.notebook import Notebook
    from jaxplore.model.placement import Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell as it is sent to the processes."""

    run: str
    """Names this run of it, on all processes."""
    raw: str
    """As the user sees it, the magic's line included."""
    body: str
    first_line: int
    """The line that `body` begins on."""
    number: int
    wants_value: bool


@dataclass(slots=True)
class _Joined:
    """This process, once it is one of several."""

    notebook: "Notebook"
    meeting: Meeting | None
    comparing: Comparing | None
    whereabouts: Whereabouts
    together: Sum
    first_row: int
    loaded_by_us: bool


_joined: Final[list[_Joined]] = []


def look() -> tuple[str, int, bool, str]:
    """Host, process id, whether JAX has joined it to others, and jaxplore's version."""
    import jaxplore

    return socket.gethostname(), os.getpid(), jax.distributed.is_initialized(), jaxplore.__version__


def free_address(other_hosts: tuple[str, ...]) -> str:
    """A port of this machine that is free, at an address which the others reach."""
    with socket.socket() as free:
        free.bind(("", 0))
        port = free.getsockname()[1]
    return f"{_own_address(other_hosts)}:{port}"


def _own_address(other_hosts: tuple[str, ...]) -> str:
    if not other_hosts:
        return "127.0.0.1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards:
        try:
            towards.connect((other_hosts[0], 9))  # sends nothing
            return str(towards.getsockname()[0])
        except OSError:
            return socket.getfqdn()


def join(
    address: str, processes: int, process: int, devices: int, timeout_s: int, paths: list[str]
) -> None:
    """Let JAX join this process to the others.

    Args:
        address: Where process 0 listens.
        processes: How many they are.
        process: This one's number.
        devices: How many devices the CPU is to have, where it is the CPU that computes.
        timeout_s: How long the others are waited for.
        paths: Where the notebook finds its modules.
    """
    __tracebackhide__ = True
    sys.path += [path for path in paths if path not in sys.path]
    jax.config.update("jax_num_cpu_devices", devices)
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(
        address, processes, process, initialization_timeout=timeout_s, shutdown_timeout_seconds=5
    )


def observe(timeout_s: float, processes: int) -> tuple[Process, int]:
    """Begin to observe this process, and to compare what it runs with the others', where JAX
    has joined as many as are asked; gives which it is, and how many are joined."""
    from jaxplore.magics import notebook

    if not _joined and jax.process_count() == processes:
        shell = _shell()
        loaded_by_us = notebook.of(shell) is None
        notebook.load(shell)
        ours = notebook.of(shell)
        assert ours is not None
        ours.switch("quiet")
        store = meeting = comparing = None
        me = jax.process_index()
        client = _hooks.distributed_store()
        if client is not None and jax.process_count() > 1:
            store = KeyValueStore(client)
            meeting = Meeting(store, me, timeout_s=timeout_s)
            comparing = Comparing(meeting, me)
            comparing.start()

        def tell(place: str) -> None:
            if store is not None:
                store.put(place_key(me), place)
            shell.data_pub.publish_data({"place": place})

        whereabouts = Whereabouts(tell, lambda: "" if meeting is None else meeting.waits_for)
        together = sum_of_all()
        first_row = ours.observation.ledger.total_count
        _joined.append(
            _Joined(ours, meeting, comparing, whereabouts, together, first_row, loaded_by_us)
        )
    this = Process(
        process=jax.process_index(),
        host=socket.gethostname(),
        pid=os.getpid(),
        devices=tuple(
            Device(
                name=str(one),
                id=one.id,
                platform=one.platform,
                kind=one.device_kind,
                process=one.process_index,
            )
            for one in jax.local_devices()
        ),
    )
    return this, jax.process_count()


def leave() -> None:
    """Observe this process no more. JAX stays joined: it cannot be taken apart."""
    from jaxplore.magics import notebook

    while _joined:
        ours = _joined.pop()
        ours.whereabouts.end()
        if ours.comparing is not None:
            ours.comparing.stop()
        if ours.loaded_by_us:
            notebook.unload(ours.notebook.shell)


def run(cell: Cell) -> tuple[ProcessRun, bytes | None]:
    """Run a cell; gives what it showed, and its value where that was asked for."""
    from jaxplore.cluster.cellcode import run_cell
    from jaxplore.cluster.recording import Recorder

    ours = _ours()
    ledger = ours.notebook.observation.ledger
    before = ledger.total_count
    recorder = Recorder(_shell(), quiet=_is_quiet(cell.body))
    if ours.meeting is not None:
        ours.meeting.begin(cell.run)
    ours.whereabouts.begin()
    how = "has left the cell"
    try:
        with recorder:
            run_cell(ours.notebook, cell)
        failure = recorder.failure
        how = "has finished the cell without it"
        if failure is not None:
            how = f"has left the cell: {failure.name}: {failure.message.splitlines()[0][:200]}"
    finally:
        ours.whereabouts.end()
        if ours.meeting is not None:
            with contained("tell the other processes that a cell has ended"):
                ours.meeting.leave(how)
    done = ProcessRun(
        process=jax.process_index(),
        outputs=tuple(recorder.outputs),
        failure=recorder.failure,
        compiles=tuple(ledger.newest(ledger.total_count - before)),
    )
    if not cell.wants_value:
        return done, None
    from jaxplore.cluster.values import pack

    return done, pack(recorder.value)


def add_up(number: float) -> float:
    """The sum of the numbers that all devices are given, this process's among them."""
    return _ours().together(number)


def compiled() -> ProcessCompiles:
    """What this process compiled since it was joined."""
    ours = _ours()
    ledger = ours.notebook.observation.ledger
    new = ledger.total_count - ours.first_row
    rows = tuple(ledger)[-new:] if new else ()
    return ProcessCompiles(process=jax.process_index(), compiles=rows)


def placement(name: str) -> "Placement":
    """Which device holds what of a variable, or of an expression."""
    __tracebackhide__ = True
    from jaxplore.capture.placement.tree import capture_tree
    from jaxplore.magics.placementmagics import named_parts
    from jaxplore.public.placement import is_program, placement

    value = eval(name, _shell().user_ns)
    return placement(value) if is_program(value) else capture_tree(named_parts(name, value))


def _ours() -> _Joined:
    if not _joined:
        raise ClusterError.of(
            failed="This process is not one of a cluster.",
            given=f"process {os.getpid()} on {socket.gethostname()}",
            do="make the cluster again: `jaxplore.cluster()`.",
        )
    return _joined[-1]


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()


def _is_quiet(body: str) -> bool:
    from IPython.core.displayhook import DisplayHook

    hook: Any = DisplayHook
    return bool(hook.semicolon_at_end_of_expression(body))
