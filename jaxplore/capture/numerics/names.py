"""What the user calls a value: the expression that made it, an argument's name, a number."""

from typing import Final

from jaxplore.capture.numerics.flow import Flow
from jaxplore.capture.numerics.plan import Plan
from jaxplore.model.program import Program

_LONGEST: Final = 60


class Names:
    """The names of a program's values."""

    def __init__(self, program: Program, plan: Plan) -> None:
        self._program = program
        self._plan = plan
        self._flow = Flow(plan)

    def of(self, value: int) -> str:
        """The name of a value; its letter in the jaxpr where nothing better is known."""
        program, at = self._program, value
        while True:
            kind = program.values[at].kind
            if kind == "literal":
                return program.values[at].name
            index = self._flow.maker(at)
            if index is not None:
                span = program.equations[index].span
                text = "" if span is None else " ".join(span.text.split())
                return text[:_LONGEST] or program.values[at].name
            if self._plan.names.get(at):
                return self._plan.names[at]
            entry = self._flow.entry(at)
            if entry is None:
                return "a constant" if kind == "constant" else program.values[at].name
            if entry[0] == 0:
                arguments = program.argument_names
                name = arguments[entry[1]] if entry[1] < len(arguments) else ""
                return name or program.values[at].name
            outer = self._flow.outer(*entry)
            if outer is None:
                return program.values[at].name
            at = outer
