"""R08: a static argument that cannot be hashed. It is an error, so it leaves no compile."""

import re

from jaxplore.model.compiles import Change
from jaxplore.model.findings import Finding
from jaxplore.model.span import Span

# Texts change between versions of JAX: a short pattern, and the type where it is said.
_SAID = re.compile(r"[Nn]on-hashable static argument")
_TYPE = re.compile(r"object of type <class '([^']+)'>")
_INSTEAD = {
    "list": "a tuple",
    "dict": "a tuple of its items, or a frozen dataclass",
    "set": "a frozenset",
    "numpy.ndarray": "the array itself, not static",
    "jaxlib._jax.ArrayImpl": "the array itself, not static",
}


def unhashable(
    error: BaseException | None, call_site: Span | None, cell: int | None
) -> Finding | None:
    """The finding, where an exception of JAX's says that a static argument has no hash.

    >>> said = "Non-hashable static arguments are not supported. An error occurred while "
    >>> said += "trying to hash an object of type <class 'list'>, [1, 2]."
    >>> finding = unhashable(ValueError(said), None, None)
    >>> finding.id, finding.explanation
    ('R08', 'a static argument is a list, which cannot be hashed')
    """
    if not isinstance(error, ValueError | TypeError) or not _SAID.search(str(error)):
        return None
    named = _TYPE.search(str(error))
    kind = "unhashable object" if named is None else named[1]
    short = kind.rpartition(".")[2]
    instead = _INSTEAD.get(kind, "a frozen dataclass, or a tuple")
    return Finding(
        id="R08",
        function="" if call_site is None else call_site.text.partition("(")[0],
        defined_at=None,
        call_site=call_site,
        cell=cell,
        explanation=f"a static argument is a {short}, which cannot be hashed",
        advice=f"pass {instead}, or take it off static_argnums / static_argnames",
        changes=(Change(path="static argument", before="", now=short),),
    )
