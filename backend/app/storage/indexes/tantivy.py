"""BM25 by tantivy, one index folder a collection.

Terms come ready from the analyser and are joined by spaces, so that tantivy's own tokenizers
never see them. The parameters are tantivy's: k1 = 1.2, b = 0.75, idf = ln(1 + (N - n + .5) / (n + .5)).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

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
        with self._readable(collection_id):
            searcher = self._searcher(collection_id, version)
            clauses = [
                (tantivy.Occur.Should, _weighted(tantivy.Query.term_query(self._schema, "terms", term, "freq"), count))
                for term, count in Counter(terms).items()
            ]
            if not clauses or k < 1:
                return []
            found = searcher.search(tantivy.Query.boolean_query(clauses), k, count=False).hits
            ids = searcher.fast_field_values("id", [address for _, address in found])
            return [ScoredId(int(passage_id), score) for passage_id, (score, _) in zip(ids, found, strict=True)]

    def size(self, collection_id: str, version: int) -> int:
        with self._readable(collection_id):
            return int(self._searcher(collection_id, version).num_docs)

    def add(self, collection_id: str, passages: Sequence[tuple[Passage, Sequence[str]]]) -> None:
        with self._writer(collection_id) as writer:
            _write(writer, passages)

    def remove_document(self, collection_id: str, document_id: str) -> None:
        if self._path(collection_id).exists():
            with self._writer(collection_id) as writer:
                writer.delete_documents_by_term("document", document_id)

    def drop(self, collection_id: str) -> None:
        self._open.pop(collection_id, None)
        if self._path(collection_id).exists():
            with self._lock(collection_id) as lock:
                shutil.rmtree(self._path(collection_id), ignore_errors=True)
                lock.unlink()

    def count(self, collection_id: str) -> int:
        if not self._path(collection_id).exists():
            return 0
        with self._readable(collection_id):
            index = self._index(collection_id)
            index.reload()
            return int(index.searcher().num_docs)

    def exists(self, collection_id: str) -> bool:
        return self._path(collection_id).exists()

    def close(self) -> None:
        self._open.clear()

    def strays(self, known: Sequence[str]) -> list[str]:
        """Name indexes of no collection, and those of analysers that this version does not have."""
        found = [path.name for path in self._folder.parent.glob("analyzer-*") if path != self._folder]
        names = {path.name.removesuffix(".lock") for path in self._folder.glob("*")}
        return sorted(found) + [f"{self._folder.name}/{name}" for name in sorted(names - set(known))]

    def remove_stray(self, name: str) -> None:
        if name.startswith(f"{self._folder.name}/"):
            collection_id = name.partition("/")[2]
            with self._lock(collection_id) as lock:
                shutil.rmtree(self._path(collection_id), ignore_errors=True)
                lock.unlink()
        else:
            shutil.rmtree(self._folder.parent / name, ignore_errors=True)

    def entries(self, collection_id: str) -> Counter[int]:
        if not self._path(collection_id).exists():
            return Counter()
        with self._readable(collection_id):
            index = self._index(collection_id)
            index.reload()
            searcher = index.searcher()
            if not searcher.num_docs:
                return Counter()
            hits = searcher.search(tantivy.Query.all_query(), searcher.num_docs, count=False).hits
            return Counter(map(int, searcher.fast_field_values("id", [address for _, address in hits])))

    def remove(self, collection_id: str, ids: Sequence[int]) -> None:
        kind = tantivy.FieldType.Unsigned
        with self._writer(collection_id) as writer:
            for first, last in _ranges(ids):  # the id is no term; each range looks through the whole column
                writer.delete_documents_by_query(tantivy.Query.range_query(self._schema, "id", kind, first, last))

    def replace(
        self, collection_id: str, documents: Sequence[str], passages: Sequence[tuple[Passage, Sequence[str]]]
    ) -> None:
        with self._writer(collection_id) as writer:
            for document_id in documents:
                writer.delete_documents_by_term("document", document_id)
            _write(writer, passages)

    def _path(self, collection_id: str) -> Path:
        return self._folder / collection_id

    def _index(self, collection_id: str) -> Any:
        return tantivy.Index(self._schema, path=str(self._path(collection_id)))

    def _searcher(self, collection_id: str, version: int) -> Any:
        seen, index = self._open.get(collection_id, (-1, None))
        if index is None:
            if not self._path(collection_id).exists():
                raise SearchUnavailable("The word index of a collection is missing; it is being rebuilt.")
            index = self._index(collection_id)
            index.config_reader("manual")
        if seen != version:
            index.reload()
        self._open[collection_id] = (version, index)
        # Several threads search: another may just have closed what this one opened.
        with contextlib.suppress(KeyError):
            self._open.move_to_end(collection_id)
            while len(self._open) > _OPEN_INDEXES:
                self._open.popitem(last=False)
        return index.searcher()

    @contextmanager
    def _writer(self, collection_id: str) -> Iterator[Any]:
        with self._lock(collection_id), self._readable(collection_id):
            self._path(collection_id).mkdir(exist_ok=True)
            _remove_unfinished(self._path(collection_id))
            writer = self._index(collection_id).writer(heap_size=_WRITER_HEAP_BYTES, num_threads=1)
            try:
                yield writer
                writer.commit()
            except BaseException:
                writer.rollback()
                raise
            finally:
                writer.wait_merging_threads()

    @contextmanager
    def _lock(self, collection_id: str) -> Iterator[Path]:
        """Hold the lock of an index's writers, a file that goes with the index."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{collection_id}.lock"
        while True:
            with path.open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if _is_at(path, lock):
                    yield path
                    return
            # Who held it dropped the index and took this file away: another has the new one.

    @contextmanager
    def _readable(self, collection_id: str) -> Iterator[None]:
        """Translate what tantivy raises over files that are missing or damaged, and open them anew next time."""
        try:
            yield
        except (ValueError, TypeError, OSError) as error:
            raise self._unreadable(collection_id) from error
        except BaseException as error:
            # Rust's panics derive from BaseException. A damaged file ends one question, not the process.
            if type(error).__name__ != "PanicException":
                raise
            raise self._unreadable(collection_id) from error

    def _unreadable(self, collection_id: str) -> SearchUnavailable:
        self._open.pop(collection_id, None)
        return SearchUnavailable("The word index of a collection cannot be read; it is being rebuilt.")


