"""What `doctor` looks at: this machine, this process, and what is installed for it."""

from dataclasses import dataclass
from typing import Literal

from jaxplore.model.record import Record
from jaxplore.model.span import Span

AcceleratorKind = Literal["NVIDIA GPU", "AMD GPU", "TPU"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator(Record):
    """Accelerators of one kind that this process could open."""

    kind: AcceleratorKind
    names: tuple[str, ...]
    """One per chip: `"NVIDIA H100 80GB HBM3"`; the kind itself where nothing more is known."""
    driver: str = ""
    """`"550.54.14"`; `""` where it does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendState(Record):
    """What JAX has started, asked without starting anything."""

    started: bool
    default: str = ""
    """`"cpu"`, `"gpu"`, `"tpu"`; `""` before it has started."""
    platforms: tuple[str, ...] = ()
    """As JAX calls its plugins: `"cpu"`, `"cuda"`, ..."""
    devices: int = 0
    """Devices of the default platform in this process."""
    errors: tuple[tuple[str, str], ...] = ()
    """(platform, why it did not start)."""
    failure: str = ""
    """What JAX said when it could not start at all; `""` where nobody tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable(Record):
    """An environment variable that JAX or XLA reads: then and now."""

    name: str
    now: str | None
    """None where it is not set."""
    started_with: str | None
    """What this process started with."""
    is_start_known: bool = True
    """Whether the system says what this process started with."""
    setting: str = ""
    """The name of JAX's own setting of the same meaning: `"jax_platforms"`."""
    setting_value: str = ""
    """That setting as it is now."""
    set_at: Span | None = None
    """The statement that set it, where it was seen."""
    after_backend: bool | None = None
    """Whether the backend had started before it was set; None where nobody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package(Record):
    """An installed distribution, as its metadata says."""

    name: str
    version: str
    place: str
    """The folder it is installed in."""
    requires: tuple[tuple[str, str], ...] = ()
    """(package, versions) of what it always needs, of those that matter here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow(Record):
    """A file or folder that Python imports instead of a package."""

    module: str
    path: str
    is_standard: bool
    """Whether it hides a module of Python's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension(Record):
    """A JupyterLab extension that a Jupyter server would offer."""

    name: str
    version: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontEnd(Record):
    """What shows the output of this process, as far as the environment says."""

    host: str
    """`"Jupyter"`, `"VS Code"`, `"Colab"`, `"IPython"`, or `"none"`."""
    server_python: str = ""
    """The environment that the Jupyter server runs in, where it is known to be another."""
    extensions: tuple[Extension, ...] = ()
    """Of jaxplore and of the widgets, where the server looks for them."""
    is_server_known: bool = False
    """Whether the extensions listed are those of the server that runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFacts(Record):
    """The persistent compilation cache."""

    on: bool
    directory: str = ""
    is_writable: bool | None = None
    """None where it is not a folder of this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Record):
    """Everything that the findings are read from."""

    python: str
    """`"3.11.9"`."""
    executable: str
    jax_file: str
    cores: int
    """That this process may use."""
    accelerators: tuple[Accelerator, ...]
    backend: BackendState
    variables: tuple[Variable, ...]
    packages: tuple[Package, ...]
    """Several of one name where Python finds several."""
    jaxplore: str
    """The version that runs."""
    plugins: tuple[str, ...] = ()
    """The platforms that JAX finds plugins for: `"cuda"`, `"rocm"`, `"tpu"`, or their names."""
    platforms: str = ""
    """JAX's setting `jax_platforms`; `""` lets JAX choose."""
    cpu_devices: int = -1
    """JAX's setting `jax_num_cpu_devices`; -1 where nobody set it."""
    x64: bool = False
    x64_set_at: Span | None = None
    """Where it was switched on, when that was seen after the backend had started."""
    switches: tuple[tuple[str, str], ...] = ()
    """JAX's settings for debugging that are on: `("jax_debug_nans", "True")`."""
    float64_names: tuple[str, ...] = ()
    """Variables of the user's that hold NumPy arrays of 64-bit floats."""
    unknown_flags: tuple[str, ...] = ()
    """Words of XLA_FLAGS that this XLA does not have, where it has not read them yet."""
    shadows: tuple[Shadow, ...] = ()
    cache: CacheFacts = CacheFacts(on=False)
    front_end: FrontEnd = FrontEnd(host="none")
    deterministic: bool = False

    def variable(self, name: str) -> Variable | None:
        """A variable that is or was set."""
        return next((one for one in self.variables if one.name == name), None)

    def value(self, name: str) -> str:
        """What a variable says now; `""` where it is not set."""
        found = self.variable(name)
        return "" if found is None or found.now is None else found.now

    def package(self, name: str) -> Package | None:
        """The first installed distribution of a name, which is the one Python uses."""
        return next((one for one in self.packages if one.name == name), None)
