"""Logging by structlog: readable on a terminal, JSON lines elsewhere."""

from __future__ import annotations

import contextlib
import logging
import random
import sys
import zlib
from typing import Any, TextIO

import structlog

from backend.app.config import Settings
from backend.app.masking import mask


def configure_logging(settings: Settings) -> None:
    """Send structlog's and the libraries' records to standard error in one shape."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        sampled(settings.log_debug_share),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.typing.Processor] = (
        [structlog.processors.JSONRenderer(ensure_ascii=False, default=str)]
        if as_json
        # Its own tracebacks show local variables, passwords among them.
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    last = [structlog.processors.format_exc_info, mask, *last]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(LenientStream(sys.stderr)),  # type: ignore[arg-type]  # all it uses
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries are heard from warnings on: what they tell at «info» is about themselves.
    root.setLevel(max(level, logging.WARNING))
    # It warns of each connection beyond those that it keeps: under load that is every one, and as intended.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


class LenientStream:
    """Loses what cannot be written, on a full disk for example: no request fails for its log line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


def sampled(share: float) -> structlog.typing.Processor:
    """Keep that share of the debug lines: all of a request, or none."""

    def processor(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        if event.get("level") == "debug" and share < 1:
            request_id = event.get("request_id")
            # Of the id and not by chance, so that other processes choose the same requests.
            chance = zlib.crc32(str(request_id).encode()) / 2**32 if request_id else random.random()  # noqa: S311
            if chance >= share:
                raise structlog.DropEvent
        return event

    return processor
