"""Join engines by `jax.distributed`, or find that somebody has joined them already."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from jaxplore.cluster import engine
from jaxplore.cluster.waiting import Answers, Asking, Member, Patience
from jaxplore.errors import ClusterError
from jaxplore.model.processes import Failure, Process

_INSTALL: Final = (
    "install the same version of jaxplore where the engines run: `pip install jaxplore`."
)
_AGAIN: Final = (
    "start the engines again and give the client here before anything else runs on them."
)


class Joining:
    """The steps, each on every engine."""

    def __init__(
        self,
        client: Any,
        members: Sequence[Member],
        *,
        timeout_s: float,
        progress: Callable[[str], None],
    ) -> None:
        self._client = client
        self._members = members
        self._timeout_s = timeout_s
        self._progress = progress

    def join(self, devices: int) -> dict[int, Process]:
        """Join them; gives what each is, by the number that it had here. JAX's own number may
        be another one where somebody else has joined them.

        Args:
            devices: How many devices the CPU of each is to have.

        Raises:
            ClusterError: They cannot be joined.
        """
        looks = self._ask(engine.look, {}, "jaxplore is imported")
        self._check(looks)
        if not any(joined for _, _, joined, _ in looks.values()) and len(looks) > 1:
            self._initialize(devices, [host for host, _, _, _ in looks.values()])
        found = self._ask(
            engine.observe,
            self._same(self._timeout_s, len(self._members)),
            "the processes look at their devices",
        )
        counts = {count for _, count in found.values()}
        if counts != {len(found)}:
            raise ClusterError.of(
                failed="The engines are not all the processes that JAX has joined.",
                given=f"{len(found)} engines of {', '.join(map(str, sorted(counts)))} processes",
                do=_AGAIN,
            )
        return {process: one for process, (one, _) in found.items()}

    def _check(self, looks: Mapping[int, Any]) -> None:
        import jaxplore

        versions = {version for _, _, _, version in looks.values()}
        if versions != {jaxplore.__version__}:
            raise ClusterError.of(
                failed="The engines have another version of jaxplore than this notebook.",
                given=f"{', '.join(sorted(versions))} there, {jaxplore.__version__} here",
                do=_INSTALL,
            )
        apart = [str(process) for process, (_, _, joined, _) in looks.items() if not joined]
        if apart and len(apart) < len(looks):
            raise ClusterError.of(
                failed="Some of the engines are joined by jax.distributed, and some are not.",
                given=f"engines {', '.join(apart)} of {len(looks)} are not",
                do=_AGAIN,
            )

    def _initialize(self, devices: int, hosts: Sequence[str]) -> None:
        others = tuple(host for host in dict.fromkeys(hosts) if host != hosts[0])
        first = Joining(
            self._client, self._members[:1], timeout_s=self._timeout_s, progress=self._progress
        )
        address = next(iter(first._ask(engine.free_address, {0: (others,)}, "a port").values()))
        count = len(self._members)
        arguments = {
            member.process: (
                address,
                count,
                member.process,
                devices,
                int(self._timeout_s) or 1,
                [path for path in sys.path if path] if not others else [],
            )
            for member in self._members
        }
        self._ask(engine.join, arguments, f"jax.distributed joins {count} processes")

    def _same(self, *arguments: Any) -> dict[int, tuple[Any, ...]]:
        return {member.process: arguments for member in self._members}

    def _ask(
        self, call: Callable[..., Any], arguments: Mapping[int, tuple[Any, ...]], what: str
    ) -> dict[int, Any]:
        asking = Asking(
            self._client,
            self._members,
            Patience(after_error=1.0),
            call,
            arguments or self._same(),
            broken=str,
        )
        answers = asking.wait(
            timeout_s=self._timeout_s + 5, progress=lambda _: self._progress(what)
        )
        if answers.interrupted:
            raise KeyboardInterrupt
        if len(answers.values) == len(self._members):
            return answers.values
        raise _not_joined(answers, what)


def _not_joined(answers: Answers, what: str) -> ClusterError:
    if answers.failures:
        process, failure = next(iter(sorted(answers.failures.items())))
        said = f"process {process}: {failure.name}: {_first_line(failure)}"
        if failure.name == "ModuleNotFoundError":
            do = _INSTALL
        elif "before" in failure.message:  # JAX has computed something already
            do = _AGAIN
        else:
            do = "mend what it says, and call jaxplore.cluster again."
    else:
        process, lost = next(iter(sorted(answers.lost.items())))
        said = f"process {process} {lost.how}"
        do = "look whether the processes reach each other, or wait longer: `timeout=300`."
    return ClusterError.of(failed=f"The processes could not be joined ({what}).", given=said, do=do)


def _first_line(failure: Failure) -> str:
    return next(iter(failure.message.splitlines()), "")[:300]