def _remove_unfinished(folder: Path) -> None:
    """Take away which documents a commit was about to delete that broke off: by a kill, or on a full disk.

    The next commit that deletes has the same number, and tantivy opens no file that is there already: no deletion
    would ever be carried out again.
    """
    with contextlib.suppress(FileNotFoundError):  # a new index
        last = json.loads((folder / "meta.json").read_bytes())["opstamp"]
        for path in folder.glob("*.del"):
            if int(path.suffixes[0][1:]) > last:
                path.unlink()


def _is_at(path: Path, file: IO[str]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", fast=True)
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _write(writer: Any, passages: Sequence[tuple[Passage, Sequence[str]]]) -> None:
    for passage, terms in passages:
        document = tantivy.Document()
        # Document(id=...) would make a signed value, which an unsigned field answers with a panic.
        document.add_unsigned("id", passage.id)
        document.add_text("document", passage.document_id)
        document.add_text("terms", " ".join(terms))
        writer.add_document(document)


def _ranges(ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of ids without a gap; a document's follow each other."""
    run: list[int] = []
    for id in sorted(ids):
        if run and id > run[-1] + 1:
            yield run[0], run[-1]
            run = []
        run.append(id)
    if run:
        yield run[0], run[-1]


def _weighted(query: Any, count: int) -> Any:
    return query if count == 1 else tantivy.Query.boost_query(query, float(count))
