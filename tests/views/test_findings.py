"""What is wrong and is no compile, as HTML."""

from jaxplore.model.findings import Finding
from jaxplore.views.compiles.findings import html, notice

STALE = Finding(
    id="S01",
    function="f",
    defined_at=None,
    call_site=None,
    cell=3,
    explanation="`k` was 2.0, is <3.0> now",
    advice="pass & it",
    changes=(),
)


def test_the_bar_keeps_a_color_where_variables_are_dropped():
    for shown in (html([STALE]), notice("f is long")):
        bar = "border-left:3px solid #d08000;border-left-color:var(--jp-warn-color1,#d08000)"
        assert bar in shown


def test_a_notice_has_all_lines_and_is_escaped():
    shown = notice("f has <4,200> equations\n  line 4: 50 %\n  line 5: 50 %")
    assert "f has &lt;4,200&gt; equations<div" in shown
    assert ">  line 4: 50 %\n  line 5: 50 %</div></div>" in shown
    assert "pass &amp; it" in html([STALE]) and "&lt;3.0&gt;" in html([STALE])
