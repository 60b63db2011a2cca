"""How much is left of each limit: token buckets of this process alone."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from backend.app.domain.rates import Allowance, Charge

SUBJECTS = 20_000  # are remembered by a process; whoever has been quiet the longest has a full bucket anyway


class LocalAllowances:
    """Of a bucket only the moment is kept at which it will be full again (the generic cell rate algorithm)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, subjects: int = SUBJECTS) -> None:
        self._clock = clock
        self._subjects = subjects
        self._full: OrderedDict[tuple[str, str], float] = OrderedDict()  # when each is full again
        self._lock = threading.Lock()

    def take(self, charges: Sequence[Charge]) -> list[Allowance]:
        return [self._asked(charge, 1) for charge in charges]

    def look(self, charges: Sequence[Charge]) -> list[Allowance]:
        return [self._asked(charge, 0) for charge in charges]

    def _asked(self, charge: Charge, wanted: int) -> Allowance:
        key, rate, now = (charge.limit, charge.subject), charge.rate, self._clock()
        with self._lock:
            full = max(self._full.pop(key, now), now)
            left = rate.count - (full - now) / rate.interval + 1e-6
            if left < 1:
                self._full[key] = full
                return Allowance(False, 0, (1 - left) * rate.interval)
            full += wanted * rate.interval
            if full > now:
                self._full[key] = full
                if len(self._full) > self._subjects:
                    self._full.popitem(last=False)
        return Allowance(True, int(left - wanted))
