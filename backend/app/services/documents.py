"""Taking files in, showing them and taking them away."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from backend.app.concurrency import NativePool
from backend.app.domain.accounts import User
from backend.app.domain.documents import Document, DocumentStatus, Job, Passage
from backend.app.errors import DocumentNotFound
from backend.app.storage.interfaces import (
    DocumentFilter,
    Documents,
    Files,
    IncomingFile,
    JobQueue,
    Jobs,
    NewDocument,
    Page,
    ReceivedFile,
)

Sniffer = Callable[[Path, str], str]  # (file, its name) -> media type; raises DocumentRefused
_MAX_NAME_BYTES = 255


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file taken in; without a job it was there already."""

    document: Document
    job: Job | None

    @property
    def duplicate(self) -> bool:
        return self.job is None


class DocumentService:
    def __init__(
        self,
        *,
        documents: Documents,
        jobs: Jobs,
        files: Files,
        queue: JobQueue,
        pool: NativePool,
        sniff: Sniffer,
        new_id: Callable[[], str],
        max_upload_bytes: int,
    ) -> None:
        self._documents = documents
        self._jobs = jobs
        self._files = files
        self._queue = queue
        self._pool = pool
        self._sniff = sniff
        self._new_id = new_id
        self._max_upload_bytes = max_upload_bytes

    def incoming(self) -> IncomingFile:
        """Begin to receive a file."""
        return self._files.incoming(self._max_upload_bytes)

    def receive(self, user: User, collection_id: str, filename: str, incoming: IncomingFile) -> Uploaded:
        """Finish a file that has arrived and take it in.

        Raises:
            FileTooLarge, StorageFull, and what ``add`` raises: nothing is left behind.
        """
        # Waiting for the disk takes as long as the disk likes; other greenlets go on meanwhile.
        return self.add(user, collection_id, filename, self._pool.run(incoming.finish))

    def add(self, user: User, collection_id: str, filename: str, received: ReceivedFile) -> Uploaded:
        """Take a received file into a collection and queue it for indexing.

        The file is kept before its row is written, so that no row is ever without its file.

        Raises:
            UnsupportedDocument, EmptyDocument, CollectionNotFound, Forbidden: nothing is left behind.
        """
        filename = safe_name(filename)
        document_id = self._new_id()
        try:
            media_type = self._sniff(received.path, filename)
            self._files.keep(received, document_id)
            new = NewDocument(
                id=document_id,
                collection_id=collection_id,
                title=PurePosixPath(filename).stem or filename,
                filename=filename,
                media_type=media_type,
                sha256=received.sha256,
                bytes=received.bytes,
            )
            document, job = self._documents.add(user.id, new)
        except BaseException:
            self._files.discard(received)
            self._files.remove(document_id)
            raise
        if job is None:
            self._files.remove(document_id)
            if document.status in (DocumentStatus.FAILED, DocumentStatus.CANCELLED):
                # Sending a failed file again is how people say «try again».
                return Uploaded(self.get(user, document.id), self.retry(user, document.id))
        else:
            self._queue.put(job.id)
        return Uploaded(document, job)

    def get(self, user: User, document_id: str) -> Document:
        return self._documents.get(user.id, document_id)

    def page(self, user: User, which: DocumentFilter, page: Page) -> tuple[list[Document], str | None]:
        return self._documents.page(user.id, which, page)

    def counts(self, user: User) -> dict[DocumentStatus, int]:
        return self._documents.counts(user.id)

    def passages(
        self, user: User, document_id: str, page: Page, around: int | None
    ) -> tuple[list[Passage], str | None]:
        return self._documents.passages(user.id, document_id, page, around)

    def file(self, user: User, document_id: str) -> tuple[Document, Path]:
        """Return a document with its file as it came."""
        document = self.get(user, document_id)
        return document, self._existing(self._files.path(document_id))

    def text(self, user: User, document_id: str) -> tuple[Document, Path]:
        """Return a document with the file of the text that was read from it."""
        document = self.get(user, document_id)
        return document, self._existing(self._files.text_path(document_id))

    def delete(self, user: User, document_id: str) -> None:
        """Delete a document; searches stop showing it at once, index entries go soon after."""
        self._documents.delete(user.id, document_id)
        self._files.remove(document_id)
        self._queue.wake()

    def retry(self, user: User, document_id: str) -> Job:
        job = self._documents.retry(user.id, document_id)
        self._queue.put(job.id)
        return job

    def job(self, user: User, job_id: str) -> Job:
        return self._jobs.get(user.id, job_id)

    def cancel(self, user: User, job_id: str) -> Job:
        return self._jobs.request_cancel(user.id, job_id)

    @staticmethod
    def _existing(path: Path) -> Path:
        if not path.is_file():
            raise DocumentNotFound("This document's file is not there yet, or was removed.")
        return path


def safe_name(filename: str) -> str:
    """Return a file's name without folders and control characters, in NFC, at most 255 bytes.

    It is only shown and sent back, never used as a path: files are stored by id.
    """
    name = unicodedata.normalize("NFC", filename).replace("\\", "/").rsplit("/", 1)[-1]
    # Cc and Cf: control characters, and marks that turn the direction of what is shown.
    name = "".join(character for character in name if unicodedata.category(character) not in ("Cc", "Cf", "Cs"))
    name = name.strip() or "unnamed"
    stem, dot, suffix = name.rpartition(".")
    while len(name.encode()) > _MAX_NAME_BYTES:
        if not stem:  # no suffix worth keeping
            name = name[:-1]
            continue
        stem = stem[:-1]
        name = f"{stem}{dot}{suffix}"
    return name
