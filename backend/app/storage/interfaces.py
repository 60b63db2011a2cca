"""What services ask of storage. One transaction a method; all errors are ``AppError``.

Where a method takes ``user_id`` it answers only what that user may see, and something that is
hidden is told as something that is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from backend.app.domain.accounts import Access, Member, Role, User
from backend.app.domain.chat import Conversation, Message, Turn
from backend.app.domain.documents import Chunk, Collection, Document, DocumentStatus, Job, Passage, Problem
from backend.app.domain.performance import Step


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: ``cursor`` is the ``next_cursor`` of the part before."""

    limit: int = 50
    cursor: str | None = None


class Users(Protocol):
    def any_account(self) -> bool: ...
    def get(self, user_id: str) -> User | None:
        """Return somebody who may use Like-Opt now: None for a suspended account."""

    def find_by_email(self, email: str) -> tuple[User, str] | None:
        """Return the user, who may be suspended, and the password's hash."""

    def register(
        self, *, email: str, name: str, password_hash: str, open_to_all: bool, invitation: str | None = None
    ) -> User:
        """Add an account with its first collection; the first one administers.

        ``invitation``, a token's hash, is used up, and says what the account may do.

        Raises:
            EmailTaken, RegistrationClosed, InvitationNotFound, WrongInvitation
        """

    def rename(self, user_id: str, name: str) -> User:
        """Raises ``UserNotFound``."""

    def update_password(self, user_id: str, password_hash: str) -> None:
        """Keep the same password by another hash."""

    def change_password(self, user_id: str, password_hash: str) -> None:
        """Keep another password; all of the person's sessions and reset links end with the one before."""

    def set_role(self, user_id: str, role: Role) -> None: ...
    def operator(self) -> User:
        """Return whom the command line acts for: the first administrator, or, before there is
        one, a placeholder that the first registration takes over with all it owns."""


