from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backend.app.concurrency import NativePool
from backend.app.domain.accounts import Access
from backend.app.domain.documents import DocumentStatus, Problem
from backend.app.errors import (
    AppError,
    CollectionNotFound,
    Conflict,
    DocumentNotFound,
    FileTooLarge,
    Forbidden,
    JobNotFound,
    StorageFull,
    StorageUnavailable,
    UnsupportedDocument,
)
from backend.app.services.documents import DocumentService, Refused, Uploaded
from backend.app.services.estimates import Estimates
from backend.app.storage.interfaces import DocumentFilter, Page
from tests.fakes.documents import FolderFiles, ListQueue, MemoryCollections, MemoryDocuments, MemoryJobs, NoHistory
from tests.fakes.indexes import FakeMoves
from tests.fakes.things import collection, ids, user

ADA, BOB, EVE = user("ada"), user("bob"), user("eve")


class Documents:
    def __init__(self, folder: Path) -> None:
        self.collections = MemoryCollections()
        self.collections.put("ada", collection("c1"))
        self.collections.put("bob", collection("c1", access=Access.READER))
        self.rows = MemoryDocuments(self.collections)
        self.files, self.queue = FolderFiles(folder / "files"), ListQueue()
        self.sniff_fails: Exception | None = None
        self.service = DocumentService(
            documents=self.rows,
            jobs=MemoryJobs(self.rows),
            files=self.files,
            queue=self.queue,
            pool=NativePool(1),
            sniff=self._sniff,
            new_id=ids("doc"),
            max_upload_bytes=100,
            moves=FakeMoves(),
            estimates=Estimates(NoHistory(), lambda: False),
        )

    def _sniff(self, path: Path, filename: str) -> str:
        assert path.exists()
        if self.sniff_fails is not None:
            raise self.sniff_fails
        return "text/plain"

    def upload(
        self, content: bytes = b"content", filename: str = "notes.txt", who: object = ADA, into: str = "c1"
    ) -> Uploaded:
        incoming = self.service.incoming()
        incoming.write(content)
        return self.service.receive(who, into, filename, incoming)  # type: ignore[arg-type]

    def upload_all(self, *contents: bytes, who: object = ADA, into: str = "c1") -> list[Uploaded | Refused]:
        files = []
        for number, content in enumerate(contents):
            incoming = self.service.incoming()
            incoming.write(content)
            files.append((f"{number}.txt", incoming))
        return self.service.receive_all(who, into, files)  # type: ignore[arg-type]

    def set_status(self, document_id: str, status: DocumentStatus) -> None:
        self.rows.rows[document_id] = replace(self.rows.rows[document_id], status=status, error=Problem("X", "x"))


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    return Documents(tmp_path)


# --- taking in --------------------------------------------------------------------------------


def test_a_file_is_kept_listed_and_queued(documents: Documents) -> None:
    taken = documents.upload(b"content", "C:\\papers\\My notes.v2.txt")
    document, job = taken.document, taken.job
    assert (document.filename, document.title, document.media_type, document.bytes) == (
        "My notes.v2.txt",
        "My notes.v2",
        "text/plain",
        7,
    )
    assert not taken.duplicate
    assert job is not None
    assert documents.queue.jobs == [job.id]
    assert documents.files.names() == [document.id]
    assert documents.service.file(ADA, document.id) == (document, documents.files.path(document.id))


def test_the_file_is_there_before_the_job_is_queued(documents: Documents) -> None:
    seen: list[list[str]] = []
    documents.queue.before = lambda: seen.append(documents.files.names())
    taken = documents.upload()
    assert seen == [[taken.document.id]]


def test_the_same_bytes_are_one_document_and_leave_one_file(documents: Documents) -> None:
    first = documents.upload(filename="a.txt")
    again = documents.upload(filename="b.txt")
    assert again.document == first.document
    assert again.duplicate
    assert documents.files.names() == [first.document.id]
    assert len(documents.queue.jobs) == 1


