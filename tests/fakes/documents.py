"""Collections, documents, jobs, files and the queue in memory; each user sees only what is given to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

from backend.app.domain.accounts import Access, Member
from backend.app.domain.documents import Collection, Document, DocumentStatus, Job, Passage
from backend.app.errors import CollectionNotFound, Conflict, DocumentNotFound, FileTooLarge, Forbidden, JobNotFound
from backend.app.storage.interfaces import DocumentFilter, NewDocument, Page, ReceivedFile
from backend.app.storage.work import Waiting, Worked
from tests.fakes.things import collection, document, ids, job


class MemoryCollections:
    def __init__(self) -> None:
        self.rows: dict[str, Collection] = {}
        self.access: dict[tuple[str, str], Access] = {}  # (collection, user)
        self.files: dict[str, list[str]] = {}
        self.told: list[tuple[object, ...]] = []
        self._new_id = ids("collection")

    def put(self, user_id: str, found: Collection) -> Collection:
        self.rows[found.id] = found
        self.access[found.id, user_id] = found.access
        return found

    def visible(self, user_id: str) -> list[Collection]:
        return [
            replace(c, access=self.access[c.id, user_id]) for c in self.rows.values() if (c.id, user_id) in self.access
        ]

    def get(self, user_id: str, collection_id: str) -> Collection:
        if (collection_id, user_id) not in self.access:
            raise CollectionNotFound
        return replace(self.rows[collection_id], access=self.access[collection_id, user_id])

    def create(self, user_id: str, name: str) -> Collection:
        return self.put(user_id, collection(self._new_id(), name=name, documents=0, searchable=0))

    def rename(self, user_id: str, collection_id: str, name: str) -> Collection:
        self._require_owner(user_id, collection_id)
        self.rows[collection_id] = replace(self.rows[collection_id], name=name)
        return self.rows[collection_id]

    def delete(self, user_id: str, collection_id: str) -> list[str]:
        self._require_owner(user_id, collection_id)
        del self.rows[collection_id]
        self.access = {key: access for key, access in self.access.items() if key[0] != collection_id}
        return self.files.pop(collection_id, [])

    def members(self, user_id: str, collection_id: str) -> list[Member]:
        self.get(user_id, collection_id)
        return [Member(u, f"{u}@example.com", u, a) for (c, u), a in self.access.items() if c == collection_id]

    def put_member(self, user_id: str, collection_id: str, email: str, access: Access) -> Member:
        self._require_owner(user_id, collection_id)
        member_id = email.partition("@")[0]
        self.access[collection_id, member_id] = access
        return Member(member_id, email, member_id, access)

    def remove_member(self, user_id: str, collection_id: str, member_id: str) -> None:
        self._require_owner(user_id, collection_id)
        del self.access[collection_id, member_id]

    def _require_owner(self, user_id: str, collection_id: str) -> None:
        self.get(user_id, collection_id)
        if self.access[collection_id, user_id] is not Access.OWNER:
            raise Forbidden


class MemoryDocuments:
    """Documents and their jobs. ``fails`` is raised when one is added."""

    def __init__(self, collections: MemoryCollections) -> None:
        self.rows: dict[str, Document] = {}
        self.jobs: dict[str, Job] = {}
        self.fails: BaseException | None = None
        self.asked: list[tuple[object, ...]] = []
        self._collections = collections
        self._new_job_id = ids("job")

    def add(self, user_id: str, new: NewDocument) -> tuple[Document, Job | None]:
        if self.fails is not None:
            raise self.fails
        if not self._collections.get(user_id, new.collection_id).access.may_write:
            raise Forbidden
        for known in self.rows.values():
            if (known.collection_id, known.sha256) == (new.collection_id, new.sha256):
                return known, None
        added = document(
            new.id,
            collection_id=new.collection_id,
            title=new.title,
            filename=new.filename,
            media_type=new.media_type,
            sha256=new.sha256,
            bytes=new.bytes,
        )
        self.rows[added.id] = added
        return added, self._begin(added.id)

    def get(self, user_id: str, document_id: str) -> Document:
        found = self.rows.get(document_id)
        if found is None or (found.collection_id, user_id) not in self._collections.access:
            raise DocumentNotFound
        return found

    def page(self, user_id: str, which: DocumentFilter, page: Page) -> tuple[list[Document], str | None]:
        self.asked.append((user_id, which, page))
        return list(self.rows.values()), None

    def delete(self, user_id: str, document_id: str) -> None:
        self.get(user_id, document_id)
        del self.rows[document_id]

    def retry(self, user_id: str, document_id: str) -> Job:
        found = self.get(user_id, document_id)
        if found.status not in (DocumentStatus.FAILED, DocumentStatus.CANCELLED):
            raise Conflict
        self.rows[document_id] = replace(found, status=DocumentStatus.QUEUED, error=None)
        return self._begin(document_id)

    def reread(self, user_id: str, document_id: str) -> Job:
        self.rows[document_id] = replace(self.get(user_id, document_id), status=DocumentStatus.QUEUED, error=None)
        return self._begin(document_id)

    def counts(self, user_id: str, collection_id: str | None = None) -> dict[DocumentStatus, int]:
        self.asked.append((user_id, collection_id))
        statuses = [found.status for found in self.rows.values()]
        return {status: statuses.count(status) for status in DocumentStatus}

    def passages(
        self, user_id: str, document_id: str, page: Page, around: int | None = None
    ) -> tuple[list[Passage], str | None]:
        self.asked.append((user_id, document_id, page, around))
        return [], "next"

    def _begin(self, document_id: str) -> Job:
        begun = job(self._new_job_id(), document_id)
        self.jobs[begun.id] = begun
        return begun


class NoHistory:
    """Nothing has been indexed yet, and nothing waits."""

    def lately(self, limit: int) -> list[Worked]:
        return []

    def waiting(self, limit: int) -> list[Waiting]:
        return []


class MemoryJobs:
    def __init__(self, documents: MemoryDocuments) -> None:
        self._documents = documents

    def get(self, user_id: str, job_id: str) -> Job:
        found = self._documents.jobs.get(job_id)
        if found is None:
            raise JobNotFound
        try:
            self._documents.get(user_id, found.document_id)
        except DocumentNotFound as error:
            raise JobNotFound from error
        return found

    def request_cancel(self, user_id: str, job_id: str) -> Job:
        found = replace(self.get(user_id, job_id), cancel_requested=True)
        self._documents.jobs[job_id] = found
        return found


class FolderFiles:
    """Real files in a folder, so that what is left behind can be seen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.fails: Exception | None = None
        self._coming = count()

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    def incoming(self, limit: int) -> FolderIncoming:
        return FolderIncoming(self.folder / f"incoming-{next(self._coming)}", limit)

    def keep(self, received: ReceivedFile, document_id: str) -> None:
        if self.fails is not None:
            raise self.fails
        received.path.replace(self.path(document_id))

    def discard(self, received: ReceivedFile) -> None:
        received.path.unlink(missing_ok=True)

    def path(self, document_id: str) -> Path:
        return self.folder / document_id

    def text_path(self, document_id: str) -> Path:
        return self.folder / f"{document_id}.txt"

    def write_text(self, document_id: str, text: str) -> None:
        if self.fails is not None:
            raise self.fails
        self.text_path(document_id).write_text(text, "utf-8", newline="")

    def remove(self, document_id: str) -> None:
        self.path(document_id).unlink(missing_ok=True)
        self.text_path(document_id).unlink(missing_ok=True)


class FolderIncoming:
    def __init__(self, path: Path, limit: int) -> None:
        self._path, self._limit = path, limit
        self._blocks: list[bytes] = []

    def write(self, block: bytes) -> int:
        self._blocks.append(block)
        self._path.write_bytes(b"".join(self._blocks))
        return len(block)

    def finish(self) -> ReceivedFile:
        content = b"".join(self._blocks)
        if len(content) > self._limit:
            self.discard()
            raise FileTooLarge
        return ReceivedFile(self._path, f"hash of {content!r}", len(content))

    def discard(self) -> None:
        self._path.unlink(missing_ok=True)


class ListQueue:
    def __init__(self) -> None:
        self.jobs: list[str] = []
        self.woken = 0
        self.before: Callable[[], object] = lambda: None

    def put(self, job_id: str) -> None:
        self.before()
        self.jobs.append(job_id)

    def wake(self) -> None:
        self.before()
        self.woken += 1
