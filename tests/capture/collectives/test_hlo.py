"""What is read from optimised HLO, on texts as XLA writes them for other machines too."""

import pytest

from jaxplore.capture.collectives.axes import Grid, axes_of_groups, axes_of_pairs, largest_ring
from jaxplore.capture.collectives.collectives import collectives_of
from jaxplore.capture.collectives.groups import groups_of, replica_groups
from jaxplore.capture.collectives.sent import sent_bytes
from jaxplore.capture.programs.hlomodule import read_module
from jaxplore.model.program import Program, Region, Stage

HEAD = "HloModule jit_f, is_scheduled=true, num_partitions=8\n\n"
GRID = Grid((("data", 4), ("model", 2)), tuple(range(8)))


def recorded(text, head=HEAD):
    """The record of a module's text."""
    whole = Region(name="f", kind="program", equation=None, inputs=(), constants=(), outputs=())
    program = Program(
        name="f",
        equations=(),
        values=(),
        regions=(whole,),
        stages={"hlo": Stage(text=head + text, links=())},
        sources=(),
    )
    return collectives_of(program)


def rows(text, head=HEAD):
    return [
        (row.kind, row.name, row.type, row.group_size, row.repeats, row.sent_bytes)
        for row in recorded(text, head).rows
    ]


def transfers(text):
    return [(one.kind, one.name, one.size_bytes, one.repeats) for one in recorded(text).transfers]


PAIRS = ((0, 2, 4, 6), (1, 3, 5, 7))


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("{{0,1},{2,3}}", ((0, 1), (2, 3))),
        ("{}", ()),
        ("[4,2]<=[8]", ((0, 1), (2, 3), (4, 5), (6, 7))),
        ("[2,4]<=[4,2]T(1,0)", PAIRS),
        ("[4,2]<=[2,4]T(1,0)", ((0, 4), (1, 5), (2, 6), (3, 7))),
        ("mesh['data'=4,'model'=2] {'data'}", PAIRS),
        ("mesh['axis_0'=4,'axis_1'=1,'axis_2'=2] {'axis_0','axis_1'}", PAIRS),
        # A part of an axis: 2 before it, 2 in it.
        ("mesh['a'=2,'b'=4] {'b':(2)2}", ((0, 1), (2, 3), (4, 5), (6, 7))),
        ("mesh['a'=2,'b'=4] {'b':(1)2}", ((0, 2), (1, 3), (4, 6), (5, 7))),
        # 'axis_0' is what the user calls the first and the third axis of 2x2x2.
        (
            "mesh['axis_0'=4,'axis_1'=2], device_ids=([2,2,2]T(0,2,1)) {'axis_0'}",
            ((0, 1, 4, 5), (2, 3, 6, 7)),
        ),
        ("mesh['a'=2,'b'=2], device_ids=(3,1,2,0) {'b'}", ((3, 1), (2, 0))),
    ],
)
def test_groups_are_read_in_all_their_forms(text, groups):
    read = replica_groups(f"channel_id=1, replica_groups={text}, use_global_device_ids=true")
    assert {frozenset(group) for group in read} == {frozenset(group) for group in groups}
    assert len(read) == len(groups)


@pytest.mark.parametrize(
    ("groups", "axes"),
    [
        (PAIRS, ("data",)),
        (((0, 1), (2, 3), (4, 5), (6, 7)), ("model",)),
        ((tuple(range(8)),), ("data", "model")),
        # Half of an axis, and groups of two sizes, follow none.
        (((0, 2), (4, 6), (1, 3), (5, 7)), ()),
        (((0, 1, 2), (3, 4, 5, 6, 7)), ()),
    ],
)
def test_groups_lie_along_axes(groups, axes):
    assert axes_of_groups(groups, [GRID]) == axes


def test_axes_of_a_mesh_with_its_devices_in_another_order():
    turned = Grid((("data", 4), ("model", 2)), (0, 4, 1, 5, 2, 6, 3, 7))
    assert axes_of_groups(((0, 1, 2, 3), (4, 5, 6, 7)), [turned]) == ("data",)
    assert axes_of_groups(PAIRS, [turned, GRID]) == ("data",)
    assert axes_of_pairs(((0, 4), (4, 0)), [turned]) == ("model",)


def test_pairs_lie_apart_along_axes():
    ring = ((0, 2), (2, 4), (4, 6), (6, 0))
    assert (axes_of_pairs(ring, [GRID]), largest_ring(ring)) == (("data",), 4)
    swap = ((0, 3), (3, 0), (1, 1))
    assert (axes_of_pairs(swap, [GRID]), largest_ring(swap)) == (("data", "model"), 2)
    assert (axes_of_pairs(((0, 0),), [GRID]), largest_ring(((0, 0),))) == ((), 1)


