"""`%gradient --steps` and `%gradient --memory`."""

import jaxplore

CELL = """\
def block(v):
    return jnp.sin(jnp.sin(v))
def f(v, scale):
    return (block(block(v)) * scale).sum()"""


def test_the_steps_of_a_call_are_shown(nb):
    nb.ok(CELL)
    ran = nb.ok("%gradient --steps f(x, 2.0)")
    [shown] = ran.of("derivation")
    assert shown.text == str(jaxplore.derivation(nb.ns["f"], nb.ns["x"], 2.0))
    assert shown.text.startswith("derivation of f by v: 6 equations, 6 with a derivative\n")
    assert "jxp-steps" in shown.data["text/html"] and ran.shown == [shown]


def test_the_options_before_the_call_count(nb):
    nb.ok(CELL)
    ran = nb.ok("%gradient --wrt scale --steps f(x, 2.0)")
    assert ran.of("derivation")[0].text.startswith("derivation of f by scale: 7 equations, 3 with")


def test_what_checkpoint_would_save_is_shown(nb):
    nb.ok(CELL)
    ran = nb.ok("%gradient --memory f(x, 2.0)")
    [shown] = ran.of("checkpoints")
    assert shown.text == str(jaxplore.checkpoint_options(nb.ns["f"], nb.ns["x"], 2.0))
    assert "checkpoint on block (2 parts)" in shown.text and ran.shown == [shown]


def test_own_errors_pass_through(nb):
    nb.ok("def g(v):\n    return 1 // 0")
    for option in ("--steps", "--memory"):
        assert type(nb.run(f"%gradient {option} g(x)").error).__name__ == "ZeroDivisionError"
