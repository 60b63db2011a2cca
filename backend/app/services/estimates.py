"""How long documents will still take, from how long others took: a range, or nothing while it cannot be known."""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence

from backend.app.errors import Unavailable
from backend.app.storage.work import Worked, WorkHistory

Left = tuple[float, float]  # seconds: at least, at most

_FEWEST = 5  # documents from which anything can be told
_LATELY = 200
_ALIKE = 10  # of those the nearest in size
_FIRST = 5000  # documents that wait; of those behind nothing is told
_KEPT_SECONDS = 2.0


class Estimates:
    """Each waiting document takes as long as those of its size took lately: between the fifth that was
    fastest and the fifth that was slowest. Before it come all that were sent before.
    """

    def __init__(
        self,
        history: WorkHistory,
        somebody_indexes: Callable[[], bool],
        *,
        indexers: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._history = history
        self._somebody_indexes = somebody_indexes
        self._indexers = max(1, indexers)
        self._clock = clock
        self._made = -math.inf
        self._left: dict[str, Left] = {}

    def left(self, document_id: str) -> Left | None:
        """Return the seconds that a document will still take; None where nobody knows."""
        if self._clock() - self._made > _KEPT_SECONDS:
            try:
                self._left = self._make() if self._somebody_indexes() else {}
            except Unavailable:  # an estimate is worth no error
                self._left = {}
            self._made = self._clock()
        return self._left.get(document_id)

    def _make(self) -> dict[str, Left]:
        lately = sorted(self._history.lately(_LATELY), key=lambda worked: worked.bytes)
        if len(lately) < _FEWEST:
            return {}
        sizes = [math.log(worked.bytes + 1) for worked in lately]
        found: dict[str, Left] = {}
        least = most = 0.0
        for waiting in self._history.waiting(_FIRST):
            low, high = _bounds(_alike(lately, sizes, math.log(waiting.bytes + 1)))
            rest = 1.0 - waiting.progress
            least, most = least + low * rest / self._indexers, most + high * rest / self._indexers
            found[waiting.document_id] = (least, most)
        return found


def _alike(lately: Sequence[Worked], sizes: Sequence[float], size: float) -> Sequence[Worked]:
    """Return those whose sizes are the nearest, by ratio."""
    low = high = bisect_left(sizes, size)
    while high - low < min(_ALIKE, len(sizes)):
        if low == 0 or (high < len(sizes) and sizes[high] - size < size - sizes[low - 1]):
            high += 1
        else:
            low -= 1
    return lately[low:high]


def _bounds(worked: Sequence[Worked]) -> Left:
    seconds = sorted(one.seconds for one in worked)
    return seconds[len(seconds) // 5], seconds[-1 - len(seconds) // 5]
