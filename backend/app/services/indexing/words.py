"""Documents searchable by their words, several at a time: a commit is dear."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from backend.app.domain.documents import Passage
from backend.app.services.indexing.reading import Read
from backend.app.services.indexing.work import EXTRACTED, SEARCHABLE, Cancelled
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.index_text import index_text
from backend.app.storage.contents import WordIndexes
from backend.app.storage.interfaces import Indexing

WORDS_BATCH = 1000  # passages a commit; the terms of a whole book would be hundreds of megabytes

Entries = list[tuple[Passage, Sequence[str]]]


class Words:
    def __init__(self, *, indexing: Indexing, lexical: WordIndexes, analyzer: Analyzer) -> None:
        self._indexing = indexing
        self._lexical = lexical
        self._analyzer = analyzer

    def add(self, group: Sequence[Read], failed: Callable[[Read, Exception], None]) -> None:
        """Make documents searchable by their words; those that cannot be go to ``failed``, and stop no others.

        Whatever an earlier attempt left of a document is replaced. They become searchable, and their collection's
        version is raised, when all of their words can be found.
        """
        for members in _by_collection(group):
            try:
                self._write(members)
            except Exception as error:
                # Which of them is the cause is not known: where there are several, each is tried by itself.
                for read in members:
                    if len(members) > 1:
                        self.add([read], failed)
                    else:
                        failed(read, error)
                continue
            try:
                found = {task.job_id for task in self._indexing.searchable(*(read.work.task for read in members))}
            except Exception as error:
                for read in members:
                    failed(read, error)
                continue
            for read in members:
                if read.work.task.job_id not in found:
                    failed(read, Cancelled())

    def _write(self, members: Sequence[Read]) -> None:
        collection_id = members[0].work.task.document.collection_id
        for documents, entries, last in self._batches(members):
            self._lexical.replace(collection_id, documents, entries)
            if last is not None:
                read, done = last
                read.work.reach(EXTRACTED + (SEARCHABLE - EXTRACTED) * done / len(read.passages))

    def _batches(self, members: Sequence[Read]) -> Iterator[tuple[list[str], Entries, tuple[Read, int] | None]]:
        """Yield the documents that begin in a commit, its entries, and how far one has come that goes on after it."""
        documents: list[str] = []
        entries: Entries = []
        for read in members:
            documents.append(read.work.task.document.id)
            for number, passage in enumerate(read.passages, 1):
                entries.append((passage, self._analyzer.terms(index_text(read.title, passage))))
                if len(entries) >= WORDS_BATCH and number < len(read.passages):
                    yield documents, entries, (read, number)
                    documents, entries = [], []
        yield documents, entries, None


def _by_collection(group: Sequence[Read]) -> list[list[Read]]:
    found: dict[str, list[Read]] = {}
    for read in group:
        found.setdefault(read.work.task.document.collection_id, []).append(read)
    return list(found.values())
