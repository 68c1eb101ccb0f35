"""What a scan and a while take apart their operands into."""

from typing import Any


def parts_of_scan(equation: Any) -> tuple[int, int] | None:
    """How many operands of a scan are constants, and how many the carry; None where this
    JAX does not say."""
    params = equation.params
    if "num_consts" in params and "num_carry" in params:
        return params["num_consts"], params["num_carry"]
    grouped = params.get("ft_in")
    if grouped is None:
        return None
    try:
        consts, carry, _ = grouped.unpack()
        return len(list(consts)), len(list(carry))
    except Exception:  # another JAX's way to group them
        return None


def parts_of_while(equation: Any) -> tuple[int, int]:
    """How many operands of a while are constants of its condition, and of its body."""
    return equation.params["cond_nconsts"], equation.params["body_nconsts"]
