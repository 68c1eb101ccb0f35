"""The card of an error, as text and as HTML without script."""

from collections.abc import Iterator
from html import escape
from typing import Final

from jaxplore.model.errorcard import ErrorCard
from jaxplore.model.placement import LeafPlacement
from jaxplore.views.columns import columns
from jaxplore.views.htmlparts import lettering, themed, with_code
from jaxplore.views.units import cut

_HEAD: Final = ("array", "type", "where", "pinned by")
_WIDEST: Final = 60

_LIGHT: Final = "--jxp-ec-bad:#b00020;--jxp-ec-line:#5c6b7f40"
_DARK: Final = "--jxp-ec-bad:#ff8a80;--jxp-ec-line:#8b97a655"
_ROOT: Final = ".jxp-errorcard"
_STYLE: Final = (
    themed(_ROOT, _LIGHT, _DARK)
    + lettering(
        _ROOT,
        ";border-left:3px solid var(--jxp-ec-bad);padding-left:8px;overflow-wrap:anywhere",
    )
    + f"{_ROOT} .id{{color:var(--jxp-ec-bad)}}"
    f"{_ROOT} table{{border-collapse:collapse;margin:6px 0;font-size:12px}}"
    f"{_ROOT} :is(th,td){{text-align:left!important;"
    f"vertical-align:top;padding:2px 14px 2px 0;border:0;"
    "background:none}"
    f"{_ROOT} th{{font-weight:600;border-bottom:1px solid var(--jxp-ec-line)}}"
)


def text(card: ErrorCard) -> str:
    """What it means, what is where, and what to do."""
    lines = [f"{card.id} {card.title}{_at(card)}", f"  {card.explanation}"]
    if card.placements:
        rows = [[*_cells(leaf)] for leaf in card.placements]
        lines += [f"  {line}" for line in columns(_HEAD, rows).splitlines()]
    return "\n".join([*lines, f"  do: {card.advice}"])


def html(card: ErrorCard) -> str:
    """The same. All text is escaped."""
    return (
        f'<div class="jxp-errorcard jaxplore-errorcard"><style>{_STYLE}</style>'
        f'<div><b class="id">{escape(card.id)}</b> <b>{with_code(card.title)}</b>'
        f"{escape(_at(card))}</div><div>{with_code(card.explanation)}</div>{_table(card)}"
        f"<div>do: {with_code(card.advice)}</div></div>"
    )


def _at(card: ErrorCard) -> str:
    return "" if card.span is None else f", {card.span.described(_WIDEST)}"


def _cells(leaf: LeafPlacement) -> Iterator[str]:
    yield cut(leaf.path, _WIDEST) or "(an argument)"
    shape = ",".join(map(str, leaf.shape))
    yield f"{leaf.dtype}[{shape}]" if leaf.dtype else ""
    yield _where(leaf)
    yield _pinned(leaf)


def _where(leaf: LeafPlacement) -> str:
    devices = leaf.devices
    if len(devices) < 2:
        return leaf.sharding or (f"on {devices[0]}" if devices else "")
    count = f"{len(devices)} devices, {devices[0]} to {devices[-1]}"
    return f"{leaf.sharding}; {count}" if leaf.sharding else count


def _pinned(leaf: LeafPlacement) -> str:
    if leaf.role == "constraint" or leaf.state == "planned":
        return ""
    if leaf.pinned_by is not None:
        return leaf.pinned_by.words
    return "a call that is not known" if leaf.committed else "not pinned"


def _table(card: ErrorCard) -> str:
    if not card.placements:
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEAD)
    rows = "".join(
        "<tr>" + "".join(f"<td><code>{escape(cell)}</code></td>" for cell in _cells(leaf)) + "</tr>"
        for leaf in card.placements
    )
    return (
        '<div style="overflow-x:auto"><table aria-label="what does not go together"><thead><tr>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
