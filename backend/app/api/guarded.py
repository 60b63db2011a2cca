"""A chat's events, ended in order whatever happens."""

from __future__ import annotations

from collections.abc import Iterator

import structlog

from backend.app.domain.chat import ChatEvent, ErrorEvent
from backend.app.errors import AppError
from backend.app.monitoring.interfaces import Metrics

log = structlog.get_logger(__name__)


def guarded(events: Iterator[ChatEvent], metrics: Metrics) -> Iterator[ChatEvent]:
    """Have a defect end the stream as every failure does: by one ``error``."""
    try:
        yield from events
    except Exception as error:
        # The edge of a request whose answer has begun: there is no status left to change.
        log.error("unexpected_error", exc_info=error)
        metrics.count_error("chat")
        yield told(AppError())


def told(error: AppError) -> ErrorEvent:
    return ErrorEvent(error.error_code, error.message, error.retryable)
