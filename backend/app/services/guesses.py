"""Wrong passwords: as many as people mistype, and no more."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from backend.app.cache.interfaces import Allowances
from backend.app.domain.networks import network_of
from backend.app.domain.rates import Charge, Rate
from backend.app.errors import RateLimited, WrongCredentials, WrongPassword
from backend.app.monitoring.interfaces import Metrics
from backend.app.security.typed_text import one_line

_LINES = 64
_AT_ONCE = 2  # guesses at one account that a process looks at together


class Guesses:
    """Counts what was wrong; a right password costs nothing, however many people share an address.

    So the count is looked at before, and charged after. Between the two only a few guesses at an
    account are looked at together: the others wait in its line, and find them charged.
    """

    def __init__(self, allowances: Allowances, metrics: Metrics, *, account: Rate | None, address: Rate | None) -> None:
        self._allowances = allowances
        self._metrics = metrics
        self._account = account
        self._address = address
        self._lines = [threading.BoundedSemaphore(_AT_ONCE) for _ in range(_LINES)]

    @contextmanager
    def attempt(self, email: str, address: str) -> Iterator[None]:
        """Let the block look at a password for ``email``; charge it where that finds it wrong.

        Raises:
            RateLimited
        """
        digest = hashlib.blake2b(one_line(email).casefold().encode("utf-8", "surrogatepass"), digest_size=12)
        charges = self._charges(digest.hexdigest(), network_of(address))
        with self._lines[digest.digest()[0] % _LINES]:
            for charge, allowance in zip(charges, self._allowances.look(charges), strict=True):
                if not allowance.allowed:
                    self._metrics.count_refused(charge.limit)
                    raise RateLimited.after(allowance.wait)
            try:
                yield
            except (WrongCredentials, WrongPassword):
                self._allowances.take(charges)
                raise

    def _charges(self, account: str, network: str) -> list[Charge]:
        named = (("guesses", account, self._account), ("guesses_address", network, self._address))
        return [Charge(name, subject, rate) for name, subject, rate in named if rate is not None]
