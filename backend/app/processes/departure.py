"""How long a web worker that was told to stop goes on, and when it ends what still streams."""

from __future__ import annotations

import time
from collections.abc import Callable

MUST_END = "likeopt.must_end"
"""Names, in a request's environment, the question whether answers that still stream have to end now."""

# The master kills what is left after graceful_timeout. Before that a worker looks for its end once
# a second, kills its own answers and waits a second for them; and before that, streams have to
# notice, store what there is and say so.
_WORKERS_SHARE, _WORKERS_SECONDS = 0.6, 4.0
_STREAMS_SHARE, _STREAMS_SECONDS = 0.4, 8.0


class Departure:
    """Counts from the moment when a worker leaves; ``graceful_timeout`` is in seconds."""

    def __init__(self, graceful_timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.worker_seconds = max(graceful_timeout * _WORKERS_SHARE, graceful_timeout - _WORKERS_SECONDS)
        self.stream_seconds = max(graceful_timeout * _STREAMS_SHARE, graceful_timeout - _STREAMS_SECONDS)
        self._clock = clock
        self._began: float | None = None

    def begin(self) -> None:
        """Start to count; repeated calls change nothing."""
        if self._began is None:
            self._began = self._clock()

    def must_end(self) -> bool:
        """Tell whether answers that still stream have to end now."""
        return self._began is not None and self._clock() - self._began >= self.stream_seconds
