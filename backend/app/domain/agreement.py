"""Where SQL, the indexes and the files say different things."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong; the part before the first ``_`` says where."""

    WORDS_UNREADABLE = "words_unreadable"  # a collection's word index is missing or damaged
    WORDS_MISSING = "words_missing"
    WORDS_REPEATED = "words_repeated"
    WORDS_LEFT = "words_left"  # of passages that SQL does not have
    WORDS_STRAY = "words_stray"  # an index of no collection, or of another analyser
    VECTORS_UNREADABLE = "vectors_unreadable"
    VECTORS_MISSING = "vectors_missing"
    VECTORS_LEFT = "vectors_left"
    VECTORS_STRAY = "vectors_stray"
    FILES_LOST = "files_lost"  # not there, or of another size
    FILES_STRAY = "files_stray"  # a file or a text of no document
    TEXTS_MISSING = "texts_missing"
    DOCUMENTS_MISCOUNTED = "documents_miscounted"  # passages are not as many as the document says
    DOCUMENTS_FORGOTTEN = "documents_forgotten"  # waits, and no job will ever index it


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One thing that is wrong. ``name`` is for people: a file's name, or what a stray entry is called."""

    fault: Fault
    collection_id: str = ""
    document_id: str = ""
    name: str = ""
    passages: frozenset[int] = frozenset()
    reason: str = ""

    @property
    def where(self) -> str:
        return self.fault.value.partition("_")[0]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was compared, and where it differs; ``in_work`` documents are still on their way."""

    collections: int
    documents: int
    passages: int  # that the word indexes should hold
    vectors: int  # the same of the vector indexes
    in_work: int
    removals: int  # deletions whose index entries an indexer is still to take away
    disagreements: tuple[Disagreement, ...]


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done about a disagreement; ``mended`` is False where nothing could be done."""

    disagreement: Disagreement
    mended: bool
    what: str
    job_id: str | None = None  # of a document that is read anew
