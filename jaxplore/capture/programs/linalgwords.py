"""Words for equations of linear algebra: what their several results are, in order."""

from collections.abc import Callable
from typing import Any, Final

from jaxplore.capture.programs.wording import join


def _complex(equation: Any) -> bool:
    return equation.invars[0].aval.dtype.kind == "c"


def _transposed(equation: Any) -> str:
    return "ᴴ" if _complex(equation) else "ᵀ"


def _triangle(equation: Any) -> str:
    return "lower" if equation.params["lower"] else "upper"


def _triangular_solve(equation: Any) -> str:
    params = equation.params
    matrix = "{0}ᵀ" if params["transpose_a"] else "{0}"
    matrix = f"conj({matrix})" if params["conjugate_a"] else matrix
    formula = f"{matrix} x = {{1}}" if params["left_side"] else f"x {matrix} = {{1}}"
    unit = ", ones on its diagonal" if params["unit_diagonal"] else ""
    return f"solves {formula} for x by the {_triangle(equation)} triangle of {{0}}{unit}"


def _cholesky(equation: Any) -> str:
    return f"the lower triangular L with L L{_transposed(equation)} = {{0}}"


def _eigh(equation: Any) -> str:
    kind = "Hermitian" if _complex(equation) else "symmetric"
    some = "some " if equation.params.get("subset_by_index") is not None else "the "
    triangle = f"told by its {_triangle(equation)} triangle"
    return f"{some}eigenvectors and eigenvalues of the {kind} {{0}}, {triangle}"


def _eig(equation: Any) -> str:
    params = equation.params
    sides = [side for side in ("left", "right") if params.get(f"compute_{side}_eigenvectors")]
    more = f" and the {join(sides)} eigenvectors" if sides else ""
    return f"the eigenvalues{more} of {{0}}"


def _svd(equation: Any) -> str:
    params = equation.params
    some = "some " if params.get("subset_by_index") is not None else "the "
    said = f"{some}singular values s of {{0}}"
    if not params["compute_uv"]:
        return said
    size = ", square ones" if params["full_matrices"] else ""
    adjoint = f"V{_transposed(equation)}"
    return f"{said}, and the U and {adjoint} of {{0}} = U diag(s) {adjoint}{size}"


def _lu(_: Any) -> str:
    return (
        "L and U in one matrix, whose product is {0} with rows exchanged; then the exchanges, "
        "and the order of rows they lead to"
    )


def _qr(equation: Any) -> str:
    params = equation.params
    size = ", Q square" if params["full_matrices"] else ""
    if params.get("pivoting"):
        return f"Q, R and an order of columns with {{0}} in this order = Q R{size}"
    return f"Q and R with {{0}} = Q R{size}"


def _always(text: str) -> Callable[[Any], str]:
    return lambda _: text


LINALG_WORDS: Final[dict[str, Callable[[Any], str]]] = {
    "triangular_solve": _triangular_solve,
    "cholesky": _cholesky,
    "eigh": _eigh,
    "eig": _eig,
    "svd": _svd,
    "lu": _lu,
    "qr": _qr,
    "lu_pivots_to_permutation": _always("the order of rows that the exchanges {0} lead to"),
    "geqrf": _always("R, below it the Householder reflectors of {0}, and their factors"),
    "householder_product": _always("the Q of the Householder reflectors {0} with the factors {1}"),
    "tridiagonal_solve": _always("solves for {3} with the diagonals {0}, {1} and {2}"),
}
