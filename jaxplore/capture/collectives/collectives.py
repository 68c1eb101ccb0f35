"""From a program to all that its devices send: each collective and each transfer to the host.

Why XLA put them in is not known here: `jaxplore.advise.collectives.collectives.explained` says it.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, cast, get_args

from jaxplore.capture.collectives import hlotypes
from jaxplore.capture.collectives.axes import Grid, axes_of_groups, axes_of_pairs, largest_ring
from jaxplore.capture.collectives.flow import Flow
from jaxplore.capture.collectives.groups import Groups, groups_of, pairs_of
from jaxplore.capture.collectives.layouts import grids, kept_inputs, layouts
from jaxplore.capture.collectives.meshes import (
    grid_of,
    mesh_of_grid,
    mesh_record,
    meshes_of,
)
from jaxplore.capture.collectives.sent import sent_bytes
from jaxplore.capture.collectives.transfers import operand_types, transfer
from jaxplore.capture.programs.hlomodule import Computation, Instruction, Module, read_module
from jaxplore.capture.programs.program import capture_program
from jaxplore.capture.programs.tracing import Progress
from jaxplore.model.collectives import Collective, CollectiveKind, Collectives, HostTransfer
from jaxplore.model.placement import Mesh
from jaxplore.model.program import Link, Program, Stage
from jaxplore.model.span import Span

_KINDS: Final = frozenset(get_args(CollectiveKind))
_DIMENSIONS: Final = re.compile(r"\bdimensions=\{([\d,]*)\}")
_LENGTH: Final = re.compile(r"\blength=(\d+)\b")
_SENT_TO_DEVICES: Final = re.compile(r"_xla_send_recv_source_target_pairs=")
_PAIRED: Final = "collective-permute"


def capture_collectives(
    f: Any,
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
    *,
    progress: Progress | None = None,
) -> Collectives:
    """All that moves between devices in a function's program; XLA compiles it.

    Raises:
        NotAProgramError: `f` is nothing that has a program.
        UserCodeFailed: The function raised while JAX traced it.
    """
    jaxprs: list[Any] = []
    program = capture_program(
        f, args, kwargs, progress=progress, walked=lambda walk: jaxprs.extend(walk.jaxprs)
    )
    return collectives_of(
        program, find_mesh=lambda n: mesh_record(meshes_of((args, kwargs), jaxprs), n)
    )


def collectives_of(
    program: Program, *, find_mesh: Callable[[int], Mesh | None] | None = None
) -> Collectives:
    """All that moves between devices in a program that is captured already.

    Args:
        program: With its stage `"hlo"`; with `"stablehlo"` the axes have their names, and
            what the program says of layouts is known.
        find_mesh: The mesh for a number of devices, where JAX was asked; otherwise the first
            one that the program's text names, without its devices.

    Returns:
        Rows whose cause is `"unknown"` and whose explanation and advice are empty.
    """
    stage = program.stages.get("hlo")
    if stage is None or not stage.text:
        return Collectives(program=program, mesh=None, devices=1, rows=(), transfers=())
    module = read_module(stage.text)
    named = tuple(grid for grid in grids(program) if len(grid.devices) == module.devices)
    mesh = find_mesh(module.devices) if find_mesh is not None and module.devices > 1 else None
    if mesh is None and named:
        mesh = mesh_of_grid(named[0])
    known = named or (() if mesh is None else (grid_of(mesh),))
    reader = _Reader(program, stage, module, known)
    return Collectives(
        program=program,
        mesh=mesh,
        devices=module.devices,
        rows=tuple(reader.rows()),
        transfers=tuple(reader.transfers()),
        layouts=layouts(program),
    )


class _Reader:
    """Reads one module."""

    def __init__(
        self, program: Program, stage: Stage, module: Module, known: Sequence[Grid]
    ) -> None:
        self._program = program
        self._module = module
        self._grids = known
        self._links = {link.first_line: link for link in stage.links}
        equations = {line: link.equations for line, link in self._links.items()}
        self._flow = Flow(module, equations)
        self._repeats = module.repeats(self._length)
        self._inputs = kept_inputs(program)
        self._axes: dict[Groups, tuple[str, ...]] = {}

    def rows(self) -> list[Collective]:
        """The collectives, in the order of the text."""
        return [
            self._row(computation_name, computation, instruction, kind)
            for computation_name, computation in self._module.computations.items()
            for instruction in computation.values()
            if (kind := kind_of(instruction)) is not None
        ]

    def transfers(self) -> list[HostTransfer]:
        """What goes to the host and comes from it, in the order of the text."""
        found: list[HostTransfer] = []
        for name, computation in self._module.computations.items():
            for instruction in computation.values():
                moved = transfer(computation, instruction)
                if moved is not None:
                    equations, span = self._origin(instruction)
                    found.append(
                        HostTransfer(
                            kind=moved[0],
                            name=instruction.name,
                            line=instruction.line,
                            size_bytes=moved[1],
                            repeats=self._repeats[name],
                            equations=equations,
                            span=span,
                            explanation="",
                            advice="",
                        )
                    )
        return found

    def _row(
        self, name: str, computation: Computation, instruction: Instruction, kind: CollectiveKind
    ) -> Collective:
        equations, span = self._origin(instruction)
        size, axes = self._group(kind, instruction)
        operands = operand_types(computation, instruction)
        done = next((u for u in instruction.users if u.operation.endswith("-done")), instruction)
        dimensions = _DIMENSIONS.search(instruction.attributes)
        phases = [self._program.equations[equation].phase for equation in equations]
        return Collective(
            kind=kind,
            name=instruction.name,
            line=instruction.line,
            type=hlotypes.plain(done.type),
            group_size=size,
            axes=axes,
            repeats=self._repeats[name],
            sent_bytes=sent_bytes(kind, sum(map(hlotypes.size_bytes, operands)), size),
            equations=equations,
            span=span,
            phase="backward" if "backward" in phases else "forward",
            cause="unknown",
            explanation="",
            advice="",
            operands=tuple(map(hlotypes.plain, operands)),
            dimensions=tuple(map(int, filter(None, dimensions[1].split(","))))
            if dimensions
            else (),
            makers=self._flow.makers(computation, instruction),
            users=self._flow.users(instruction),
            arguments=self._arguments(computation, instruction),
            results=self._flow.results(computation, instruction),
        )

    def _group(self, kind: str, instruction: Instruction) -> tuple[int, tuple[str, ...]]:
        if kind == _PAIRED:
            pairs = pairs_of(instruction, self._module)
            return largest_ring(pairs), axes_of_pairs(pairs, self._grids)
        groups = groups_of(kind, instruction, self._module)
        if groups not in self._axes:
            self._axes[groups] = axes_of_groups(groups, self._grids)
        return max(map(len, groups), default=1), self._axes[groups]

    def _arguments(self, computation: Computation, instruction: Instruction) -> tuple[int, ...]:
        numbers = self._flow.arguments(computation, instruction)
        if len(self._module.parameters) != len(self._inputs):
            return ()
        return tuple(self._inputs[number] for number in numbers)

    def _origin(self, instruction: Instruction) -> tuple[tuple[int, ...], Span | None]:
        """Equations and expression. Of a collective that XLA joined from several, each part
        says its own; the whole only that of one."""
        parts = [u for u in instruction.users if u.operation == "get-tuple-element"]
        links = [self._links[part.line] for part in parts if part.line in self._links]
        links += [self._links[instruction.line]] if instruction.line in self._links else []
        equations = tuple(dict.fromkeys(e for link in links for e in link.equations))
        return equations, self._span(equations, links)

    def _span(self, equations: Sequence[int], links: Sequence[Link]) -> Span | None:
        own = (self._program.equations[equation].span for equation in equations)
        said = (span for link in links for span in link.spans)
        return next((span for span in (*own, *said) if span is not None), None)

    def _length(self, instruction: Instruction) -> int | None:
        """The length of the scan that became a `while`; None for any other loop."""
        link = self._links.get(instruction.line)
        rows = [self._program.equations[equation] for equation in (link.equations if link else ())]
        loops = [row for row in rows if row.primitive in ("scan", "while")]
        if len(loops) != 1 or loops[0].primitive != "scan":
            return None
        length = _LENGTH.search(loops[0].parameters)
        return int(length[1]) if length else None


def kind_of(instruction: Instruction) -> CollectiveKind | None:
    """The collective that an instruction is, or begins; None for anything else."""
    name = instruction.operation.removesuffix("-start")
    if name in _KINDS:
        return cast("CollectiveKind", name)
    if name == "send" and _SENT_TO_DEVICES.search(instruction.attributes):
        # On a GPU, XLA may write a permute as a send and a receive.
        return _PAIRED
    return None
