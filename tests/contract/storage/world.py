"""People and their documents, made by the repositories themselves."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import func, select

from backend.app.domain.accounts import Access, User
from backend.app.domain.chat import Citation, Conversation, Message, MessageStatus, Source, Speaker
from backend.app.domain.documents import Chunk, Document, Job
from backend.app.storage.database import Database
from backend.app.storage.ids import new_id
from backend.app.storage.interfaces import IndexingTask, NewDocument
from backend.app.storage.models import Base, ConversationRow, MemberRow
from backend.app.storage.repositories.collections import SqlCollections
from backend.app.storage.repositories.conversations import SqlConversations
from backend.app.storage.repositories.documents import SqlDocuments
from backend.app.storage.repositories.indexing import SqlIndexing
from backend.app.storage.repositories.jobs import SqlJobs
from backend.app.storage.repositories.passages import SqlPassages
from backend.app.storage.repositories.users import SqlUsers

T = TypeVar("T")


class World:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.users = SqlUsers(database)
        self.collections = SqlCollections(database)
        self.documents = SqlDocuments(database)
        self.jobs = SqlJobs(database)
        self.passages = SqlPassages(database)
        self.indexing = SqlIndexing(database)
        self.conversations = SqlConversations(database)

    def person(self, name: str) -> User:
        return self.users.register(
            email=f"{name}@example.com", name=name, password_hash=f"hash of {name}", open_to_all=True
        )

    def collection(self, user: User) -> str:
        """Return the first collection that a person owns."""
        return self.collections.visible(user.id)[0].id

    def version(self, user: User, collection_id: str) -> int:
        return self.collections.get(user.id, collection_id).version

    def upload(
        self, user: User, name: str = "notes.txt", collection_id: str = "", **changes: Any
    ) -> tuple[Document, Job]:
        """Add a document whose content is its name."""
        document, job = self.documents.add(
            user.id, new_document(collection_id or self.collection(user), name, **changes)
        )
        assert job is not None
        return document, job

    def claimed(self, job: Job, owner: str = "indexer") -> IndexingTask:
        task = self.indexing.claim(job.id, owner)
        assert task is not None
        return task

    def indexed(
        self,
        user: User,
        texts: Sequence[str] = ("one", "two", "three"),
        name: str = "notes.txt",
        collection_id: str = "",
    ) -> Document:
        """Add a document and take it through all its states."""
        document, job = self.upload(user, name, collection_id)
        task = self.claimed(job)
        self.indexing.extracting(task)
        self.indexing.extracted(task, document.title, None, chunks(texts))
        self.indexing.searchable(task)
        self.indexing.ready(task)
        return self.documents.get(user.id, document.id)

    def conversation(self, user: User, title: str = "Bread") -> Conversation:
        return self.conversations.create(user.id, title, ())

    def exchange(
        self, conversation: Conversation, question: str, answer: str, **changes: Any
    ) -> tuple[Message, Message]:
        """Store a question and its answer, whose source is of a collection of the asking person's own."""
        asked = message(conversation.id, Speaker.USER, question)
        answered = message(conversation.id, Speaker.ASSISTANT, answer)
        (source,) = answered.sources
        own = self._first_collection(conversation)
        answered = replace(answered, **{"sources": (replace(source, collection_id=own),), **changes})
        self.conversations.store_exchange(asked, answered)
        return asked, answered

    def _first_collection(self, conversation: Conversation) -> str:
        query = (
            select(MemberRow.collection_id)
            .join(ConversationRow, ConversationRow.user_id == MemberRow.user_id)
            .where(ConversationRow.id == conversation.id, MemberRow.access == Access.OWNER.value)
            .order_by(MemberRow.collection_id)
        )
        return self.database.read(lambda session: session.scalars(query).first()) or ""

    def rows(self) -> dict[str, int]:
        """Return the number of rows of each table."""

        def count(session: Any) -> dict[str, int]:
            tables = Base.metadata.tables.values()
            return {table.name: session.scalar(select(func.count()).select_from(table)) for table in tables}

        return self.database.read(count)


def new_document(collection_id: str, name: str = "notes.txt", **changes: Any) -> NewDocument:
    return replace(
        NewDocument(
            id=new_id(),
            collection_id=collection_id,
            title=name.rpartition(".")[0],
            filename=name,
            media_type="text/plain",
            sha256=hashlib.sha256(name.encode()).hexdigest(),
            bytes=len(name),
        ),
        **changes,
    )


def chunks(texts: Sequence[str]) -> list[Chunk]:
    return [Chunk(n, text, n * 100, n * 100 + len(text), n + 1, f"Chapter {n}") for n, text in enumerate(texts)]


def message(conversation_id: str, speaker: Speaker, text: str) -> Message:
    is_answer = speaker is Speaker.ASSISTANT
    return Message(
        id=new_id(),
        conversation_id=conversation_id,
        speaker=speaker,
        text=text,
        status=MessageStatus.COMPLETE,
        sources=(Source(1, "d" * 32, "Bread", 3, "Dough", 7, "Knead the dough.", 10, 26, 0.5),) if is_answer else (),
        citations=(Citation(1, 7, "Knead", 0, 5),) if is_answer else (),
        model="small" if is_answer else None,
        degraded=("vector",) if is_answer else (),
        cached=False,
        feedback=None,
        timings={"total_ms": 12.5} if is_answer else {},
        created_at=datetime.now(UTC),
    )


def at_once(*calls: Callable[[], T]) -> list[T | Exception]:
    """Make all calls at the same moment, each in a thread; return what they return or raise."""
    barrier = threading.Barrier(len(calls))
    outcomes: list[T | Exception | None] = [None] * len(calls)

    def run(number: int) -> None:
        barrier.wait()
        try:
            outcomes[number] = calls[number]()
        except Exception as error:
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes  # type: ignore[return-value]  # each was set
