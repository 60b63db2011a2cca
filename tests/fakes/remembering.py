"""A cache as a worker has it, of memory alone."""

from __future__ import annotations

from backend.app.cache.interfaces import MEMORY
from backend.app.cache.layers import Layer
from backend.app.cache.memory import MemoryCache
from backend.app.cache.null import NullLeases
from backend.app.cache.tiered import TieredCache
from tests.fakes.caches import CountedEvents, FakeBackground


def memory_cache(events: CountedEvents | None = None) -> TieredCache:
    return TieredCache(
        [Layer(MEMORY, MemoryCache(1024 * 1024), trusted=True)],
        leases=NullLeases(),
        events=events or CountedEvents(),
        background=FakeBackground(),
    )
