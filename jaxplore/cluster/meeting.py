"""Before a program of several processes runs first, each sees that the others run it too.

Each process announces its program in a store that all read, and reads what the others
announce. Nobody runs anything before all have come: a program that others do not run would
wait for them for ever. Pure: knows no JAX, and any store will do.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Protocol

from jaxplore.errors import SpmdError

# A blocking read must let an interrupt through.
_READ_S: Final = 0.5
# Who has not come by then may have the program from before, and runs it without announcing.
_MAY_KNOW_S: Final = 1.0
_TEXT_S: Final = 10.0
_MOST_LINE: Final = 160
_ROOT: Final = "jaxplore"


class Store(Protocol):
    """Small texts by key, which all processes read and write."""

    def put(self, key: str, text: str) -> None:
        """Write, also over what was there."""
        ...

    def get(self, key: str, wait_s: float) -> str | None:
        """Read; None where nothing came within so many seconds."""
        ...

    def drop(self, key: str) -> None:
        """Forget."""
        ...


@dataclass(frozen=True, slots=True)
class Announced:
    """A program that a process is about to run."""

    key: str
    """Equal for programs that can run together."""
    constants: str
    """Equal where the values compiled into them are equal as well."""
    function: str
    site: str
    """The user's expression that calls it: `"cell 4 line 6: step(x)"`; `""` if unknown."""

    @property
    def called(self) -> str:
        """The function and the expression that calls it."""
        return f"`{self.function}`" + (f" in {self.site}" if self.site else "")


