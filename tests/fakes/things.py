"""What Like-Opt talks about, with everything filled in that a test does not care for."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from backend.app.domain.accounts import Access, Role, User
from backend.app.domain.chat import Conversation, Message, MessageStatus, Speaker
from backend.app.domain.documents import Chunk, Collection, Document, DocumentStatus, ExtractedDocument, Job, Passage

THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def ids(prefix: str = "id") -> Any:
    """Return a maker of ids that sort by the time they were made."""
    numbers = itertools.count(1)
    return lambda after="": f"{prefix}-{next(numbers):04}"


def user(user_id: str = "ada", **changes: Any) -> User:
    fields = {"email": f"{user_id}@example.com", "name": user_id.title(), "role": Role.MEMBER, "created_at": THEN}
    return User(user_id, **{**fields, **changes})


def collection(collection_id: str = "c1", **changes: Any) -> Collection:
    fields = {
        "name": collection_id.upper(),
        "version": 1,
        "access": Access.OWNER,
        "documents": 1,
        "searchable": 1,
        "created_at": THEN,
    }
    return Collection(collection_id, **{**fields, **changes})


def document(document_id: str = "d1", **changes: Any) -> Document:
    fields = {
        "collection_id": "c1",
        "title": document_id.upper(),
        "filename": f"{document_id}.txt",
        "media_type": "text/plain",
        "sha256": "0" * 64,
        "bytes": 10,
        "status": DocumentStatus.QUEUED,
        "progress": 0.0,
        "error": None,
        "pages": None,
        "passages": 0,
        "created_at": THEN,
    }
    return Document(document_id, **{**fields, **changes})


def job(job_id: str = "j1", document_id: str = "d1", **changes: Any) -> Job:
    fields = {
        "status": DocumentStatus.QUEUED,
        "progress": 0.0,
        "error": None,
        "attempts": 0,
        "cancel_requested": False,
        "created_at": THEN,
        "finished_at": None,
    }
    return Job(job_id, document_id, **{**fields, **changes})


def passage(passage_id: int, text: str = "", **changes: Any) -> Passage:
    text = text or f"passage {passage_id}"
    fields = {
        "document_id": "d1",
        "collection_id": "c1",
        "ordinal": passage_id,
        "text": text,
        "start": 0,
        "end": len(text),
        "page": None,
        "heading": None,
    }
    return Passage(passage_id, **{**fields, **changes})


def chunks(*texts: str) -> list[Chunk]:
    return [Chunk(n, text, 0, len(text), None, None) for n, text in enumerate(texts)]


def extracted(text: str, title: str | None = None) -> ExtractedDocument:
    return ExtractedDocument(text, title, "text/plain", (), ())


def conversation(conversation_id: str = "talk", **changes: Any) -> Conversation:
    fields = {"title": "A talk", "pinned": False, "collection_ids": (), "created_at": THEN, "updated_at": THEN}
    return Conversation(conversation_id, **{**fields, **changes})


def message(message_id: str, text: str, speaker: Speaker = Speaker.USER, **changes: Any) -> Message:
    fields = {
        "conversation_id": "talk",
        "status": MessageStatus.COMPLETE,
        "sources": (),
        "citations": (),
        "model": None,
        "degraded": (),
        "cached": False,
        "feedback": None,
        "timings": {},
        "created_at": THEN,
    }
    return Message(id=message_id, text=text, speaker=speaker, **{**fields, **changes})
