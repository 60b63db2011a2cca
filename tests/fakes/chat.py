"""The chat with fakes all around it: it finds two passages, and a model makes a claim of the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend.app.cache.copies import Copies
from backend.app.domain.chat import ChatEvent, Citation, Message, Source, Turn, Usage
from backend.app.domain.documents import Collection
from backend.app.domain.search import Hit, SearchResult
from backend.app.epochs import NoEpoch
from backend.app.services.answering import Answering
from backend.app.services.answers import GivenAnswers, NoGivenAnswers
from backend.app.services.chat import ChatService, Question
from backend.app.services.collections import CollectionService
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.sourcing import Sourcing
from tests.fakes.conversations import MemoryConversations
from tests.fakes.documents import ListQueue, MemoryCollections
from tests.fakes.language_models import FakeModel, FakeModels
from tests.fakes.metrics import CountingMetrics
from tests.fakes.remembering import memory_cache
from tests.fakes.things import collection, conversation, ids, passage, user

ADA = user("ada")


class Retriever:
    """Finds passages 1 and 2, whatever is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str], int]] = []
        self.fails: Exception | None = None
        self.degraded: tuple[str, ...] = ()
        self.hits = [Hit(passage(n, f"source {n}", page=n), f"Paper {n}", 1 / n, n, None) for n in (1, 2)]

    def search(self, query: str, collections: Sequence[Collection], *, k: int) -> SearchResult:
        self.asked.append((query, [found.id for found in collections], k))
        if self.fails is not None:
            raise self.fails
        return SearchResult(tuple(self.hits), self.degraded, {})


class Relevance:
    """Says what it was told to."""

    def __init__(self) -> None:
        self.value = 1.0
        self.values: dict[str, float] = {}  # of single questions

    def of(self, question: str, sources: Sequence[Source]) -> float:
        return self.values.get(question, self.value)


class Overviews:
    """Brings what it was given, to whatever question."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []

    def of(self, question: str, history: Sequence[Turn], collections: Sequence[Collection]) -> list[Hit]:
        return self.hits


class Chat:
    def __init__(self, *, remembers: bool = False) -> None:
        self.conversations, self.collections = MemoryConversations(), MemoryCollections()
        for name in ("c1", "c2"):
            self.collections.put("ada", collection(name))
        self.collections.put("eve", collection("c3"))
        self.retriever, self.relevance, self.metrics = Retriever(), Relevance(), CountingMetrics()
        self.overviews = Overviews()
        self.model = FakeModel("big", "One ", "claim [1].", Usage(3, 2))
        self.fallback = FakeModel("extractive", "Quoted [1].", Usage())
        self.models = FakeModels(self.model, self.fallback)
        self.cite_fails: Exception | None = None
        given = GivenAnswers(memory_cache(), settings=["model settings"], seconds=60)
        self.answering = Answering(
            sourcing=Sourcing(
                retriever=self.retriever,  # type: ignore[arg-type]
                overviews=self.overviews,
                analyzer=Analyzer(),
                relevance=self.relevance,
                most=6,
                least_relevance=0.3,
            ),
            answers=given if remembers else NoGivenAnswers(),
            models=self.models,
            cite=self._cite,
            metrics=self.metrics,
        )
        self.service = ChatService(
            conversations=self.conversations,
            collections=CollectionService(self.collections, None, ListQueue(), Copies(NoEpoch())),  # type: ignore[arg-type]
            answering=self.answering,
            metrics=self.metrics,
            new_id=ids("m"),
            history_turns=4,
            max_message_chars=100,
        )

    def _cite(self, answer: str, sources: Sequence[Source]) -> tuple[tuple[Citation, ...], int]:
        if self.cite_fails is not None:
            raise self.cite_fails
        return (Citation(1, 1, "source", 0, 6),) if "[1]" in answer else (), answer.count("[9]")

    def plays(self, *steps: Any) -> FakeModel:
        self.model = self.models.model = FakeModel("big", *steps)
        return self.model

    def ask(self, text: str = "How long is leave?", **changes: Any) -> list[ChatEvent]:
        return list(self.service.ask(ADA, Question(text, **changes)))

    def talk(self, *messages: Message, **changes: Any) -> str:
        return self.conversations.put("ada", conversation("talk", **changes), *messages).id

    def last_answer(self) -> Message:
        return self.conversations.stored[-1][1]
