"""Programs as people post them, and what is said about their NaN: the expression, the cause,
and an expression to write instead, which is run to see that all is finite then."""

import ast
from typing import NamedTuple

import jax
import jax.numpy as jnp
import pytest

from jaxplore import numerics
from jaxplore.advise.numbers.badnumbers import BadNumber, causes

HEAD = "import jax\nimport jax.numpy as jnp\nfrom jax import grad\n"


class Case(NamedTuple):
    """A program, and what must be found in it."""

    name: str
    source: str
    call: str
    expression: str | None
    kind: str
    is_mended: bool
    """Whether what is to be written makes all results finite."""


CASES = [
    Case(
        "where_sqrt",
        "def f(x):\n    return jnp.where(x > 0, jnp.sqrt(x), 0.).sum()",
        "grad(f)(jnp.array([0., 1., 2.]))",
        "jnp.sqrt(x)",
        "where with an unsafe branch",
        is_mended=True,
    ),
    Case(
        "where_named_mask",
        "def f(x):\n    y = jnp.sqrt(x)\n    mask = x > 0\n    return jnp.where(mask, y, 0.).sum()",
        "grad(f)(jnp.array([0., 1., 2.]))",
        "jnp.sqrt(x)",
        "where with an unsafe branch",
        is_mended=True,
    ),
    Case(
        "where_not_strict",
        "def f(x):\n    return jnp.where(x < 0, 0., jnp.sqrt(x)).sum()",
        "grad(f)(jnp.array([-1., 0., 2.]))",
        "jnp.sqrt(x)",
        "where with an unsafe branch",
        is_mended=True,
    ),
    Case(
        "sinc",
        "def f(x):\n    return jnp.where(x == 0, 1.0, jnp.sin(x) / x).sum()",
        "grad(f)(jnp.array([0., 1., 2.]))",
        "jnp.sin(x) / x",
        "where with an unsafe branch",
        is_mended=True,
    ),
    Case(
        "where_log",
        "def f(x):\n    return jnp.where(x > 0, x * jnp.log(x), 0.).sum()",
        "grad(f)(jnp.array([0., 1., 2.]))",
        "jnp.log(x)",
        "where with an unsafe branch",
        is_mended=True,
    ),
    Case(
        "where_power",
        "def f(x):\n    return jnp.where(x > 0, x ** 0.5, 0.).sum()",
        "grad(f)(jnp.array([0., 1., 2.]))",
        "x ** 0.5",
        "where with an unsafe branch",
        is_mended=True,
    ),
    Case(
        "where_elu",
        "def f(x):\n    return jnp.where(x > 0, x, jnp.exp(x) - 1).sum()",
        "grad(f)(jnp.array([100., -1., 200.]))",
        "jnp.exp(x)",
        "where with an unsafe branch",
        is_mended=True,
    ),
    Case(
        "where_arccos",
        "def f(x):\n    return jnp.where(jnp.abs(x) < 1, jnp.arccos(x), 0.).sum()",
        "grad(f)(jnp.array([1., .5]))",
        "jnp.arccos(x)",
        "where with an unsafe branch",
        is_mended=True,
    ),
    Case(
        "where_norm",
        "def f(x):\n"
        "    zero = jnp.all(x == 0, axis=-1)\n"
        "    return jnp.where(zero, 0., jnp.linalg.norm(x, axis=-1)).sum()",
        "grad(f)(jnp.zeros((2, 3)))",
        "jnp.linalg.norm(x, axis=-1)",
        "where with an unsafe branch",
        is_mended=True,
    ),
    Case(
        "select",
        "def f(x):\n    return jax.lax.select(x > 0, jnp.log(x), jnp.zeros_like(x)).sum()",
        "grad(f)(jnp.array([0., 1., 2.]))",
        "jnp.log(x)",
        "where with an unsafe branch",
        is_mended=True,
    ),
    Case(
        "where_forward",
        "def f(x):\n    return jnp.where(x > 0, jnp.log(x), 0.)",
        "f(jnp.array([0., 1., 2.]))",
        "jnp.log(x)",
        "where with an unsafe branch",
        is_mended=True,
    ),
    Case(
        "norm",
        "def f(x):\n    return jnp.linalg.norm(x)",
        "grad(f)(jnp.zeros(3))",
        "jnp.linalg.norm(x)",
        "norm at zero",
        is_mended=True,
    ),
    Case(
        "normalise",
        "def f(x):\n    return (x / jnp.linalg.norm(x, axis=-1, keepdims=True)).sum()",
        "grad(f)(jnp.zeros((2, 3)))",
        "jnp.linalg.norm(x, axis=-1, keepdims=True)",
        "norm at zero",
        is_mended=True,
    ),
    Case(
        "normalise_forward",
        "def f(x):\n    return x / jnp.linalg.norm(x)",
        "f(jnp.zeros(3))",
        "x / jnp.linalg.norm(x)",
        "division by zero",
        is_mended=True,
    ),
    Case(
        "sqrt_relu",
        "def f(x):\n    return jnp.sqrt(jax.nn.relu(x)).sum()",
        "grad(f)(jnp.array([-1., 2.]))",
        "jnp.sqrt(jax.nn.relu(x))",
        "root at zero",
        is_mended=True,
    ),
    Case(
        "sqrt_negative",
        "def f(x):\n    return jnp.sqrt(x)",
        "f(jnp.array([-1., 4.]))",
        "jnp.sqrt(x)",
        "root of a negative number",
        is_mended=True,
    ),
    Case(
        "std_method",
        "def f(x):\n    return ((x - x.mean()) / x.std()).sum()",
        "grad(f)(jnp.ones(4))",
        "x.std()",
        "standard deviation at zero",
        is_mended=True,
    ),
    Case(
        "log_negative",
        "def f(x):\n    return jnp.log(x)",
        "f(jnp.array([-1., 1.]))",
        "jnp.log(x)",
        "log of a negative number",
        is_mended=True,
    ),
    Case(
        "entropy",
        "def f(p):\n    return -(p * jnp.log(p)).sum()",
        "grad(f)(jnp.array([0., .5, .5]))",
        "jnp.log(p)",
        "log at zero",
        is_mended=True,
    ),
    Case(
        "cross_entropy",
        "def f(p, q):\n    return -jnp.sum(p * jnp.log(q))",
        "f(jnp.array([0., 1.]), jnp.array([0., 1.]))",
        "jnp.log(q)",
        "log at zero",
        is_mended=True,
    ),
    Case(
        "log_softmax",
        "def f(z):\n    return jnp.log(jax.nn.softmax(z))[0]",
        "f(jnp.array([-200., 0.]))",
        "jnp.log(jax.nn.softmax(z))",
        "log at zero",
        is_mended=True,
    ),
    Case(
        "softplus",
        "def f(z):\n    return jnp.log(1 + jnp.exp(z)).sum()",
        "grad(f)(jnp.array([100., 0.]))",
        "jnp.exp(z)",
        "overflow in exp",
        is_mended=True,
    ),
    Case(
        "weighted_mean",
        "def f(x, w):\n    return (x * w).sum() / w.sum()",
        "grad(f)(jnp.ones(3), jnp.zeros(3))",
        "(x * w).sum() / w.sum()",
        "division by zero",
        is_mended=True,
    ),
    Case(
        "root_power",
        "def f(x):\n    return (x ** 0.5).sum()",
        "grad(f)(jnp.array([0., 1., 2.]))",
        "x ** 0.5",
        "power at zero",
        is_mended=True,
    ),
    Case(
        "power_negative",
        "def f(x):\n    return x ** 1.5",
        "f(jnp.array([-1., 2.]))",
        "x ** 1.5",
        "power of a negative number",
        is_mended=True,
    ),
    Case(
        "arctan2",
        "def f(y, x):\n    return jnp.arctan2(y, x).sum()",
        "grad(f)(jnp.zeros(2), jnp.array([0., 1.]))",
        "jnp.arctan2(y, x)",
        "angle at the origin",
        is_mended=True,
    ),
    Case(
        "arccos",
        "def f(x):\n    return jnp.arccos(x).sum()",
        "grad(f)(jnp.array([1., .5]))",
        "jnp.arccos(x)",
        "derivative at the end of a domain",
        is_mended=True,
    ),
    Case(
        "arccos_outside",
        "def f(x):\n    return jnp.arccos(x)",
        "f(jnp.array([1.1, .5]))",
        "jnp.arccos(x)",
        "outside of a domain",
        is_mended=True,
    ),
    Case(
        "cosine",
        "def f(a, b):\n    return jnp.dot(a, b) / (jnp.linalg.norm(a) * jnp.linalg.norm(b))",
        "grad(f)(jnp.zeros(3), jnp.ones(3))",
        "jnp.linalg.norm(a)",
        "norm at zero",
        is_mended=True,
    ),
    Case(
        "masked_row",
        "def f(s, mask):\n    return jax.nn.softmax(jnp.where(mask, s, -jnp.inf), axis=-1)",
        "f(jnp.ones((2, 3)), jnp.array([[True] * 3, [False] * 3]))",
        "jax.nn.softmax(jnp.where(mask, s, -jnp.inf), axis=-1)",
        "a row of -inf",
        is_mended=False,
    ),
    Case(
        "half",
        "def f(x):\n    return (x * x).sum()",
        "f(jnp.full(3, 300., jnp.float16))",
        "x * x",
        "overflow",
        is_mended=False,
    ),
    Case(
        "half_cast",
        "def f(x):\n    return x.astype(jnp.float16)",
        "f(jnp.array([1e5]))",
        "x.astype(jnp.float16)",
        "too low precision",
        is_mended=False,
    ),
    Case(
        "rnn",
        "def f(h, w):\n"
        "    def step(h, _):\n"
        "        return w @ h, None\n"
        "    return jax.lax.scan(step, h, None, length=50)[0].sum()",
        "f(jnp.ones(2), jnp.full((2, 2), 100.))",
        "w @ h",
        "overflow",
        is_mended=False,
    ),
    Case(
        "rnn_backward",
        "def f(h):\n"
        "    def step(h, _):\n"
        "        return h * 1e3, None\n"
        "    return jax.lax.scan(step, h, None, length=15)[0]",
        "grad(f)(1e-35)",
        "h * 1e3",
        "overflow",
        is_mended=False,
    ),
    Case(
        "scan_log",
        "def f(x):\n"
        "    def step(c, _):\n"
        "        return c - 1.0, jnp.log(c)\n"
        "    return jax.lax.scan(step, x, None, length=8)[1]",
        "f(4.0)",
        "jnp.log(c)",
        "log at zero",
        is_mended=True,
    ),
    Case(
        "newton",
        "def f(x):\n"
        "    def body(c):\n"
        "        i, x = c\n"
        "        return i + 1, x - (x * x + 1) / (2 * x)\n"
        "    return jax.lax.while_loop(lambda c: c[0] < 5, body, (0, x))[1]",
        "f(1.0)",
        "(x * x + 1) / (2 * x)",
        "division by zero",
        is_mended=False,
    ),
    Case(
        "cond",
        "def f(x):\n    return jax.lax.cond(x > 1, lambda x: jnp.sin(x), lambda x: jnp.log(x), x)",
        "f(0.0)",
        "jnp.log(x)",
        "log at zero",
        is_mended=True,
    ),
    Case(
        "rule",
        "@jax.custom_vjp\n"
        "def g(x):\n"
        "    return x * x\n"
        "def forward(x):\n"
        "    return x * x, x\n"
        "def backward(x, ct):\n"
        "    return (ct / x,)\n"
        "g.defvjp(forward, backward)\n"
        "def f(x):\n"
        "    return g(x).sum()",
        "grad(f)(jnp.array([0., 1., 2.]))",
        "g(x)",
        "custom rule: division by zero",
        is_mended=False,
    ),
    Case(
        "argument",
        "def f(x):\n    return x * 2",
        "f(jnp.array([jnp.nan, 1.]))",
        None,
        "bad argument",
        is_mended=False,
    ),
    Case(
        "cholesky",
        "def f(a):\n    return jnp.linalg.cholesky(a)",
        "f(-jnp.eye(2))",
        "jnp.linalg.cholesky(a)",
        "not positive definite",
        is_mended=False,
    ),
    Case(
        "mask_product",
        "def f(x):\n    return ((x > 0) * jnp.sqrt(x)).sum()",
        "grad(f)(jnp.array([0., 1., 2.]))",
        "jnp.sqrt(x)",
        "root at zero",
        is_mended=True,
    ),
    Case(
        "vmap_norm",
        "def f(x):\n    return jax.vmap(jnp.linalg.norm)(x).sum()",
        "grad(f)(jnp.zeros((2, 3)))",
        "jax.vmap(jnp.linalg.norm)(x)",
        "root at zero",
        is_mended=False,
    ),
    Case(
        "remat",
        "def f(x):\n    return jax.checkpoint(lambda x: jnp.sqrt(x).sum())(x)",
        "grad(f)(jnp.array([0., 1., 2.]))",
        "jnp.sqrt(x)",
        "root at zero",
        is_mended=True,
    ),
    Case(
        "optax_norm",
        "import optax\ndef f(p):\n    return optax.tree.norm(p)",
        "grad(f)({'w': jnp.zeros(3)})",
        "optax.tree.norm(p)",
        "norm at zero",
        is_mended=False,
    ),
    Case(
        "log1p",
        "def f(x):\n    return jnp.log1p(-x)",
        "f(jnp.array([1., .5]))",
        "jnp.log1p(-x)",
        "log at zero",
        is_mended=False,
    ),
    Case(
        "rsqrt",
        "def f(x):\n    return jax.lax.rsqrt(jnp.var(x))",
        "f(jnp.ones(3))",
        "jax.lax.rsqrt(jnp.var(x))",
        "division by zero",
        is_mended=False,
    ),
    Case(
        "flax",
        "import flax.linen as nn\n"
        "class Net(nn.Module):\n"
        "    @nn.compact\n"
        "    def __call__(self, x):\n"
        "        x = nn.Dense(2)(x)\n"
        "        return jnp.sqrt(nn.relu(x))\n"
        "net = Net()\n"
        "x = -jnp.ones((1, 2))\n"
        "params = net.init(jax.random.key(0), x)\n"
        "def f(params):\n"
        "    return net.apply(params, x).sum()",
        "grad(f)(jax.tree.map(jnp.zeros_like, params))",
        "jnp.sqrt(nn.relu(x))",
        "root at zero",
        is_mended=True,
    ),
    Case(
        "equinox",
        "import equinox as eqx\n"
        "class Unit(eqx.Module):\n"
        "    scale: jax.Array\n"
        "    def __call__(self, x):\n"
        "        return self.scale * x / jnp.linalg.norm(x)\n"
        "def f(unit, x):\n"
        "    return unit(x).sum()",
        "f(Unit(jnp.ones(())), jnp.zeros(3))",
        "self.scale * x / jnp.linalg.norm(x)",
        "division by zero",
        is_mended=True,
    ),
    Case(
        "optax_adam",
        "import optax\n"
        "adam = optax.scale_by_adam(eps=0.0)\n"
        "def f(g):\n"
        "    return adam.update(g, adam.init(g))[0]",
        "f(jnp.array([0., 1.]))",
        "adam.update(g, adam.init(g))",
        "division by zero",
        is_mended=False,
    ),
    Case(
        "other_name",
        "import jax.numpy as J\ndef f(x):\n    return J.sqrt(x).sum()",
        "grad(f)(jnp.array([0., 1., 2.]))",
        "J.sqrt(x)",
        "root at zero",
        is_mended=True,
    ),
    Case(
        "attention_with_where",
        "def f(s, mask):\n"
        "    p = jax.nn.softmax(jnp.where(mask, s, -jnp.inf), axis=-1)\n"
        "    return jnp.where(mask, p, 0.).sum()",
        "grad(f)(jnp.ones((2, 3)), jnp.array([[True] * 3, [False] * 3]))",
        "jax.nn.softmax(jnp.where(mask, s, -jnp.inf), axis=-1)",
        "a row of -inf",
        is_mended=False,
    ),
    Case(
        "eigenvectors",
        "def f(a):\n    return jnp.linalg.eigh(a)[1][0, 0]",
        "grad(f)(jnp.eye(3))",
        "jnp.linalg.eigh(a)",
        "equal eigenvalues",
        is_mended=False,
    ),
    Case(
        "exponent",
        "def f(y, x):\n    return (x ** y).sum()",
        "grad(f)(jnp.array([2., 2.]), jnp.array([-1., 2.]))",
        "x ** y",
        "power by its exponent",
        is_mended=False,
    ),
    Case(
        "where_in_scan",
        "def f(x):\n"
        "    def step(c, t):\n"
        "        y = jnp.where(t > 0, jnp.log(t), 0.)\n"
        "        return c + y, y\n"
        "    return jax.lax.scan(step, 0., x)[0]",
        "grad(f)(jnp.array([0., 1., 2.]))",
        "jnp.log(t)",
        "where with an unsafe branch",
        is_mended=True,
    ),
    Case(
        "forward_mode",
        "def f(x):\n    return jnp.sqrt(x)",
        "jax.jacfwd(f)(jnp.array([0., 1., 2.]))",
        "jnp.sqrt(x)",
        "root at zero",
        is_mended=True,
    ),
    Case(
        "singular",
        "def f(a):\n    return jnp.linalg.inv(a)",
        "f(jnp.zeros((2, 2)))",
        "jnp.linalg.inv(a)",
        "singular matrix",
        is_mended=False,
    ),
    Case(
        "mean_of_none",
        "def f(x):\n    return jnp.mean(x[3:])",
        "f(jnp.array([0., 1., 2.]))",
        "jnp.mean(x[3:])",
        "division by zero",
        is_mended=False,
    ),
    Case(
        "complex_root",
        "def f(x):\n    return jnp.sqrt(x.astype(jnp.complex64)).real.sum()",
        "grad(f)(jnp.array([0., 1., 2.]))",
        "jnp.sqrt(x.astype(jnp.complex64))",
        "root at zero",
        is_mended=False,
    ),
    Case(
        "gamma",
        "def f(x):\n    return jax.scipy.special.gammaln(x)",
        "f(jnp.array([0., 1., 2.]))",
        "jax.scipy.special.gammaln(x)",
        "",
        is_mended=False,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_expression_and_the_cause_are_found(user_module, case):
    module = user_module(HEAD + case.source, f"posted_{case.name}")
    f, args = call(module, case.call)
    record = numerics(f, *args)
    cause = causes(record)[-1]
    bad = record.first_bad
    found = None if bad is None or bad.span is None else bad.span.text
    assert (found, cause.kind) == (case.expression, case.kind)
    if case.is_mended:
        mended = user_module(rewritten(HEAD + case.source, cause), f"mended_{case.name}")
        f, args = call(mended, case.call)
        assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(jax.jit(f)(*args)))


def call(module, text):
    """The function and the arguments of a call that is written out."""
    tree = ast.parse(text, mode="eval").body
    parts = [tree.func, *tree.args]
    f, *args = [eval(ast.unparse(part), vars(module)) for part in parts]
    return f, args


def rewritten(source: str, cause: BadNumber) -> str:
    """The source with what is to be written in its place."""
    lines, span = source.split("\n"), cause.span
    assert cause.advice.endswith(f"write `{cause.rewrite}`") and span.line == span.end_line
    line = lines[span.line - 1]
    assert line[span.column : span.end_column] == span.text
    lines[span.line - 1] = line[: span.column] + cause.rewrite + line[span.end_column :]
    return "\n".join(lines)
