"""Which file is read next: small ones and others in turns, each in the order in which they came."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

SMALL_BYTES = 256 * 1024

Newcomers = Callable[[int | None], Sequence[str]]


class Todo:
    """``newcomers`` names each job once; with a number only those whose files have no more bytes."""

    def __init__(self, newcomers: Newcomers) -> None:
        self._newcomers = newcomers
        self._small, self._others = deque[str](), deque[str]()
        self._small_next = False
        self.fill()

    def __bool__(self) -> bool:
        return bool(self._small or self._others)

    @property
    def has_small(self) -> bool:
        return bool(self._small)

    def fill(self) -> None:
        self._small.extend(self._newcomers(SMALL_BYTES))
        self._others.extend(self._newcomers(None))

    def next(self, *, small: bool = False) -> str:
        """Return a job; ``small``: one that is known to be."""
        self._small_next = small or not self._small_next
        first, second = (self._small, self._others) if self._small_next else (self._others, self._small)
        return (first or second).popleft()
