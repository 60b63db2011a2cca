"""The indexer's wake-up call over Redis (RQ), and its absence."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

log = structlog.get_logger(__name__)

QUEUE = "likeopt-indexing"
INDEX_DOCUMENT = "backend.app.worker.index_document"
TIDY = "backend.app.worker.tidy"


class RqJobQueue:
    """Arguments travel as JSON; RQ's own default would be pickle.

    ``call`` makes a call, or raises ``RedisError`` at once where Redis is known to be away: one that
    hangs would cost every upload its timeout.
    """

    def __init__(self, connection: Redis, call: Callable[[Callable[[], object]], object] = lambda ask: ask()) -> None:
        self._call = call
        self._queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer, default_timeout=-1)

    def put(self, job_id: str) -> None:
        self._enqueue(INDEX_DOCUMENT, job_id)

    def wake(self) -> None:
        self._enqueue(TIDY)

    def _enqueue(self, function: str, *args: str) -> None:
        try:
            self._call(partial(self._queue.enqueue, function, *args, result_ttl=0, failure_ttl=3600))
        except RedisError as error:
            # The row in SQL says «queued»: the indexer's regular look finds it without us.
            log.warning("queue_unavailable", error=str(error))


class NullJobQueue:
    """Without Redis the indexer looks into SQL by itself."""

    def put(self, job_id: str) -> None:
        return None

    def wake(self) -> None:
        return None
