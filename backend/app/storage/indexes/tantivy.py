"""BM25 by tantivy, one index folder a collection.

Terms come ready from the analyser and are joined by spaces, so that tantivy's own tokenizers
never see them. The parameters are tantivy's: k1 = 1.2, b = 0.75, idf = ln(1 + (N - n + .5) / (n + .5)).
"""

from __future__ import annotations

import fcntl
import shutil
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tantivy

from backend.app.domain.documents import Passage
from backend.app.domain.search import ScoredId
from backend.app.errors import SearchUnavailable

_OPEN_INDEXES = 64  # each holds file handles and maps; the least recently used is closed
_WRITER_HEAP_BYTES = 32_000_000


class TantivyIndexes:
    """Readers share the files by mmap; only one process writes an index at a time (a file lock)."""

    def __init__(self, folder: Path, analyzer_version: str) -> None:
        # Terms of another analyser do not match: its indexes lie elsewhere and are rebuilt.
        self._folder = folder / f"analyzer-{analyzer_version}"
        self._schema = _schema()
        self._open: OrderedDict[str, tuple[int, Any]] = OrderedDict()

    def search(self, collection_id: str, version: int, terms: Sequence[str], k: int) -> list[ScoredId]:
        searcher = self._searcher(collection_id, version)
        clauses = [
            (tantivy.Occur.Should, _weighted(tantivy.Query.term_query(self._schema, "terms", term, "freq"), count))
            for term, count in _counted(terms).items()
        ]
        if not clauses:
            return []
        found = searcher.search(tantivy.Query.boolean_query(clauses), k, count=False).hits
        ids = searcher.fast_field_values("id", [address for _, address in found])
        return [ScoredId(int(passage_id), score) for passage_id, (score, _) in zip(ids, found, strict=True)]

    def add(self, collection_id: str, passages: Sequence[tuple[Passage, Sequence[str]]]) -> None:
        with self._writer(collection_id) as writer:
            for passage, terms in passages:
                document = tantivy.Document()
                # Document(id=...) would make a signed value, which an unsigned field answers with a panic.
                document.add_unsigned("id", passage.id)
                document.add_text("document", passage.document_id)
                document.add_text("terms", " ".join(terms))
                writer.add_document(document)

    def remove_document(self, collection_id: str, document_id: str) -> None:
        if self._path(collection_id).exists():
            with self._writer(collection_id) as writer:
                writer.delete_documents_by_term("document", document_id)

    def drop(self, collection_id: str) -> None:
        self._open.pop(collection_id, None)
        shutil.rmtree(self._path(collection_id), ignore_errors=True)

    def count(self, collection_id: str) -> int:
        if not self._path(collection_id).exists():
            return 0
        index = self._index(collection_id)
        index.reload()
        return int(index.searcher().num_docs)

    def exists(self, collection_id: str) -> bool:
        return self._path(collection_id).exists()

    def close(self) -> None:
        self._open.clear()

    def _path(self, collection_id: str) -> Path:
        return self._folder / collection_id

    def _index(self, collection_id: str) -> Any:
        try:
            return tantivy.Index(self._schema, path=str(self._path(collection_id)))
        except ValueError as error:
            raise SearchUnavailable("The word index of a collection cannot be read; it is being rebuilt.") from error

    def _searcher(self, collection_id: str, version: int) -> Any:
        seen, index = self._open.get(collection_id, (-1, None))
        if index is None:
            if not self._path(collection_id).exists():
                raise SearchUnavailable("The word index of a collection is missing; it is being rebuilt.")
            index = self._index(collection_id)
            index.config_reader("manual")
            seen = version
            index.reload()
        elif seen != version:
            index.reload()
        self._open[collection_id] = (version, index)
        self._open.move_to_end(collection_id)
        while len(self._open) > _OPEN_INDEXES:
            self._open.popitem(last=False)
        return index.searcher()

    @contextmanager
    def _writer(self, collection_id: str) -> Iterator[Any]:
        path = self._path(collection_id)
        path.mkdir(parents=True, exist_ok=True)
        with (path.parent / f"{collection_id}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            writer = self._index(collection_id).writer(heap_size=_WRITER_HEAP_BYTES, num_threads=1)
            try:
                yield writer
                writer.commit()
            except BaseException:
                writer.rollback()
                raise
            finally:
                writer.wait_merging_threads()


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", fast=True)
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _counted(terms: Sequence[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for term in terms:
        counts[term] = counts.get(term, 0) + 1
    return counts


def _weighted(query: Any, count: int) -> Any:
    return query if count == 1 else tantivy.Query.boost_query(query, float(count))
