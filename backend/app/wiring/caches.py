"""The caches of a process: three layers in a web worker, none in a command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backend.app.cache.allowances import LocalAllowances
from backend.app.cache.disk import DiskCache
from backend.app.cache.interfaces import DISK, MEMORY, REDIS, Allowances, Breaker, Cache, Leases
from backend.app.cache.layers import Layer
from backend.app.cache.memory import MemoryCache
from backend.app.cache.null import NullBreaker, NullCache, NullLeases
from backend.app.cache.sessions import StoredSessions
from backend.app.cache.tiered import TieredCache
from backend.app.concurrency import NativePool, in_background
from backend.app.config import MIB, Settings
from backend.app.epochs import Epoch, NoEpoch, SharedEpoch
from backend.app.monitoring.interfaces import Metrics
from backend.app.processes.owners import has_ended, owner
from backend.app.processes.stores import valkey_url
from backend.app.storage.redis_client import connect

if TYPE_CHECKING:
    from redis import Redis

_NAMESPACE = "likeopt:cache:"
_RESPONSES_BYTES = 4 * MIB


@dataclass(frozen=True)
class Caches:
    """``answers`` holds what services made, ``responses`` what Flask-Caching keeps.

    ``redis`` gives up sooner than other clients, and only as often as ``breaker`` lets it.
    """

    answers: TieredCache
    responses: Cache
    breaker: Breaker
    allowances: Allowances
    redis: Redis | None = None
    sessions: StoredSessions | None = None

    def ask_redis(self, ask: Callable[[], object]) -> object:
        """Return what ``ask``, a question to Redis, returns; raise ``RedisError`` where it does not answer, or is known not to."""
        from redis.exceptions import ConnectionError as RedisConnectionError

        from backend.app.cache.breaker import BreakerOpen

        try:
            return self.breaker.call(ask)
        except BreakerOpen as error:
            raise RedisConnectionError("Redis is known to be away.") from error

    def close(self) -> None:
        if self.redis is not None:
            self.redis.close()


def no_caches(metrics: Metrics) -> Caches:
    """Build what keeps nothing: a command asks once, and its answer is to be of this moment."""
    nothing = TieredCache((), leases=NullLeases(), events=metrics, background=in_background)
    return Caches(nothing, NullCache(), NullBreaker(), LocalAllowances())


def caches(settings: Settings, patient: Redis | None, pool: NativePool, metrics: Metrics) -> Caches:
    """Build the layers; Redis and the disk are left out where there are none."""
    layers = [Layer(MEMORY, MemoryCache(settings.cache_memory_bytes), trusted=True)]
    responses: Cache = MemoryCache(_RESPONSES_BYTES)
    leases: Leases = NullLeases()
    breaker: Breaker = NullBreaker()
    allowances: Allowances = LocalAllowances()
    redis, sessions = None, None
    if patient is not None:
        from backend.app.cache.leases import RedisLeases
        from backend.app.cache.redis import SECONDS, RedisCache, redis_breaker
        from backend.app.cache.shared_allowances import SharedAllowances

        redis = connect(settings.redis_url.reveal(), seconds=SECONDS)
        breaker = redis_breaker(redis, background=in_background, events=metrics)
        layers.append(Layer(REDIS, RedisCache(redis, _NAMESPACE, breaker, metrics)))
        leases = RedisLeases(redis, _NAMESPACE, breaker, metrics, owner=owner, has_ended=has_ended)
        responses = RedisCache(redis, "likeopt:responses:", breaker, metrics)
        allowances = SharedAllowances(redis, "likeopt:rate:", breaker, metrics, allowances)
        sessions = StoredSessions(redis, patient, breaker, _session_epoch(settings))
    if settings.cache_disk_bytes:
        disk = DiskCache(settings.cache_dir, settings.cache_disk_bytes, pool, events=metrics)
        layers.append(Layer(DISK, disk, largest=settings.cache_disk_bytes // 16, deferred=True))
    answers = TieredCache(layers, leases=leases, events=metrics, background=in_background)
    return Caches(answers, responses, breaker, allowances, redis, sessions)


def _session_epoch(settings: Settings) -> Epoch:
    """Sessions change unseen where others may write to the same Redis."""
    embedded = settings.redis_url.reveal() == valkey_url(settings)
    return SharedEpoch(settings.run_dir / "sessions.epoch") if embedded else NoEpoch()
