"""What the inputs of a region are called in the call of the whole program."""

from jaxplore.model.gradients.origins import Origins
from jaxplore.model.program import Program


def argument_names_of(program: Program, region: int) -> tuple[str, ...]:
    """The names of a region's inputs: of the argument that each is, or the expression that
    made it."""
    if region == 0:
        return program.argument_names
    origins = Origins(program)
    whole = program.regions[0].inputs
    names = dict(zip(whole, program.argument_names, strict=False))
    found: list[str] = []
    for value in program.regions[region].inputs:
        first = origins.given(value)
        maker = origins.maker(first)
        span = None if maker is None else program.equations[maker].span
        name = names.get(first) or ("" if span is None else span.quoted(60))
        found.append(name or program.values[value].name)
    return tuple(found)
