"""A program as text, HTML, DOT, Mermaid and a page; hostile text stays text in each."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from xml.etree import ElementTree

import pytest

import jaxplore
from jaxplore.model.ledger import Ledger
from jaxplore.model.program import Program, Source, Stage, freeze_stages
from jaxplore.views.graph import dot, mermaid
from jaxplore.views.pages import page
from jaxplore.views.programs.program import html, stage_text, text
from tests.views.unpacked import unpacked

Make = Callable[[str], Program]
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "say \"hi\" & 'bye'",
    "back\\slash\\n",
    'end\\"',
    "<b>bold</b>",
    "日本 𝟜 é",
    "{a|b}",
    "<!-- comment -->",
    "]]>",
    "%s {} $x #1;",
    "",
]
hostile = pytest.mark.parametrize("name", HOSTILE)


def test_a_program_as_text_word_for_word(program: Make):
    assert text(program("f")) == "\n".join(
        [
            "f: 3 equations, (f: f32[3]) -> (f32[3])",
            "{ lambda ; a:f32[3]. let",
            "    b:f32[3] = sin a           # f.py:3  f",
            "    c:f32[3] = mul b f:f32[3]  # f.py:3  f",
            "  in (c,) }",
        ]
    )


def test_another_stage_as_text(program: Make):
    head = "f: 3 equations, (f: f32[3]) -> (f32[3])\n"
    assert stage_text(program("f"), "stablehlo") == head + "f"
    assert stage_text(program("f"), "hlo") == head + "f"  # its error
    one = replace(program("f"), stages=freeze_stages({}))
    assert stage_text(one, "hlo") == head + "not made"


def test_a_long_text_is_cut_and_says_so(program: Make):
    long = Stage(text="\n".join(str(n) for n in range(1300)), links=())
    shown = text(replace(program("f"), stages=freeze_stages({"jaxpr": long}))).split("\n")
    assert shown[-2:] == ["199", "... 1,100 more lines; .save('program.html') has all"]


def test_a_long_expression_is_cut(program: Make):
    line = text(program("x" * 100)).split("\n")[2]
    assert line.endswith(f"{'x' * 59}…")


@hostile
def test_hostile_text_stays_text_in_html(program: Make, name: str):
    document = html(program(name))
    tags = set(re.findall(r"<\s*([!a-zA-Z][\w-]*)", document))
    known = {"details", "summary", "table", "tbody", "tr", "td", "div", "b", "br", "img", "pre"}
    assert tags <= known
    assert document.count("<b>") == 3
    assert unescape(document).count(name) >= 5
    assert f"y = {name}" in unescape(document)


@hostile
def test_the_html_is_well_formed(program: Make, name: str):
    document = html(program(name)).replace("<details open ", "<details ")
    ElementTree.fromstring(re.sub(r"<(br|img [^>]*)>", r"<\1/>", document))


@pytest.mark.parametrize("name", [*HOSTILE, "two\nlines"])
def test_dot_draws_hostile_names_as_they_are(program: Make, name: str):
    # With the machine's dot, or the one that the test extra brings.
    drawing = ElementTree.fromstring(dot.svg(program(name)))
    lines = drawing.iter("{http://www.w3.org/2000/svg}text")
    drawn = ["".join(node.itertext()) for node in lines]
    assert not list(drawing.iter("{http://www.w3.org/2000/svg}script"))
    # The cluster's label, the literal of `mul`, the argument's name and the inner primitive.
    shown = " ".join(" ".join(drawn).split())
    plain = " ".join(name.split())
    for label in (f"mul: {plain}", f"mul {plain}", f"{plain} f32[3]", plain):
        assert label.strip() in shown


def test_dot_source_word_for_word(program: Make):
    lines = [line.strip() for line in dot.dot(program("f")).strip().split("\n")]
    assert lines == [
        "digraph f {",
        'node [fontname="sans-serif" shape=box style="rounded,filled"]',
        'edge [fontname="sans-serif" fontsize=10]',
        'v0 [label="f',
        'f32[3]" fillcolor="#eeeeee" shape=ellipse]',
        'e0 [label=sin fillcolor="#d9e8f6" tooltip="/tmp/f.py:3:4 f"]',
        'e1 [label="mul f" fillcolor="#d9e8f6" tooltip="/tmp/f.py:3:4 f"]',
        "subgraph cluster_1 {",
        'label="mul: f"',
        'v4 [label="d',
        'f32[3]" fillcolor="#eeeeee" shape=ellipse]',
        'e2 [label=f fillcolor="#fbe3cf" tooltip="/tmp/f.py:3:4 f"]',
        'v4 -> e2 [label="f32[3]"]',
        "}",
        'v0 -> e0 [label="f32[3]"]',
        'e0 -> e1 [label="f32[3]"]',
        "}",
    ]


DOT_GROUPS = [
    "digraph f {",
    'node [fontname="sans-serif" shape=box style="rounded,filled"]',
    'edge [fontname="sans-serif" fontsize=10]',
    "compound=true",
    'n1 [label="f f32[3]" fillcolor="#eeeeee" shape=ellipse]',
    'n2 [label="sin',
    'f32[3]" fillcolor="#d9e8f6" shape=box]',
    "subgraph cluster_n3 {",
    'label="mul f',
    "f32[3] · 1 equation",
    'f"',
    'n4 [label="f32[3]" fillcolor="#eeeeee" shape=ellipse]',
    'n5 [label="f',
    'f32[3]" fillcolor="#fbe3cf" shape=box]',
    'n6 [label="out',
    'f32[3]" fillcolor="#eeeeee" shape=ellipse]',
    "n4 -> n5",
    "n5 -> n6",
    "}",
    'n7 [label="out',
    'f32[3]" fillcolor="#eeeeee" shape=ellipse]',
    "n1 -> n2",
    'n2 -> n4 [label="f32[3]" lhead=cluster_n3]',
    "n6 -> n7 [ltail=cluster_n3]",
    "}",
]


def test_dot_has_clusters_of_groups_word_for_word(program: Make):
    lines = [line.strip() for line in dot.dot(program("f"), groups=True).strip().split("\n")]
    assert lines == DOT_GROUPS


def test_a_graph_of_a_very_large_program_is_cut_and_says_so(
    program: Make, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dot, "EQUATIONS", 1)
    monkeypatch.setattr(mermaid, "EQUATIONS", 1)
    assert "2 more equations are not drawn; .to_dot(depth=1)" in dot.dot(program("f"))
    note = 'note>"1 more equations are not drawn; .to_mermaid(depth=1) draws groups"]'
    assert mermaid.mermaid(program("f")).split("\n")[-1].strip() == note


def test_mermaid_has_subgraphs_of_groups_word_for_word(program: Make):
    assert mermaid.mermaid(program("f"), depth=1).split("\n") == [
        "flowchart TD",
        '  n0(["f f32[3]"])',
        '  n1["sin f32[3]"]',
        '  subgraph n2["mul f f32[3] · 1 equation f"]',
        '    n2_0_0(["f32[3]"])',
        '    n2_0_1["f f32[3]"]',
        '    n2_0_2(["out f32[3]"])',
        "    n2_0_0 --> n2_0_1",
        "    n2_0_1 --> n2_0_2",
        "  end",
        '  n3(["out f32[3]"])',
        "  n0 --> n1",
        '  n1 -->|"f32[3]"| n2',
        "  n2 --> n3",
    ]


@pytest.mark.parametrize("name", [*HOSTILE, "two\nlines"])
def test_clusters_quote_hostile_names(program: Make, name: str):
    for line in mermaid.mermaid(program(name), depth=3).split("\n")[1:]:
        assert line.count('"') in (0, 2)
        assert not set('"'.join(line.split('"')[1:2])) & {"<", ">"}
    done = subprocess.run(
        [shutil.which("dot") or "graphviz-pure", "-Tsvg"],
        input=dot.dot(program(name), depth=3).encode(),
        capture_output=True,
    )
    drawing = ElementTree.fromstring(done.stdout)
    assert not list(drawing.iter("{http://www.w3.org/2000/svg}script"))


def test_mermaid_source_word_for_word(program: Make):
    assert mermaid.mermaid(program("f")).split("\n") == [
        "flowchart TD",
        '  v0(["f f32[3]"])',
        '  e0["sin"]',
        '  v0 -->|"f32[3]"| e0',
        '  e1["mul"]',
        '  e0 -->|"f32[3]"| e1',
    ]


@pytest.mark.parametrize("name", [*HOSTILE, "two\nlines"])
def test_mermaid_quotes_hostile_names(program: Make, name: str):
    lines = mermaid.mermaid(program(name)).split("\n")
    assert len(lines) == 6
    assert lines[0] == "flowchart TD"
    for line in lines[1:]:
        quoted = line.split('"')
        assert len(quoted) == 3
        assert not set(quoted[1]) & {"<", ">"}


@hostile
def test_a_page_holds_hostile_names_as_data_only(program: Make, name: str):
    made = program(name)
    data = page.payload(made)
    document = page.page(name, page.element(data, fallback=html(made), script="run()"))
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", document, flags=re.DOTALL)
    assert len(scripts) == 2
    assert scripts[1] == "run()"
    assert Program.from_json(json.loads(scripts[0])["program"]).name == name
    title = re.search(r"<title>(.*?)</title>", document, flags=re.DOTALL)
    assert title is not None
    assert unescape(title[1]) == name


def test_a_large_program_travels_compressed_and_whole(program: Make):
    large = replace(
        program("f"), sources=(Source(file="a", first_line=1, text="</script>" * 9000),)
    )
    data = page.payload(large)
    assert set(data) == {"format", "view", "packed"}
    assert unpacked(data["packed"]) == large.to_json()
    assert page.payload(large) == data


def test_the_displays_of_a_program_and_a_ledger_are_installed(
    program: Make, monkeypatch: pytest.MonkeyPatch
):
    assert jaxplore.__version__  # importing it installs them
    made = program("f")
    assert made._repr_html_() == html(made)
    assert "<img " in str(made._repr_html_())
    monkeypatch.setenv("JAXPLORE_DETERMINISTIC", "1")
    assert "<img " not in str(made._repr_html_())
    assert made._repr_html_() == html(made, stages=("jaxpr",))
    assert "StableHLO" not in str(made._repr_html_())
    assert "<summary" in str(Ledger()._repr_html_())