@pytest.mark.parametrize("left", [None, b"cut"])
def test_a_lost_file_is_there_again_once_the_same_bytes_are_sent(documents: Documents, left: bytes | None) -> None:
    document = documents.upload().document
    path = documents.files.path(document.id)
    path.unlink() if left is None else path.write_bytes(left)
    again = documents.upload(filename="b.txt")
    assert again.duplicate, "its passages are there: nothing is to be read"
    assert documents.files.names() == [document.id]
    assert documents.service.file(ADA, document.id)[1].read_bytes() == b"content"


def test_a_document_whose_text_was_lost_with_its_file_is_read_again(documents: Documents) -> None:
    document = documents.upload().document
    documents.set_status(document.id, DocumentStatus.READY)
    documents.files.path(document.id).unlink()
    again = documents.upload()
    assert again.job is not None
    assert again.document.status is DocumentStatus.QUEUED
    assert documents.queue.jobs[-1] == again.job.id


@pytest.mark.parametrize("status", [DocumentStatus.FAILED, DocumentStatus.CANCELLED])
def test_sending_a_failed_file_again_tries_it_again(documents: Documents, status: DocumentStatus) -> None:
    first = documents.upload()
    documents.set_status(first.document.id, status)
    again = documents.upload()
    assert again.job is not None
    assert again.document.id == first.document.id
    assert (again.document.status, again.document.error) == (DocumentStatus.QUEUED, None), "as it is now"
    assert len(documents.queue.jobs) == 2
    assert documents.files.names() == [first.document.id]


