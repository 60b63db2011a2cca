"""What each part of the server is doing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from backend.app.concurrency import gather
from backend.app.errors import AppError

log = structlog.get_logger(__name__)

_PROBE_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Part:
    """``state`` is ok, degraded or down; people can do without a degraded part."""

    state: str
    detail: str = ""


class HealthService:
    """Asks every part at once. ``required`` ones make the server not ready when they are down."""

    def __init__(self, probes: Mapping[str, Callable[[], Part]], required: frozenset[str]) -> None:
        self._probes = probes
        self._required = required

    def ready(self) -> tuple[bool, dict[str, Part]]:
        parts: dict[str, Part] = {}
        for name, outcome in gather(self._probes, _PROBE_SECONDS).items():
            found = outcome.value if outcome.error is None else None
            if found is None:
                found = Part("down" if name in self._required else "degraded", _reason(name, outcome.error))
            parts[name] = found
        return all(parts[name].state != "down" for name in self._required), parts


def _reason(name: str, error: BaseException | None) -> str:
    """Say what anybody may read; the log has the rest."""
    if isinstance(error, TimeoutError):
        return "did not answer in time"
    if isinstance(error, AppError):
        return error.message
    log.error("probe_failed", part=name, exc_info=error)
    return "could not be asked"
