"""Answers that were given before to the same question about the same documents."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.app.cache.keys import Policy, Region
from backend.app.cache.tiered import TieredCache
from backend.app.domain.chat import Citation, Source, Usage
from backend.app.services.exchange import Exchange


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    text: str
    sources: tuple[Source, ...]
    citations: tuple[Citation, ...]
    usage: Usage


class Answers(Protocol):
    def find(self, exchange: Exchange) -> GivenAnswer | None:
        """Return the answer that ``exchange.model`` gave to the same question."""

    def keep(self, exchange: Exchange) -> None: ...


class NoGivenAnswers:
    """Every question is put to the model."""

    def find(self, exchange: Exchange) -> GivenAnswer | None:
        return None

    def keep(self, exchange: Exchange) -> None:
        return None


class GivenAnswers:
    """Keys hold all that an answer is made from: collections and their versions, words, model, settings.

    An answer quotes passages, so its scope is the collections that were searched, and the one who asks was
    allowed to see those a moment ago. Earlier turns of the conversation are part of the question.
    """

    def __init__(self, cache: TieredCache, *, settings: Sequence[object], seconds: float) -> None:
        """``settings`` are plain values: all that changes what a model answers."""
        self._cache = cache
        self._settings = list(settings)
        # Never made anew in the background: nobody would read it, and the model is the dearest part of all.
        self._region = Region("answer", schema=2, kind=GivenAnswer, policy=Policy(ttl=seconds, beta=0.0))

    def find(self, exchange: Exchange) -> GivenAnswer | None:
        scope, asked = self._key(exchange)
        found = self._cache.get(self._region, scope, asked) if scope else None
        return found.value if found else None

    def keep(self, exchange: Exchange) -> None:
        """Remember a whole answer; one made without a part of what it needs would be repeated when that is back."""
        scope, asked = self._key(exchange)
        if scope and exchange.text and not exchange.degraded:
            given = GivenAnswer(exchange.text, exchange.sources, exchange.citations, exchange.usage)
            self._cache.put(self._region, scope, asked, given)

    def _key(self, exchange: Exchange) -> tuple[str, list[object]]:
        collections = sorted((found.id, found.version) for found in exchange.collections)
        history = [(turn.speaker.value, turn.text) for turn in exchange.history]
        words = " ".join(unicodedata.normalize("NFC", exchange.question.text).split())
        scope = ",".join(collection_id for collection_id, _ in collections)
        return scope, [words, history, collections, exchange.model, self._settings]
