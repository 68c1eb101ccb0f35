"""Words for equations that draw random numbers, and for their keys."""

import math
from collections.abc import Callable
from typing import Any, Final

from jaxplore.capture.programs.wording import counted, plain, rank


def _bits(equation: Any) -> str:
    params = equation.params
    said = f"draws {params['bit_width']} random bits"
    if params["shape"]:
        said += f" for each element of shape {plain(list(params['shape']))}"
    return f"{said} from {_each_key(equation)}"


def _each_key(equation: Any) -> str:
    return "each key of {0}" if rank(equation.invars[0]) else "the key {0}"


def _splits_key(equation: Any) -> str:
    shape = equation.params["shape"]
    if any(not isinstance(size, int) for size in shape):
        return f"splits {_each_key(equation)}"
    return f"splits {_each_key(equation)} into {counted(math.prod(shape), 'key')}"


def _drawn_gamma(equation: Any) -> str:
    log = "the logarithms of " if equation.params.get("log_space") else ""
    return f"{log}draws from the gamma distributions of parameter {{1}} with the key {{0}}"


def _uniform(equation: Any) -> str:
    return f"draws of shape {plain(list(equation.params['shape']))}, uniform from {{0}} to {{1}}"


def _always(text: str) -> Callable[[Any], str]:
    return lambda _: text


RANDOM_WORDS: Final[dict[str, Callable[[Any], str]]] = {
    "random_bits": _bits,
    "random_split": _splits_key,
    "random_seed": _always("makes a key of the seed {0}"),
    "random_wrap": _always("takes the numbers {0} as keys"),
    "random_unwrap": _always("the numbers in the key {0}"),
    "random_fold_in": _always("a new key of the key {0} and the number {1}"),
    "random_gamma": _drawn_gamma,
    "random_clone": _always("the key {0} again, for a use of its own"),
    "rng_uniform": _uniform,
    "rng_bit_generator": lambda equation: (
        f"draws random bits of shape {plain(list(equation.params['shape']))} from the state {{0}}"
    ),
}
