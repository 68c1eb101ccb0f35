"""Why XLA put a collective into a program, and what avoids it.

What the code asks for, a sum over what is split, and the gradients of data parallel training
cost what they must: nothing is advised there. Advice is given where a layout is asked for that
a value does not have.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from jaxplore.advise.collectives.changewords import ChangeWords, argument_name
from jaxplore.advise.collectives.layoutchanges import Change, changes
from jaxplore.advise.collectives.layoutwords import axes_in_words, moved_axes
from jaxplore.advise.collectives.parametergradients import ParameterGradients
from jaxplore.advise.collectives.transferwords import explained_transfer
from jaxplore.advise.collectives.valuelayouts import ValueLayouts
from jaxplore.model.collectives import Cause, Collective, Collectives
from jaxplore.model.span import Span

_QUOTED: Final = 60
_MOST_NAMES: Final = 3

_ASKED: Final[dict[str, str]] = {
    "psum": "psum",
    "psum2": "psum",
    "psum_invariant": "psum",
    "pmax": "pmax",
    "pmin": "pmin",
    "all_gather": "all_gather",
    "all_gather_invariant": "all_gather",
    "all_gather_reduced": "all_gather",
    "reduce_scatter": "psum_scatter",
    "unreduced_reduce_scatter": "psum_scatter",
    "unreduced_psum": "psum",
    "ppermute": "ppermute",
    "psend": "psend",
    "precv": "precv",
    "all_to_all": "all_to_all",
    "ragged_all_to_all": "ragged_all_to_all",
    "pbroadcast": "pbroadcast",
    "pgather": "pgather",
}
# What an expression says that asks for a collective itself.
_WORDS: Final = ("pmean", "psum_scatter", "pshuffle", "pswapaxes", *_ASKED)
_REDUCES: Final = ("all-reduce", "reduce-scatter")
_PRODUCTS: Final = frozenset(["dot_general", "conv_general_dilated", "ragged_dot_general"])
_LOOKUPS: Final = frozenset(["gather", "dynamic_slice", "take"])
_WRITES: Final = frozenset(["scatter", "scatter-add", "scatter_add", "dynamic_update_slice"])
_SUMS: Final = frozenset([*_PRODUCTS, "reduce_sum", "scatter-add", "scatter_add"])
_CALLBACKS: Final = frozenset(["pure_callback", "io_callback"])
_IN_PARTS: Final = (
    "where it works element by element, call it inside of `jax.shard_map`: each device then calls "
    "it with its own part"
)
_EDGE_WORDS: Final = (
    "concatenate slice pad conv_general_dilated rev reduce_window reduce_window_sum "
    "reduce_window_max select_and_scatter_add split"
)
_EDGES: Final = frozenset(_EDGE_WORDS.split())


def explained(record: Collectives) -> Collectives:
    """The same with the cause, an explanation and advice for each row.

    The expression becomes the one that asked for the collective, where that is another than
    the one XLA names.
    """
    if not record.rows and not record.transfers:
        return record
    reader = _Reader(record)
    return replace(
        record,
        rows=tuple(reader.explained(row) for row in record.rows),
        transfers=tuple(
            explained_transfer(one, record.program, record.devices) for one in record.transfers
        ),
    )


@dataclass(frozen=True, slots=True)
class _Why:
    cause: Cause
    explanation: str
    advice: str = ""
    equation: int | None = None
    """Who asked."""


class _Reader:
    """Decides for the rows of one program."""

    def __init__(self, record: Collectives) -> None:
        self._record = record
        self._program = record.program
        self._layouts = ValueLayouts(record)
        self._changes = changes(self._layouts)
        self._words = ChangeWords(self._layouts, record.mesh)
        self._gradients = ParameterGradients(self._layouts, record.mesh)

    def explained(self, row: Collective) -> Collective:
        """The row with its cause."""
        why = (
            self._asked(row)
            or self._callback(row)
            or (self._reduced(row) if row.kind in _REDUCES else self._changed(row))
            or self._moved(row)
        )
        row = replace(row, cause=why.cause, explanation=why.explanation, advice=why.advice)
        if why.equation is None:
            return row
        asker = self._program.equations[why.equation]
        equations = tuple(dict.fromkeys((why.equation, *row.equations)))
        return replace(row, equations=equations, span=asker.span or row.span, phase=asker.phase)

    def _asked(self, row: Collective) -> _Why | None:
        for index in row.equations:
            equation = self._program.equations[index]
            word = _ASKED.get(equation.primitive)
            if word is None:
                continue
            text = "" if equation.span is None else equation.span.text
            written = next((w for w in _WORDS if f"{w}(" in text), "")
            word, over = written or word, self._over(row)
            if equation.phase == "forward":
                return _Why("asked", f"the code asks for it: {word}{over}")
            if written:
                return _Why("asked", f"the backward pass of what the code asks for: {word}{over}")
            found = self._gradient(row, (*row.equations, *row.makers))
            return found or _Why(
                "gradient", f"sums a gradient{over}: each device computes its own part"
            )
        return None

    def _callback(self, row: Collective) -> _Why | None:
        near = {*row.equations, *row.makers, *row.users}
        called = [i for i in near if self._program.equations[i].primitive in _CALLBACKS]
        if not called:
            return None
        gives = called[0] in row.makers
        callback = self._program.equations[called[0]]
        text = self._code(callback.span)
        shapes = {self._layouts.shape(v) for v in (*callback.inputs, *callback.outputs)}
        by_element = callback.primitive == "pure_callback" and len(shapes) == 1
        return _Why(
            "replication",
            f"{text} runs for one device, which hands its result to all"
            if gives
            else f"{text} runs for one device, which needs all that goes in",
            _IN_PARTS if by_element else "",
            called[0],
        )

    def _reduced(self, row: Collective) -> _Why | None:
        # Of several that XLA joined, it may name one.
        joined = row.makers if len(row.operands) > 1 else ()
        summed = [i for i in joined if self._program.equations[i].primitive in _SUMS]
        if found := self._gradient(row, (*row.equations, *summed)):
            return found
        over = axes_in_words(row.axes, self._record.mesh) or f"{row.group_size:,} devices"
        for index in (*row.equations, *row.makers):
            equation = self._program.equations[index]
            name, text = equation.primitive, self._code(equation.span)
            if equation.phase == "backward":
                text = f"the backward pass of {text}"
            if name in _PRODUCTS:
                said = f"{text} sums over a dimension that is split over {over}"
                return _Why("contraction", f"{said}: each device has a part of the sum")
            if name in _LOOKUPS:
                said = f"{text} reads from an array that is split over {over}"
                return _Why("reduction", f"{said}: each device gives what it has of it")
            if name in _WRITES:
                said = f"{text} writes to what all devices over {over} need"
                return _Why("reduction", f"{said}: each device gives its part")
            if name.startswith(("reduce_", "arg", "cum")) or name in ("top_k", "sort"):
                said = f"{text} goes along a dimension that is split over {over}"
                return _Why("reduction", f"{said}: each device has a part of the result")
        return None

    def _gradient(self, row: Collective, equations: Iterable[int]) -> _Why | None:
        found = self._gradients.of(equations, row.axes, row.operands)
        if found is None:
            return None
        known = self._program.argument_names
        names = [f"`{argument_name(known, place)}`" for place in found.arguments]
        rest = len(names) - _MOST_NAMES
        listed = ", ".join(names[:_MOST_NAMES]) + (f" and {rest:,} more" if rest > 0 else "")
        if len(row.operands) > len(found.equations):
            # XLA joined it with what is not known to be a gradient, such as the loss.
            listed += ", and other sums,"
        noun = "gradient" if len(names) == 1 else "gradients"
        which = f"the {noun} of" if found.are_all_meant else "a gradient of one of"
        return _Why(
            "gradient",
            f"sums {which} {listed}{self._over(row)}: each device computes it from its own "
            "part of the data",
            equation=min(found.equations, key=self._stands),
        )

    def _changed(self, row: Collective) -> _Why | None:
        fitting = [change for change in self._changes if self._fits(change, row)]
        # Who is named by XLA itself comes first, then who asks most plainly.
        fitting.sort(key=lambda change: change.equation not in row.equations)
        if not fitting:
            return None
        change = fitting[0]
        whole = not any(change.after) and row.kind == "all-gather"
        return _Why(
            "replication" if whole and change.asker != "operands" else "reshard",
            self._words.explanation(change),
            self._words.advice(change, gathers=row.kind == "all-gather"),
            change.equation,
        )

    def _fits(self, change: Change, row: Collective) -> bool:
        if not set(row.axes) <= moved_axes(change.before, change.after):
            return False
        if change.asker == "result":
            return change.result in row.results
        if change.equation in row.equations:
            return change.asker != "operands" or self._comes_from(change, row)
        if not self._comes_from(change, row):
            return False
        asker = change.equation
        near = {*row.equations, *row.users, *self._made_results(row)}
        if asker in near or asker in {self._holder(index) for index in near}:
            return True
        outputs = () if asker is None else self._program.equations[asker].outputs
        below = {index for value in outputs for index in self._layouts.readers(value)}
        results = {self._program.regions[0].outputs[place] for place in row.results}
        if below & near or results.intersection(outputs):
            return True
        # Nobody but the asker, and what holds it, reads what comes out.
        _, passed = self._layouts.source(change.value)
        holder = None if asker is None else self._holder(asker)
        return set(row.users) <= {asker, holder, *passed}

    def _comes_from(self, change: Change, row: Collective) -> bool:
        """Whether what a collective moves is what has to change."""
        argument, passed = self._layouts.source(change.value)
        if argument is not None and argument in row.arguments:
            return True
        return bool(passed & ({*row.equations, *row.makers} - {change.equation}))

    def _made_results(self, row: Collective) -> set[int]:
        values = [self._program.regions[0].outputs[place] for place in row.results]
        return {maker for v in values if (maker := self._layouts.flow.maker(v)) is not None}

    def _holder(self, index: int) -> int | None:
        return self._program.regions[self._program.equations[index].region].equation

    def _moved(self, row: Collective) -> _Why:
        """A movement for which nobody asked in so many words."""
        over = self._over(row)
        if not row.equations and not row.users:
            return _Why("unknown", f"XLA moves it{over}; it does not say what for")
        # What both passes read is moved for the first.
        users = sorted(row.users, key=lambda i: (self._program.equations[i].phase != "forward", i))
        user = next((i for i in (*users, *row.equations) if self._span(i)), None)
        text = self._code(None if user is None else self._span(user))
        if user is not None and self._program.equations[user].phase == "backward":
            text = f"the backward pass of {text}"
        primitives = {self._program.equations[i].primitive for i in row.equations}
        if row.kind == "collective-permute" and primitives & _EDGES:
            said = f"{text} reads beyond each device's part: neighbours{over} exchange the edges"
            return _Why("reshard", said, equation=user)
        if row.kind == "all-gather" and row.arguments:
            place = row.arguments[0]
            name = argument_name(self._program.argument_names, place)
            said = f"`{name}` is kept in parts{over} and needed whole by {text}"
            return _Why(self._gathered(row), said, equation=user)
        if row.kind == "all-gather":
            said = f"{text} needs all parts{over} on each device"
            return _Why(self._gathered(row), said, equation=user)
        return _Why("reshard", f"{text} needs another layout{over}", equation=user)

    def _gathered(self, row: Collective) -> Cause:
        """Whether all of an array is on each device afterwards."""
        inputs = self._program.regions[0].inputs
        made = [v for index in row.makers for v in self._program.equations[index].outputs]
        for value in (*[inputs[place] for place in row.arguments], *made):
            shape = sorted(map(str, self._layouts.shape(value)))
            if shape == sorted(filter(None, row.type.partition("[")[2].rstrip("]").split(","))):
                return "replication"
        return "reshard"

    def _over(self, row: Collective) -> str:
        named = axes_in_words(row.axes, self._record.mesh)
        return f" over {named}" if named else f" among {row.group_size:,} devices"

    def _stands(self, index: int) -> tuple[str, int, int, int, int]:
        """Where an equation stands in the source, to be sorted by."""
        span = self._span(index)
        if span is None:
            return "", 0, 0, 0, 0
        return span.file, span.line, span.column, span.end_line, span.end_column

    def _span(self, index: int) -> Span | None:
        return self._program.equations[index].span

    def _code(self, span: Span | None) -> str:
        return f"`{span.quoted(_QUOTED)}`" if span is not None and span.text else "an expression"
