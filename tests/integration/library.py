"""Documents indexed by the real parts in this process, on a data folder of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from backend.app import wiring
from backend.app.config import Settings
from backend.app.domain.agreement import Agreement, Repair
from backend.app.domain.documents import Document, DocumentStatus
from backend.app.domain.search import SearchMode
from backend.app.services.agreement import AgreementService
from backend.app.storage.migration import migrate


class Library:
    """Everything that a command has, without the processes around it; vectors go to a Chroma that others share."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.parts = wiring.parts(settings)
        self.services = wiring.services(self.parts)
        self.indexing = wiring.indexing_service(self.parts, "tests")
        self.user = self.services.accounts.operator()
        self.collection = self.services.collections.default(self.user)

    def put(self, name: str, content: str | bytes, collection_id: str = "") -> Document:
        """Take a file in without indexing it."""
        incoming = self.services.documents.incoming()
        incoming.write(content if isinstance(content, bytes) else content.encode())
        return self.services.documents.receive(self.user, collection_id or self.collection.id, name, incoming).document

    def add(self, name: str, text: str, collection_id: str = "") -> Document:
        """Take a file in and index it."""
        document = self.put(name, text, collection_id)
        self.work()
        return self.get(document)

    def work(self) -> None:
        for job_id in self.indexing.pending():
            self.indexing.process(job_id)
        self.indexing.remove_leftovers()

    def get(self, document: Document) -> Document:
        return self.services.documents.get(self.user, document.id)

    def documents(self) -> list[tuple[str, DocumentStatus]]:
        """Return the ids of all documents with their states."""
        return [(record.id, record.status) for record in self.parts.records.records()]

    def passages(self, document: Document) -> list[int]:
        return [passage.id for passage in self.parts.indexing.stored_passages(document.id)]

    def found(self, query: str, mode: str = "bm25") -> set[str]:
        """Return the documents that a search finds."""
        result = self.services.search.search(self.user, query, SearchMode(mode), 100)
        return {hit.passage.document_id for hit in result.hits}

    def agreement(self, *, owns_vectors: bool = False) -> AgreementService:
        service = wiring.agreement_service(self.parts, owns_vectors=owns_vectors)
        service._sleep = lambda seconds: None  # nothing is under way here
        return service

    def compare(self) -> Agreement:
        return self.agreement().compare()

    def faults(self) -> list[str]:
        return sorted(found.fault.value for found in self.compare().disagreements)

    def mend(self) -> list[Repair]:
        """Mend what is wrong, and index what is queued for it."""
        repairs = list(wiring.repair_service(self.parts, "tests").mend(self.compare().disagreements))
        self.work()
        return repairs


@contextlib.contextmanager
def library(data_dir: Path, chroma_url: str, **settings: object) -> Iterator[Library]:
    """Yield a library on a Chroma that others share, which is left as it was."""
    with migrated(Settings(data_dir=data_dir).with_(chroma_url=chroma_url, ollama_url="", **settings)) as found:
        yield found
        for collection_id in found.parts.indexing.collection_ids():
            found.parts.vectors.drop(collection_id)


@contextlib.contextmanager
def migrated(settings: Settings) -> Iterator[Library]:
    migrate(settings)
    found = Library(settings)
    try:
        yield found
    finally:
        found.parts.close()
