"""Embeddings by any OpenAI-compatible endpoint: OpenAI, Ollama, llama.cpp, vLLM, TEI and others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
import numpy as np
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from backend.app.errors import EmbedderUnavailable
from backend.app.services.embedding.base import Vectors, readable
from backend.app.services.llm.endpoint import Connections, Endpoint
from backend.app.services.llm.refusals import reason_in, seconds_of

URL_SETTING = "LIKEOPT_EMBEDDING_BASE_URL"
_PASSAGES = Timeout(connect=5.0, read=120.0)
_QUESTION = Timeout(connect=2.0, read=10.0)  # the search has gone on without it by then
_MOST_BYTES = 64 * 1024 * 1024
_SHORTEST = 200  # characters; a text that is still too long then is not what is wrong
_PAUSES = (1.0, 3.0)  # before new attempts; then the indexer comes back to it later
_LONGEST_PAUSE = 10.0
# How servers say that a text, or a batch, is too much for them.
_TOO_MUCH = ("token", "too long", "too large", "context", "batch", "length")
_CHECKS = {
    401: "refused the key. Check LIKEOPT_EMBEDDING_API_KEY.",
    403: "does not let this key use the model. Check LIKEOPT_EMBEDDING_API_KEY and LIKEOPT_EMBEDDING_MODEL.",
    404: f"does not know this address or model. Check {URL_SETTING} (it usually ends in /v1) and LIKEOPT_EMBEDDING_MODEL.",
    429: "is busy, or its quota is used up.",
}


class _Embedding(msgspec.Struct):
    embedding: Annotated[list[float], msgspec.Meta(min_length=1)]
    index: int = 0


class _Answer(msgspec.Struct):
    data: list[_Embedding]


class _TooMuch(Exception):
    """The server would take fewer or shorter texts."""


class _Passing(Exception):
    """A failure that a new attempt may mend."""

    def __init__(self, error: EmbedderUnavailable, wait: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait = wait


class OpenAICompatibleEmbedder:
    fusion_weight = 0.4
    batch = 32
    is_remote = True
    is_quick = False
    judges_relevance = False

    def __init__(
        self,
        base_url: str,
        model: str,
        key: str = "",
        *,
        connections: Callable[[], PoolManager] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raise ``ConfigError`` where ``base_url`` is no address."""
        # Not the address: the same model makes the same vectors wherever it is served.
        self.name = f"openai:{model}"
        self.dimensions = 0
        self._model = model
        self._endpoint = Endpoint(base_url, key, connections=connections or Connections(), setting=URL_SETTING)
        self._sleep = sleep
        self._learning = threading.Lock()

    def warm(self) -> None:
        return None

    def check(self) -> None:
        if not self._endpoint.reachable():
            raise self._failed("does not answer, or refuses the key.")

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        try:
            return self._embedded(readable(texts), _QUESTION)
        except _Passing as passing:
            raise passing.error from passing

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        bounded = readable(texts)
        for pause in _PAUSES:
            try:
                return self._embedded(bounded, _PASSAGES)
            except _Passing as passing:
                self._sleep(pause if passing.wait is None else min(passing.wait, _LONGEST_PAUSE))
        try:
            return self._embedded(bounded, _PASSAGES)
        except _Passing as passing:
            raise passing.error from passing

    def _embedded(self, texts: Sequence[str], timeout: Timeout) -> Vectors:
        """Embed, in halves where the whole is too much, a single text shortened to half."""
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        try:
            return self._asked(texts, timeout)
        except _TooMuch as error:
            if len(texts) > 1:
                half = len(texts) // 2
                parts = (self._embedded(texts[:half], timeout), self._embedded(texts[half:], timeout))
                return np.concatenate(parts)
            if len(texts[0]) <= _SHORTEST:
                raise self._failed(f"refused a short text: {error}") from error
            return self._embedded([texts[0][: len(texts[0]) // 2]], timeout)

    def _asked(self, texts: Sequence[str], timeout: Timeout) -> Vectors:
        # A blank text is refused by some servers, and says as little as a dot.
        payload = {"model": self._model, "input": [text if text.strip() else "." for text in texts]}
        try:
            response = self._endpoint.post(
                "/embeddings", {**payload, "encoding_format": "float"}, timeout, accept="application/json"
            )
            with response:
                status, body = response.status, response.read(_MOST_BYTES)
        except (HTTPError, OSError) as error:
            raise _Passing(self._failed("does not answer. Is it running?")) from error
        except ValueError:
            # "from None": the cause's message holds the key.
            raise self._failed("has a key that cannot be sent. Check LIKEOPT_EMBEDDING_API_KEY.") from None
        if status != 200:
            raise self._refusal(status, body, response.headers.get("Retry-After"))
        return self._vectors(body, len(texts))

    def _vectors(self, body: bytes, expected: int) -> Vectors:
        try:
            found = sorted(msgspec.json.decode(body, type=_Answer).data, key=lambda item: item.index)
            vectors = np.array([item.embedding for item in found], dtype=np.float32)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise self._failed("answered what is no list of embeddings.") from error
        if len(found) != expected or not np.isfinite(vectors).all():
            raise self._failed(f"answered {len(found)} embeddings for {expected} texts, or none that can be used.")
        with self._learning:
            if self.dimensions not in (0, vectors.shape[1]):
                raise self._failed(
                    f"now makes vectors of {vectors.shape[1]} instead of {self.dimensions} dimensions."
                    " Has its model changed? Give it another name, and everything is embedded anew."
                )
            self.dimensions = vectors.shape[1]
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = vectors / np.maximum(lengths, 1e-12)
        return unit

    def _refusal(self, status: int, body: bytes, retry_after: str | None) -> Exception:
        reason = reason_in(body, self._endpoint.key)
        if status == 413 or (
            status in (400, 422, 500)
            and any(word in body[:2000].decode("utf-8", "replace").lower() for word in _TOO_MUCH)
        ):
            return _TooMuch(reason or f"status {status}")
        if status == 429:
            return _Passing(self._failed(_CHECKS[429]), seconds_of(retry_after))
        if status >= 500:
            return _Passing(self._failed(f"failed (status {status})."), seconds_of(retry_after))
        return self._failed(_CHECKS.get(status) or f"refused the request (status {status}). {reason}".strip())

    def _failed(self, what: str) -> EmbedderUnavailable:
        return EmbedderUnavailable(f"The server of embeddings at {self._endpoint.address} {what}")
