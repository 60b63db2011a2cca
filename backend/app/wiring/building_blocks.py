"""What the services of one process are built from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from backend.app.concurrency import NativePool
from backend.app.config import Settings
from backend.app.domain.room import Bounds
from backend.app.epochs import Epoch, NoEpoch, SharedEpoch
from backend.app.monitoring.interfaces import Metrics
from backend.app.monitoring.null import NullMetrics
from backend.app.processes.environment import PACKAGE, ROOT
from backend.app.processes.stores import chroma_refusal
from backend.app.services.embedding import registry as embedders
from backend.app.services.embedding.base import Embedder
from backend.app.services.embedding.spaces import VectorSpace, VectorSpaces
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.index_text import index_text
from backend.app.storage.contents import WordIndexes
from backend.app.storage.database import Database
from backend.app.storage.files import DiskFiles
from backend.app.storage.indexes.chroma import ChromaIndexes
from backend.app.storage.interfaces import JobQueue
from backend.app.storage.redis_client import connect
from backend.app.storage.repositories.indexing import SqlIndexing
from backend.app.storage.repositories.passages import SqlPassages
from backend.app.storage.repositories.records import SqlRecords
from backend.app.storage.repositories.reembedding import SqlReembeddings
from backend.app.wiring.caches import Caches, caches, no_caches

if TYPE_CHECKING:
    from redis import Redis


@dataclass(frozen=True)
class Parts:
    """What the services are built from, for one process."""

    settings: Settings
    metrics: Metrics
    pool: NativePool
    database: Database
    access: Epoch
    redis: Redis | None
    files: DiskFiles
    queue: JobQueue
    lexical: WordIndexes
    vectors: ChromaIndexes
    embedder: Embedder
    spaces: VectorSpaces
    analyzer: Analyzer
    passages: SqlPassages
    indexing: SqlIndexing
    records: SqlRecords
    moves: SqlReembeddings
    caches: Caches

    def close(self) -> None:
        self.caches.close()
        self.lexical.close()
        self.database.close()
        if self.redis is not None:
            self.redis.close()


def parts(
    settings: Settings, metrics: Metrics | None = None, *, embedding_threads: int = 1, caching: bool = False
) -> Parts:
    """Build what is beneath the services; only with ``caching`` is anything remembered.

    ``embedding_threads`` are those of one call: questions are many and short, so a web worker
    gives each one thread, while the indexer gives its batches the whole machine.
    """
    access = epoch(settings, "access")
    database = Database(settings.sqlalchemy_url, access)
    passages, indexing, analyzer = SqlPassages(database), SqlIndexing(database, bounds=bounds(settings)), Analyzer()
    pool, metrics = NativePool(settings.native_threads), metrics or NullMetrics()
    redis = connect(settings.redis_url.reveal()) if settings.has_redis else None
    remembered = caches(settings, redis, pool, metrics) if caching else no_caches(metrics)
    create = partial(embedders.create, threads=embedding_threads, served=embedders.Served.by(settings))
    chroma_url = settings.chroma_url or "http://127.0.0.1:8000"
    indexes = partial(ChromaIndexes, chroma_url, refusal=chroma_refusal(settings))
    embedder = create(settings.embedding)
    vectors = indexes(embedder.name)
    return Parts(
        settings=settings,
        metrics=metrics,
        pool=pool,
        database=database,
        access=access,
        redis=redis,
        files=DiskFiles(settings.files_dir),
        queue=_queue(redis, remembered),
        lexical=_lexical(settings, analyzer, passages, indexing),
        vectors=vectors,
        embedder=embedder,
        spaces=VectorSpaces(VectorSpace(embedder, vectors), create, indexes),
        analyzer=analyzer,
        passages=passages,
        indexing=indexing,
        records=SqlRecords(database),
        moves=SqlReembeddings(database),
        caches=remembered,
    )


def bounds(settings: Settings) -> Bounds:
    return Bounds(
        owner_bytes=settings.quota_bytes,
        owner_documents=settings.quota_documents,
        server_bytes=settings.quota_server_bytes,
        server_documents=settings.quota_server_documents,
        jobs=settings.most_waiting,
    )


def epoch(settings: Settings, name: str) -> Epoch:
    """Build what tells the processes on one SQLite file that something has changed; a PostgreSQL has others."""
    return NoEpoch() if settings.database_url else SharedEpoch(settings.run_dir / f"{name}.epoch")


def _queue(redis: Redis | None, caches: Caches) -> JobQueue:
    from backend.app.storage.queue import NullJobQueue, RqJobQueue

    return NullJobQueue() if redis is None else RqJobQueue(redis, caches.ask_redis)


def _lexical(settings: Settings, analyzer: Analyzer, passages: SqlPassages, indexing: SqlIndexing) -> WordIndexes:
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


def page_folder() -> Path:
    """Return where the built page is: inside the wheel, or in the clone."""
    inside = PACKAGE / "page"
    return inside if inside.is_dir() else ROOT / "frontend" / "dist"
