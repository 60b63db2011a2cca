"""A model's server over HTTP: its address, its key, and the connections to it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
import urllib3
from urllib3 import BaseHTTPResponse, PoolManager, Timeout

from backend.app.errors import ConfigError

_KEPT_CONNECTIONS = 32
_LISTING_SECONDS = 1.0
_LISTING_KEPT_SECONDS = 60.0
_FAILURE_KEPT_SECONDS = 5.0
MAX_LISTING_BYTES = 2 * 1024 * 1024


class Connections:
    """urllib3's pools, made at first use and made anew after a fork: sockets are not shared."""

    def __init__(self) -> None:
        self._manager: PoolManager | None = None
        self._pid = 0

    def __call__(self) -> PoolManager:
        if self._manager is None or self._pid != os.getpid():
            self._manager = PoolManager(maxsize=_KEPT_CONNECTIONS, block=False, retries=False)
            self._pid = os.getpid()
        return self._manager


class Endpoint:
    """One base URL and its key. The key appears in no message, log line or ``repr``."""

    def __init__(
        self,
        base_url: str,
        key: str = "",
        *,
        connections: Callable[[], PoolManager] | None = None,
        clock: Callable[[], float] = time.monotonic,
        setting: str = "LIKEOPT_LLM_BASE_URL",
        default_path: str = "/v1",
    ) -> None:
        """``setting`` is where ``base_url`` came from: what an error is to name."""
        self._base = normalised(base_url, setting, default_path)
        self.key = key
        self._connections = connections or Connections()
        self._clock = clock
        self._lock = threading.Lock()
        self._listing: tuple[float, str | None, int] | None = None  # good until, first model, status

    def __repr__(self) -> str:
        return f"Endpoint({self.address!r})"

    @property
    def address(self) -> str:
        """The server's scheme, host and port: what may be shown to people."""
        parts = urlsplit(self._base)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def post(
        self, path: str, payload: Mapping[str, Any], timeout: Timeout, accept: str = "text/event-stream"
    ) -> BaseHTTPResponse:
        """Send ``payload`` and return the response with its body unread.

        Raises:
            urllib3.exceptions.HTTPError: nothing came back.
            ValueError: the key or the address cannot be sent over HTTP.
        """
        headers = {**self._headers(), "Content-Type": "application/json", "Accept": accept}
        return self._connections().request(
            "POST",
            self._base + path,
            body=msgspec.json.encode(payload),
            headers=headers,
            timeout=timeout,
            preload_content=False,
            retries=False,
            redirect=False,
        )

    def first_model(self) -> str | None:
        """Return the first model that the server lists; the answer is kept for a minute."""
        return self._list()[0]

    def reachable(self) -> bool:
        """Tell whether the server answers and accepts the key; at most one question a second.

        A server that has no list of models (404, 405) is there all the same.
        """
        return self._list()[1] in (200, 404, 405)

    def _list(self) -> tuple[str | None, int]:
        with self._lock:
            if self._listing is None or self._clock() >= self._listing[0]:
                status, body = get(self._connections(), self._base + "/models", _LISTING_SECONDS, self._headers())
                kept = _LISTING_KEPT_SECONDS if status == 200 else _FAILURE_KEPT_SECONDS
                self._listing = (self._clock() + kept, _first_id(body), status)
            return self._listing[1], self._listing[2]

    def _headers(self) -> dict[str, str]:
        # A compressed stream would be held back until a compressor's block is full.
        headers = {"Accept-Encoding": "identity", "User-Agent": "like-opt"}
        return {**headers, "Authorization": f"Bearer {self.key}"} if self.key else headers


def get(manager: PoolManager, url: str, seconds: float, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Return status and body of a short question, or status 0 when nothing comes in time."""
    try:
        response = manager.request(
            "GET",
            url,
            headers=headers,
            timeout=Timeout(total=seconds),
            preload_content=False,
            retries=False,
            redirect=False,
        )
        with response:
            return response.status, response.read(MAX_LISTING_BYTES)
    except (urllib3.exceptions.HTTPError, OSError, ValueError):
        return 0, b""


def normalised(base_url: str, setting: str = "LIKEOPT_LLM_BASE_URL", default_path: str = "/v1") -> str:
    """Return the address without a slash at its end, with ``default_path`` where it has no path at all.

    Raises:
        ConfigError: it is no HTTP address.
    """
    url = base_url.strip().rstrip("/").removesuffix("/chat/completions").removesuffix("/embeddings")
    url = url if "://" in url else "http://" + url
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(f"{setting} is no address of a server. Write it like http://127.0.0.1:8080/v1.")
    return url if parts.path else url + default_path


def _first_id(body: bytes) -> str | None:
    try:
        listed = msgspec.json.decode(body)
        return str(listed["data"][0]["id"])
    except (msgspec.MsgspecError, ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
