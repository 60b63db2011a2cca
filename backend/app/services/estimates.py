"""How long documents will still take, from how long others took: a range, or nothing while it cannot be known."""

from __future__ import annotations

import math
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from backend.app.errors import Unavailable
from backend.app.services.indexing.todo import SMALL_BYTES
from backend.app.storage.work import Waiting, Worked, WorkHistory

Left = tuple[float, float]  # seconds: at least, at most

_FEWEST = 5  # documents from which anything can be told
_LATELY = 200
_ALIKE = 10  # of those the nearest in size
_FIRST = 20_000  # documents that wait; of those behind nothing is told
_KEPT_SECONDS = 2.0
_KEPT_FOR_COST = 20.0  # times what making them took, so that a long queue costs a twentieth of a processor at most
_SIZES_A_TENFOLD = 10  # sizes that are told apart
_WORDS_DONE = 0.3  # from this progress on a document is found by its words
_BESIDE = 2  # files that may pass another while it is read
_TOGETHER = 256_000  # bytes of small files whose vectors are made together, nearly: so all of them are ready at once
_READING = (0.1, 0.6)  # the share of a document's time that passes until then: of a long text, of a scan


class Estimates:
    """Each waiting document takes as long as those of its size took lately: between the fifth that was
    fastest and the fifth that was slowest.

    Indexers first make everybody's words, then vectors: of those that were read last first, and last of
    those that gave way to others. So before a document's own vectors all that are unread are waited for.
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
        self._until = -math.inf
        self._left: dict[str, Left] = {}

    def left(self, document_id: str) -> Left | None:
        """Return the seconds that a document will still take; None where nobody knows."""
        began = self._clock()
        if began > self._until:
            try:
                self._left = self._make() if self._somebody_indexes() else {}
            except Unavailable:  # an estimate is worth no error
                self._left = {}
            ended = self._clock()
            self._until = ended + max(_KEPT_SECONDS, _KEPT_FOR_COST * (ended - began))
        return self._left.get(document_id)

    def _make(self) -> dict[str, Left]:
        lately = sorted(self._history.lately(_LATELY), key=lambda worked: worked.bytes)
        if len(lately) < _FEWEST:
            return {}
        waiting = self._history.waiting(_FIRST)
        takes = _Takes(lately)
        ends = [
            _ends(waiting, [takes.bounds(one.bytes)[side] / self._indexers for one in waiting], _READING[side], side)
            for side in (0, 1)
        ]
        return {one.document_id: (low, high) for one, low, high in zip(waiting, *ends, strict=True)}


class _Takes:
    """How long documents of each size take."""

    def __init__(self, lately: Sequence[Worked]) -> None:
        self._lately = lately
        self._sizes = [math.log(worked.bytes + 1) for worked in lately]
        self._known: dict[int, Left] = {}

    def bounds(self, size: int) -> Left:
        nearly = round(_SIZES_A_TENFOLD * math.log10(size + 1))
        if nearly not in self._known:
            self._known[nearly] = _bounds(_alike(self._lately, self._sizes, math.log(size + 1)))
        return self._known[nearly]


def _ends(waiting: Sequence[Waiting], whole: Sequence[float], reading: float, side: int) -> list[float]:
    """Return when each is ready, if each takes ``whole`` seconds and ``reading`` is the share of its reading.

    ``side`` is 1 for the latest, 0 for the soonest: a document that is being embedded now is told from
    one that has given way by nothing that is kept, so it is the next at the soonest, and the last at the latest.
    """
    unread = [one.progress < _WORDS_DONE for one in waiting]
    begun = [one.progress > _WORDS_DONE for one in waiting]
    words = [
        seconds * reading * (1 - one.progress / _WORDS_DONE) if is_unread else 0.0
        for one, seconds, is_unread in zip(waiting, whole, unread, strict=True)
    ]
    vectors = [
        seconds * (1 - reading) * min(1.0, (1 - one.progress) / (1 - _WORDS_DONE))
        for one, seconds in zip(waiting, whole, strict=True)
    ]
    ends = [0.0] * len(waiting)
    passed = sum(words)
    for group in ([i for i, yes in enumerate(unread) if yes], [i for i, yes in enumerate(unread) if not yes]):
        late = [i for i in group if begun[i]]
        working = max((vectors[i] for i in late), default=0.0) if side else 0.0  # one of them may be in work now
        small, others = (
            [i for i in group if not begun[i] and (waiting[i].bytes <= SMALL_BYTES) is is_small]
            for is_small in (True, False)
        )
        for own, beside in ((small, others), (others, small)):
            sizes = [waiting[i].bytes for i in own]
            for i, before in zip(own, _turns(own, beside, vectors, sizes, side), strict=True):
                ends[i] = passed + before + vectors[i] + working
        passed += sum(vectors[i] for i in (*small, *others))
        begun_ones = sum(vectors[i] for i in late)
        # Those that have begun come last at the latest, and at the soonest hold nobody up.
        for i in late:
            ends[i] = passed + (begun_ones if side else vectors[i])
        passed += begun_ones
    return ends


def _turns(
    own: Sequence[int], beside: Sequence[int], vectors: Sequence[float], sizes: Sequence[int], side: int
) -> list[float]:
    """Return what comes before each of ``own``: those before it, and at the latest the other kind's in turns with them.

    Files are read beside each other, so one may be done before some that came before it, and small ones that follow
    each other are ready together. ``sizes`` are those of ``own``, in bytes.
    """
    sums, others = ([0.0, *accumulate(vectors[i] for i in kind)] for kind in (own, beside))
    if not side:
        return [sums[max(0, rank - _BESIDE)] for rank in range(len(own))]
    bytes_before = [0, *accumulate(sizes)]
    latest = []
    for rank, i in enumerate(own):
        together = bisect_right(bytes_before, bytes_before[rank] + _TOGETHER) - 1
        last = min(len(own), max(together, rank + 1 + _BESIDE))
        latest.append(sums[last] - vectors[i] + others[min(len(beside), rank + 1 + _BESIDE)])
    return latest


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
