"""Proving that SQL, the word indexes, the vector indexes and the files say the same."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from backend.app.domain.agreement import Agreement, Disagreement, Fault
from backend.app.domain.documents import DocumentStatus
from backend.app.errors import Unavailable
from backend.app.storage.contents import FileContents, LexicalContents, Record, Records, StoredFiles, VectorContents

_PAUSE_SECONDS = 1.0  # between two looks: what is on its way has moved on by then


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at everything. SQL is read before the indexes and after them."""

    before: dict[str, Record]
    after: dict[str, Record]
    removals: dict[str, int]
    faults: tuple[Disagreement, ...]


class AgreementService:
    """Compares and changes nothing. Indexing, deleting and searching may go on beside it.

    What one look finds may only be on its way, from SQL into an index or out of it. So a
    disagreement is what two looks find, one after the other.
    """

    def __init__(
        self,
        *,
        records: Records,
        lexical: LexicalContents,
        vectors: VectorContents,
        files: FileContents,
        owns_vectors: bool,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``owns_vectors``: nobody else keeps collections in the same Chroma."""
        self._records = records
        self._lexical = lexical
        self._vectors = vectors
        self._files = files
        self._owns_vectors = owns_vectors
        self._sleep = sleep

    def compare(self) -> Agreement:
        look = self._look()
        faults = look.faults
        if faults:
            self._sleep(_PAUSE_SECONDS)
            look = self._look()
            faults = tuple(_both(faults, look.faults))
        documents = look.after.values()
        return Agreement(
            collections=len(self._records.collection_ids()),
            documents=len(documents),
            passages=sum(record.stored for record in documents if record.status.is_searchable),
            vectors=sum(record.stored for record in documents if record.status is DocumentStatus.READY),
            in_work=sum(not record.status.is_final for record in documents),
            removals=sum(look.removals.values()),
            disagreements=faults,
        )

    def _look(self) -> _Look:
        before = {record.id: record for record in self._records.records()}
        collections = self._records.collection_ids()
        owners = {id: self._records.passage_ids(id) for id in collections}
        words = {id: self._entries(self._lexical, id) for id in collections}
        vectors = {id: self._entries(self._vectors, id) for id in collections}
        stored = self._files.stored()
        after = {record.id: record for record in self._records.records()}
        removals = self._records.removals()
        known = self._records.collection_ids()
        faults: list[Disagreement] = []
        for id in set(collections) & set(known):
            # Entries of what was deleted are an indexer's to take away: they wait on a list.
            allowed = None if removals.get(id) else set(self._records.passage_ids(id))
            wanted = _settled(owners[id], before, after, DocumentStatus.SEARCHABLE, DocumentStatus.READY)
            faults += _compared("WORDS", id, words[id], wanted, allowed, after)
            wanted = _settled(owners[id], before, after, DocumentStatus.READY)
            faults += _compared("VECTORS", id, vectors[id], wanted, allowed, after)
        faults += self._strays(known, removals)
        faults += _files(stored, before, after, self._files.is_young)
        faults += _rows(before, after)
        return _Look(before, after, removals, tuple(faults))

    def _entries(self, index: LexicalContents | VectorContents, collection_id: str) -> Counter[int] | str:
        """Return how often each passage is in an index, or why that cannot be told."""
        try:
            return Counter(index.entries(collection_id))
        except Unavailable as error:
            return error.message

    def _strays(self, known: list[str], removals: dict[str, int]) -> Iterator[Disagreement]:
        expected = [*known, *removals]
        for name in self._lexical.strays(expected):
            yield Disagreement(Fault.WORDS_STRAY, name=name)
        if self._owns_vectors:
            try:
                for name in self._vectors.strays(expected):
                    yield Disagreement(Fault.VECTORS_STRAY, name=name)
            except Unavailable as error:
                yield Disagreement(Fault.VECTORS_UNREADABLE, reason=error.message)


def _settled(
    owners: dict[int, str], before: dict[str, Record], after: dict[str, Record], *statuses: DocumentStatus
) -> dict[int, str]:
    """Return the passages that have been in these states all the time of a look."""
    ids = {id for id in before.keys() & after.keys() if before[id].status in statuses and after[id].status in statuses}
    return {passage_id: document_id for passage_id, document_id in owners.items() if document_id in ids}


def _compared(
    kind: str,
    collection_id: str,
    found: Counter[int] | str,
    wanted: dict[int, str],
    allowed: set[int] | None,
    documents: dict[str, Record],
) -> Iterator[Disagreement]:
    """``allowed`` is all that may be in the index; None where that cannot be told now."""
    if isinstance(found, str):
        yield Disagreement(Fault[f"{kind}_UNREADABLE"], collection_id, reason=found)
        return
    if kind == "WORDS" and wanted and not found:
        yield Disagreement(Fault.WORDS_UNREADABLE, collection_id, reason="It is empty or missing.")
        return
    missing, repeated = defaultdict(set), defaultdict(set)
    for passage_id, document_id in wanted.items():
        if not found[passage_id]:
            missing[document_id].add(passage_id)
        elif found[passage_id] > 1:
            repeated[document_id].add(passage_id)
    for fault, by_document in ((f"{kind}_MISSING", missing), ("WORDS_REPEATED", repeated)):
        for document_id, passages in by_document.items():
            name = documents[document_id].filename
            yield Disagreement(Fault[fault], collection_id, document_id, name, frozenset(passages))
    if allowed is not None and (surplus := frozenset(found.keys() - allowed)):
        yield Disagreement(Fault[f"{kind}_LEFT"], collection_id, passages=surplus)


def _files(
    stored: StoredFiles, before: dict[str, Record], after: dict[str, Record], is_young: Callable[[str], bool]
) -> Iterator[Disagreement]:
    for id in before.keys() & after.keys():
        record = after[id]
        size = stored.files.get(id)
        if size != record.bytes:
            reason = "is not there" if size is None else f"has {size:,} bytes instead of {record.bytes:,}"
            yield Disagreement(Fault.FILES_LOST, record.collection_id, id, record.filename, reason=reason)
        elif record.status.is_searchable and before[id].status.is_searchable and id not in stored.texts:
            yield Disagreement(Fault.TEXTS_MISSING, record.collection_id, id, record.filename)
    for id in sorted((stored.files.keys() | stored.texts) - before.keys() - after.keys()):
        if not is_young(id):
            yield Disagreement(Fault.FILES_STRAY, document_id=id, name=id)
    for name in sorted(stored.others):
        yield Disagreement(Fault.FILES_STRAY, name=name)


def _rows(before: dict[str, Record], after: dict[str, Record]) -> Iterator[Disagreement]:
    for record in (after[id] for id in before.keys() & after.keys()):
        found = Disagreement(Fault.DOCUMENTS_FORGOTTEN, record.collection_id, record.id, record.filename)
        if not record.status.is_final:
            if not record.has_job:
                yield found
        elif record.passages != record.stored:
            reason = f"has {record.stored:,} passages instead of {record.passages:,}"
            yield replace(found, fault=Fault.DOCUMENTS_MISCOUNTED, reason=reason)


def _both(first: Iterable[Disagreement], second: Iterable[Disagreement]) -> Iterator[Disagreement]:
    """Yield what both looks have found, of the passages those that are the same."""
    seen = {_key(found): found for found in first}
    for found in second:
        earlier = seen.get(_key(found))
        if earlier is None:
            continue
        passages = found.passages & earlier.passages
        if passages or not found.passages:
            yield replace(found, passages=passages)


def _key(found: Disagreement) -> tuple[Fault, str, str, str]:
    return found.fault, found.collection_id, found.document_id, found.name
