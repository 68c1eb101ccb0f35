"""Folders as XLA leaves them: half written, of a GPU, or with what nobody expects in them."""

import shutil
from pathlib import Path

import pytest

from jaxplore.capture.passes.dump import Dump
from jaxplore.capture.passes.kernels import read_assembly, read_llvm
from jaxplore.capture.passes.reading import Ended, read_passes
from jaxplore.capture.programs.linking import EquationIndex
from jaxplore.capture.source.spans import SpanTable
from jaxplore.model.passes import Passes
from jaxplore.model.program import Link

FIRST = "HloModule f\n\nENTRY %main (x: f32[]) -> f32[] {\n  %x = f32[] parameter(0)\n}\n"
SECOND = FIRST.replace("}\n", "  ROOT %y = f32[] add(%x, %x)\n}\n")
PTX = """\
.version 8.0
.visible .entry loop_add_fusion(
	.param .u64 loop_add_fusion_param_0
)
{
	ret;
}
.visible .entry other_fusion(
	.param .u64 other_fusion_param_0
)
{
	ret;
}
"""
LLVM = """\
; ModuleID = 'x'
define void @loop_add_fusion(ptr %0) {
  ret void
}
!0 = !{}
"""
FOUND = {"loop_add_fusion": ((3,), ())}


