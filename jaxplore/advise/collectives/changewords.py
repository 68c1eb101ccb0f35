"""A change of layout in words, and what to write so that nothing has to move."""

import ast
from typing import Final

from jaxplore.advise.collectives.layoutchanges import Change
from jaxplore.advise.collectives.layoutwords import (
    Partition,
    axis_size,
    dimension_name,
    in_words,
    parts,
    spec,
)
from jaxplore.advise.collectives.valuelayouts import ValueLayouts
from jaxplore.model.placement import Mesh
from jaxplore.model.span import Span

_QUOTED: Final = 60
# What XLA does in parts along the other dimensions. An FFT it computes whole on each device,
# however it is split (jax 0.10); of the operations on matrices that is not known.
_IN_PARTS: Final = frozenset(["sort", "dynamic_slice", "reshape"])


class ChangeWords:
    """Words for the changes of one program."""

    def __init__(self, layouts: ValueLayouts, mesh: Mesh | None) -> None:
        self._layouts = layouts
        self._mesh = mesh

    def explanation(self, change: Change) -> str:
        """What lies how, and who wants it otherwise."""
        subject, before = self.name(change.value), in_words(change.before, self._mesh)
        after = in_words(change.after, self._mesh)
        if change.asker == "operands" and change.other is not None:
            other = self.name(change.other)
            if self._is_inside(change):
                subject, other = f"in {self._quoted(change.span)} one operand", "another"
            return f"{subject} is {before}, {other} is {after}: one of them has to move"
        if change.asker == "whole dimension":
            return self._whole(change)
        asked = f"asks for {after}"
        if not any(change.after):
            asked = f"asks for it {after}: {self._sizes(change)}"
        return f"{subject} is {before}; {self._asker(change)} {asked}"

    def advice(self, change: Change, *, gathers: bool) -> str:
        """What to write; `""` where nothing helps.

        Args:
            change: The change.
            gathers: Whether XLA puts the whole of it together on each device.
        """
        if change.asker == "constraint":
            return self._constraint(change)
        if change.asker == "result":
            return (
                f"leave `out_shardings` out for it, or write `{_sharding(change.before)}`: each "
                "device keeps its part"
            )
        if change.asker == "operands":
            return self._passed_in(change, change.after, "split like the other")
        if change.asker == "in_specs":
            return self._passed_in(change, change.after, "split as `in_specs` says")
        other = self._another_dimension(change)
        if other is None:
            return ""
        if passed := self._passed_in(change, other, "split along another dimension"):
            return passed
        if not gathers or self._is_inside(change):
            return ""
        return (
            f"split another dimension before it: `{self._constraining(change.value)}"
            f"{_sharding(other)})`; then a part of it moves instead of all"
        )

    def name(self, value: int) -> str:
        """An argument's name, or the expression that made a value."""
        place = self._layouts.argument(value)
        if place is not None:
            return f"`{argument_name(self._layouts.program.argument_names, place)}`"
        span = self._made_at(value)
        if span is not None and span.text:
            return self._quoted(span)
        return "what the loop carries" if self._layouts.is_in_loop(value) else "a value"

    def _made_at(self, value: int) -> Span | None:
        maker = self._layouts.flow.maker(value)
        return None if maker is None else self._layouts.program.equations[maker].span

    def _is_inside(self, change: Change) -> bool:
        """Whether what moves is made by the very expression that asks: nothing to take hold of."""
        return change.span is not None and self._made_at(change.value) == change.span

    def _quoted(self, span: Span | None) -> str:
        return f"`{span.quoted(_QUOTED)}`" if span is not None and span.text else "an expression"

    def _whole(self, change: Change) -> str:
        rank = len(change.before)
        split = [d for d in change.dimensions if d < rank and change.before[d]]
        named = " and ".join(dimension_name(d, rank) for d in split)
        named = named if rank < 3 else f"of {named}"
        before = in_words(change.before, self._mesh)
        subject = "what it works on" if self._is_inside(change) else self.name(change.value)
        expression = self._quoted(change.span)
        return f"{expression} needs all {named} on a device, and {subject} is {before}"

    def _asker(self, change: Change) -> str:
        if change.asker == "result":
            return "`out_shardings`"
        if change.asker == "in_specs":
            return "`in_specs`"
        text = "" if change.span is None else change.span.quoted(_QUOTED)
        return f"`{text}`" if text else "a constraint"

    def _sizes(self, change: Change) -> str:
        total = self._layouts.program.values[change.value].size_bytes
        before = total // max(parts(change.before, self._mesh), 1)
        return f"{total:,} bytes on each instead of {before:,}"

    def _constraint(self, change: Change) -> str:
        kept = _with_spec(change.span, spec(change.before))
        write = f"write `{kept}`" if kept else f"ask for `{_sharding(change.before)}`"
        if not any(change.after):
            return f"{write}, or leave it out: each device keeps its part, and XLA moves less"
        after = in_words(change.after, self._mesh)
        first = f"{write}, unless what follows needs {after}"
        passed = self._passed_in(change, change.after, "split that way")
        return f"{first}; or {passed}" if passed else first

    def _passed_in(self, change: Change, partition: Partition, how: str) -> str:
        place, _ = self._layouts.source(change.value)
        if place is None:
            return ""
        program = self._layouts.program
        if len(self._layouts.shape(program.regions[0].inputs[place])) != len(partition):
            return ""
        name = argument_name(program.argument_names, place)
        written = name if place < len(program.argument_names) else "..."
        return f"pass `{name}` in {how}: `jax.device_put({written}, {_sharding(partition)})`"

    def _another_dimension(self, change: Change) -> Partition | None:
        """The same axes on a dimension that is not needed whole, and divides evenly."""
        if change.equation is None:
            return None
        name = self._layouts.program.equations[change.equation].primitive
        if name not in _IN_PARTS and not name.startswith("cum"):
            return None
        axes = tuple(
            axis for d in change.dimensions if d < len(change.before) for axis in change.before[d]
        )
        size = axis_size(axes, self._mesh)
        for place, length in enumerate(self._layouts.shape(change.value)):
            free = place not in change.dimensions and not change.before[place]
            if free and isinstance(length, int) and length % size == 0:
                return tuple(axes if d == place else kept for d, kept in enumerate(change.after))
        return None

    def _constraining(self, value: int) -> str:
        span = self._made_at(value)
        text = "" if span is None else span.quoted(_QUOTED)
        name = text if text and not text.endswith("…") else "..."
        explicit = self._mesh is not None and any(a.kind == "explicit" for a in self._mesh.axes)
        call = "jax.sharding.reshard" if explicit else "jax.lax.with_sharding_constraint"
        return f"{call}({name}, "


def argument_name(names: tuple[str, ...], place: int) -> str:
    """An argument's name, or its number where JAX does not know it."""
    return (names[place] if place < len(names) else "") or f"argument {place + 1}"


def _sharding(partition: Partition) -> str:
    return f"NamedSharding(mesh, {spec(partition)})"


def _with_spec(span: Span | None, text: str) -> str:
    """The user's expression with another spec; `""` where it names none itself."""
    if span is None or not span.text:
        return ""
    try:
        tree = ast.parse(span.text.strip(), mode="eval")
    except SyntaxError:
        return ""
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rsplit(".", 1)[-1] in ("P", "PartitionSpec")
    ]
    if len(calls) != 1:
        return ""
    [call] = calls
    written = ast.get_source_segment(span.text.strip(), call)
    named = text.replace("P(", f"{ast.unparse(call.func)}(", 1)
    return " ".join(span.text.strip().replace(written or "", named, 1).split()) if written else ""