class Meeting:
    """One process among those that run programs together."""

    def __init__(self, store: Store, me: int, *, timeout_s: float) -> None:
        """`me` is this process's number; the others are waited for so many seconds."""
        self._store = store
        self._me = me
        self._timeout_s = timeout_s
        self._run = "0"
        self._slots: dict[str, int] = {}
        self._known: set[tuple[str, str]] = set()
        self.waits_for: str = ""
        """What is waited for now, for whoever asks where this process is."""

    def begin(self, run: str) -> None:
        """A run begins on every process, under one name: all count from nothing."""
        self._run, self._slots = run, {}

    def leave(self, how: str) -> None:
        """This process ends the run: it comes to no more programs of it."""
        self._store.put(self._left(self._me), how)

    def know(self, group: Sequence[int], program: Announced) -> None:
        """This process compiles a program of these processes, whatever for."""
        name = _name(group)
        if (name, program.key) not in self._known:
            self._known.add((name, program.key))
            self._store.put(f"{_ROOT}/known/{name}/{program.key}/{self._me}", "1")

    def meet(
        self, group: Sequence[int], program: Announced, text: Callable[[], str]
    ) -> tuple[int, ...]:
        """Wait until all processes of a group are about to run the same program.

        Args:
            group: Their numbers, this process among them.
            program: What this process runs.
            text: Gives the program itself, to find what differs.

        Returns:
            The processes whose program holds other constants.

        Raises:
            SpmdError: One runs another program, or does not come.
        """
        name = _name(group)
        base = f"{_ROOT}/run/{self._run}/{name}/{self._slots.get(name, 0)}"
        self._store.put(f"{base}/{self._me}", json.dumps(asdict(program)))
        try:
            seen = self._gather(group, program, base)
        finally:
            self.waits_for = ""
        if seen is not None and any(one.key != program.key for one in seen.values()):
            raise self._mismatch({self._me: program, **seen}, base, text)
        self.know(group, program)
        if seen is None:  # others run it already, and have announced nothing
            return ()
        slot = self._slots[name] = self._slots.get(name, 0) + 1
        if slot > 1:  # all have come to this one, so nobody reads the one before
            self._store.drop(f"{_ROOT}/run/{self._run}/{name}/{slot - 2}/{self._me}")
        return tuple(p for p, one in seen.items() if one.constants != program.constants)

    def _gather(
        self, group: Sequence[int], program: Announced, base: str
    ) -> dict[int, Announced] | None:
        seen: dict[int, Announced] = {}
        began_s = time.monotonic()
        for other in group:
            if other == self._me:
                continue
            self.waits_for = f"waits for process {other} before {program.called}"
            found = self._wait_for(other, program, base, _name(group), began_s)
            if found is None and any(one.key != program.key for one in seen.values()):
                break  # that says more than who is missing
            if found is None:
                if self._knows(other, program, _name(group)):
                    return None
                raise self._missing(other, program, time.monotonic() - began_s)
            seen[other] = found
        return seen

    def _wait_for(
        self, other: int, program: Announced, base: str, group: str, began_s: float
    ) -> Announced | None:
        """What another process announces; None where it does not come."""
        key = f"{base}/{other}"
        while True:
            said = self._store.get(key, _READ_S)
            waited_s = time.monotonic() - began_s
            gone = self._store.get(self._left(other), 0) is not None
            if said is None and gone:
                said = self._store.get(key, 0)  # it may have announced it before it left
            if said is not None:
                found = Announced(**json.loads(said))
                # What this process has from before it would not announce itself: the other
                # goes on alone, and what it announces next is to be compared.
                if found.key == program.key or (group, found.key) not in self._known:
                    return found
                time.sleep(0.02)
            late = waited_s > _MAY_KNOW_S and self._knows(other, program, group)
            if gone or late or waited_s > self._timeout_s:
                return None

    def _knows(self, other: int, program: Announced, group: str) -> bool:
        key = f"{_ROOT}/known/{group}/{program.key}/{other}"
        return self._store.get(self._left(other), 0) is None and (
            self._store.get(key, 0) is not None
        )

    def _left(self, process: int) -> str:
        return f"{_ROOT}/run/{self._run}/left/{process}"

    def _missing(self, other: int, program: Announced, waited_s: float) -> SpmdError:
        left = self._store.get(self._left(other), 0)
        if left is None:
            place = self._store.get(place_key(other), 0) or "not known where"
            said = f"after {waited_s:.0f} s process {other} is {place}"
        else:
            said = f"process {other} {left}"
        return SpmdError.of(
            failed=f"Process {other} does not run `{program.function}`, which needs all its "
            "processes: it would wait for ever, so it was not run.",
            given=f"process {self._me} calls {program.called}; {said}.",
            do="let every process run the same programs in the same order: call it outside of "
            "`if jax.process_index() == ...:` and of whatever else differs between processes.",
        )

    def _mismatch(
        self, programs: Mapping[int, Announced], base: str, text: Callable[[], str]
    ) -> SpmdError:
        counts = Counter(one.key for _, one in sorted(programs.items()))
        most = max(counts.values())
        usual = next(p for p, one in sorted(programs.items()) if counts[one.key] == most)
        other = next(p for p, one in sorted(programs.items()) if one.key != programs[usual].key)
        texts: dict[int, str] = {}
        if self._me in (usual, other):
            self._store.put(f"{base}/text/{self._me}", "\n".join(text().split("\n")[:20_000]))
        for process in (usual, other):
            texts[process] = self._store.get(f"{base}/text/{process}", _TEXT_S) or ""
        differ = [p for p, one in sorted(programs.items()) if one.key != programs[usual].key]
        names = ", ".join(map(str, differ))
        who = f"Process {names} runs" if len(differ) == 1 else f"Processes {names} run"
        return SpmdError.of(
            failed=f"{who} another program than process {usual}: they would wait for each other "
            "for ever, so nothing was run.",
            given=f"process {usual} calls {programs[usual].called}; "
            f"process {other} calls {programs[other].called}"
            + _difference(usual, texts[usual], other, texts[other]),
            do="give the function arguments of the same shapes and types on every process, and "
            "let no branch on `jax.process_index()` change which programs are run, or their order.",
        )


def place_key(process: int) -> str:
    """Where a process writes down where it is."""
    return f"{_ROOT}/at/{process}"


def _name(group: Sequence[int]) -> str:
    return "-".join(map(str, sorted(group)))


def _difference(first: int, text: str, second: int, other: str) -> str:
    """The first line that differs between two programs.

    >>> print(_difference(0, "a\\nb", 1, "a\\nc"))
    ; line 2 of the program is the first that differs:
      process 0: b
      process 1: c
    """
    lines, others = text.split("\n"), other.split("\n")
    for number in range(max(len(lines), len(others))):
        pair = [one[number].strip() if number < len(one) else "(end)" for one in (lines, others)]
        if pair[0] != pair[1] and text and other:
            return (
                f"; line {number + 1} of the program is the first that differs:\n"
                f"  process {first}: {pair[0][:_MOST_LINE]}\n"
                f"  process {second}: {pair[1][:_MOST_LINE]}"
            )
    return ""
