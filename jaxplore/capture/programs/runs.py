"""How often one run of a program runs each of its regions."""

from collections.abc import Iterator


class Runs:
    """Multiplies along the ways that lead to a region, and adds them up."""

    def __init__(self) -> None:
        self._uses: dict[int, list[tuple[int, int | None]]] = {}
        self._order: list[int] = []

    def used(self, region: int, holder: int, times: int | None) -> None:
        """Say that each run of `holder` runs `region` so often; None where nobody knows."""
        self._uses.setdefault(region, []).append((holder, times))

    def finished(self, region: int) -> None:
        """Say that all that a region holds is known. A region is finished before its holders."""
        self._order.append(region)

    def of_regions(self) -> Iterator[tuple[int, int | None]]:
        """The regions that do not simply run once, and how often they run."""
        runs: dict[int, int | None] = {}
        for region in reversed(self._order):
            uses = self._uses.get(region)
            if uses is None:
                runs[region] = 1
                continue
            total: int | None = 0
            for holder, times in uses:
                outer = runs[holder]
                if total is None or outer is None or times is None:
                    total = None
                else:
                    total += outer * times
            runs[region] = total
            if total != 1:
                yield region, total
