"""From dataclasses to the shapes of docs/api.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import cast

from backend.app.api.shapes import library, people, talk
from backend.app.domain.accounts import Member, User
from backend.app.domain.chat import Citation, Conversation, Message, Source, Usage
from backend.app.domain.documents import Collection, Document, Job, Passage, Picture, Problem
from backend.app.domain.folders import WatchedFile, WatchedFolder
from backend.app.domain.keys import ApiKey, Scope
from backend.app.domain.room import RoomUsage
from backend.app.domain.search import Hit, MoveProgress


def moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def user(value: User) -> people.UserShape:
    return {
        "id": value.id,
        "email": value.email,
        "name": value.name,
        "role": value.role.value,
        "created_at": moment(value.created_at),
    }


def key(value: ApiKey) -> people.KeyShape:
    return {
        "id": value.id,
        "name": value.name,
        "prefix": value.prefix,
        "scopes": [scope.value for scope in Scope if scope in value.scopes],
        "collection_ids": None if value.collection_ids is None else sorted(value.collection_ids),
        "created_at": moment(value.created_at),
        "expires_at": moment(value.expires_at) if value.expires_at else None,
        "last_used_at": moment(value.last_used_at) if value.last_used_at else None,
    }


def move(value: MoveProgress) -> library.MoveShape:
    return {"from": list(value.sources), "to": value.target, "passages": value.passages, "done": value.done}


def room(value: RoomUsage) -> library.RoomShape:
    return {
        "bytes": value.bytes,
        "documents": value.documents,
        "most_bytes": value.most_bytes,
        "most_documents": value.most_documents,
    }


def collection(value: Collection) -> people.CollectionShape:
    return {
        "id": value.id,
        "name": value.name,
        "access": value.access.value,
        "owners": list(value.owners),
        "members": value.members,
        "documents": value.documents,
        "version": value.version,
        "created_at": moment(value.created_at),
    }


def member(value: Member) -> people.MemberShape:
    return {"user_id": value.user_id, "email": value.email, "name": value.name, "access": value.access.value}


def folder(value: WatchedFolder, refused: Sequence[WatchedFile]) -> people.FolderShape:
    return {
        "id": value.id,
        "path": value.path,
        "files": value.files,
        "problem": value.problem.message if value.problem else None,
        "error_code": value.problem.error_code if value.problem else None,
        "refused": [_refused(file) for file in refused],
        "created_at": moment(value.created_at),
    }


def _refused(file: WatchedFile) -> people.RefusedFileShape:
    found = file.problem
    return {
        "path": file.path,
        "error_code": found.error_code if found else None,
        "message": found.message if found else None,
    }


def problem(value: Problem | None) -> library.ProblemShape | None:
    return {"error_code": value.error_code, "message": value.message} if value else None


def picture(value: Picture) -> library.PictureShape:
    return {"n": value.number, "width": value.width, "height": value.height}


def document(value: Document) -> library.DocumentShape:
    return {
        "id": value.id,
        "title": value.title,
        "filename": value.filename,
        "collection_id": value.collection_id,
        "media_type": value.media_type,
        "status": value.status.value,
        "progress": round(value.progress, 4),
        "error": problem(value.error),
        "pages": value.pages,
        "passages": value.passages,
        "bytes": value.bytes,
        "job_id": value.job_id,
        "left": _left(value),
        "created_at": moment(value.created_at),
    }


def job(value: Job) -> library.JobShape:
    shape: library.JobShape = {
        "id": value.id,
        "document_id": value.document_id,
        "status": value.status.value,
        "progress": round(value.progress, 4),
        "error": problem(value.error),
        "attempts": value.attempts,
        "created_at": moment(value.created_at),
        "finished_at": moment(value.finished_at) if value.finished_at else None,
    }
    if value.document:  # what of it is to be done, and how much longer that may take
        shape["bytes"], shape["pages"] = value.document.bytes, value.document.pages
        shape["passages"], shape["left"] = value.document.passages, _left(value.document)
    return shape


def _left(document: Document) -> list[int] | None:
    if document.left is None:
        return None
    least, most = document.left
    return [math.floor(least), math.ceil(most)]


def passage(value: Passage) -> library.PassageShape:
    return {
        "id": value.id,
        "document_id": value.document_id,
        "ordinal": value.ordinal,
        "text": value.text,
        "start": value.start,
        "end": value.end,
        "page": value.page,
        "heading": value.heading,
    }


def hit(value: Hit) -> library.HitShape:
    return {
        "passage_id": value.passage.id,
        "document_id": value.passage.document_id,
        "title": value.document_title,
        "collection_id": value.passage.collection_id,
        "text": value.passage.text,
        "page": value.passage.page,
        "heading": value.passage.heading,
        "start": value.passage.start,
        "end": value.passage.end,
        "score": round(value.score, 6),
        "ranks": {"bm25": value.bm25_rank, "vector": value.vector_rank},
    }


def marked_hit(value: Hit, marks: Sequence[tuple[int, int]]) -> library.HitShape:
    return {**hit(value), "marks": [{"start": start, "end": end} for start, end in marks]}


def conversation(value: Conversation) -> talk.ConversationShape:
    return {
        "id": value.id,
        "title": value.title,
        "pinned": value.pinned,
        "collection_ids": list(value.collection_ids),
        "created_at": moment(value.created_at),
        "updated_at": moment(value.updated_at),
    }


def source(value: Source) -> talk.SourceShape:
    return cast(talk.SourceShape, asdict(value))


def citation(value: Citation) -> talk.CitationShape:
    return cast(talk.CitationShape, asdict(value))


def usage(value: Usage) -> talk.UsageShape:
    counts = {"prompt_tokens": value.prompt_tokens, "completion_tokens": value.completion_tokens}
    return cast(talk.UsageShape, {name: count for name, count in counts.items() if count is not None})


def message(value: Message) -> talk.MessageShape:
    return {
        "id": value.id,
        "conversation_id": value.conversation_id,
        "role": value.speaker.value,
        "text": value.text,
        "status": value.status.value,
        "sources": [source(item) for item in value.sources],
        "citations": [citation(item) for item in value.citations],
        "model": value.model,
        "degraded": list(value.degraded),
        "cached": value.cached,
        "feedback": value.feedback,
        "comment": value.comment,
        "timings": dict(value.timings),
        "created_at": moment(value.created_at),
    }
