"""The code that XLA made of instructions: LLVM IR, assembly, PTX.

XLA names a function after the instruction it was made from; by that name a function is
linked to what the instruction came from.
"""

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from jaxplore.capture.passes.dump import Dump
from jaxplore.capture.passes.modules import NOTHING, Found
from jaxplore.model.passes import AssemblyName
from jaxplore.model.program import Link, Stage

_LLVM_START: Final = re.compile(r'^define .*?@"?([^"(\s]+)"?\(')
_PTX_START: Final = re.compile(r"^\s*(?:\.visible |\.weak )?\.(?:entry|func)\b.*?([\w$.]+)\s*\($")
_ASM_START: Final = re.compile(r"^(?:[0-9a-f]+ )?<(.+)>:$")
# What LLVM notes for itself, and where the text was.
_LLVM_NOTES: Final = re.compile(r"^(?:![\w.]+ = |source_filename = |; ModuleID = )")
_LLVM_ENDS: Final = (".ir-with-opt.ll", ".ir-no-opt.ll")
_OTHER: Final = re.compile(r"\W")
_TOOLS: Final = ("objdump", "llvm-objdump")
_TOOL_S: Final = 20


def read_llvm(dump: Dump, instructions: Mapping[str, Found]) -> Stage | None:
    """The LLVM IR of all kernels, optimised where XLA got so far; None without any."""
    files = list(dump.kernels(*_LLVM_ENDS))
    texts = [_without_notes(_read(path)) for path in files]
    return _stage(texts, _LLVM_START, "}", instructions) if files else None


def read_assembly(
    dump: Dump, instructions: Mapping[str, Found]
) -> tuple[AssemblyName, Stage | None]:
    """The machine code of all kernels; PTX where they are a GPU's."""
    ptx = list(dump.kernels(".ptx"))
    if ptx:
        return "PTX", _stage([_read(path) for path in ptx], _PTX_START, "}", instructions)
    objects = list(dump.kernels(".o"))
    if not objects:
        return "assembly", None
    tool = next((found for name in _TOOLS if (found := shutil.which(name))), None)
    if tool is None:
        why = "XLA wrote machine code, but nothing here reads it: install binutils (objdump)"
        return "assembly", Stage(text="", links=(), error=why)
    try:
        texts = list(_disassembled(tool, objects))
    except (OSError, subprocess.SubprocessError) as fault:
        why = f"{tool} could not read the machine code: {fault}"
        return "assembly", Stage(text="", links=(), error=why)
    return "assembly", _stage(texts, _ASM_START, "", instructions)


def _disassembled(tool: str, objects: Sequence[Path]) -> Iterator[str]:
    command = [tool, "--disassemble", "--no-show-raw-insn"]
    for path in objects:
        done = subprocess.run(
            [*command, path.name],
            cwd=path.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TOOL_S,
            check=True,
        )
        text = done.stdout.decode(errors="replace")
        yield text[text.find("Disassembly of section") :]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _without_notes(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not _LLVM_NOTES.match(line))


def _stage(
    texts: Iterable[str], start: re.Pattern[str], end: str, instructions: Mapping[str, Found]
) -> Stage:
    """Texts one after another; each function is linked from its first line to its last."""
    by_symbol = {_symbol(name): found for name, found in reversed(list(instructions.items()))}
    lines: list[str] = []
    links: list[Link] = []
    for text in texts:
        if lines:
            lines.append("")
        first, found = 0, NOTHING
        for line in text.strip("\n").split("\n"):
            lines.append(line)
            if match := start.match(line):
                first, found = len(lines), by_symbol.get(_symbol(match[1]), NOTHING)
            elif first and line.rstrip() == end:
                links += _link(first, len(lines), found)
                first = 0
        if first:
            links += _link(first, len(lines), found)
    return Stage(text="\n".join(lines), links=tuple(links))


def _link(first: int, last: int, found: Found) -> list[Link]:
    equations, spans = found
    if not equations and not spans:
        return []
    return [Link(first_line=first, last_line=last, equations=equations, spans=spans)]


def _symbol(name: str) -> str:
    """A name as it is in machine code, where only letters, digits and `_` are safe."""
    return _OTHER.sub("_", name)
