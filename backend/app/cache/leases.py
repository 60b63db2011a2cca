"""Single flight across workers: a lease in Redis on each key that is being computed.

One round trip each: the scripts look at value and lease together, so no value can be published
between the look and the lease, and nobody ends a lease that has become somebody else's.
"""

from __future__ import annotations

import secrets

import structlog
from redis import Redis
from redis.exceptions import RedisError

from backend.app.cache.breaker import BreakerOpen
from backend.app.cache.interfaces import REDIS, Breaker, CacheEvents, Claim, ClaimState
from backend.app.cache.redis import exchange

_ENDED = b"-"  # in place of a token: computed, and nothing to keep
_ENDED_MS = 200  # longer than the longest pause of those who look

# A value of another type, or one that begins as the caller has seen, is no value.
_CLAIM = """
local value = redis.pcall('GET', KEYS[1])
if type(value) == 'string' and value ~= '' and (ARGV[3] == '' or string.sub(value, 1, #ARGV[3]) ~= ARGV[3]) then return {2, value} end
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[4] then return {0} end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
if value and (type(value) ~= 'string' or value == '') then return {1, 'rubbish'} end
return {1}
"""
_PUBLISH = """
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1
"""
# A full Redis refuses a script that begins by storing, but none that has deleted something before.
_GIVE_UP = """
if redis.call('GET', KEYS[2]) == ARGV[1] then
    redis.call('DEL', KEYS[2])
    redis.pcall('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
end
"""

log = structlog.get_logger(__name__)


class RedisLeases:
    """``namespace`` is that of the ``RedisCache`` whose values are leased."""

    def __init__(self, client: Redis, namespace: str, breaker: Breaker, events: CacheEvents) -> None:
        self._client = client
        self._namespace = namespace
        self._breaker = breaker
        self._events = events

    def claim(self, key: str, seconds: float, seen: bytes = b"") -> Claim:
        token = secrets.token_hex(8)
        answer = self._eval(_CLAIM, key, token, max(1, int(seconds * 1000)), seen, _ENDED)
        match answer:
            case [2, bytes(value)]:
                return Claim(ClaimState.THERE, value=value)
            case [1]:
                return Claim(ClaimState.HELD, token=token)
            case [1, _]:
                self._events.cache_error(REDIS)
                return Claim(ClaimState.HELD, token=token)
            case [0]:
                return Claim(ClaimState.BUSY)
        return Claim(ClaimState.AWAY)

    def look(self, key: str) -> Claim:
        try:
            value, holder = self._breaker.call(self._client.mget, *self._keys(key))
        except BreakerOpen:
            return Claim(ClaimState.AWAY)
        except RedisError as error:
            self._note(error)
            return Claim(ClaimState.AWAY)
        state = ClaimState.FREE if holder is None else ClaimState.ENDED if holder == _ENDED else ClaimState.BUSY
        return Claim(state, value if isinstance(value, bytes) else None)

    def publish(self, key: str, token: str, value: bytes, ttl: float) -> bool:
        return self._eval(_PUBLISH, key, token, value, max(1, int(ttl * 1000))) == 1

    def give_up(self, key: str, token: str) -> None:
        self._eval(_GIVE_UP, key, token, _ENDED, _ENDED_MS)

    def _eval(self, script: str, key: str, *arguments: str | bytes | int) -> object:
        """Run a script; one that Redis cannot run is as good as none."""
        try:
            # Not by its digest: that would cost a second round trip whenever Redis has forgotten it.
            return self._breaker.call(exchange, self._client, "EVAL", script, 2, *self._keys(key), *arguments)
        except BreakerOpen:
            return None
        except RedisError as error:
            self._note(error)
            return None

    def _keys(self, key: str) -> tuple[str, str]:
        return self._namespace + key, f"{self._namespace}lease:{key}"

    def _note(self, error: RedisError) -> None:
        log.warning("cache_unavailable", error=type(error).__name__)
        self._events.cache_error(REDIS)
