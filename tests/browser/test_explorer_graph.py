"""The graph of a saved page: levels, roll-up, search, paths, keys, and what it says aloud."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Offline
from tests.browser.seen import Seen, Word

pytestmark = pytest.mark.browser
Save = Callable[[str], Path]


@pytest.fixture
def transformer(offline: Offline, saved: Save) -> Seen:
    """The gradient of twelve unrolled layers: 5,520 equations."""
    return offline.explorer(saved("transformer"))


@pytest.fixture
def wide(offline: Offline, saved: Save) -> Seen:
    """The same with room for all of its first picture."""
    return large(offline.explorer(saved("transformer"), viewport={"width": 2400, "height": 1600}))


def large(seen: Seen) -> Seen:
    seen.pane("jaxpr").locator(".jxp-scroll").focus()
    seen.page.keyboard.press("l")
    seen.wait(lambda: seen.canvas_size()[1] > 1000, "a large canvas")
    whole(seen)
    return seen


def tool(seen: Seen, name: str) -> None:
    seen.root.get_by_role("toolbar", name="graph").get_by_role("button", name=name).click()


def whole(seen: Seen) -> None:
    """Shows the whole graph, and waits until it is in sight."""
    tool(seen, "show the whole graph")
    # What is out of sight is not drawn; a minimap is, as long as there is any.
    expect(seen.root.locator(".jxp-minimap")).to_be_hidden()


def in_sight(seen: Seen, word: Word) -> bool:
    width, height = seen.canvas_size()
    return 0 <= word.x <= width and 0 <= word.y <= height


def test_the_first_picture_is_closed_rolled_up_and_starts_in_sight(transformer: Seen) -> None:
    seen = transformer
    names = seen.names()
    assert "block × 12" in names
    assert "block" not in names
    assert "2,268 equations" in [word.text for word in seen.words()]
    assert in_sight(seen, seen.word("tokens"))
    assert in_sight(seen, seen.word("block × 12"))


def test_the_first_picture_fits_the_cell(transformer: Seen) -> None:
    assert transformer.names().count("block × 12") == 2


def test_the_whole_picture_runs_forward_then_backward(wide: Seen) -> None:
    names = wide.names()
    assert names[0] == "tokens"
    assert names.count("block × 12") == 2
    assert len(names) < 30
    # Types stand on the edges; inputs of a group are a chip on it.
    assert {"f32[2,16,64]", "408 inputs"} <= {word.text for word in wide.words()}
    assert all(in_sight(wide, word) for word in wide.words())


def test_a_double_click_opens_in_place_and_what_was_there_keeps_its_order(wide: Seen) -> None:
    before = wide.words()
    place = wide.word("block × 12")
    wide.click_word("block × 12", times=2)
    wide.wait(lambda: "block" in wide.names(), "the turns")
    # Its corner stays where it was; a title stands nearer to the corner than a name.
    opened = wide.word("block × 12")
    assert abs(opened.y - place.y) < 40
    expect(wide.said).to_have_text("block × 12, 2,268 equations, forward; Enter closes")
    names = [word.text for word in before if word.bold]
    whole(wide)
    assert wide.names().count("block") == 12
    assert [name for name in wide.names() if name != "block"] == names
    wide.canvas.focus()
    wide.page.keyboard.press("Enter")
    wide.wait(lambda: "block" not in wide.names(), "closed again")
    whole(wide)
    drawn = [word for word in before if word.bold]
    wide.wait(lambda: [word for word in wide.words() if word.bold] == drawn, "as it was")


def test_one_turn_of_a_repeat_opens_alone_and_all_close_at_once(wide: Seen) -> None:
    closed = wide.names()
    wide.click_word("block × 12", times=2)
    wide.wait(lambda: "block" in wide.names())
    expect(wide.said).to_contain_text("Enter closes")
    whole(wide)
    turn = next(word for word in wide.words() if word.text == "block")
    wide.canvas.dblclick(position={"x": turn.x, "y": turn.y})
    wide.wait(lambda: "attention" in wide.names(), "the parts of a block")
    whole(wide)
    # Eleven closed ones and the title of the open one; each has one attention.
    assert wide.names().count("block") == 12
    assert wide.names().count("attention") == 1
    assert len(wide.root.locator(".jxp-crumbs button").all()) == 2
    tool(wide, "close all groups")
    wide.wait(lambda: wide.names() == closed, "all closed")


def test_search_in_the_graph_opens_what_is_around_a_match(transformer: Seen) -> None:
    seen, page = transformer, transformer.page
    seen.canvas.focus()
    page.keyboard.press("/")
    expect(seen.root.get_by_role("searchbox")).to_have_attribute("placeholder", "find in graph")
    page.keyboard.type("tanh")
    count = seen.root.locator(".jxp-matches")
    expect(count).to_contain_text("found")
    page.keyboard.press("Enter")
    expect(count).to_contain_text("1 of ")
    expect(seen.said).to_have_text("tanh, f32[2,16,256], forward")
    crumbs = seen.root.locator(".jxp-crumbs button")
    assert crumbs.all_text_contents()[-2:] == ["gelu", "tanh"]
    seen.wait(lambda: "tanh" in seen.names() and in_sight(seen, seen.word("tanh")))
    expect(seen.root.locator(".jxp-source .jxp-selected")).to_contain_text("jnp.tanh(")
    # What is not there is said.
    page.keyboard.type("no such thing")
    expect(count).to_have_text("none")


def test_a_crumb_goes_out_and_keys_still_come_to_the_graph(transformer: Seen) -> None:
    seen = transformer
    seen.pane("source").locator("[data-column]", has_text="jnp.tanh(").first.click()
    expect(seen.said).to_contain_text("forward")
    crumbs = seen.root.locator(".jxp-crumbs button")
    inner = crumbs.count()
    name = crumbs.nth(0).text_content() or ""
    crumbs.nth(0).click()
    expect(seen.said).to_contain_text(name.removeprefix("› "))
    assert crumbs.count() < inner
    seen.page.keyboard.press("?")
    expect(seen.root.get_by_role("dialog", name="keys")).to_be_visible()


@pytest.mark.parametrize("text", ["f32[2,16,256]", "up", "gelu", "0.7978846"])
def test_search_finds_shapes_parameters_functions_and_expressions(
    transformer: Seen, text: str
) -> None:
    seen = transformer
    seen.canvas.focus()
    seen.page.keyboard.press("/")
    seen.page.keyboard.type(text)
    expect(seen.root.locator(".jxp-matches")).to_contain_text("found")


def test_the_way_to_inputs_and_outputs_is_lit_and_the_rest_dimmed(wide: Seen) -> None:
    wide.click_word("softmax")
    expect(wide.said).to_have_text("softmax, 13 equations, forward; Enter opens")
    everything = set(wide.names())
    for name, key, there, elsewhere in (
        ("light all that leads to", "u", "tokens", "targets"),
        ("light all that the selection", "d", "-jnp.log", "tokens"),
    ):
        tool(wide, name)
        wide.wait(lambda text=elsewhere: wide.word(text).dim, f"{elsewhere} is dimmed")
        assert not wide.word(there).dim
        assert set(wide.names()) == everything
        wide.canvas.focus()
        wide.page.keyboard.press(key)
        wide.wait(lambda: not any(word.dim for word in wide.words() if word.bold), "all lit")


def test_loops_and_branches_are_drawn_with_their_parts(offline: Offline, saved: Save) -> None:
    seen = large(offline.explorer(saved("control flow"), viewport={"width": 2400, "height": 1600}))
    assert [name for name in seen.names() if name in ("scan × 5", "while", "cond")] == [
        "scan × 5",
        "while",
        "cond",
    ]
    for _ in range(2):
        tool(seen, "open every closed group")
        seen.wait(lambda: "tanh" in seen.names())
    whole(seen)
    words = [word.text for word in seen.words()]
    assert {"carry f32[4,4]", "xs: one per step f32[5,4,4]", "ys: one per step f32[5] +1"} <= {
        *words
    }
    assert {"condition", "body", "branch 0: false", "branch 1: true"} <= set(seen.names())
    # A scan's parts stand between its title and what comes after the loop.
    order = seen.names()
    assert order.index("scan × 5") < order.index("tanh") < order.index("condition")
    assert order.index("body") < order.index("cond") < order.index("cos")


def test_keys_move_along_edges_and_each_stop_is_said(transformer: Seen) -> None:
    seen, page = transformer, transformer.page
    seen.click_word("block × 12")
    expect(seen.said).to_have_text("block × 12, 2,268 equations, forward; Enter opens")
    page.keyboard.press("ArrowUp")
    expect(seen.said).to_contain_text('params["words"][tokens] + par…, 7 equations')
    page.keyboard.press("ArrowDown")
    expect(seen.said).to_contain_text("block × 12")
    page.keyboard.press("Enter")
    expect(seen.said).to_contain_text("Enter closes")
    page.keyboard.press("ArrowDown")
    expect(seen.said).to_have_text("block, 189 equations, forward; Enter opens")
    page.keyboard.press("Backspace")
    expect(seen.said).to_have_text("block × 12, 2,268 equations, forward; Enter opens")
    page.keyboard.press("Escape")
    expect(seen.said).to_have_text("")


def test_zoom_and_fit_by_keys_and_the_minimap_goes_where_it_is_pressed(transformer: Seen) -> None:
    seen, page = transformer, transformer.page
    minimap = seen.root.locator(".jxp-minimap")
    seen.canvas.focus()
    for _ in range(4):
        page.keyboard.press("+")
    expect(minimap).to_be_visible()
    before = seen.names()
    box = minimap.bounding_box()
    assert box is not None
    minimap.click(position={"x": box["width"] / 2, "y": box["height"] - 4})
    seen.wait(lambda: seen.names() != before, "another place")
    assert "tokens" not in seen.names()
    seen.canvas.focus()
    page.keyboard.press("0")
    expect(minimap).to_be_hidden()


def test_selecting_an_expression_opens_the_graph_down_to_its_node(transformer: Seen) -> None:
    seen = transformer
    expression = seen.pane("source").locator("[data-column]", has_text="jnp.tanh(").first
    expression.click()
    expect(seen.said).to_contain_text("forward")
    seen.wait(lambda: "gelu" in seen.names(), "opened down to gelu")
    # On another selection what was opened for a look closes.
    seen.pane("jaxpr").locator(".jxp-scroll").evaluate("pane => { pane.scrollTop = 0; }")
    seen.line("jaxpr", "= gather").click()
    seen.wait(lambda: "gelu" not in seen.names(), "closed again")


def test_pointing_at_a_node_lights_its_texts_and_pointing_at_a_text_its_node(
    offline: Offline, saved: Save
) -> None:
    seen = offline.explorer(saved("loss"))
    seen.hover_word("tanh")
    expect(seen.pane("source").locator(".jxp-mark")).to_have_text("jnp.tanh(error * error)")
    expect(seen.pane("jaxpr").locator(".jxp-lit")).to_contain_text("tanh bb")
    seen.root.locator(".jxp-title").hover()
    expect(seen.pane("jaxpr").locator(".jxp-lit")).to_have_count(0)
    tanh, other = seen.word("tanh"), seen.word("reduce_sum")
    plain = (ground(seen, tanh), ground(seen, other))
    seen.pane("jaxpr").locator(".jxp-line", has_text="tanh bb").hover()
    seen.wait(lambda: ground(seen, seen.word("tanh")) != plain[0], "tanh is lit")
    assert seen.word("tanh") == tanh
    assert ground(seen, other) == plain[1]


def ground(seen: Seen, word: Word) -> list[int]:
    """The colour of a box just above its name."""
    read = """(canvas, {x, y}) => [
      ...canvas.getContext('2d').getImageData(Math.round(x), Math.round(y) - 5, 1, 1).data]"""
    return list(seen.canvas.evaluate(read, {"x": word.x, "y": word.y}))


def test_a_view_that_nobody_moved_fits_a_larger_pane_too(offline: Offline, saved: Save) -> None:
    size = {"width": 2400, "height": 1600}
    seen = offline.explorer(saved("transformer"), viewport=size)
    minimap = seen.root.locator(".jxp-minimap")
    expect(minimap).to_be_visible()
    seen.pane("jaxpr").locator(".jxp-scroll").focus()
    seen.page.keyboard.press("l")
    # All of it is in sight now, so there is no minimap.
    expect(minimap).to_be_hidden()
    # Smaller again, where the reader has moved it: it stays as large as it was.
    tool(seen, "zoom in")
    graph = seen.root.locator(".jxp-graph")
    expect(minimap).to_be_visible()
    moved = graph.get_attribute("data-scale")
    seen.page.keyboard.press("l")
    seen.wait(lambda: seen.canvas_size()[1] < 1000, "a small canvas")
    expect(graph).to_have_attribute("data-scale", moved or "")
