"""Which of a stored answer's sources its reader may still see.

An answer keeps the passages that it was made from. Who is taken out of a collection must not go on
reading them there: each look at a message asks anew whose collections its sources are of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.app.domain.chat import Message, Source
from backend.app.storage.models import DocumentRow, MessageRow
from backend.app.storage.repositories import rows
from backend.app.storage.repositories.access import visible_collections


def as_shown(session: Session, user_id: str, found: Iterable[MessageRow]) -> list[Message]:
    """Return messages without the words of sources that are no longer the user's to see."""
    messages = [rows.message(row) for row in found]
    sources = [source for message in messages for source in message.sources]
    if not sources:
        return messages
    is_visible = _visibility(session, user_id, sources)
    return [_shown(message, is_visible) for message in messages]


def _visibility(session: Session, user_id: str, sources: Sequence[Source]) -> Callable[[Source], bool]:
    collections = set(session.scalars(visible_collections(user_id)))
    # Older versions did not note the collection. Of a document that is gone since, nobody can tell whose it was.
    unnoted = {source.document_id for source in sources if not source.collection_id}
    query = select(DocumentRow.id).where(DocumentRow.id.in_(unnoted), DocumentRow.collection_id.in_(collections))
    documents = set(session.scalars(query)) if unnoted else set()
    return lambda source: source.collection_id in collections or source.document_id in documents


def _shown(message: Message, is_visible: Callable[[Source], bool]) -> Message:
    gone = {source.n for source in message.sources if not is_visible(source)}
    if not gone:
        return message
    return replace(
        message,
        sources=tuple(_withdrawn(source) if source.n in gone else source for source in message.sources),
        citations=tuple(citation for citation in message.citations if citation.n not in gone),
    )


def _withdrawn(source: Source) -> Source:
    return replace(source, title="", page=None, heading=None, text="", start=0, end=0, withdrawn=True)
