"""Builds every object once; nothing else constructs services.

Opens nothing: connections, indexes and models are opened by whoever first needs them, so what is
built here may be built before a fork.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import backend.app.services.ingestion.formats as formats
from backend.app.cache.interfaces import Cache
from backend.app.concurrency import NativePool
from backend.app.config import MIB, Settings
from backend.app.domain.chat import Citation, Source
from backend.app.monitoring.interfaces import Metrics
from backend.app.monitoring.null import NullMetrics
from backend.app.processes.environment import PACKAGE, ROOT
from backend.app.processes.heartbeat import Heartbeats
from backend.app.security.passwords import Passwords
from backend.app.services.accounts import AccountService
from backend.app.services.bundle import Services
from backend.app.services.chat import ChatService
from backend.app.services.collections import CollectionService
from backend.app.services.conversations import ConversationService
from backend.app.services.documents import DocumentService
from backend.app.services.embedding import registry as embedders
from backend.app.services.embedding.base import Embedder
from backend.app.services.health import HealthService, Part
from backend.app.services.llm.registry import LanguageModels
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.citations import CitationVerifier
from backend.app.services.retrieval.hybrid import HybridRetriever
from backend.app.services.retrieval.index_text import index_text
from backend.app.services.search import SearchService
from backend.app.storage.database import Database
from backend.app.storage.files import DiskFiles
from backend.app.storage.ids import new_id
from backend.app.storage.indexes.chroma import ChromaIndexes
from backend.app.storage.interfaces import JobQueue, LexicalIndexes
from backend.app.storage.redis_client import connect
from backend.app.storage.repositories.collections import SqlCollections
from backend.app.storage.repositories.conversations import SqlConversations
from backend.app.storage.repositories.documents import SqlDocuments
from backend.app.storage.repositories.indexing import SqlIndexing
from backend.app.storage.repositories.jobs import SqlJobs
from backend.app.storage.repositories.passages import SqlPassages
from backend.app.storage.repositories.users import SqlUsers

if TYPE_CHECKING:
    from redis import Redis

    from backend.app.services.evaluation.evaluator import Evaluator
    from backend.app.services.indexing import IndexingService
    from backend.app.services.inspection import InspectionService
    from backend.app.services.reindexing import ReindexingService


@dataclass(frozen=True)
class Parts:
    """What the services are built from, for one process."""

    settings: Settings
    metrics: Metrics
    pool: NativePool
    database: Database
    redis: Redis | None
    files: DiskFiles
    queue: JobQueue
    lexical: LexicalIndexes
    vectors: ChromaIndexes
    embedder: Embedder
    analyzer: Analyzer
    passages: SqlPassages
    indexing: SqlIndexing

    def close(self) -> None:
        self.lexical.close()
        self.database.close()
        if self.redis is not None:
            self.redis.close()


def parts(settings: Settings, metrics: Metrics | None = None, *, embedding_threads: int = 1) -> Parts:
    """Build what is beneath the services.

    ``embedding_threads`` are those of one call: questions are many and short, so a web worker
    gives each one thread, while the indexer gives its batches the whole machine.
    """
    database = Database(settings.sqlalchemy_url)
    passages, indexing, analyzer = SqlPassages(database), SqlIndexing(database), Analyzer()
    redis = connect(settings.redis_url.reveal()) if settings.has_redis else None
    return Parts(
        settings=settings,
        metrics=metrics or NullMetrics(),
        pool=NativePool(settings.native_threads),
        database=database,
        redis=redis,
        files=DiskFiles(settings.files_dir),
        queue=_queue(redis),
        lexical=_lexical(settings, analyzer, passages, indexing),
        vectors=ChromaIndexes(settings.chroma_url or "http://127.0.0.1:8000", settings.embedding),
        embedder=embedders.create(settings.embedding, embedding_threads),
        analyzer=analyzer,
        passages=passages,
        indexing=indexing,
    )


def services(parts: Parts) -> Services:
    """Build what handlers and commands call."""
    settings, database, metrics = parts.settings, parts.database, parts.metrics
    collections = CollectionService(SqlCollections(database), parts.files, parts.queue)
    conversations = SqlConversations(database)
    retriever = _retriever(parts)
    models = LanguageModels(settings, parts.analyzer)
    return Services(
        settings=settings,
        accounts=AccountService(
            SqlUsers(database), Passwords(), parts.pool, open_registration=settings.open_registration
        ),
        chat=ChatService(
            conversations=conversations,
            collections=collections,
            retriever=retriever,
            models=models,
            cite=_citer(parts.analyzer),
            analyzer=parts.analyzer,
            metrics=metrics,
            new_id=new_id,
            sources=settings.chat_sources,
            history_turns=settings.chat_history_turns,
            max_message_chars=settings.max_message_chars,
        ),
        collections=collections,
        conversations=ConversationService(conversations),
        documents=DocumentService(
            documents=SqlDocuments(database),
            jobs=SqlJobs(database),
            files=parts.files,
            queue=parts.queue,
            pool=parts.pool,
            sniff=formats.sniff,
            new_id=new_id,
            max_upload_bytes=settings.max_upload_bytes,
        ),
        health=HealthService(_probes(parts, models), required=frozenset({"database"})),
        metrics=metrics,
        models=models,
        search=SearchService(retriever, collections),
        embedding=parts.embedder.name,
        embedding_dimensions=parts.embedder.dimensions,
        formats=formats.SUPPORTED_EXTENSIONS,
    )


def indexing_service(parts: Parts, owner: str) -> IndexingService:
    """Build what works jobs off; ``owner`` names this process in the jobs that it takes."""
    from backend.app.services.indexing import IndexingService
    from backend.app.services.ingestion.chunking import chunk
    from backend.app.services.ingestion.extract import Extractor

    settings = parts.settings
    scratch = settings.run_dir / "extract"
    scratch.mkdir(parents=True, exist_ok=True)
    return IndexingService(
        indexing=parts.indexing,
        files=parts.files,
        lexical=parts.lexical,
        vectors=parts.vectors,
        extractor=Extractor(
            memory_bytes=settings.extract_memory_bytes, seconds=settings.extract_seconds, scratch=scratch
        ),
        chunk=functools.partial(chunk, target=settings.passage_chars, overlap=settings.passage_overlap_chars),
        embedder=parts.embedder,
        analyzer=parts.analyzer,
        metrics=parts.metrics,
        owner=owner,
    )


def reindexing_service(parts: Parts) -> ReindexingService:
    """Build what makes lost indexes anew."""
    from backend.app.services.reindexing import ReindexingService

    return ReindexingService(
        indexing=parts.indexing,
        lexical=parts.lexical,
        vectors=parts.vectors,
        embedder=parts.embedder,
        analyzer=parts.analyzer,
    )


def inspection_service(parts: Parts) -> InspectionService:
    """Build what compares the indexes and files with SQL."""
    from backend.app.services.inspection import InspectionService

    return InspectionService(indexing=parts.indexing, lexical=parts.lexical, vectors=parts.vectors, files=parts.files)


def evaluator(parts: Parts) -> Evaluator:
    """Build what measures search, on a database of its own."""
    from backend.app.services.evaluation.evaluator import Evaluator
    from backend.app.services.ingestion.chunking import chunk
    from backend.app.storage.repositories.corpora import SqlCorpora

    settings = parts.settings
    return Evaluator(
        corpora=SqlCorpora(parts.database),
        lexical=parts.lexical,
        vectors=parts.vectors,
        retriever=_retriever(parts),
        chunk=functools.partial(chunk, target=settings.passage_chars, overlap=settings.passage_overlap_chars),
        embedder=parts.embedder,
        analyzer=parts.analyzer,
        new_id=new_id,
        candidates=settings.candidates,
    )


def _retriever(parts: Parts) -> HybridRetriever:
    settings = parts.settings
    return HybridRetriever(
        lexical=parts.lexical,
        vectors=parts.vectors,
        passages=parts.passages,
        embedder=parts.embedder,
        analyzer=parts.analyzer,
        pool=parts.pool,
        metrics=parts.metrics,
        candidates=settings.candidates,
        vector_weight=None if settings.vector_weight < 0 else settings.vector_weight,
        branch_timeout=settings.branch_timeout_ms / 1000,
    )


def _queue(redis: Redis | None) -> JobQueue:
    from backend.app.storage.queue import NullJobQueue, RqJobQueue

    return NullJobQueue() if redis is None else RqJobQueue(redis)


def _lexical(settings: Settings, analyzer: Analyzer, passages: SqlPassages, indexing: SqlIndexing) -> LexicalIndexes:
    if settings.lexical_engine == "rank_bm25":
        from backend.app.storage.indexes.rank_bm25 import RankBm25Indexes

        def terms_of(collection_id: str) -> Iterator[tuple[int, list[str]]]:
            titles = {document.id: document.title for document in indexing.documents_of(collection_id)}
            for batch in passages.of_collection(collection_id):
                for passage in batch:
                    yield passage.id, analyzer.terms(index_text(titles.get(passage.document_id, ""), passage))

        return RankBm25Indexes(terms_of)
    from backend.app.storage.indexes.tantivy import TantivyIndexes

    return TantivyIndexes(settings.lexical_dir, analyzer.version)


def _citer(analyzer: Analyzer) -> Callable[[str, Sequence[Source]], tuple[tuple[Citation, ...], int]]:
    verifier = CitationVerifier(analyzer)

    def cite(answer: str, sources: Sequence[Source]) -> tuple[tuple[Citation, ...], int]:
        verified = verifier.verify(answer, sources)
        return verified.citations, verified.dropped

    return cite


def _probes(parts: Parts, models: LanguageModels) -> dict[str, Callable[[], Part]]:
    def database() -> Part:
        parts.database.ping()
        return Part("ok")

    def redis() -> Part:
        if parts.redis is None:
            return Part("ok", "not used")
        from redis.exceptions import RedisError

        try:
            parts.redis.ping()
        except RedisError as error:
            return Part("degraded", type(error).__name__)
        return Part("ok")

    def vector_index() -> Part:
        parts.vectors.ping()
        return Part("ok")

    def lexical_index() -> Part:
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
        "lexical_index": lexical_index,
        "model": model,
        "indexer": indexer,
    }


def response_cache(parts: Parts) -> Cache:
    """Build what Flask-Caching keeps answers in: Redis, or this worker's memory without it."""
    if parts.redis is None:
        from backend.app.cache.memory import MemoryCache

        return MemoryCache(16 * MIB)
    from backend.app.cache.redis import RedisCache

    return RedisCache(parts.redis, "likeopt:cache:")


def page_folder() -> Path:
    """Return where the built page is: inside the wheel, or in the clone."""
    inside = PACKAGE / "page"
    return inside if inside.is_dir() else ROOT / "frontend" / "dist"
