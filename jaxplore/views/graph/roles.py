"""What the inputs and outputs of a nested program are to the loop that runs it."""

from jaxplore.model.program import Equation, Program, Region


def roles(program: Program, equation: Equation, region: Region) -> list[str]:
    """What the inputs of a nested program are to the loop that runs it."""
    if equation.primitive == "while":
        constants = max(0, len(region.inputs) - len(equation.outputs))
        return ["const"] * constants + ["carry"] * len(equation.outputs)
    if equation.primitive != "scan":
        return []
    # By shape, for each version of JAX names the parameters otherwise: a row of xs lacks the
    # first axis.
    pairs = zip(equation.inputs, region.inputs, strict=False)
    rows = sum(program.values[a].shape != program.values[b].shape for a, b in pairs)
    kept = carried(program, equation, region)
    constants = max(0, len(region.inputs) - rows - kept)
    return ["const"] * constants + ["carry"] * kept + ["x"] * rows


def carried(program: Program, equation: Equation, region: Region) -> int:
    """How many results a loop's step gives to the next one."""
    if equation.primitive == "while":
        return len(region.outputs)
    pairs = zip(equation.outputs, region.outputs, strict=False)
    return sum(program.values[a].shape == program.values[b].shape for a, b in pairs)
