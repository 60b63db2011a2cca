"""Single flight across workers: a lease in Redis on each key that is being computed.

One round trip each: the scripts look at value and lease together, so no value can be published
between the look and the lease, and nobody ends a lease that has become somebody else's.

A lease's token ends with the name of the process that holds it. Whoever finds a process of their own
machine there that has ended takes the lease over; what happened on others is not known before the lease's end.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

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
if holder and holder ~= ARGV[4] and holder ~= ARGV[5] then return {0, holder} end
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
    """``namespace`` is that of the ``RedisCache`` whose values are leased.

    ``owner`` names this process, also after a fork, and ``has_ended`` tells of such a name whether its
    process is known to run no longer. Without them every lease is waited for.
    """

    def __init__(
        self,
        client: Redis,
        namespace: str,
        breaker: Breaker,
        events: CacheEvents,
        *,
        owner: Callable[[], str] = str,
        has_ended: Callable[[str], bool] = lambda owner: False,
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._breaker = breaker
        self._events = events
        self._owner = owner
        self._has_ended = has_ended

    def claim(self, key: str, seconds: float, seen: bytes = b"") -> Claim:
        claim, holder = self._claim(key, seconds, seen)
        if self._is_gone(holder):  # who is quicker than this has a token of their own, which stays
            claim, _ = self._claim(key, seconds, seen, gone=holder)
        return claim

    def _claim(self, key: str, seconds: float, seen: bytes, gone: bytes = b"") -> tuple[Claim, bytes]:
        """Return the claim, and where another holds the lease, its token; the token ``gone`` counts for none."""
        token = f"{secrets.token_hex(8)} {self._owner()}"
        answer = self._eval(_CLAIM, key, token, max(1, int(seconds * 1000)), seen, _ENDED, gone)
        match answer:
            case [2, bytes(value)]:
                return Claim(ClaimState.THERE, value=value), b""
            case [1]:
                return Claim(ClaimState.HELD, token=token), b""
            case [1, _]:
                self._events.cache_error(REDIS)
                return Claim(ClaimState.HELD, token=token), b""
            case [0, bytes(holder)]:
                return Claim(ClaimState.BUSY), holder
        return Claim(ClaimState.AWAY), b""

    def look(self, key: str) -> Claim:
        try:
            value, holder = self._breaker.call(self._client.mget, *self._keys(key))
        except BreakerOpen:
            return Claim(ClaimState.AWAY)
        except RedisError as error:
            self._note(error)
            return Claim(ClaimState.AWAY)
        return Claim(self._state(holder), value if isinstance(value, bytes) else None)

    def publish(self, key: str, token: str, value: bytes, ttl: float) -> bool:
        return self._eval(_PUBLISH, key, token, value, max(1, int(ttl * 1000))) == 1

    def give_up(self, key: str, token: str) -> None:
        self._eval(_GIVE_UP, key, token, _ENDED, _ENDED_MS)

    def _state(self, holder: object) -> ClaimState:
        if holder == _ENDED:
            return ClaimState.ENDED
        return ClaimState.BUSY if isinstance(holder, bytes) and not self._is_gone(holder) else ClaimState.FREE

    def _is_gone(self, token: bytes) -> bool:
        owner = token.partition(b" ")[2].decode("utf-8", "replace")
        return bool(owner) and self._has_ended(owner)

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