@pytest.mark.parametrize(
    ("kind", "attributes", "groups"),
    [
        # By what they count: devices, partitions, replicas, or replicas with all partitions.
        (
            "all-reduce",
            "channel_id=1, replica_groups={{0,3}}, use_global_device_ids=true",
            ((0, 3),),
        ),
        ("all-reduce", "channel_id=1, replica_groups={{0},{1}}", ((0, 1), (2, 3))),
        ("all-reduce", "replica_groups={{0,1}}", ((0, 2), (1, 3))),
        ("all-reduce", "replica_groups={}", ((0, 2), (1, 3))),
        ("all-to-all", "channel_id=1, replica_groups={{0,1}}", ((0, 1), (2, 3))),
        (
            "all-reduce",
            "channel_id=1, replica_groups={}, use_global_device_ids=true",
            ((0, 1, 2, 3),),
        ),
    ],
)
def test_what_groups_count(kind, attributes, groups):
    text = f"ENTRY %main (p: f32[4]) -> f32[4] {{\n  ROOT %r = f32[4]{{0}} {kind}(%p), {attributes}\n}}"
    module = read_module("HloModule jit_f, replica_count=2, num_partitions=2\n" + text)
    assert groups_of(kind, module.computations["main"]["r"], module) == groups


@pytest.mark.parametrize(
    ("kind", "size", "sent"),
    [
        # 1000 bytes go in on each of 4 devices.
        ("all-reduce", 4, 1500),
        ("all-gather", 4, 3000),
        ("reduce-scatter", 4, 750),
        ("all-to-all", 4, 750),
        ("ragged-all-to-all", 4, 750),
        ("collective-permute", 4, 1000),
        ("collective-broadcast", 4, 1000),
        ("all-reduce", 3, 1334),
        ("all-reduce", 1, 0),
        ("collective-permute", 1, 0),
    ],
)
def test_bytes_by_the_ring_algorithm(kind, size, sent):
    assert sent_bytes(kind, 1000, size) == sent


ASYNC = """\
%add (a: f32[], b: f32[]) -> f32[] {
  %a = f32[] parameter(0)
  %b = f32[] parameter(1)
  ROOT %s = f32[] add(%a, %b)
}

%async_computation (p: f32[8,4]) -> f32[1,4] {
  %p = f32[8,4]{1,0} parameter(0)
  ROOT %rs = f32[1,4]{1,0} reduce-scatter(%p), channel_id=3, replica_groups=[1,8]<=[8], \
use_global_device_ids=true, dimensions={0}, to_apply=%add
}

ENTRY %main (x: f32[8,4], y: bf16[16]) -> f32[8,4] {
  %x = f32[8,4]{1,0} parameter(0)
  %y = bf16[16]{0} parameter(1)
  %ar = f32[8,4]{1,0} all-reduce-start(%x), channel_id=1, replica_groups=[4,2]<=[8], \
use_global_device_ids=true, to_apply=%add
  %ag = (bf16[16]{0}, bf16[32]{0}) all-gather-start(%y), channel_id=2, replica_groups=[4,2]<=[8], \
dimensions={0}, use_global_device_ids=true
  %cp = (f32[8,4]{1,0}, f32[8,4]{1,0:T(8,128)S(1)}, u32[]{:S(2)}, u32[]{:S(2)}) \
collective-permute-start(%x), channel_id=4, source_target_pairs={{0,1},{1,0}}
  %rs-start = ((f32[8,4]{1,0}), f32[1,4]{1,0}, s32[]) async-start(%x), calls=%async_computation
  %rs-done = f32[1,4]{1,0} async-done(%rs-start)
  %cp-done = f32[8,4]{1,0} collective-permute-done(%cp)
  %ag-done = bf16[32]{0} all-gather-done(%ag)
  ROOT %ar-done = f32[8,4]{1,0} all-reduce-done(%ar)
}"""


def test_what_starts_and_ends_is_one_collective():
    assert rows(ASYNC) == [
        ("reduce-scatter", "rs", "f32[1,4]", 8, 1, 112),
        ("all-reduce", "ar", "f32[8,4]", 2, 1, 128),
        ("all-gather", "ag", "bf16[32]", 2, 1, 32),
        ("collective-permute", "cp", "f32[8,4]", 2, 1, 128),
    ]


def test_all_parts_of_a_joined_collective_count():
    text = """\
ENTRY %main (x: f32[8], y: bf16[6]) -> (f32[8], bf16[6]) {
  %x = f32[8]{0} parameter(0)
  %y = bf16[6]{0} parameter(1)
  ROOT %r = (f32[8]{0}, /*index=1*/bf16[6]{0}) all-reduce(%x, %y), channel_id=1, \
replica_groups={{0,1,2,3,4,5,6,7}}, use_global_device_ids=true, to_apply=%add
}"""
    assert rows(text) == [("all-reduce", "r", "(f32[8], bf16[6])", 8, 1, 77)]


