"""How each part is asked whether it is there."""

from __future__ import annotations

import os
from collections.abc import Callable

import structlog

from backend.app.errors import EmbedderUnavailable
from backend.app.processes.heartbeat import Heartbeats
from backend.app.services.health import Part
from backend.app.services.llm.registry import LanguageModels
from backend.app.wiring.building_blocks import Parts

log = structlog.get_logger(__name__)


def probes(parts: Parts, models: LanguageModels) -> dict[str, Callable[[], Part]]:
    def database() -> Part:
        parts.database.ping()
        return Part("ok")

    def redis() -> Part:
        if parts.redis is None:
            return Part("ok", "not used")
        from redis.exceptions import RedisError

        try:
            parts.caches.ask_redis(parts.redis.ping)
        except RedisError as error:
            return Part("degraded", type(error).__name__)
        return Part("ok")

    def vector_index() -> Part:
        parts.vectors.ping()
        return Part("ok")

    def embedder() -> Part:
        try:
            parts.embedder.check()
        except EmbedderUnavailable as error:  # its sentence names an address, which is not for everybody
            log.warning("embedder_unavailable", error=error.message)
            return Part("degraded", parts.embedder.name)
        return Part("ok", parts.embedder.name)

    def lexical_index() -> Part:
        folder = parts.settings.lexical_dir  # made with the first index
        if parts.settings.lexical_engine == "tantivy" and folder.exists() and not os.access(folder, os.R_OK | os.X_OK):
            return Part("degraded", "its folder cannot be read")
        return Part("ok", parts.settings.lexical_engine)

    def model() -> Part:
        status = models.status()
        return Part("ok" if status.available else "degraded", status.name)

    def indexer() -> Part:
        return Part("ok") if Heartbeats(parts.settings.run_dir).anybody() else Part("degraded", "not running")

    return {
        "database": database,
        "redis": redis,
        "vector_index": vector_index,
        "embedder": embedder,
        "lexical_index": lexical_index,
        "model": model,
        "indexer": indexer,
    }
