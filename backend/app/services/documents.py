"""Taking files in, showing them and taking them away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import structlog

from backend.app.concurrency import NativePool, each
from backend.app.domain.accounts import User
from backend.app.domain.documents import Document, DocumentStatus, Job, Passage
from backend.app.domain.search import MoveProgress
from backend.app.errors import AppError, CollectionNotFound, Conflict, DocumentNotFound
from backend.app.services.estimates import Estimates
from backend.app.services.file_names import safe_name
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
from backend.app.storage.reembedding import Reembeddings

log = structlog.get_logger(__name__)

Sniffer = Callable[[Path, str], str]  # (file, its name) -> media type; raises DocumentRefused
AT_ONCE = 4  # files of a request that wait for the disk together: it writes four in little more time than one


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file taken in; without a job it was there already."""

    document: Document
    job: Job | None

    @property
    def duplicate(self) -> bool:
        return self.job is None


@dataclass(frozen=True, slots=True)
class Refused:
    """A file of several that was not taken in, which does not keep the others out."""

    filename: str
    error: AppError


@dataclass(frozen=True, slots=True)
class _Standing:
    """A file that lies where its document's is to be, and of which no row knows yet."""

    document: NewDocument
    received: ReceivedFile


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
        moves: Reembeddings,
        estimates: Estimates,
    ) -> None:
        self._documents = documents
        self._moves = moves
        self._estimates = estimates
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
        """Take in a file that has arrived, and queue it for indexing.

        Raises:
            FileTooLarge, StorageFull, UnsupportedDocument, EmptyDocument, CollectionNotFound, Forbidden: nothing is
            left behind.
        """
        (taken,) = self.receive_all(user, collection_id, [(filename, incoming)])
        if isinstance(taken, Refused):
            raise taken.error
        return taken

    def receive_all(
        self, user: User, collection_id: str, files: Sequence[tuple[str, IncomingFile]]
    ) -> list[Uploaded | Refused]:
        """Take in files that have arrived, each with the name that it came with; return what became of each.

        A file is kept before its row is written, so that no row is ever without its file.

        Raises:
            CollectionNotFound, Forbidden: nothing is left behind.
        """
        standing: dict[int, _Standing | Refused] = {}

        def put(numbered: tuple[int, str]) -> None:
            place, document_id = numbered
            filename, incoming = files[place]
            # Waiting for the disk takes as long as the disk likes; other greenlets go on meanwhile.
            standing[place] = self._pool.run(self._put, collection_id, document_id, safe_name(filename), incoming)

        try:
            if not user.reaches(collection_id):
                raise CollectionNotFound
            each(put, [(place, self._new_id()) for place in range(len(files))], AT_ONCE)
            return [self._entered(user, standing.pop(place)) for place in range(len(files))]
        except BaseException:
            for one in standing.values():
                if isinstance(one, _Standing):
                    self._files.remove(one.document.id)
            for _, incoming in files:
                incoming.discard()
            raise

    def _put(self, collection_id: str, document_id: str, filename: str, incoming: IncomingFile) -> _Standing | Refused:
        try:
            received = incoming.finish()
            try:
                media_type = self._sniff(received.path, filename)
                self._files.keep(received, document_id)
            except BaseException:
                self._files.discard(received)
                self._files.remove(document_id)
                raise
        except AppError as error:
            return Refused(filename, error)
        new = NewDocument(
            id=document_id,
            collection_id=collection_id,
            title=PurePosixPath(filename).stem or filename,
            filename=filename,
            media_type=media_type,
            sha256=received.sha256,
            bytes=received.bytes,
        )
        return _Standing(new, received)

    def _entered(self, user: User, standing: _Standing | Refused) -> Uploaded | Refused:
        if isinstance(standing, Refused):
            return standing
        try:
            return self._enter(user, standing.document, standing.received)
        except AppError as error:
            if error.status in (401, 403, 404):  # about the collection, so about every file alike
                raise
            return Refused(standing.document.filename, error)

    def _enter(self, user: User, new: NewDocument, received: ReceivedFile) -> Uploaded:
        """Write the row of a file that stands, and queue it."""
        try:
            document, job = self._documents.add(user.id, new)
        except BaseException:
            self._files.remove(new.id)
            raise
        if job is not None:
            self._queue.put(job.id)
            return Uploaded(document, replace(job, document=document))
        is_unread = self._keep_once(document, new.id, received)
        if document.status not in (DocumentStatus.FAILED, DocumentStatus.CANCELLED):
            if not is_unread:
                return Uploaded(document, None)
            job = self._documents.reread(user.id, document.id)
            self._queue.put(job.id)
            return Uploaded(self.get(user, document.id), replace(job, document=document))
        # Sending a failed file again is how people say «try again».
        try:
            job = self.retry(user, document.id)
        except Conflict:  # somebody else has just done so
            job = None
        return Uploaded(self.get(user, document.id), job)

    def _keep_once(self, document: Document, copy_id: str, received: ReceivedFile) -> bool:
        """Leave one file of the same bytes; return whether the text that was read from it is lost.

        Where the document's own file is lost, or was cut, the copy takes its place.
        """
        path = self._files.path(document.id)
        if path.is_file() and path.stat().st_size == document.bytes:
            self._files.remove(copy_id)
            return False
        log.warning("file_restored", document=document.id)
        self._files.keep(replace(received, path=self._files.path(copy_id)), document.id)
        return document.status.is_searchable and not self._files.text_path(document.id).is_file()

    def get(self, user: User, document_id: str) -> Document:
        found = self._documents.get(user.id, document_id)
        if not user.reaches(found.collection_id):
            raise DocumentNotFound
        return self._timed(found)

    def page(self, user: User, which: DocumentFilter, page: Page) -> tuple[list[Document], str | None]:
        found, cursor = self._documents.page(user.id, replace(which, reach=user.reach), page)
        return [self._timed(document) for document in found], cursor

    def counts(self, user: User, collection_id: str | None = None) -> dict[DocumentStatus, int]:
        return self._documents.counts(user.id, collection_id)

    def reembedding(self, user: User, collection_id: str | None = None) -> MoveProgress | None:
        """Return how far embedding anew by another embedder has come; None when nothing is."""
        return self._moves.progress(user.id, collection_id)

    def passages(
        self, user: User, document_id: str, page: Page, around: int | None
    ) -> tuple[list[Passage], str | None]:
        self._within_reach(user, document_id)
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
        self._within_reach(user, document_id)
        self._documents.delete(user.id, document_id)
        self._files.remove(document_id)
        self._queue.wake()

    def retry(self, user: User, document_id: str) -> Job:
        self._within_reach(user, document_id)
        job = self._documents.retry(user.id, document_id)
        self._queue.put(job.id)
        return self._with_document(user, job)

    def renamed(self, user: User, document_id: str, filename: str) -> None:
        """Call a document as its file is called now."""
        self._within_reach(user, document_id)
        job = self._documents.rename(user.id, document_id, safe_name(filename))
        if job is not None:
            self._queue.put(job.id)

    def job(self, user: User, job_id: str) -> Job:
        """Return a job with its document."""
        return self._with_document(user, self._jobs.get(user.id, job_id))

    def cancel(self, user: User, job_id: str) -> Job:
        if user.reach is not None:
            self.job(user, job_id)
        return self._with_document(user, self._jobs.request_cancel(user.id, job_id))

    def _within_reach(self, user: User, document_id: str) -> None:
        if user.reach is not None:
            self.get(user, document_id)

    def _with_document(self, user: User, job: Job) -> Job:
        return replace(job, document=self.get(user, job.document_id))

    def _timed(self, document: Document) -> Document:
        """Add to a document in work how long it will still take."""
        if document.status.is_final:
            return document
        return replace(document, left=self._estimates.left(document.id))

    @staticmethod
    def _existing(path: Path) -> Path:
        if not path.is_file():
            raise DocumentNotFound("This document's file is not there yet, or was removed.")
        return path
