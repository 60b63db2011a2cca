"""An Ollama on this machine, looked for without holding anybody up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from urllib3 import PoolManager

from backend.app.services.llm.endpoint import get

_PROBE_SECONDS = 0.3
_KEPT_SECONDS = 30.0
_EMBEDDING_NAMES = ("embed", "bge-", "minilm", "gte-", "e5-", "rerank")
_EMBEDDING_FAMILIES = ("bert", "nomic-bert", "xlm-roberta")


class OllamaProbe:
    """Remembers for half a minute whether an Ollama answers, and with which model."""

    def __init__(
        self,
        url: str,
        *,
        connections: Callable[[], PoolManager],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url.strip().rstrip("/")
        self._connections = connections
        self._clock = clock
        self._lock = threading.Lock()
        self._found: str | None = None
        self._good_until: float | None = None

    def model(self, wanted: str = "") -> str | None:
        """Return ``wanted`` where Ollama has it, else its first model that can chat, else None.

        One caller looks, and others meanwhile go by what was known before.
        """
        if not self.url:
            return None
        known = self._good_until is not None
        if self._good_until is not None and self._clock() < self._good_until:
            return self._found
        if self._lock.acquire(blocking=not known):
            try:
                if self._good_until is None or self._clock() >= self._good_until:
                    _, body = get(self._connections(), f"{self.url}/api/tags", _PROBE_SECONDS)
                    self._found = _choose(_listed(body), wanted)
                    self._good_until = self._clock() + _KEPT_SECONDS
            finally:
                self._lock.release()
        return self._found


def _listed(body: bytes) -> list[Mapping[str, Any]]:
    try:
        models = msgspec.json.decode(body)["models"]
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError, RecursionError):
        return []
    return [model for model in models if isinstance(model, dict)] if isinstance(models, list) else []


def _choose(models: list[Mapping[str, Any]], wanted: str) -> str | None:
    names = [str(model.get("name") or model.get("model") or "") for model in models if not _embeds(model)]
    for name in names:
        if wanted and name in (wanted, f"{wanted}:latest"):
            return name
    return next(filter(None, names), None)


def _embeds(model: Mapping[str, Any]) -> bool:
    details = model.get("details")
    family = str(details.get("family", "")).lower() if isinstance(details, dict) else ""
    name = str(model.get("name", "")).lower().rpartition("/")[2]
    return family in _EMBEDDING_FAMILIES or any(part in name for part in _EMBEDDING_NAMES)
