"""Each backward equation beside the forward row that it came from."""

from collections import Counter
from collections.abc import Iterator

from jaxplore.model.gradient import Gradient
from jaxplore.model.mirror.drafts import NAME_LENGTH, Draft
from jaxplore.model.span import Span


class Placing:
    """Puts backward equations into rows; makes rows for those that mirror nothing."""

    def __init__(self, gradient: Gradient, of: dict[int, Draft], result: Draft) -> None:
        self._equations = gradient.backward.equations
        self._regions = gradient.backward.regions
        self._of = of
        self._result = result
        self._linked: dict[int, Counter[int]] = {}
        for before, after in gradient.links:
            draft = of.get(before)
            if draft is not None:
                self._linked.setdefault(after, Counter())[id(draft)] += 1
        self._by_id = {id(draft): draft for draft in of.values()}
        self._by_span: dict[Span, list[Draft]] = {}
        for draft in dict.fromkeys(of[index] for index in sorted(of)):
            if draft.span is not None:
                self._by_span.setdefault(draft.span, []).append(draft)
        self._inside = dict(self._contents(gradient))
        self.of: dict[int, Draft] = {}
        """The row of each backward equation."""

    def _contents(self, gradient: Gradient) -> Iterator[tuple[int, list[int]]]:
        """What each equation that holds programs holds directly."""
        members: dict[int, list[int]] = {}
        for index, equation in enumerate(self._equations):
            members.setdefault(equation.region, []).append(index)
        for index, equation in enumerate(self._equations):
            if equation.regions:
                yield index, [i for region in equation.regions for i in members.get(region, ())]

    def run(self) -> None:
        """Place all."""
        last: dict[int, Draft] = {}
        for index, equation in enumerate(self._equations):
            anchor = last.get(equation.region) or self._holder_of(index)
            draft = self._linked_to(index) or self._within(index) or self._beside(index, anchor)
            draft.backward.append(index)
            self.of[index] = draft
            last[equation.region] = draft

    def _holder_of(self, index: int) -> Draft:
        """The row of what holds its region, placed before it."""
        holder = self._regions[self._equations[index].region].equation
        return self._result if holder is None else self.of.get(holder, self._result)

    def _linked_to(self, index: int) -> Draft | None:
        found = self._linked.get(index)
        return self._by_id[found.most_common(1)[0][0]] if found else None

    def _within(self, index: int) -> Draft | None:
        """Of a holder that is not linked itself: where its contents are."""
        waiting = list(self._inside.get(index, ()))
        while waiting:
            inner = waiting.pop(0)
            found = self._linked_to(inner)
            if found is not None:
                return found
            waiting += self._inside.get(inner, ())
        return None

    def _beside(self, index: int, anchor: Draft) -> Draft:
        span = self._equations[index].span
        if span is None or span == anchor.span:
            return anchor
        same = self._by_span.get(span)
        if same:
            before = [d for d in same if _first(d) <= _first(anchor)]
            return (before or same)[-1]
        draft = Draft("backward only", span.quoted(NAME_LENGTH) or "backward", span)
        siblings = anchor.parent.children if anchor.parent else []
        draft.parent = anchor.parent
        siblings.insert(siblings.index(anchor), draft)
        self._by_span[span] = [draft]
        return draft


def _first(draft: Draft) -> float:
    return draft.forward[0] if draft.forward else float("inf")
