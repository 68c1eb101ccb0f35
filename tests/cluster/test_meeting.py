"""Processes see that they run the same program before any runs it: as threads, by a dict."""

import threading
import time

import pytest

from jaxplore.cluster.comparing import announced, comparable
from jaxplore.cluster.meeting import Announced, Meeting, place_key
from jaxplore.errors import SpmdError


class Texts:
    """A store in this process."""

    def __init__(self):
        self._texts = {}
        self._changed = threading.Condition()

    def put(self, key, text):
        with self._changed:
            self._texts[key] = text
            self._changed.notify_all()

    def get(self, key, wait_s):
        with self._changed:
            self._changed.wait_for(lambda: key in self._texts, wait_s)
            return self._texts.get(key)

    def drop(self, key):
        with self._changed:
            self._texts.pop(key, None)


F = Announced("f", "f", "f", "cell 1 line 2: f(x)")
G = Announced("g", "g", "g", "cell 1 line 3: g(x)")
F_OTHER = Announced("f2", "f2", "f", "cell 1 line 2: f(x)")


def together(*scripts, timeout_s=20.0, store=None):
    """Runs each script as a process; gives what each returned or raised."""
    store = store or Texts()
    ended = [None] * len(scripts)
    meetings = [Meeting(store, me, timeout_s=timeout_s) for me in range(len(scripts))]

    def run(me):
        meetings[me].begin("run")
        try:
            ended[me] = scripts[me](meetings[me])
        except SpmdError as error:
            ended[me] = str(error)
        meetings[me].leave("has finished the cell without it")

    threads = [threading.Thread(target=run, args=(me,)) for me in range(len(scripts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return ended


def meets(*programs, group=(0, 1), texts=("a\nb",)):
    return lambda meeting: [meeting.meet(group, one, lambda: texts[0]) for one in programs][-1]


def test_processes_that_run_the_same_programs_go_on():
    assert together(meets(F, G, F), meets(F, G, F)) == [(), ()]


def test_who_runs_another_program_is_named_to_all_with_the_first_line_that_differs():
    said = (
        "Process 1 runs another program than process 0: they would wait for each other for ever, "
        "so nothing was run.\n"
        "Got: process 0 calls `f` in cell 1 line 2: f(x); process 1 calls `f` in cell 1 line 2: "
        "f(x); line 2 of the program is the first that differs:\n"
        "  process 0: b\n"
        "  process 1: c\n"
        "Do: give the function arguments of the same shapes and types on every process, and let "
        "no branch on `jax.process_index()` change which programs are run, or their order."
    )
    assert together(meets(F), meets(F_OTHER, texts=("a\nc",))) == [said, said]


def test_another_order_is_another_program():
    first, second = together(meets(F, G), meets(G, F))
    assert first == second
    assert "process 0 calls `f` in cell 1 line 2" in first
    assert "process 1 calls `g` in cell 1 line 3" in first


def test_of_three_the_one_that_differs_from_the_others_is_named():
    group = (0, 1, 2)
    ended = together(meets(G, group=group), meets(F, group=group), meets(F, group=group))
    assert len(set(ended)) == 1
    assert ended[0].startswith("Process 0 runs another program than process 1: ")


def test_who_has_finished_without_it_is_named_at_once():
    began_s = time.monotonic()
    ended = together(meets(F), lambda _: None)
    assert ended == [
        "Process 1 does not run `f`, which needs all its processes: it would wait for ever, so it "
        "was not run.\n"
        "Got: process 0 calls `f` in cell 1 line 2: f(x); process 1 has finished the cell "
        "without it.\n"
        "Do: let every process run the same programs in the same order: call it outside of `if "
        "jax.process_index() == ...:` and of whatever else differs between processes.",
        None,
    ]
    assert time.monotonic() - began_s < 10


def test_who_does_not_come_is_named_with_its_place_after_the_time_out():
    store, over = Texts(), threading.Event()
    store.put(place_key(1), "at cell 1 line 5: load()")

    def first(meeting):
        try:
            meets(F)(meeting)
        finally:
            over.set()

    ended = together(first, lambda _: over.wait(20) and None, timeout_s=0.2, store=store)
    assert "after 1 s process 1 is at cell 1 line 5: load()." in ended[0].replace(
        "after 0 s", "after 1 s"
    )


def test_a_program_that_the_other_has_compiled_already_is_not_waited_for():
    over = threading.Event()

    def has_it(meeting):
        meeting.know((0, 1), F)  # ahead of time, say: its call does not compile again
        over.wait(20)
        return meets(G)(meeting)

    def compiles_it(meeting):
        meets(F)(meeting)
        over.set()
        return meets(G)(meeting)

    assert together(has_it, compiles_it) == [(), ()]


def test_other_constants_are_no_other_program_and_are_told():
    other = Announced("f", "with other numbers", "f", "")
    assert together(meets(F), meets(other)) == [(1,), (0,)]


def test_a_run_begins_anew_after_one_that_failed_on_one_process():
    store = Texts()
    meetings = [Meeting(store, me, timeout_s=20) for me in range(2)]
    meetings[0].begin("1")
    meetings[1].begin("1")
    meetings[1].leave("has left the cell: ValueError: no")
    with pytest.raises(SpmdError, match="process 1 has left the cell: ValueError: no"):
        meetings[0].meet((0, 1), F, str)
    ended = together(meets(G), meets(G), store=store)
    assert ended == [(), ()]


CALLBACK = "stablehlo.custom_call @xla_ffi_python_cpu_callback {{index = {} : ui64}}"


def test_addresses_and_numbers_that_decide_nothing_make_no_other_program():
    one, two = (announced(CALLBACK.format(n), "f", "") for n in (94512345, 94599999))
    assert one == two
    constant = "%c = stablehlo.constant dense<{}> : tensor<{}>"
    for a, b, kind, same in [
        ("1.0", "2.0", "f32", True),
        ("[1, 2]", "[3, 4]", "2xi32", True),
        ("5", "6", "i32", False),  # how often a loop runs
    ]:
        one, two = (announced(constant.format(n, kind), "f", "") for n in (a, b))
        assert (one.key == two.key, one.constants == two.constants) == (same, False), kind
    assert comparable("dense<123456789>") == "dense<123456789>"