LOOPS = """\
%inner (p: f32[4]) -> f32[4] {
  %p = f32[4]{0} parameter(0)
  ROOT %c = f32[4]{0} collective-broadcast(%p), channel_id=1, replica_groups={{0,1}}
}

%outer (q: f32[4]) -> f32[4] {
  %q = f32[4]{0} parameter(0)
  %w = f32[4]{0} while(%q), condition=%cond, body=%inner, backend_config={"known_trip_count":{"n":"3"}}
  ROOT %b = f32[4]{0} conditional(%i, %w, %w), branch_computations={%branch, %other}
}

%cond (r: f32[4]) -> pred[] {
  %r = f32[4]{0} parameter(0)
  ROOT %t = pred[] constant(true)
}

ENTRY %main (x: f32[4]) -> f32[4] {
  %x = f32[4]{0} parameter(0)
  %once = f32[4]{0} call(%x), to_apply=%inner
  ROOT %all = f32[4]{0} while(%once), condition=%cond, body=%outer TRIPS
}"""


@pytest.mark.parametrize(
    ("trips", "repeats"),
    [
        # Three rounds in each of five, and once more by the call.
        (', backend_config="{\\"known_trip_count\\":{\\"n\\":\\"5\\"}}"', 16),
        ("", None),
    ],
)
def test_loops_multiply(trips, repeats):
    text = LOOPS.replace(" TRIPS", trips)
    assert rows(text) == [("collective-broadcast", "c", "f32[4]", 2, repeats, 16)]


def test_a_permute_that_is_a_send_and_a_receive_counts_once():
    text = """\
ENTRY %main (x: f32[8]) -> f32[8] {
  %x = f32[8]{0} parameter(0)
  %t = token[] after-all()
  %recv = (f32[8]{0}, u32[], token[]) recv(%t), channel_id=1, \
frontend_attributes={_xla_send_recv_source_target_pairs={{0,1},{1,2}}}
  %send = (f32[8]{0}, u32[], token[]) send(%x, %t), channel_id=1, \
frontend_attributes={_xla_send_recv_source_target_pairs={{0,1},{1,2}}}
  %d = token[] send-done(%send), channel_id=1
  ROOT %r = (f32[8]{0}, token[]) recv-done(%recv), channel_id=1
}"""
    assert [(kind, name, sent) for kind, name, *_, sent in rows(text)] == [
        ("collective-permute", "send", 32)
    ]
    assert recorded(text).transfers == ()


HOST = """\
ENTRY %main (x: f32[8,4]) -> f32[8,4] {
  %x = f32[8,4]{1,0} parameter(0)
  %t = token[] after-all()
  %in = (f32[8]{0}, token[]) infeed(%t)
  %out = token[] outfeed(%x, %t), outfeed_shape=f32[8,4]{1,0}
  %send = (f32[8,4]{1,0}, u32[], token[]) send(%x, %t), channel_id=1, is_host_transfer=true
  %sent = token[] send-done(%send), channel_id=1, is_host_transfer=true
  %recv = (f32[8,4]{1,0}, u32[], token[]) recv(%t), channel_id=2, is_host_transfer=true
  %cpu = (f32[4]{0}) custom-call(%x), custom_call_target="xla_python_cpu_callback"
  %ffi = f32[4]{0} custom-call(%x), custom_call_target="xla_ffi_partitioned_python_gpu_callback"
  %not = f32[4]{0} custom-call(%x), custom_call_target="lapack_spotrf_ffi"
  %offload = f32[8,4]{1,0:S(5)} copy(%x)
  %start = (f32[8,4]{1,0}, f32[8,4]{1,0:S(5)}, u32[]) copy-start(%offload)
  %back = f32[8,4]{1,0} copy-done(%start)
  %slice = f32[1,4]{1,0} dynamic-slice(%offload, %i), dynamic_slice_sizes={1,4}
  %update = f32[8,4]{1,0:S(5)} dynamic-update-slice(%offload, %slice, %i)
  %moved = f32[8,4]{1,0} custom-call(%x), custom_call_target="annotate_device_placement"
  ROOT %plain = f32[8,4]{1,0} copy(%x)
}"""


def test_what_goes_to_the_host_and_comes_from_it():
    assert transfers(HOST) == [
        ("infeed", "in", 32, 1),
        ("outfeed", "out", 128, 1),
        ("send", "send", 128, 1),
        ("recv", "recv", 128, 1),
        ("callback", "cpu", 144, 1),
        ("callback", "ffi", 144, 1),
        ("memory", "offload", 128, 1),
        ("memory", "start", 128, 1),
        ("memory", "slice", 16, 1),
        ("memory", "update", 16, 1),
        ("memory", "moved", 128, 1),
    ]
    assert recorded(HOST).rows == ()


def test_a_text_that_is_no_module_has_no_rows():
    empty = recorded("", head="")
    assert (empty.rows, empty.transfers, empty.devices) == ((), (), 1)
    assert rows("nothing { of ( it is HLO\n  %x = all-reduce(") == []
