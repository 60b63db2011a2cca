"""Mending what differs between SQL, the indexes and the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import structlog

from backend.app.domain.agreement import Disagreement, Fault, Repair
from backend.app.domain.documents import Passage
from backend.app.errors import AppError
from backend.app.services.embedding.searched import SearchedSpaces
from backend.app.services.reindexing import ReindexingService
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.index_text import index_text
from backend.app.storage.contents import FileContents, LexicalContents, Records, VectorContents
from backend.app.storage.interfaces import Files, Indexing, JobQueue

log = structlog.get_logger(__name__)


class RepairService:
    """SQL and the uploaded files are right; what is derived from them is brought to agree.

    It may run beside indexers: the documents that it touches have come to their end, and whether
    one was deleted meanwhile is looked up after its entries were written.
    """

    def __init__(
        self,
        *,
        records: Records,
        indexing: Indexing,
        lexical: LexicalContents,
        vectors: VectorContents,
        searched: SearchedSpaces,
        contents: FileContents,
        files: Files,
        analyzer: Analyzer,
        reindexing: ReindexingService,
        queue: JobQueue,
    ) -> None:
        self._records = records
        self._indexing = indexing
        self._lexical = lexical
        self._vectors = vectors
        self._searched = searched
        self._contents = contents
        self._files = files
        self._analyzer = analyzer
        self._reindexing = reindexing
        self._queue = queue
        self._ways: dict[Fault, Callable[[Disagreement], str | Repair]] = {
            Fault.WORDS_UNREADABLE: self._words_of_collection,
            Fault.WORDS_MISSING: self._words_of_document,
            Fault.WORDS_REPEATED: self._words_of_document,
            Fault.WORDS_LEFT: self._remove_words,
            Fault.WORDS_STRAY: self._remove_word_index,
            Fault.VECTORS_MISSING: self._missing_vectors,
            Fault.VECTORS_LEFT: self._remove_vectors,
            Fault.VECTORS_STRAY: self._remove_vector_index,
            Fault.FILES_STRAY: self._remove_file,
            Fault.TEXTS_MISSING: self._read_anew,
            Fault.DOCUMENTS_MISCOUNTED: self._read_anew,
            Fault.DOCUMENTS_FORGOTTEN: self._read_anew,
        }

    def mend(self, disagreements: Iterable[Disagreement]) -> Iterator[Repair]:
        """Mend one after the other; what cannot be mended says why."""
        anew: set[str] = set()
        for found in sorted(disagreements, key=lambda found: found.fault not in _READ_ANEW):
            if found.document_id in anew:  # its index entries are made with it
                continue
            repair = self._mend(found)
            if repair.job_id:
                anew.add(found.document_id)
            log.warning("disagreement_mended" if repair.mended else "disagreement_stays", fault=found.fault.value)
            yield repair

    def _mend(self, found: Disagreement) -> Repair:
        way = self._ways.get(found.fault)
        if way is None:
            return Repair(found, False, _HOPELESS.get(found.fault, ""))
        try:
            done = way(found)
        except AppError as error:  # the next one may fare better
            return Repair(found, False, error.message)
        return done if isinstance(done, Repair) else Repair(found, True, done)

    def _words_of_collection(self, found: Disagreement) -> str:
        documents = self._reindexing.restore_words(found.collection_id)
        return f"made the word index anew from {documents:,} documents"

    def _words_of_document(self, found: Disagreement) -> str:
        title, passages = self._document(found)
        terms = [(passage, self._analyzer.terms(index_text(title, passage))) for passage in passages]
        self._lexical.replace(found.collection_id, [found.document_id], terms)
        self._written(found)
        return f"indexed the words of {len(passages):,} passages anew"

    def _missing_vectors(self, found: Disagreement) -> str:
        title, passages = self._document(found)
        passages = [passage for passage in passages if passage.id in found.passages]
        space = self._searched.of(found.collection_id)
        for first in range(0, len(passages), space.embedder.batch):
            batch = passages[first : first + space.embedder.batch]
            vectors = space.embedder.embed_passages([index_text(title, passage) for passage in batch])
            space.vectors.add(found.collection_id, batch, vectors)
        self._written(found)
        return f"embedded {len(passages):,} passages"

    def _remove_words(self, found: Disagreement) -> str:
        self._lexical.remove(found.collection_id, sorted(found.passages))
        self._indexing.touch(found.collection_id)
        return f"removed {len(found.passages):,} entries"

    def _remove_vectors(self, found: Disagreement) -> str:
        self._vectors.remove(found.collection_id, sorted(found.passages))
        self._indexing.touch(found.collection_id)
        return f"removed {len(found.passages):,} entries"

    def _remove_word_index(self, found: Disagreement) -> str:
        self._lexical.remove_stray(found.name)
        return "removed"

    def _remove_vector_index(self, found: Disagreement) -> str:
        self._vectors.remove_stray(found.name)
        return "removed"

    def _remove_file(self, found: Disagreement) -> str:
        if found.document_id:
            self._contents.remove(found.document_id)
        else:
            self._contents.remove_stray(found.name)
        return "removed"

    def _read_anew(self, found: Disagreement) -> Repair:
        if not self._files.path(found.document_id).is_file():
            return Repair(found, False, _HOPELESS[Fault.FILES_LOST])
        job_id = self._records.requeue(found.document_id)
        if job_id is None:
            return Repair(found, True, "was deleted meanwhile")
        self._queue.put(job_id)
        return Repair(found, True, "queued to be read anew", job_id)

    def _document(self, found: Disagreement) -> tuple[str, list[Passage]]:
        titles = {document.id: document.title for document in self._indexing.documents_of(found.collection_id)}
        return titles.get(found.document_id, ""), self._indexing.stored_passages(found.document_id)

    def _written(self, found: Disagreement) -> None:
        self._records.note_if_gone(found.collection_id, found.document_id)
        self._indexing.touch(found.collection_id)


_READ_ANEW = frozenset({Fault.TEXTS_MISSING, Fault.DOCUMENTS_MISCOUNTED, Fault.DOCUMENTS_FORGOTTEN})
_HOPELESS = {
    Fault.FILES_LOST: "Send the same file again, which puts it back, restore it from a copy, or delete the document.",
    Fault.VECTORS_UNREADABLE: "Restart `likeopt serve`, or check CHROMA_URL, and try again.",
}