def folder_with(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def read(folder: Path, error: str | None = None) -> Passes:
    index = EquationIndex((), (), SpanTable())
    ended = Ended(folder, error, 1.0)
    return read_passes("f", ended, index, say=lambda _: False, deadline=float("inf"))


def test_passes_come_in_the_order_of_their_numbers(tmp_path: Path):
    third = SECOND.replace("add", "multiply")
    folder = folder_with(
        tmp_path,
        {
            "module_0000.jit_f.before_optimizations.txt": FIRST,
            "module_0000.jit_f.0000.a.after_pipeline-start.before_algsimp.txt": FIRST,
            "module_0000.jit_f.0002.a.after_algsimp.before_dce.txt": SECOND,
            "module_0000.jit_f.0010.b.c.after_some_new-pass.txt": third,
            "module_0000.jit_f.0011.b.c.after_dce.before_pipeline-end.txt": third,
            "module_0000.jit_f.gpu_after_optimizations.txt": third,
            "module_0000.jit_f.gpu_after_optimizations-buffer-assignment.txt": "no module",
            "module_0001.jit_autotuned.before_optimizations.txt": "HloModule other",
            "readme.txt": "whatever",
        },
    )
    seen = read(folder)
    assert [(made.name, made.pipeline, made.words) for made in seen.passes] == [
        ("algsimp", "a", "simplify algebra"),
        ("some_new-pass", "b.c", "some new pass"),
    ]
    assert seen.passes[0].diff.text == (
        "@@ -3,3 +3,4 @@\n"
        " ENTRY %main (x: f32[]) -> f32[] {\n"
        "   %x = f32[] parameter(0)\n"
        "+  ROOT %y = f32[] add(%x, %x)\n"
        " }"
    )
    assert (seen.passes[0].before_instructions, seen.passes[0].after_instructions) == (1, 2)


def test_computations_that_are_printed_elsewhere_have_not_changed(tmp_path: Path):
    head, entry = FIRST.split("\n\n")
    one, two = "%one (a: f32[]) -> f32[] {\n}", "%two (a: f32[]) -> f32[] {\n}"
    new = "%new (a: f32[]) -> f32[] {\n}"
    folder = folder_with(
        tmp_path,
        {
            "module_0000.f.before_optimizations.txt": "\n\n".join([head, one, two, entry]),
            "module_0000.f.0000.p.after_a.txt": "\n\n".join([head, two, one, entry]),
            "module_0000.f.0001.p.after_b.txt": "\n\n".join([head, one, new, two, entry]),
        },
    )
    seen = read(folder)
    assert [made.name for made in seen.passes] == ["b"]
    assert [line for line in seen.passes[0].diff.text.split("\n") if line[0] in "+-"] == [
        "+%new (a: f32[]) -> f32[] {",
        "+}",
        "+",
    ]


def test_without_any_text_the_reason_is_kept(tmp_path: Path):
    assert read(tmp_path, "XLA's process ended (SIGKILL)").error == "XLA's process ended (SIGKILL)"
    assert read(tmp_path).error == "XLA wrote nothing down"


@pytest.mark.parametrize("half", ["", SECOND[:40], SECOND[:-3], "HloModule f\n\n%a {\n}\n"])
def test_a_text_that_was_half_written_is_no_pass(tmp_path: Path, half: str):
    folder = folder_with(
        tmp_path,
        {
            "module_0000.f.before_optimizations.txt": FIRST,
            "module_0000.f.0001.p.after_a.txt": SECOND,
            "module_0000.f.0002.p.after_b.txt": half,
        },
    )
    seen = read(folder, "XLA was stopped after 1 s")
    assert [made.name for made in seen.passes] == ["a"]
    assert seen.error == "XLA was stopped after 1 s"
    assert read(folder).error == (
        "module_0000.f.0002.p.after_b.txt cannot be read: ValueError: it ends in its midst"
    )


def test_reading_stops_in_time_and_keeps_what_it_read(tmp_path: Path):
    names = [f"module_0000.f.000{i}.p.after_a.txt" for i in range(3)]
    texts = {name: SECOND.replace("add", f"op{i}") for i, name in enumerate(names)}
    folder = folder_with(tmp_path, {"module_0000.f.before_optimizations.txt": FIRST, **texts})
    index = EquationIndex((), (), SpanTable())
    told: list[str] = []

    def say(step: str) -> bool:
        told.append(step)
        return len(told) == 3

    ended = Ended(folder, None, 1.0)
    seen = read_passes("f", ended, index, say=say, deadline=float("inf"))
    assert (len(seen.passes), seen.error) == (2, "the reading was stopped: cancelled")
    late = read_passes("f", ended, index, say=say, deadline=0.0)
    assert (len(late.passes), late.error) == (0, "the reading was stopped after 0 of 3 texts")


def test_ptx_and_llvm_of_a_gpu_are_linked_by_their_functions(tmp_path: Path):
    folder = folder_with(
        tmp_path,
        {
            "module_0000.f.before_optimizations.txt": FIRST,
            "module_0000.f.ptx": PTX,
            "module_0000.f.ir-no-opt.ll": "not this one",
            "module_0000.f.ir-with-opt.ll": LLVM,
        },
    )
    dump = Dump(folder)
    name, ptx = read_assembly(dump, FOUND)
    llvm = read_llvm(dump, FOUND)
    assert name == "PTX" and ptx is not None and llvm is not None
    assert ptx.links == (Link(first_line=2, last_line=7, equations=(3,), spans=()),)
    assert llvm.text == "define void @loop_add_fusion(ptr %0) {\n  ret void\n}"
    assert llvm.links == (Link(first_line=1, last_line=3, equations=(3,), spans=()),)


def test_without_a_disassembler_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    files = {"module_0000.f.before_optimizations.txt": FIRST, "module_0000.f.obj-file.k.o": ""}
    _, stage = read_assembly(Dump(folder_with(tmp_path, files)), FOUND)
    assert stage is not None
    assert stage.error == (
        "XLA wrote machine code, but nothing here reads it: install binutils (objdump)"
    )


@pytest.mark.skipif(shutil.which("objdump") is None, reason="no objdump here")
def test_machine_code_that_cannot_be_read_is_said(tmp_path: Path):
    files = {"module_0000.f.before_optimizations.txt": FIRST, "module_0000.f.obj-file.k.o": "no"}
    _, stage = read_assembly(Dump(folder_with(tmp_path, files)), FOUND)
    assert stage is not None and stage.error is not None
    assert "could not read the machine code" in stage.error
