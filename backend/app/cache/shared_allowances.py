"""How much is left of each limit, for all processes: token buckets in Redis."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from redis import Redis
from redis.exceptions import NoScriptError, RedisError

from backend.app.cache.allowances import SUBJECTS
from backend.app.cache.breaker import BreakerOpen
from backend.app.cache.interfaces import REDIS, Allowances, Breaker, CacheEvents
from backend.app.domain.rates import Allowance, Charge, Rate

_LARGEST_SHARE = 1000
_LONGEST_REFUSAL = 1.0  # seconds for which a refusal is repeated without asking Redis

# All buckets of a request in one round trip, by Redis's own clock. Of a bucket only the moment is kept
# at which it will be full again (the generic cell rate algorithm); one that is full is not kept at all.
# ARGV, three a bucket: tokens in a full one, microseconds for one more, tokens wanted.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local found = {}
for i, key in ipairs(KEYS) do
  local count, interval, wanted = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local full = math.max(tonumber(redis.call('GET', key) or now) or now, now)
  local left = count - (full - now) / interval
  local granted = math.max(0, math.min(wanted, math.floor(left + 0.000001)))
  if granted > 0 then
    full = full + granted * interval
    redis.call('SET', key, string.format('%.3f', full), 'PX', math.ceil((full - now) / 1000))
  end
  left = left - granted
  found[i] = {granted, math.floor(left + 0.000001), math.ceil(math.max(0, (1 - left) * interval))}
end
return found
"""
_DIGEST = hashlib.sha1(_TAKE.encode(), usedforsecurity=False).hexdigest()

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Share:
    """What this process has taken out of a shared bucket and not used yet."""

    tokens: int = 0
    beyond: int = 0  # that were left in the bucket
    more_at: float = 0.0  # after a refusal
    ask_at: float = 0.0


class SharedAllowances:
    """Buckets in Redis, for all processes; of this one alone while Redis is away.

    Out of a large bucket a process takes a hundredth at a time, at most a thousand: Redis is asked
    once for so many requests. Out of a small one it takes each by itself, so small limits are exact.
    """

    def __init__(
        self,
        client: Redis,
        namespace: str,
        breaker: Breaker,
        events: CacheEvents,
        local: Allowances,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._breaker = breaker
        self._events = events
        self._local = local
        self._clock = clock
        self._shares: OrderedDict[tuple[str, str], _Share] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, charges: Sequence[Charge]) -> list[Allowance]:
        found = [self._at_hand(charge) for charge in charges]
        empty = [charge for charge, allowance in zip(charges, found, strict=True) if allowance is None]
        if not empty:
            return [allowance for allowance in found if allowance is not None]
        answers = self._ask(empty, [_share_of(charge.rate) for charge in empty])
        fetched = iter(self._local.take(empty) if answers is None else list(map(self._stored, empty, answers)))
        return [allowance or next(fetched) for allowance in found]

    def look(self, charges: Sequence[Charge]) -> list[Allowance]:
        answers = self._ask(charges, [0] * len(charges))
        if answers is None:
            return self._local.look(charges)
        return [Allowance(left > 0, left, wait / 1e6) for _, left, wait in answers]

    def _at_hand(self, charge: Charge) -> Allowance | None:
        key = (charge.limit, charge.subject)
        with self._lock:
            share = self._shares.get(key)
            if share is None:
                return None
            if share.tokens > 0:
                share.tokens -= 1
                return Allowance(True, share.tokens + share.beyond)
            now = self._clock()
            return Allowance(False, 0, share.more_at - now) if now < share.ask_at else None

    def _stored(self, charge: Charge, answer: tuple[int, int, int]) -> Allowance:
        granted, left, wait = answer
        key = (charge.limit, charge.subject)
        with self._lock:
            share = self._shares.pop(key, None) or _Share()
            self._shares[key] = share
            if len(self._shares) > SUBJECTS:
                self._shares.popitem(last=False)
            share.beyond = left
            if granted:
                share.tokens += granted - 1
                share.ask_at = 0.0
                return Allowance(True, share.tokens + left)
            seconds, now = wait / 1e6, self._clock()
            share.more_at, share.ask_at = now + seconds, now + min(seconds, _LONGEST_REFUSAL)
            return Allowance(False, 0, seconds)

    def _ask(self, charges: Sequence[Charge], wanted: Sequence[int]) -> list[tuple[int, int, int]] | None:
        """Take out of the shared buckets; None while Redis is away."""
        keys = [self._namespace + charge.limit + ":" + charge.subject for charge in charges]
        numbers = [
            number
            for charge, tokens in zip(charges, wanted, strict=True)
            for number in (charge.rate.count, charge.rate.interval * 1e6, tokens)
        ]
        try:
            return self._breaker.call(self._run, keys, numbers)
        except BreakerOpen:
            return None
        except RedisError as error:
            log.warning("allowances_unavailable", error=type(error).__name__)
            self._events.cache_error(REDIS)
            return None

    def _run(self, keys: Sequence[str], numbers: Sequence[float]) -> list[tuple[int, int, int]]:
        try:
            found = self._client.evalsha(_DIGEST, len(keys), *keys, *numbers)
        except NoScriptError:  # a Redis that was started anew
            found = self._client.eval(_TAKE, len(keys), *keys, *numbers)
        return [tuple(map(int, answer)) for answer in found]  # type: ignore[misc]  # as the script returns


def _share_of(rate: Rate) -> int:
    return max(1, min(rate.count // 100, _LARGEST_SHARE))
