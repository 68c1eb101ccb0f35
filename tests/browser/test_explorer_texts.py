"""The linked texts of a saved page: pointing, choosing, keys, search, heat, looks, paper."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import nets, programs
from tests.browser.conftest import Offline
from tests.browser.seen import Seen

pytestmark = pytest.mark.browser


@pytest.fixture
def seen(offline: Offline, saved: Callable[[str], Path]) -> Seen:
    """The gradient of a loss over a flax model in two files."""
    return offline.explorer(saved("loss"))


def is_inside(line: Locator, pane: Locator) -> bool:
    """Whether a line can be seen without scrolling its pane."""
    inner, outer = line.bounding_box(), pane.bounding_box()
    if inner is None or outer is None:
        return False
    return outer["y"] <= inner["y"] and inner["y"] + inner["height"] <= outer["y"] + outer["height"]


def line_of(module: ModuleType, text: str) -> int:
    lines = inspect.getsource(module).splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def expression(seen: Seen, text: str) -> Locator:
    """The piece of source with a text, scrolled to as a reader does."""
    seen.root.get_by_label("go to a file or function").select_option(label="loss")
    return seen.pane("source").locator("[data-column]", has_text=text).first


def test_a_wide_page_shows_source_jaxpr_and_graph_and_a_narrow_one_no_graph(
    seen: Seen, offline: Offline, saved: Callable[[str], Path]
) -> None:
    for name in ("source", "jaxpr", "graph"):
        expect(seen.pane(name)).to_be_visible()
    assert seen.lit("jaxpr") == []
    narrow = offline.explorer(saved("loss"), viewport={"width": 900, "height": 900})
    expect(narrow.pane("jaxpr")).to_be_visible()
    expect(narrow.canvas).to_have_count(0)


def test_a_click_in_the_jaxpr_lights_source_hlo_and_graph(seen: Seen) -> None:
    seen.line("jaxpr", "dot_general").click()
    expect(seen.pane("source").locator(".jxp-selected")).to_have_text("nn.Dense(self.width)(x)")
    assert [line.split(" = ")[1][:24] for line in seen.lit("jaxpr")] == ["dot_general[dimension_nu"]
    # The graph opens down to it, says so, and shows its name.
    expect(seen.said).to_have_text("dot_general, f32[4,8], forward")
    seen.wait(lambda: {"Net", "Dense_0", "dot_general"} <= set(seen.names()))
    for tab, pane in (("StableHLO", "stablehlo"), ("optimised HLO", "hlo")):
        seen.tab(tab, column=1).click()
        kept = seen.pane(pane).locator(".jxp-lit.jxp-kept")
        expect(kept.first).to_contain_text("dot")
        assert is_inside(kept.first, seen.pane(pane))


def test_pointing_at_an_expression_lights_its_equations_in_every_text_and_shows_them(
    seen: Seen,
) -> None:
    words = {"jaxpr": "= tanh bb", "stablehlo": "stablehlo.tanh", "hlo": "subtract("}
    for tab, name in (("StableHLO", "stablehlo"), ("optimised HLO", "hlo")):
        seen.tab(tab, column=1).click()
        expression(seen, "jnp.tanh(").hover()
        expect(seen.pane("source").locator(".jxp-mark")).to_have_text("jnp.tanh(error * error)")
        for pane in ("jaxpr", name):
            lit = seen.pane(pane).locator(".jxp-lit", has_text=words[pane])
            expect(lit.first).to_be_visible()
            assert is_inside(lit.first, seen.pane(pane)), pane
        seen.root.locator(".jxp-title").hover()
        expect(seen.root.locator(".jxp-lit")).to_have_count(0)


def test_a_part_of_an_expression_lights_that_part_alone(seen: Seen) -> None:
    expression(seen, "error * error").hover()
    expect(seen.pane("source").locator(".jxp-mark")).to_have_text("error * error")
    lit = [line.split(" = ")[1] for line in seen.lit("jaxpr")]
    assert lit[0] == "mul ba ba"
    assert not any("tanh" in line for line in lit)


def test_arrows_enter_and_escape_move_the_selection(seen: Seen) -> None:
    page = seen.page
    seen.pane("jaxpr").locator(".jxp-scroll").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(seen.pane("jaxpr").locator(".jxp-kept")).to_contain_text("h:f32[1,8] = reshape")
    page.keyboard.press("ArrowUp")
    expect(seen.pane("jaxpr").locator(".jxp-kept")).to_contain_text("g:f32[4,8] = dot_general")
    page.keyboard.press("Enter")
    expect(seen.tab("StableHLO")).to_have_attribute("aria-selected", "true")
    expect(seen.pane("stablehlo").locator(".jxp-kept").first).to_contain_text("dot_general")
    page.keyboard.press("Enter")
    expect(seen.tab("optimised HLO")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(seen.root.locator(".jxp-kept:visible, .jxp-selected:visible")).to_have_count(0)


def test_slash_searches_the_pane_in_use_and_says_which_match_of_how_many(seen: Seen) -> None:
    page, count = seen.page, seen.root.locator(".jxp-matches")
    seen.pane("jaxpr").locator(".jxp-scroll").focus()
    page.keyboard.press("/")
    page.keyboard.type("dot_general")
    expect(count).to_have_text(re.compile(r"^\d+ found$"))
    all_of = (count.text_content() or "").split()[0]
    page.keyboard.press("Enter")
    expect(count).to_have_text(f"1 of {all_of}")
    expect(seen.pane("jaxpr").locator(".jxp-kept")).to_contain_text("g:f32[4,8] = dot_general")
    expect(seen.pane("jaxpr").locator("mark.jxp-current")).to_have_text("dot_general")
    page.keyboard.press("Shift+Enter")
    expect(count).to_have_text(f"{all_of} of {all_of}")
    assert is_inside(seen.pane("jaxpr").locator("mark.jxp-current"), seen.pane("jaxpr"))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("no such thing")
    expect(count).to_have_text("none")
    page.keyboard.press("Escape")
    expect(count).to_have_text("")
    expect(seen.root.locator("mark.jxp-found")).to_have_count(0)


def test_question_mark_opens_the_keys_and_s_the_second_column(seen: Seen) -> None:
    page, keys = seen.page, seen.root.get_by_role("dialog", name="keys")
    seen.pane("jaxpr").locator(".jxp-scroll").focus()
    page.keyboard.press("?")
    expect(keys).to_contain_text("everything about the equation")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("s")
    expect(seen.pane("graph")).to_be_hidden()
    page.keyboard.press("s")
    expect(seen.pane("graph")).to_be_visible()


def test_library_frames_fold_and_a_frame_of_the_call_stack_can_be_chosen(seen: Seen) -> None:
    seen.line("jaxpr", "dot_general").click()
    stack = seen.facts.locator(".jxp-stack")
    frames = stack.locator("li").all_inner_texts()
    # How many frames flax has is its own affair.
    assert [re.sub(r"\d+ lib", "n lib", frame.replace("\n", "")) for frame in frames] == [
        f"lossprograms.py:{line_of(programs, 'error = Net()')}",
        "n library frames",
        f"Net.__call__nets.py:{line_of(nets, 'hidden = ')}",
        "n library frames",
    ]
    stack.locator(".jxp-fold").first.click()
    expect(stack.locator(".jxp-library .jxp-chip", has_text="Dense.__call__")).to_be_visible()
    stack.locator(".jxp-own .jxp-chip", has_text="loss").click()
    expect(stack.locator("[aria-current=true]")).to_contain_text("loss")
    expect(seen.facts.locator(".jxp-others")).to_contain_text("equations below this call")
    # All that Net made, forward and backward, and nothing of the loss.
    lit = "\n".join(seen.lit("jaxpr"))
    assert "sqrt" in lit
    assert "tanh" not in lit


def test_heat_stands_in_source_and_jaxpr_with_what_it_adds_up_to(seen: Seen) -> None:
    seen.root.get_by_label("cost to show").select_option("FLOPs")
    expect(seen.root.locator(".jxp-totals")).to_have_text(
        re.compile(r"^our count: [\d.]+ kFLOP; XLA estimates [\d.]+ kFLOP")
    )
    # (4, 3) @ (3, 8): 4 * 8 sums of 3 products.
    product = seen.line("jaxpr", "dot_general").locator(".jxp-cost")
    expect(product).to_have_attribute("title", re.compile(r"^192 FLOP, \d+% of all"))
    expect(seen.pane("source").locator(".jxp-cost[title]").first).to_be_visible()
    seen.wait(lambda: any(word.text.endswith("%") for word in seen.words()), "heat in the graph")
    seen.root.get_by_label("cost to show").select_option("off")
    expect(seen.root.locator(".jxp-cost[title]")).to_have_count(0)
    expect(seen.root.locator(".jxp-totals")).to_be_hidden()


def test_i_says_everything_and_a_chip_opens_what_the_equation_became(seen: Seen) -> None:
    seen.line("jaxpr", "dot_general").click()
    seen.page.keyboard.press("i")
    details = seen.facts.locator(".jxp-details")
    said = dict(
        zip(
            details.locator("dt").all_text_contents(),
            details.locator("dd").all_text_contents(),
            strict=True,
        )
    )
    assert said["does"] == "contracts e axis 1 with b axis 0"
    assert said["parameters"] == "dimension_numbers=(((1,), (0,)), ((), ()))"
    assert said["reads"].startswith("e:f32[4,3]48 Bthe input xread by")
    assert "the input params['params']['Dense_0']['kernel']" in said["reads"]
    assert said["writes"].startswith("g:f32[4,8]128 Bread byadd")
    assert said["name scope"] == "Net/Dense_0"
    assert (said["phase"], said["work"], said["runs"]) == ("forward", "192 FLOP", "once")
    became = details.locator("dd .jxp-chip", has_text="line")
    number = int((became.first.text_content() or "").split("line ")[1])
    became.first.click()
    expect(seen.tab("optimised HLO")).to_have_attribute("aria-selected", "true")
    line = seen.pane("hlo").locator(f"[data-line='{number}']")
    expect(line).to_have_class(re.compile("jxp-kept"))
    assert is_inside(line, seen.pane("hlo"))


def test_l_makes_it_as_high_as_the_window(seen: Seen) -> None:
    seen.pane("jaxpr").locator(".jxp-scroll").focus()
    seen.page.keyboard.press("l")
    box = seen.root.bounding_box()
    assert box is not None
    assert 800 <= box["height"] <= 900
    seen.page.keyboard.press("l")
    box = seen.root.bounding_box()
    assert box is not None
    assert box["height"] < 700


def test_colours_follow_the_system_and_the_host(
    offline: Offline, saved: Callable[[str], Path]
) -> None:
    seen = offline.explorer(saved("square"), color_scheme="dark")
    expect(seen.root).to_have_attribute("data-theme", "dark")
    expect(seen.root).to_have_css("background-color", "rgb(20, 23, 27)")
    assert pixel(seen) == [20, 23, 27]
    seen.page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    expect(seen.root).to_have_attribute("data-theme", "light")
    expect(seen.root).to_have_css("background-color", "rgb(255, 255, 255)")
    # A host's own colours are taken, by the canvas too.
    seen.page.evaluate("document.body.style.setProperty('--jp-layout-color0', 'rgb(1, 2, 3)')")
    expect(seen.root).to_have_css("background-color", "rgb(1, 2, 3)")
    seen.wait(lambda: pixel(seen) == [1, 2, 3], "the canvas in the host's colour")


def pixel(seen: Seen) -> list[int]:
    """The colour in a corner of the graph."""
    read = "canvas => [...canvas.getContext('2d').getImageData(2, 2, 1, 1).data.slice(0, 3)]"
    return list(seen.canvas.evaluate(read))


def test_marks_can_be_told_in_forced_colours(
    offline: Offline, saved: Callable[[str], Path]
) -> None:
    seen = offline.explorer(saved("loss"), forced_colors="active")
    seen.line("jaxpr", "dot_general").click()
    expect(seen.pane("jaxpr").locator(".jxp-kept")).to_have_css("outline-style", "solid")
    expect(seen.pane("source").locator(".jxp-selected")).to_have_css("outline-style", "solid")


def test_on_paper_every_line_is_whole(seen: Seen) -> None:
    seen.page.emulate_media(media="print")
    seen.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    lines = seen.pane("jaxpr").locator(".jxp-line")
    expect(lines.last).to_contain_text("in (bf,")
    expect(seen.line("source", "bench.unrolled")).to_be_visible()
    clipped = """panes => panes.flatMap(pane => [...pane.querySelectorAll('.jxp-code')].filter(code => {
      const inner = code.getBoundingClientRect(), outer = pane.getBoundingClientRect();
      return inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1;
    }).map(code => code.textContent))"""
    panes = seen.root.locator("[data-pane=source], [data-pane=jaxpr]")
    assert panes.evaluate_all(clipped) == []
    expect(seen.root.get_by_role("toolbar", name="graph")).to_be_hidden()
    assert seen.page.pdf().startswith(b"%PDF")


def test_a_screen_reader_finds_its_way(seen: Seen) -> None:
    expect(seen.root).to_match_aria_snapshot("""
    - group "program loss":
      - search:
        - searchbox "find in jaxpr"
      - combobox "cost to show"
      - button "split" [pressed]
      - button "keys"
      - region "source"
      - separator "width of the source"
      - region "stages 1":
        - tablist "stages":
          - tab "jaxpr" [selected]
          - tab "StableHLO"
          - tab "optimised HLO"
          - tab "graph"
          - tab "passes"
        - tabpanel "jaxpr":
          - region "jaxpr text"
      - separator "width of the first column"
      - region "stages 2":
        - tablist "stages, second column":
          - tab "graph" [selected]
        - tabpanel "graph":
          - img /graph of the program/
          - toolbar "graph":
            - button /light all that leads to the selection/
      - status "equation"
      - button "more"
    """)
    tabs = seen.root.get_by_role("tablist", name="stages", exact=True)
    tabs.get_by_role("tab", name="jaxpr").focus()
    seen.page.keyboard.press("End")
    expect(tabs.get_by_role("tab", name="passes")).to_have_attribute("aria-selected", "true")
