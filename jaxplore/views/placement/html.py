"""Which device holds what as HTML without script: bytes per device, the arrays, the pictures."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

from jaxplore.advise.placement import PlacementFinding, findings
from jaxplore.model.placement import AxisKind, LeafPlacement, LeafRole, Mesh, Placement
from jaxplore.model.types import short_type
from jaxplore.views.htmlparts import lettering, themed, with_code
from jaxplore.views.picture import img
from jaxplore.views.placement.pieces import devices_text
from jaxplore.views.placement.processes import edge, said_of_processes
from jaxplore.views.placement.svg import Drawing, picture
from jaxplore.views.units import counted, cut, size

MOST_LEAVES: Final = 200
_MOST_BARS: Final = 16
_MOST_PATHS: Final = 12
_MOST_PLACES: Final = 160
"""Above this the cells of a picture have no tooltips in a page: `.to_svg()` has all."""
_PAGE_BYTES: Final = 380_000
"""Pictures get what tables leave of them; what is left out is said."""
_PICTURES_BYTES: Final = 100_000
"""That they have in any case."""
_BAR: Final = 160

_LIGHT: Final = "--jxp-pd-bar:#0072b2;--jxp-pd-full:#c24f00;--jxp-pd-line:#5c6b7f40"
_DARK: Final = "--jxp-pd-bar:#56b4e9;--jxp-pd-full:#e69f00;--jxp-pd-line:#8b97a655"
_ROOT: Final = ".jxp-placement"
_STYLE: Final = (
    themed(_ROOT, _LIGHT, _DARK)
    + lettering(_ROOT)
    + f"{_ROOT} table{{border-collapse:collapse;margin:6px 0;font-size:12px}}"
    f"{_ROOT} :is(th,td){{text-align:left!important;vertical-align:top;padding:2px 12px 2px 0;"
    "border:0;background:none;white-space:nowrap}"
    f"{_ROOT} th{{font-weight:600;border-bottom:1px solid var(--jxp-pd-line)}}"
    f"{_ROOT} .n{{text-align:right!important;font-variant-numeric:tabular-nums}}"
    f"{_ROOT} .x{{white-space:normal;overflow-wrap:anywhere;min-width:9em;max-width:28em}}"
    f"{_ROOT} .q{{opacity:.75}}"
    f"{_ROOT} .r{{overflow-x:auto;max-width:100%}}"
    f"{_ROOT} i.b{{display:inline-block;height:9px;min-width:1px;border-radius:2px;"
    "background:var(--jxp-pd-bar);print-color-adjust:exact;-webkit-print-color-adjust:exact}"
    f"{_ROOT} i.f{{background:var(--jxp-pd-full)}}"
    f"{_ROOT} .why{{border-left:3px solid var(--jxp-pd-full);padding-left:8px;margin:4px 0;"
    "overflow-wrap:anywhere}"
    f"{_ROOT} details{{margin:4px 0}}"
    f"{_ROOT} summary{{cursor:pointer}}"
    f"{_ROOT} img{{display:block;margin-top:4px}}"
)
_UNLABELLED: Final = '<div class="q">the labels of the cells: <code>.to_svg({})</code></div>'
_SECTIONS: Final[Mapping[LeafRole, str]] = {
    "array": "arrays",
    "input": "inputs",
    "output": "outputs",
    "constraint": "constraints",
}
_DECIDES: Final[Mapping[AxisKind, str]] = {
    "auto": "XLA decides (auto)",
    "explicit": "the types say it (explicit)",
    "manual": "the function does it (manual)",
}
_LAST: Final[Mapping[LeafRole, str]] = {
    "array": "pinned by",
    "input": "pinned by",
    "output": "made by",
    "constraint": "expression",
}


def html(record: Placement) -> str:
    """Bytes per device, a table of what is where, and a picture of each way to lay it out.

    It reads with its styles and its pictures stripped too; all text is escaped.
    """
    said = "".join(_finding(one) for one in findings(record))
    tables = f"{said}{_processes(record)}{_devices(record)}{''.join(_sections(record))}"
    left = max(_PAGE_BYTES - len(tables), _PICTURES_BYTES)
    return (
        f'<div class="jxp-placement jaxplore-placement"><style>{_STYLE}</style>'
        f"<div><b>{escape(summary(record))}</b></div>{tables}"
        f"{_pictures(record, left)}{_meshes(record)}</div>"
    )


def _finding(one: PlacementFinding) -> str:
    return (
        f'<div class="why"><b>{escape(one.id)}</b> {with_code(one.explanation)}'
        f"<div>{with_code(one.advice)}</div></div>"
    )


def summary(record: Placement) -> str:
    """What is placed, on how much, and how evenly, in one line."""
    held = record.device_bytes
    noun = "value" if record.name else "array"
    what = counted(len(record), noun)
    if record.name:
        what = f"{record.name}: {what}"
    if not held:
        return f"{what} on no device"
    said = f"{what} on {counted(len(held), 'device')}"
    if not any(held.values()):
        return said
    said += f": {size(sum(held.values()))} in all"
    if len(held) > 1:
        low, high = min(held.values()), max(held.values())
        said += f", {size(low)} on each" if low == high else f", {size(low)} to {size(high)} each"
    if record.imbalance > 1.005:
        fullest = max(held, key=lambda name: held[name])
        said += f"; {fullest} holds {record.imbalance:.1f} times the mean"
    return said


def _processes(record: Placement) -> str:
    """A row per process, where there are several."""
    rows = "".join(
        f'<tr><td style="border-left:3px solid {edge(process)};padding-left:6px">process {process}'
        f"</td><td>{escape(words)}</td></tr>"
        for process, words in said_of_processes(record)
    )
    return f"<table><tbody>{rows}</tbody></table>" if rows else ""


def _devices(record: Placement) -> str:
    """A bar per device, or per group of devices that hold the same number of bytes; none where
    all hold the same: the first line says how much."""
    held = record.device_bytes
    if len(set(held.values())) < 2:
        return ""
    groups: list[tuple[list[str], int]]
    if len(held) <= _MOST_BARS:
        groups = [([name], held[name]) for name in held]
    else:
        same: dict[int, list[str]] = {}
        for name, held_bytes in held.items():
            same.setdefault(held_bytes, []).append(name)
        groups = [(names, held_bytes) for held_bytes, names in sorted(same.items(), reverse=True)]
    most = max(held.values())
    is_uneven = record.imbalance > 1.005
    kinds = {device.name: device.kind for device in record.known_devices}
    rows = "".join(
        _bar(names, held_bytes, most, is_full=is_uneven and held_bytes == most, kinds=kinds)
        for names, held_bytes in groups[:_MOST_BARS]
    )
    rest = [name for names, _ in groups[_MOST_BARS:] for name in names]
    if rest:
        low, high = (one(held[name] for name in rest) for one in (min, max))
        between = f"{size(low)} to {size(high)} each"
        rows += f"<tr><td>{counted(len(rest), 'more device')}</td><td></td><td>{between}</td></tr>"
    return f"<table><tbody>{rows}</tbody></table>"


def _bar(
    names: Sequence[str], held: int, most: int, *, is_full: bool, kinds: Mapping[str, str]
) -> str:
    width = round(_BAR * held / most) if most else 0
    each = " each" if len(names) > 1 else ""
    mark = " · fullest" if is_full else ""
    kind = ", ".join(sorted({kinds[name] for name in names if name in kinds}))
    return (
        f'<tr><td title="{escape(kind)}"><code>{escape(cut(devices_text(names), 60))}</code></td>'
        f'<td><i class="b{" f" if is_full else ""}" style="width:{width}px"></i></td>'
        f'<td class="n">{size(held)}{each}{mark}</td></tr>'
    )


def _sections(record: Placement) -> Iterator[str]:
    """A table per role; together they have at most so many rows."""
    left = MOST_LEAVES
    for role, title in _SECTIONS.items():
        leaves = [leaf for leaf in record.leaves if leaf.role == role]
        if not leaves:
            continue
        shown, rest = leaves[:left], leaves[left:]
        left -= len(shown)
        heading = f"<div><b>{title}</b></div>" if record.name else ""
        rows = "".join(_leaf(leaf, record) for leaf in shown)
        head = "".join(
            f"<th{kind}>{name}</th>"
            for name, kind in (
                ("path", ""),
                ("type", ""),
                ("size", ' class="n"'),
                ("split", ""),
                ("picture", ""),
                ("on", ""),
                ("per device", ' class="n"'),
                (_LAST[role], ""),
            )
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        table = f'<div class="r">{table}</div>' if shown else ""
        yield f"{heading}{table}{_rest(rest, record)}"


def _leaf(leaf: LeafPlacement, record: Placement) -> str:
    number = "" if leaf.layout < 0 else str(leaf.layout + 1)
    path = leaf.path or record.name or "it"
    if leaf.role in ("output", "constraint"):
        said = "" if leaf.span is None else f"{leaf.span.quoted(60)}, {leaf.span.place}"
        last = f"<code>{escape(said)}</code>" if said else ""
    else:
        last = _pinned(leaf)
    return (
        f'<tr><td class="x"><code>{escape(cut(path, 100))}</code></td>'
        f"<td>{escape(short_type(leaf.dtype, leaf.shape))}</td>"
        f'<td class="n">{size(leaf.size_bytes or None)}</td>'
        f'<td class="x">{with_code(cut(leaf.sharding, 120))}</td><td>{number}</td>'
        f"<td>{escape(cut(devices_text(leaf.devices), 40))}</td>"
        f'<td class="n">{_per_device(leaf.bytes_per_device)}</td>'
        f'<td class="x">{last}</td></tr>'
    )


def _per_device(held: Mapping[str, int]) -> str:
    if not held:
        return ""
    low, high = min(held.values()), max(held.values())
    return size(low) if low == high else f"{size(low)} to {size(high)}"


def _pinned(leaf: LeafPlacement) -> str:
    if leaf.same_as is not None:
        return f"the same array as <code>{escape(cut(leaf.same_as, 80))}</code>"
    if not leaf.committed:
        return '<span class="q">not pinned</span>' if leaf.devices else ""
    return "pinned" if leaf.pinned_by is None else escape(cut(leaf.pinned_by.words, 120))


def _rest(leaves: Sequence[LeafPlacement], record: Placement) -> str:
    """Leaves without a row, by how they are laid out."""
    if not leaves:
        return ""
    counts = Counter(leaf.layout for leaf in leaves)
    rows = ""
    for layout, count in counts.most_common(_MOST_BARS):
        held = sum(leaf.size_bytes for leaf in leaves if leaf.layout == layout)
        words = "" if layout < 0 else record.layouts[layout].words
        number = "" if layout < 0 else f"picture {layout + 1}: "
        said = f"{number}{cut(words, 100)}" if words else "not known how"
        rows += f"<li>{counted(count, 'array')}, {size(held)}: {with_code(said)}</li>"
    return f"<div>and {len(leaves):,} more, <code>.leaves</code> has all:</div><ul>{rows}</ul>"


def _pictures(record: Placement, left: int) -> str:
    """Each way to lay an array out in a fold, in at most so many bytes.

    The first that is split is open, or else the first that is on several devices.
    """
    split = [i for i, layout in enumerate(record.layouts) if any(layout.partition)]
    several = [i for i, layout in enumerate(record.layouts) if len(layout.shards) > 1]
    first = next(iter([*split, *several]), 0)
    parts: list[str] = []
    paths: dict[int, list[str]] = {}
    for leaf in record.leaves:
        paths.setdefault(leaf.layout, []).append(leaf.path or record.name or "it")
    for number, layout in enumerate(record.layouts):
        share = left if number == first else left // (len(record.layouts) - number)
        image = _image(record, number, share, left) if left > 0 else ""
        left = left - len(image) if image else 0
        note = f"<div>not drawn here: <code>.to_svg({number})</code> draws it</div>"
        title = f"{number + 1}. {short_type(layout.dtype, layout.shape)}: {cut(layout.words, 120)}"
        opened = " open" if number == first else ""
        parts.append(
            f"<details{opened}><summary>{with_code(title)}</summary>"
            f"{_who(paths.get(number, []))}{image or note}</details>"
        )
    return "".join(parts)


def _image(record: Placement, number: int, share: int, most: int) -> str:
    """A picture in its share of the bytes, without labels if need be; or none."""
    drawing = Drawing(record, number)
    places = tuple(drawing.places()) if drawing.cell_count <= _MOST_PLACES else ()
    for labels, room in ((True, share), (False, most)):
        drawn = picture(drawing, labels=labels)
        image = img(
            drawn.svg, said=drawn.said, width=drawn.width, height=drawn.height, places=places
        )
        if len(image) <= room:
            note = "" if labels else _UNLABELLED.format(number)
            return f'<div class="r">{image}</div>{note}'
    return ""


def _who(paths: Sequence[str]) -> str:
    """The leaves that are laid out like this."""
    if not paths:
        return ""
    shown = ", ".join(f"<code>{escape(cut(path, 80))}</code>" for path in paths[:_MOST_PATHS])
    rest = f" and {len(paths) - _MOST_PATHS:,} more" if len(paths) > _MOST_PATHS else ""
    return f'<div class="q">{shown}{rest}</div>'


def _meshes(record: Placement) -> str:
    if not record.meshes:
        return ""
    rows = "".join(
        f"<tr><td>{escape(' × '.join(f'{axis.name} ({axis.size})' for axis in mesh.axes))}</td>"
        f"<td>{escape(_deciders(mesh))}</td>"
        f"<td><code>{escape(cut(devices_text(mesh.devices), 80))}</code></td></tr>"
        for mesh in record.meshes
    )
    count = len(record.meshes)
    head = "<tr><th>axes</th><th>how values are split over them</th><th>devices</th></tr>"
    return (
        f"<details><summary>{'1 mesh' if count == 1 else f'{count:,} meshes'}</summary>"
        f"<table><thead>{head}</thead><tbody>{rows}</tbody></table></details>"
    )


def _deciders(mesh: Mesh) -> str:
    """`XLA decides (auto)`, or the same per axis where they differ."""
    kinds: set[AxisKind] = {axis.kind for axis in mesh.axes}
    if len(kinds) == 1:
        return _DECIDES[kinds.pop()]
    return "; ".join(f"{axis.name}: {_DECIDES[axis.kind]}" for axis in mesh.axes)
