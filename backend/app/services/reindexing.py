"""Making lost indexes anew from the passages in SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import structlog

from backend.app.domain.documents import Document, Passage
from backend.app.errors import SearchUnavailable
from backend.app.services.embedding.searched import SearchedSpaces
from backend.app.services.reembedding import ReembeddingService
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.index_text import index_text
from backend.app.storage.contents import Records, WordIndexes
from backend.app.storage.interfaces import Indexing

log = structlog.get_logger(__name__)

_WORDS_BATCH = 5000


class Progress(Protocol):
    def __call__(self, document: Document, done: int, total: int) -> None: ...


def _silent(document: Document, done: int, total: int) -> None:
    return None


class ReindexingService:
    """Rebuilds document by document, so that indexing and searching may go on beside it."""

    def __init__(
        self,
        *,
        indexing: Indexing,
        lexical: WordIndexes,
        searched: SearchedSpaces,
        reembedding: ReembeddingService,
        analyzer: Analyzer,
        records: Records,
    ) -> None:
        self._indexing = indexing
        self._lexical = lexical
        self._searched = searched
        self._reembedding = reembedding
        self._analyzer = analyzer
        self._records = records

    def restore_lost_words(self) -> None:
        """Make the word indexes anew that are missing or unreadable, or hold less than SQL's passages.

        They do where making one anew was itself broken off. Entries are written before SQL says so and removed after,
        so that a whole index never holds less. Vectors take a thousand times as long: see lost_vectors.py.
        """
        for collection_id in self._indexing.collection_ids():
            documents = self._searchable(collection_id)
            if not self._words_are_there(collection_id, documents):
                log.warning("word_index_rebuilt", collection=collection_id, documents=len(documents))
                self.restore_words(collection_id)

    def restore_words(self, collection_id: str) -> int:
        """Make a collection's word index anew, also beside indexers; return the number of documents.

        What an indexer had written of a document that is not searchable yet goes with the old index:
        such a document begins anew. One that became searchable is read from SQL, after the old
        index has gone, and its entries replace those that its indexer may have written since.
        """
        self._lexical.drop(collection_id)
        self._records.requeue_unread(collection_id)
        documents = self._searchable(collection_id)
        self._words(collection_id, documents)
        return len(documents)

    def rebuild(self, progress: Progress = _silent) -> int:
        """Rebuild every index of every collection; return the number of documents.

        Raises:
            Unavailable: an index is away; what was rebuilt until then stays.
        """
        total = 0
        for collection_id in self._indexing.collection_ids():
            self.restore_words(collection_id)
            documents = self._searchable(collection_id)
            space = self._searched.of(collection_id)
            if space is self._searched.chosen:
                space.vectors.drop(collection_id)
                self._meaning(collection_id, documents, progress)
            total += len(documents)
        while self._reembedding.step():  # the others are made anew by moving to the embedder that is set
            continue
        return total

    def _searchable(self, collection_id: str) -> list[Document]:
        return [d for d in self._indexing.documents_of(collection_id) if d.status.is_searchable]

    def _words_are_there(self, collection_id: str, documents: list[Document]) -> bool:
        if not self._lexical.exists(collection_id):
            return False
        try:
            return self._lexical.count(collection_id) >= _passages(documents)
        except SearchUnavailable:
            return False

    def _words(self, collection_id: str, documents: list[Document]) -> None:
        """Fill an index that was dropped; a commit is dear, so many documents share one."""
        entries: list[tuple[Passage, list[str]]] = []
        for document in documents:
            for passage in self._indexing.stored_passages(document.id):
                entries.append((passage, self._analyzer.terms(index_text(document.title, passage))))
            if len(entries) >= _WORDS_BATCH:
                self._put(collection_id, entries)
                entries = []
        # Even without entries: an empty collection has an index too, and finds nothing.
        self._put(collection_id, entries)
        self._indexing.touch(collection_id)

    def _put(self, collection_id: str, entries: list[tuple[Passage, list[str]]]) -> None:
        documents = {passage.document_id for passage, _ in entries}
        self._lexical.replace(collection_id, sorted(documents), entries)

    def _meaning(self, collection_id: str, documents: list[Document], progress: Progress) -> None:
        space = self._searched.of(collection_id)
        for number, document in enumerate(documents, 1):
            for batch in _batches(self._indexing.stored_passages(document.id), space.embedder.batch):
                vectors = space.embedder.embed_passages([index_text(document.title, passage) for passage in batch])
                space.vectors.add(collection_id, batch, vectors)
            progress(document, number, len(documents))
        self._indexing.touch(collection_id)


def _passages(documents: list[Document]) -> int:
    return sum(document.passages for document in documents)


def _batches(passages: list[Passage], size: int) -> Iterator[list[Passage]]:
    for first in range(0, len(passages), size):
        yield passages[first : first + size]
