"""How often pages may report what they measured: anybody may, so nobody may too much."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

# A page reports every half minute and when it is left; an office of a hundred people is one address.
_ADDRESS_BURST, _ADDRESS_RATE = 240.0, 5.0
_TOTAL_BURST, _TOTAL_RATE = 600.0, 50.0
_ADDRESSES = 10_000  # are remembered


class ReportLimits:
    """Token buckets of one process, for each address and for all together.

    Of each worker's own: what these limits keep away is work, and each worker has that of its own too.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._total = _Bucket(_TOTAL_BURST, _TOTAL_RATE, clock())
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, address: str) -> float:
        """Take one report in, and return 0; or the seconds after which the next one may come."""
        now = self._clock()
        bucket = self._bucket(_network(address), now)
        seconds = max(bucket.wait(now), self._total.wait(now))
        if seconds == 0:
            bucket.take()
            self._total.take()
        return seconds

    def _bucket(self, network: str, now: float) -> _Bucket:
        bucket = self._buckets.pop(network, None) or _Bucket(_ADDRESS_BURST, _ADDRESS_RATE, now)
        self._buckets[network] = bucket
        if len(self._buckets) > _ADDRESSES:  # whoever has been quiet the longest has a full one anyway
            self._buckets.popitem(last=False)
        return bucket


class _Bucket:
    __slots__ = ("_burst", "_filled", "_rate", "_tokens")

    def __init__(self, burst: float, rate: float, now: float) -> None:
        self._burst, self._rate, self._tokens, self._filled = burst, rate, burst, now

    def wait(self, now: float) -> float:
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        return 0.0 if self._tokens >= 1 else (1 - self._tokens) / self._rate

    def take(self) -> None:
        self._tokens -= 1


def _network(address: str) -> str:
    """Return whom an address belongs to: of IPv6, people get 2^64 at a time."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(int(parsed) >> 64)
    return address
