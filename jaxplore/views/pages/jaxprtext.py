"""The text of a jaxpr, written again from a program's columns.

It says nothing that the columns do not say, and is the largest part of a large program: so it
does not travel. `extension/src/wire/jaxprtext.ts` writes the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

_LITERAL: Final = 2
_STEP: Final = "      "


def jaxpr_stage(data: Mapping[str, Any]) -> dict[str, Any]:
    """The jaxpr's stage as `model.wire.encode` writes it, for a program whose nested programs
    are all written out."""
    text = _JaxprText(data)
    text.write()
    spans: Sequence[int] = data["equations"]["span"]
    return {
        "name": "jaxpr",
        "text": "\n".join(text.lines),
        "error": None,
        "first_line": text.first_lines,
        "last_line": text.last_lines,
        "equation_count": [1] * len(spans),
        "equations": list(range(len(spans))),
        "span_count": [int(span >= 0) for span in spans],
        "spans": [span for span in spans if span >= 0],
    }


class _JaxprText:
    def __init__(self, data: Mapping[str, Any]) -> None:
        self.lines: list[str] = []
        self.first_lines: list[int] = []
        self.last_lines: list[int] = []
        self._names: list[str] = data["strings"]
        self._rows: Mapping[str, Sequence[int]] = data["equations"]
        self._regions: Sequence[Mapping[str, Any]] = data["regions"]
        self._holders: list[int] = [region["equation"] for region in self._regions]
        values, names = data["values"], self._names
        types = [row["text"] for row in data["types"]]
        self._declared: list[str] = [
            f"{names[name]}:{types[type_]}"
            for name, type_ in zip(values["name"], values["type"], strict=True)
        ]
        self._used: list[str] = [
            declared if kind == _LITERAL else names[name]
            for declared, kind, name in zip(
                self._declared, values["kind"], values["name"], strict=True
            )
        ]
        # The regions whose last line is still to be written, innermost last.
        self._inside: list[int] = []
        self._opened = 0

    def write(self) -> None:
        self._enter()
        rows, names, declared, used = self._rows, self._names, self._declared, self._used
        reads, writes = rows["inputs"], rows["outputs"]
        read = written = 0
        columns = ("region", "primitive", "parameters", "input_count", "output_count")
        for equation, (region, primitive, parameters, inputs, outputs) in enumerate(
            zip(*[rows[name] for name in columns], strict=True)
        ):
            self._enter_until(equation, region)
            self._leave_until(region)
            made = [declared[value] for value in writes[written : written + outputs]]
            taken = [used[value] for value in reads[read : read + inputs]]
            read, written = read + inputs, written + outputs
            name = names[primitive]
            if names[parameters]:
                name = f"{name}[{names[parameters]}]"
            before = f"{_STEP * (len(self._inside) - 1)}    "
            if made:
                before = f"{before}{' '.join(made)} = "
            self.lines.append(f"{before}{' '.join([name, *taken])}")
            self.first_lines.append(len(self.lines))
            self.last_lines.append(len(self.lines))
        self._enter_until(len(self.first_lines), 0)
        while self._inside:
            self._leave()

    def _enter_until(self, equation: int, region: int) -> None:
        """Begin the regions of equations that are written already, but not the siblings of
        the region that the next equation stands in, nor those of what holds it."""
        holders = self._holders
        while self._opened < len(holders) and holders[self._opened] < equation:
            holder = holders[self._opened]
            if self._opened > region and holder <= holders[region]:
                return
            self._leave_until(self._rows["region"][holder])
            self._enter()

    def _leave_until(self, region: int) -> None:
        while self._inside[-1] != region:
            self._leave()

    def _enter(self) -> None:
        region = self._regions[self._opened]
        constants = " ".join([self._declared[value] for value in region["constants"]])
        inputs = " ".join([self._declared[value] for value in region["inputs"]])
        head = " ".join([part for part in ("lambda", constants, ";", inputs) if part])
        label = "" if region["equation"] < 0 else f"{region['kind']}="
        self.lines.append(f"{_STEP * len(self._inside)}{label}{{ {head}. let")
        self._inside.append(self._opened)
        self._opened += 1

    def _leave(self) -> None:
        region = self._regions[self._inside.pop()]
        outputs = [self._used[value] for value in region["outputs"]]
        shown = f"{outputs[0]}," if len(outputs) == 1 else ", ".join(outputs)
        self.lines.append(f"{_STEP * len(self._inside)}  in ({shown}) }}")
        if region["equation"] >= 0:
            self.last_lines[region["equation"]] = len(self.lines)