class Collections(Protocol):
    def visible(self, user_id: str) -> list[Collection]: ...
    def get(self, user_id: str, collection_id: str) -> Collection: ...
    def create(self, user_id: str, name: str) -> Collection: ...
    def rename(self, user_id: str, collection_id: str, name: str) -> Collection: ...
    def delete(self, user_id: str, collection_id: str) -> list[str]:
        """Delete it with all its documents; return the ids of the files to remove."""

    def members(self, user_id: str, collection_id: str) -> list[Member]: ...
    def put_member(self, user_id: str, collection_id: str, email: str, access: Access) -> Member: ...
    def remove_member(self, user_id: str, collection_id: str, member_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class NewDocument:
    id: str
    collection_id: str
    title: str
    filename: str
    media_type: str
    sha256: str
    bytes: int


class DocumentSort(StrEnum):
    """In which order documents are listed; those that are alike, newest first."""

    NEWEST = "newest"
    OLDEST = "oldest"
    NAME = "name"
    LARGEST = "largest"


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """``reach`` bounds the list to these collections; the others are as if they were not there."""

    collection_id: str | None = None
    statuses: tuple[DocumentStatus, ...] = ()  # none named: all
    text: str | None = None
    sort: DocumentSort = DocumentSort.NEWEST
    reach: frozenset[str] | None = None


class Documents(Protocol):
    def add(self, user_id: str, document: NewDocument) -> tuple[Document, Job | None]:
        """Add a document and its job in one transaction.

        The same bytes in the same collection are one document: it is returned with None.
        """

    def get(self, user_id: str, document_id: str) -> Document: ...
    def page(self, user_id: str, which: DocumentFilter, page: Page) -> tuple[list[Document], str | None]: ...
    def delete(self, user_id: str, document_id: str) -> None: ...
    def retry(self, user_id: str, document_id: str) -> Job: ...
    def reread(self, user_id: str, document_id: str) -> Job:
        """Have a document read from its file again, whatever its state."""

    def rename(self, user_id: str, document_id: str, filename: str) -> Job | None: ...
    def counts(self, user_id: str, collection_id: str | None = None) -> dict[DocumentStatus, int]: ...
    def passages(
        self, user_id: str, document_id: str, page: Page, around: int | None = None
    ) -> tuple[list[Passage], str | None]: ...


class Passages(Protocol):
    def visible(self, ids: Sequence[int], collection_ids: Sequence[str]) -> dict[int, tuple[Passage, str]]:
        """Return searchable passages of these collections by id, with their document's title."""

    def of_collection(self, collection_id: str) -> Iterable[list[Passage]]:
        """Yield every passage of searchable documents, in batches."""


class Jobs(Protocol):
    def get(self, user_id: str, job_id: str) -> Job: ...
    def request_cancel(self, user_id: str, job_id: str) -> Job: ...


@dataclass(frozen=True, slots=True)
class IndexingTask:
    """A claimed job with what the indexer must know of its document.

    ``deadly`` are the attempts, this one included, that may have ended their process: what was given back did not.
    """

    job_id: str
    document: Document
    attempts: int
    deadly: int
    passages_stored: bool


@dataclass(frozen=True, slots=True)
class Unembedded:
    """A document that waits for its vectors: where it is, and how many there will be."""

    collection_id: str
    passages: int


@dataclass(frozen=True, slots=True)
class Removal:
    """Index entries that must go: of one document, or of the whole collection."""

    id: int
    collection_id: str
    document_id: str | None


class Indexing(Protocol):
    """The indexer's own view: it acts for the system, not for a user."""

    def pending(self) -> list[str]:
        """Return the ids of jobs that wait for an indexer, oldest first."""

    def unread(self, limit: int, most_bytes: int | None = None) -> list[str]:
        """Return the first of the pending jobs whose files have not been read, oldest first; of small files alone."""

    def unembedded(self, limit: int) -> list[str]:
        """Return the first of the pending jobs whose files have been read, some of whose vectors are missing, oldest first."""

    def claim(self, job_id: str, owner: str) -> IndexingTask | None:
        """Take a job for this process; None when it has ended, is gone, or another works at it."""

    def extracting(self, task: IndexingTask) -> None: ...
    def extracted(self, task: IndexingTask, title: str, pages: int | None, chunks: Sequence[Chunk]) -> list[Passage]:
        """Store the passages in place of any that an earlier attempt left, and return them with their ids.

        Nothing is stored, and the list is empty, when the work is to stop: ``progress`` will say so.
        """

    def stored_passages(self, document_id: str) -> list[Passage]: ...
    def searchable(self, *group: IndexingTask) -> list[IndexingTask]:
        """Have documents found from now on, all at once; return those whose work is not to stop, which alone change."""

    def progress(self, task: IndexingTask, progress: float) -> bool:
        """Note progress (0 to 1), and keep the job for longer.

        Return False when the work is to stop: cancelled, deleted, or taken by another process. In
        the last case every other method leaves the job as it is.
        """

    def without_vectors(self, job_ids: Sequence[str]) -> dict[str, Unembedded]:
        """Return those of these free jobs, by id, whose documents are found by their words and have no vectors yet."""

    def ready(self, *group: IndexingTask) -> list[IndexingTask]:
        """End jobs well, all at once; return those whose work was not to stop, which alone change."""

    def end(self, task: IndexingTask, status: DocumentStatus, problem: Problem | None) -> None:
        """Fail or cancel: no passage stays, and the index entries are listed for removal."""

    def worked(self, task: IndexingTask, seconds: float) -> None:
        """Note for how long a job was worked at, in one attempt of maybe several."""

    def release(self, task: IndexingTask, seconds: float = 0.0) -> None:
        """Give a job back, to be taken up again from where it stands, and note for how long it was worked at."""

    def removals(self) -> list[Removal]: ...
    def removed(self, removal: Removal) -> None: ...
    def wants_entries(self, document_id: str) -> bool:
        """Tell whether a document's entries are there to stay, or may be written at this moment or soon."""

    def leases(self) -> list[str]:
        """Return the owners of jobs that are being worked at."""

    def free_leases(self, owner: str) -> None:
        """Give back what a process that no longer lives had taken."""

    def collection_ids(self) -> list[str]: ...
    def documents_of(self, collection_id: str) -> list[Document]: ...
    def touch(self, collection_id: str) -> None:
        """Raise a collection's version."""


class Conversations(Protocol):
    def get(self, user_id: str, conversation_id: str) -> Conversation: ...
    def create(self, user_id: str, title: str, collection_ids: Sequence[str]) -> Conversation: ...
    def page(self, user_id: str, text: str | None, page: Page) -> tuple[list[Conversation], str | None]: ...
    def update(self, user_id: str, conversation_id: str, *, title: str | None, pinned: bool | None) -> Conversation: ...
    def delete(self, user_id: str, conversation_id: str) -> None: ...
    def messages(
        self, user_id: str, conversation_id: str, page: Page, *, newest_first: bool = False
    ) -> tuple[list[Message], str | None]: ...
    def message(self, user_id: str, message_id: str) -> Message: ...
    def history(self, conversation_id: str, turns: int, before: str | None = None) -> tuple[Turn, ...]:
        """Return at most ``turns`` earlier messages, oldest first: whole exchanges, question and answer in turn.

        ``before`` leaves out that message and later ones.
        """

    def last_place(self, conversation_id: str) -> str:
        """Return an id that the ids of all that is said next have to follow; empty where nothing was said."""

    def question_of(self, user_id: str, answer_id: str) -> Message:
        """Return the question that an answer answers."""

    def place_of(self, conversation_id: str, message_id: str) -> str:
        """Return where a message stands in its conversation: who makes it again keeps the place.

        Raises:
            MessageNotFound
        """

    def store_exchange(
        self,
        question: Message | None,
        answer: Message,
        replaces: str | None = None,
        retitled: tuple[str, str] | None = None,
        until: str | None = None,
    ) -> None:
        """Store a question with its answer, or a new answer in place of ``replaces``, in one transaction.

        What stands after ``replaces`` stays, but for what there is up to the place ``until``.

        A question that is there already gets its new words, and has one answer in the end: that of the
        latest attempt, whichever attempt ends last. ``retitled`` is the conversation's title before and
        after; one that has another by then keeps it.

        Raises:
            ConversationNotFound: it was deleted meanwhile.
            AnsweredAnew: a later attempt has been stored already; nothing has changed.
        """

    def rate(self, user_id: str, message_id: str, value: int | None, comment: str | None) -> Message: ...


class Performance(Protocol):
    """Figures about the server, in steps that are kept for as long as ``domain.performance.STEPS`` says."""

    def add(self, instance: str, step: Step) -> None:
        """Add what an instance counted to the steps of each length that it falls into."""

    def between(self, seconds: int, since: float, until: float) -> list[Step]:
        """Return all instances' steps of one length that begin in that time, oldest first."""


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    path: Path
    sha256: str
    bytes: int


class IncomingFile(Protocol):
    """A file that is being received: hashed and written to a temporary name as it arrives."""

    def write(self, block: bytes) -> int:
        """Take the next bytes; those beyond the limit are dropped, and ``finish`` says so.

        Raises:
            StorageFull: nothing is left on disk.
        """

    def finish(self) -> ReceivedFile:
        """Return the whole file, safely on disk.

        Raises:
            FileTooLarge, StorageFull: nothing is left on disk.
        """

    def discard(self) -> None:
        """Remove what had arrived; harmless after ``finish`` or when repeated."""


class Files(Protocol):
    """Uploaded files by document id, and the text that was read from them."""

    def incoming(self, limit: int) -> IncomingFile: ...
    def keep(self, received: ReceivedFile, document_id: str) -> None: ...
    def discard(self, received: ReceivedFile) -> None: ...
    def path(self, document_id: str) -> Path: ...
    def write_text(self, document_id: str, text: str) -> None: ...
    def text_path(self, document_id: str) -> Path: ...
    def remove(self, document_id: str) -> None: ...


class JobQueue(Protocol):
    """Wakes the indexer. Losing it loses nothing: the truth is in SQL."""

    def put(self, job_id: str) -> None: ...
    def wake(self) -> None:
        """Have removals done soon."""
