"""Which device holds what: arrays, or a program's inputs, outputs and constraints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from jaxplore.model.record import SVG, Record, drawings, written
from jaxplore.model.span import Span

AxisKind = Literal["auto", "explicit", "manual"]
LeafRole = Literal["array", "input", "output", "constraint"]
LeafState = Literal["held", "host", "planned", "deleted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Record):
    """One device, as JAX counts them."""

    name: str
    """`"cpu:0"`: what JAX prints and every other record calls it."""
    id: int
    platform: str
    kind: str
    """`"cpu"`, `"NVIDIA H100 80GB HBM3"`, ..."""
    process: int
    """The process that the device belongs to; 0 where there is only one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshAxis(Record):
    """One axis of a mesh."""

    name: str
    size: int
    kind: AxisKind
    """Who decides how values are split over it: XLA, the types, or the function itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh(Record):
    """Devices in a grid with named axes."""

    axes: tuple[MeshAxis, ...]
    devices: tuple[str, ...]
    """Names, the last axis fastest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard(Record):
    """What one device holds of an array."""

    device: str
    ranges: tuple[tuple[int, int], ...]
    """First index and the index after the last, per dimension."""
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout(Record):
    """One way to lay an array out on devices; many arrays of a model share one."""

    shape: tuple[int, ...]
    dtype: str
    mesh: int | None
    """Which of the placement's meshes; None for one device, or a sharding without mesh."""
    partition: tuple[tuple[str, ...], ...]
    """Mesh axes that split each dimension, in order; `()` for one that is not split."""
    replicated: tuple[str, ...]
    """Mesh axes with more than one device along which every device holds the same."""
    words: str
    """`"rows over data (4), replicated over model (2)"`."""
    spec: str
    """As JAX writes it: `"P('data', None)"`; `""` where it has no such form."""
    memory_kind: str
    """`"device"`, `"pinned_host"`, ...; `""` where the device has only one."""
    shards: tuple[Shard, ...]
    """One per device, in the order of the mesh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin(Record):
    """The call that tied an array to its devices."""

    how: str
    """`"device_put"`, `"out_shardings"`, `"result"` (of a call whose inputs were pinned), ..."""
    span: Span | None
    words: str
    """`"jax.device_put(x, sharding), cell 3 line 2"`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafPlacement(Record):
    """Where one array of a tree is, or one value of a program."""

    path: str
    """`"params['w']"`; `""` for the tree itself when it is one array."""
    role: LeafRole
    shape: tuple[int, ...]
    dtype: str
    size_bytes: int
    """Of the whole array, counted once."""
    devices: tuple[str, ...]
    sharding: str
    """In words, as `Layout.words`."""
    committed: bool
    """Whether it is pinned: JAX refuses to compute it with arrays pinned elsewhere."""
    pinned_by: Pin | None
    bytes_per_device: Mapping[str, int]
    """Empty for a constraint: how long its value is kept is up to XLA."""
    layout: int
    """Its place in `Placement.layouts`; -1 where nothing is known of its shards."""
    span: Span | None = None
    """The expression of a constraint or an output of a program."""
    state: LeafState = "held"
    """`"held"`: its devices have it now; `"host"`: a NumPy array or a Python number, on no
    device; `"planned"`: an abstract array, or a value of a program, that will be there;
    `"deleted"`: deleted or donated, nothing has it."""
    same_as: str | None = None
    """The path of an earlier leaf that is the very same array: its bytes count once."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Placement(Record):
    """Which device holds what of a tree of arrays, or of a program."""

    name: str
    """The function's name; `""` for arrays."""
    leaves: tuple[LeafPlacement, ...]
    layouts: tuple[Layout, ...]
    meshes: tuple[Mesh, ...]
    known_devices: tuple[Device, ...]
    """The devices that the leaves are on, and those of the meshes."""
    device_count: int = 0
    """How many devices the backend of these has; 0 where no leaf is on a device."""

    def __str__(self) -> str:
        return written(self, f"{len(self.leaves)} placed")

    def __repr__(self) -> str:
        return str(self)

    def __getitem__(self, path: str | int) -> LeafPlacement:
        """A leaf by its path or its number."""
        if isinstance(path, int):
            return self.leaves[path]
        for leaf in self.leaves:
            if leaf.path == path:
                return leaf
        raise KeyError(path)

    def __len__(self) -> int:
        return len(self.leaves)

    @property
    def devices(self) -> dict[str, tuple[str, ...]]:
        """Path -> names of its devices."""
        return {leaf.path: leaf.devices for leaf in self.leaves}

    @property
    def sharding(self) -> dict[str, str]:
        """Path -> its sharding in words."""
        return {leaf.path: leaf.sharding for leaf in self.leaves}

    @property
    def committed(self) -> dict[str, bool]:
        """Path -> whether it is pinned to its devices."""
        return {leaf.path: leaf.committed for leaf in self.leaves}

    @property
    def bytes_per_device(self) -> dict[str, Mapping[str, int]]:
        """Path -> bytes on each of its devices."""
        return {leaf.path: leaf.bytes_per_device for leaf in self.leaves}

    @property
    def device_bytes(self) -> dict[str, int]:
        """Device -> bytes of all leaves on it; a device of a mesh that holds nothing has 0."""
        total = {device.name: 0 for device in self.known_devices}
        # Leaves that lie alike share the mapping: on many devices there are few of them.
        alike: dict[int, list[Mapping[str, int]]] = {}
        for leaf in self.leaves:
            if leaf.same_as is None:
                alike.setdefault(id(leaf.bytes_per_device), []).append(leaf.bytes_per_device)
        for held in alike.values():
            for device, size in held[0].items():
                total[device] = total.get(device, 0) + size * len(held)
        return total

    @property
    def imbalance(self) -> float:
        """Bytes on the fullest device over the mean of all; 1.0 is even."""
        held: Sequence[int] = tuple(self.device_bytes.values())
        return max(held) * len(held) / sum(held) if any(held) else 1.0

    def to_svg(self, layout: int | None = None) -> str:
        """The arrays in their pieces, and what each device holds, as SVG without script.

        Args:
            layout: A number of `layouts`, as in a list; None for all of them, the first 12.

        Raises:
            IndexError: There is no such layout.
        """
        if layout is not None:
            layout = range(len(self.layouts))[layout]
        # A drawing takes a record and no more, so the other layouts go.
        chosen = self if layout is None else replace(self, layouts=(self.layouts[layout],))
        return drawings["Placement" + SVG](chosen)
