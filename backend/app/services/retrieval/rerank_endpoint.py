"""A reranker behind HTTP: the ``/rerank`` of llama.cpp, Jina, Cohere and vLLM, and that of TEI."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from backend.app.errors import SearchUnavailable
from backend.app.services.llm.endpoint import Connections, Endpoint
from backend.app.services.llm.refusals import reason_in

URL_SETTING = "LIKEOPT_RERANK_URL"
_MOST_BYTES = 4 * 1024 * 1024
_MOST_CHARS = 4000  # of a text
_REFUSED = (400, 422)


class _Ranked(msgspec.Struct):
    """One text's score, as either kind of server names it."""

    index: int
    relevance_score: float | None = None
    score: float | None = None


class _Answer(msgspec.Struct):
    results: list[_Ranked]


class RerankEndpoint:
    """Asks with ``documents``, as most servers want it, and with ``texts`` where that is refused, as TEI does."""

    def __init__(
        self,
        url: str,
        model: str = "",
        key: str = "",
        *,
        seconds: float = 2.0,
        connections: Callable[[], PoolManager] | None = None,
    ) -> None:
        """Raise ``ConfigError`` where ``url`` is no address."""
        base = url.strip().rstrip("/").removesuffix("/rerank")
        self._endpoint = Endpoint(
            base, key, connections=connections or Connections(), setting=URL_SETTING, default_path=""
        )
        self._model = model
        self._timeout = Timeout(connect=min(2.0, seconds), read=seconds)
        self._field = "documents"

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        bounded = [text[:_MOST_CHARS].encode("utf-8", "replace").decode() for text in texts]
        status, body = self._ask(query, bounded)
        if status in _REFUSED and self._field == "documents" and b"texts" in body:
            self._field = "texts"
            status, body = self._ask(query, bounded)
        if status != 200:
            reason = reason_in(body, self._endpoint.key)
            raise self._failed(f"refused the request (status {status}). {reason}".strip())
        return self._read(body, len(texts))

    def _ask(self, query: str, texts: Sequence[str]) -> tuple[int, bytes]:
        payload: dict[str, Any] = {"query": query, self._field: texts}
        if self._field == "documents":
            payload["top_n"] = len(texts)
        else:
            payload["truncate"] = True
        if self._model:
            payload["model"] = self._model
        try:
            response = self._endpoint.post("/rerank", payload, self._timeout, accept="application/json")
            with response:
                return response.status, response.read(_MOST_BYTES)
        except (HTTPError, OSError) as error:
            raise self._failed("does not answer in time.") from error
        except ValueError:
            # "from None": the cause's message holds the key.
            raise self._failed("has a key that cannot be sent. Check LIKEOPT_RERANK_API_KEY.") from None

    def _read(self, body: bytes, expected: int) -> list[float]:
        scores: dict[int, float] = {}
        try:
            found = msgspec.json.decode(body, type=_Answer | list[_Ranked])
            for item in found.results if isinstance(found, _Answer) else found:
                score = item.relevance_score if item.relevance_score is not None else item.score
                if score is not None and math.isfinite(score):
                    scores[item.index] = score
        except (msgspec.MsgspecError, RecursionError) as error:
            raise self._failed("answered what is no ranking.") from error
        if scores.keys() != set(range(expected)):
            raise self._failed(f"ranked other texts than the {expected} it was asked about.")
        return [scores[index] for index in range(expected)]

    def _failed(self, what: str) -> SearchUnavailable:
        return SearchUnavailable(f"The reranker at {self._endpoint.address} {what}")
