"""An explorer in a tab, asked for what a reader sees: rows, marks, and words on the canvas."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page

# Keeps the words of each canvas and where they were put, from one picture to the next.
WATCH_CANVAS = """
(() => {
  const drawn = CanvasRenderingContext2D.prototype;
  const {fillText, fillRect} = drawn;
  window.words = new WeakMap();
  const at = (context, x, y) => context.getTransform().transformPoint({x, y});
  drawn.fillRect = function (x, y, width, height) {
    const from = at(this, x, y), to = at(this, x + width, y + height);
    const {canvas} = this;
    const isAll = from.x <= 0 && from.y <= 0 && to.x >= canvas.width && to.y >= canvas.height;
    if (isAll) window.words.set(canvas, []);
    return fillRect.apply(this, arguments);
  };
  drawn.fillText = function (text, x, y) {
    const place = at(this, x, y), ratio = window.devicePixelRatio || 1;
    window.words.get(this.canvas)?.push({
      text, x: place.x / ratio, y: place.y / ratio,
      dim: this.globalAlpha < 0.5, bold: this.font.startsWith('600'),
    });
    return fillText.apply(this, arguments);
  };
})()
"""
FIRST_PICTURE_MADE = "performance.getEntriesByName('jaxplore:first-picture').length > 0"


@dataclass(frozen=True)
class Word:
    """A text on the canvas; `x` and `y` are pixels from the canvas's corner."""

    text: str
    x: float
    y: float
    dim: bool
    """Something else is what the reader asked for."""
    bold: bool


@dataclass(frozen=True)
class Seen:
    """One explorer of a page."""

    page: Page
    root: Locator

    def pane(self, name: str) -> Locator:
        return self.root.locator(f"[data-pane={name}]")

    def line(self, pane: str, text: str) -> Locator:
        """The first line in sight of a pane that holds a text."""
        return self.pane(pane).locator(".jxp-line", has_text=text).first

    def lit(self, pane: str) -> list[str]:
        """Lit lines of a text, without their numbers."""
        return self.pane(pane).locator(".jxp-lit .jxp-code").all_text_contents()

    def tab(self, name: str, column: int = 0) -> Locator:
        return self.root.locator(".jxp-tabs").nth(column).get_by_role("tab", name=name, exact=True)

    @property
    def canvas(self) -> Locator:
        return self.root.locator("canvas.jxp-canvas")

    def canvas_size(self) -> tuple[float, float]:
        box = self.canvas.bounding_box()
        assert box is not None
        return box["width"], box["height"]

    @property
    def facts(self) -> Locator:
        return self.root.locator(".jxp-facts")

    @property
    def said(self) -> Locator:
        """What the graph tells a screen reader."""
        return self.root.locator(".jxp-said")

    def words(self) -> list[Word]:
        """What the newest picture of the graph says, from top to bottom."""
        read = "canvas => JSON.stringify(window.words.get(canvas) ?? [])"
        words = [Word(**word) for word in json.loads(self.canvas.evaluate(read))]
        return sorted(words, key=lambda word: (word.y, word.x))

    def names(self) -> list[str]:
        """Names of boxes, and titles of open ones."""
        return [word.text for word in self.words() if word.bold and not word.text.endswith("%")]

    def word(self, text: str) -> Word:
        """The first word that holds a text."""
        return next(word for word in self.words() if text in word.text)

    def wait(self, holds: Callable[[], bool], what: Any = "") -> None:
        """Waits, picture by picture, until a condition holds."""
        for _ in range(600):
            if holds():
                return
            self.page.evaluate("new Promise(done => requestAnimationFrame(() => done()))")
        raise AssertionError(f"never so: {what or holds}; the graph says {self.names()}")

    def click_word(self, text: str, *, times: int = 1) -> None:
        """Clicks (or double-clicks) a box at its name."""
        word = self.word(text)
        position = {"x": word.x, "y": word.y}
        self.canvas.click(position=position, click_count=times)  # type: ignore[arg-type]

    def hover_word(self, text: str) -> None:
        word = self.word(text)
        self.canvas.hover(position={"x": word.x, "y": word.y})