def test_two_who_try_again_at_the_same_moment_make_one_job(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = documents.upload()
    documents.set_status(first.document.id, DocumentStatus.FAILED)
    retry = documents.rows.retry

    def somebody_else_first(user_id: str, document_id: str) -> object:
        retry(user_id, document_id)
        return retry(user_id, document_id)

    monkeypatch.setattr(documents.rows, "retry", somebody_else_first)
    again = documents.upload()
    assert again.duplicate
    assert again.document.status is DocumentStatus.QUEUED


@pytest.mark.parametrize(
    ("error", "who", "into"),
    [(CollectionNotFound, ADA, "c9"), (CollectionNotFound, EVE, "c1"), (Forbidden, BOB, "c1")],
)
def test_where_one_may_not_write_nothing_is_left(
    documents: Documents, error: type[AppError], who: object, into: str
) -> None:
    with pytest.raises(error):
        documents.upload(who=who, into=into)
    assert (documents.files.names(), documents.queue.jobs, documents.rows.rows) == ([], [], {})


def test_a_file_of_no_known_kind_leaves_nothing(documents: Documents) -> None:
    documents.sniff_fails = UnsupportedDocument()
    with pytest.raises(UnsupportedDocument):
        documents.upload()
    assert (documents.files.names(), documents.queue.jobs) == ([], [])


def test_a_file_that_is_too_large_leaves_nothing(documents: Documents) -> None:
    with pytest.raises(FileTooLarge):
        documents.upload(b"x" * 101)
    assert documents.files.names() == []


@pytest.mark.parametrize("error", [StorageFull(), StorageUnavailable(), KeyboardInterrupt()])
def test_a_row_that_cannot_be_written_leaves_no_file(documents: Documents, error: BaseException) -> None:
    documents.rows.fails = error
    with pytest.raises(type(error)):
        documents.upload()
    assert (documents.files.names(), documents.queue.jobs) == ([], [])


def test_a_disk_that_is_full_leaves_nothing(documents: Documents) -> None:
    documents.files.fails = StorageFull()
    with pytest.raises(StorageFull):
        documents.upload()
    assert documents.files.names() == []


def test_several_files_are_taken_in_in_their_order(documents: Documents) -> None:
    results = documents.upload_all(b"a", b"b", b"c")
    taken = [result for result in results if isinstance(result, Uploaded)]
    assert [one.document.filename for one in taken] == ["0.txt", "1.txt", "2.txt"]
    assert documents.queue.jobs == [one.job.id for one in taken if one.job]
    assert documents.files.names() == sorted(one.document.id for one in taken)


def test_what_is_wrong_with_one_file_does_not_keep_the_others_out(documents: Documents) -> None:
    first, large, again = documents.upload_all(b"a", b"x" * 101, b"a")
    assert isinstance(first, Uploaded)
    assert isinstance(large, Refused)
    assert (large.filename, type(large.error)) == ("1.txt", FileTooLarge)
    assert isinstance(again, Uploaded)
    assert (again.document, again.duplicate) == (first.document, True)
    assert documents.files.names() == [first.document.id]


@pytest.mark.parametrize(
    ("error", "who", "into"),
    [(CollectionNotFound, ADA, "c9"), (CollectionNotFound, EVE, "c1"), (Forbidden, BOB, "c1")],
)
def test_where_one_may_not_write_nothing_is_left_of_any_file(
    documents: Documents, error: type[AppError], who: object, into: str
) -> None:
    with pytest.raises(error):
        documents.upload_all(b"a", b"b", b"c", who=who, into=into)
    assert (documents.files.names(), documents.queue.jobs, documents.rows.rows) == ([], [], {})


def test_a_row_that_breaks_takes_the_files_behind_it_along_and_leaves_those_before(documents: Documents) -> None:
    documents.queue.before = lambda: setattr(documents.rows, "fails", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        documents.upload_all(b"a", b"b", b"c")
    (kept,) = documents.rows.rows
    assert documents.files.names() == [kept]


# --- showing and taking away ------------------------------------------------------------------


def test_a_text_that_is_not_there_yet_is_not_found(documents: Documents) -> None:
    document = documents.upload().document
    with pytest.raises(DocumentNotFound, match="not there yet"):
        documents.service.text(ADA, document.id)
    documents.files.write_text(document.id, "text")
    assert documents.service.text(ADA, document.id)[1].read_text() == "text"


def test_somebody_elses_document_is_not_found_whatever_is_asked(documents: Documents) -> None:
    taken = documents.upload()
    service, document_id, job = documents.service, taken.document.id, taken.job
    assert job is not None
    for call in (
        lambda: service.get(EVE, document_id),
        lambda: service.file(EVE, document_id),
        lambda: service.text(EVE, document_id),
        lambda: service.delete(EVE, document_id),
        lambda: service.retry(EVE, document_id),
    ):
        with pytest.raises(DocumentNotFound):
            call()
    for call in (lambda: service.job(EVE, job.id), lambda: service.cancel(EVE, job.id)):
        with pytest.raises(JobNotFound):
            call()
    assert documents.files.names() == [document_id]
    assert not documents.rows.jobs[job.id].cancel_requested


def test_lists_are_asked_for_in_the_users_name(documents: Documents) -> None:
    page, which = Page(5, "cursor"), DocumentFilter(text="x")
    documents.service.page(ADA, which, page)
    documents.service.counts(ADA, "c1")
    assert documents.service.passages(ADA, "d1", page, 7) == ([], "next")
    assert documents.rows.asked == [("ada", which, page), ("ada", "c1"), ("ada", "d1", page, 7)]


def test_deleting_removes_the_file_and_its_text_and_wakes_the_indexer(documents: Documents) -> None:
    document = documents.upload().document
    documents.files.write_text(document.id, "text")
    documents.service.delete(ADA, document.id)
    assert documents.files.names() == []
    assert documents.queue.woken == 1


def test_jobs_are_tried_again_shown_and_cancelled(documents: Documents) -> None:
    taken = documents.upload()
    with pytest.raises(Conflict):
        documents.service.retry(ADA, taken.document.id)
    documents.set_status(taken.document.id, DocumentStatus.FAILED)
    job = documents.service.retry(ADA, taken.document.id)
    assert documents.queue.jobs[-1] == job.id
    shown = documents.service.job(ADA, job.id)
    assert shown == replace(job, document=documents.service.get(ADA, taken.document.id))
    assert documents.service.cancel(ADA, job.id).cancel_requested
