"""How often an answer is read from its model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_LEAST_SECONDS = 0.02  # an eye sees no difference
_MOST_SECONDS = 2.0
_SECONDS_A_STREAM = 0.002


class Pace:
    """Lets the tokens of an answer gather before they are read and sent on together.

    A turn from the model's socket to the reader's costs the same for one token as for ten, some
    60 microseconds. So each stream rests after a turn, the longer the more streams this process has: all
    of them together make five hundred turns a second at most, and leave the processor to whoever asks.
    """

    def __init__(self) -> None:
        self._streams = 0

    @contextmanager
    def stream(self) -> Iterator[None]:
        """Count a stream while it is read."""
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1

    @property
    def rest_seconds(self) -> float:
        return min(_MOST_SECONDS, max(_LEAST_SECONDS, self._streams * _SECONDS_A_STREAM))
