"""From rows to the dataclasses that leave storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from backend.app.domain.accounts import Role, User
from backend.app.domain.chat import Citation, Conversation, Message, MessageStatus, Source, Speaker
from backend.app.domain.documents import Document, DocumentStatus, Job, Passage, Problem
from backend.app.storage.models import ConversationRow, DocumentRow, JobRow, MessageRow, PassageRow, UserRow


def user(row: UserRow) -> User:
    return User(row.id, row.email, row.name, Role(row.role), row.created_at, row.suspended_at)


def document(row: DocumentRow | Row[*tuple[Any, ...]], job_id: str | None = None) -> Document:
    return Document(
        id=row.id,
        collection_id=row.collection_id,
        title=row.title,
        filename=row.filename,
        media_type=row.media_type,
        sha256=row.sha256,
        bytes=row.bytes,
        status=DocumentStatus(row.status),
        progress=row.progress,
        error=_problem(row),
        pages=row.pages,
        passages=row.passages,
        created_at=row.created_at,
        job_id=job_id,
    )


def job(row: JobRow) -> Job:
    return Job(
        id=row.id,
        document_id=row.document_id,
        status=DocumentStatus(row.status),
        progress=row.progress,
        error=_problem(row),
        attempts=row.attempts,
        cancel_requested=row.cancel_requested,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def passage(row: PassageRow | Row[*tuple[Any, ...]]) -> Passage:
    return Passage(
        id=row.id,
        document_id=row.document_id,
        collection_id=row.collection_id,
        ordinal=row.ordinal,
        text=row.text,
        start=row.start,
        end=row.end,
        page=row.page,
        heading=row.heading,
    )


def conversation(row: ConversationRow) -> Conversation:
    return Conversation(row.id, row.title, row.pinned, tuple(row.collection_ids), row.created_at, row.updated_at)


def message(row: MessageRow) -> Message:
    return Message(
        id=row.id,
        conversation_id=row.conversation_id,
        speaker=Speaker(row.speaker),
        text=row.text,
        status=MessageStatus(row.status),
        sources=tuple(Source(**source) for source in row.sources),
        citations=tuple(Citation(**citation) for citation in row.citations),
        model=row.model,
        degraded=tuple(row.degraded),
        cached=row.cached,
        feedback=row.feedback,
        timings=row.timings,
        created_at=row.created_at,
        comment=row.comment,
    )


def title_cited_first(sources: Sequence[Mapping[str, Any]], citations: Sequence[Mapping[str, Any]]) -> str:
    """Return the title of the document that an answer's first citation points into; empty without one."""
    first = citations[0]["n"] if citations else None
    return next((str(source["title"]) for source in sources if source["n"] == first), "")


def message_columns(message: Message) -> dict[str, Any]:
    """Return a message as its row's columns."""
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "speaker": message.speaker.value,
        "text": message.text,
        "status": message.status.value,
        "sources": msgspec.to_builtins(message.sources),
        "citations": msgspec.to_builtins(message.citations),
        "model": message.model,
        "degraded": list(message.degraded),
        "cached": message.cached,
        "feedback": message.feedback,
        "comment": message.comment,
        "timings": dict(message.timings),
        "created_at": message.created_at,
    }


def _problem(row: DocumentRow | JobRow | Row[*tuple[Any, ...]]) -> Problem | None:
    return Problem(row.error_code, row.error_message or "") if row.error_code else None
