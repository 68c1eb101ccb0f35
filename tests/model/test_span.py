"""A span says where it is and what stands there, in one line."""

from dataclasses import replace

from jaxplore.model.span import Span

SPAN = Span(
    file="/home/me/a.py",
    line=3,
    column=0,
    end_line=4,
    end_column=1,
    function="f",
    text="f(\n  x)",
)


def test_a_place_is_the_files_name_and_the_line():
    assert (SPAN.place, replace(SPAN, file="cell 2").place) == ("a.py line 3", "cell 2 line 3")


def test_an_expression_is_quoted_on_one_line_and_cut():
    assert (SPAN.quoted(60), SPAN.quoted(4)) == ("f( x)", "f( …")


def test_a_span_without_source_is_described_by_its_place_alone():
    assert (SPAN.described(60), replace(SPAN, text="").described(60)) == (
        "a.py line 3: f( x)",
        "a.py line 3",
    )
