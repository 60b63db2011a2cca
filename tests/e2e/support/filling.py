"""Conversations by the thousand, written straight into a server's database: asking for them would take hours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Table, insert, select

from backend.app.config import Settings
from backend.app.domain.chat import Citation, Message, MessageStatus, Source, Speaker
from backend.app.storage.database import Database
from backend.app.storage.ids import new_id
from backend.app.storage.models import ConversationRow, DocumentRow, MemberRow, MessageRow, UserRow
from backend.app.storage.repositories import rows

SENTENCES = (
    "The lighthouse at Marten Point was lit in 1872, and its keeper wrote the state of the lamp into a log.",
    "발전기는 한 시간에 경유 4리터를 태우고, 저장고에는 90일을 지낼 만큼의 연료가 있습니다.",
    "A beam of **two million candles** reaches nineteen nautical miles when the air is clear.",
    "The supply boat comes on the first Tuesday of the month unless the swell is higher than two metres.",
)
_TABLE = "\n\n| Month | Litres |\n| --- | --- |\n| March | 2,880 |\n| April | 2,760 |\n"
_CODE = "\n\n```python\nlitres = hours * 4\n```\n"


def fill_conversations(data_dir: Path, email: str, count: int, *, pinned: int = 0) -> list[str]:
    """Give a person that many conversations, an hour apart; return their titles as they are listed."""
    now = datetime.now(UTC)
    made = [
        {
            "id": f"{count - n:032x}",
            "user_id": "",
            "title": f"Conversation {n + 1}",
            "pinned": n < pinned,
            "collection_ids": [],
            "created_at": now - timedelta(hours=n),
            "updated_at": now - timedelta(hours=n),
        }
        for n in range(count)
    ]
    with _database(data_dir) as database:
        owner = _owner(database, email)
        _insert(
            database, ConversationRow, [{**row, "id": owner[:16] + row["id"][16:], "user_id": owner} for row in made]
        )
    return [str(row["title"]) for row in made]


def fill_conversation(data_dir: Path, email: str, messages: int, title: str = "A long conversation") -> str:
    """Give a person a conversation of that many messages, questions and answers in turn; return its id.

    The texts of message ``n``, counted from 1, hold «Question n» or «Answer n».
    """
    now = datetime.now(UTC)
    with _database(data_dir) as database:
        owner = _owner(database, email)
        conversation_id = new_id()
        row = {"id": conversation_id, "user_id": owner, "title": title, "pinned": False, "collection_ids": []}
        _insert(database, ConversationRow, [{**row, "created_at": now, "updated_at": now}])
        collection = _collection(database, owner)
        said = (
            message(conversation_id, n, now - timedelta(seconds=messages - n), collection)
            for n in range(1, messages + 1)
        )
        _insert(database, MessageRow, [{**rows.message_columns(one), "place": one.id} for one in said])
    return conversation_id


def fill_texts(data_dir: Path, email: str, texts: Sequence[str]) -> str:
    """Put each text wherever a person reads another's words, as if it had come past every check.

    Each is a document's title and name, a conversation's title, a question and its cited answer in
    one conversation, whose id is returned, and there also a source's title, heading, text and quote.
    """
    now = datetime.now(UTC)
    conversation_id = new_id()
    documents = [new_id() for _ in texts]
    with _database(data_dir) as database:
        owner = _owner(database, email)
        collection = _collection(database, owner)
        shared = {"collection_id": collection, "status": "ready", "progress": 1.0, "bytes": 1, "created_at": now}
        kinds = {"media_type": "text/plain", "error_code": None, "error_message": None, "pages": None, "passages": 1}
        named = [
            {**shared, **kinds, "id": id, "title": text, "filename": f"{text}.txt", "sha256": id}
            for id, text in zip(documents, texts, strict=True)
        ]
        _insert(database, DocumentRow, named)
        titled = [(conversation_id, "All of them"), *((new_id(), text) for text in texts)]
        own: dict[str, Any] = {"user_id": owner, "pinned": False, "collection_ids": [], "created_at": now}
        _insert(
            database,
            ConversationRow,
            [
                {**own, "id": id, "title": title, "updated_at": now - timedelta(minutes=n)}
                for n, (id, title) in enumerate(titled)
            ],
        )
        said: list[Message] = []
        for n, (document, text) in enumerate(zip(documents, texts, strict=True), start=1):
            asked = message(conversation_id, 2 * n - 1, now)
            answered = message(conversation_id, 2 * n, now)
            source = Source(1, document, text, None, text, n, text, 0, len(text), 0.5)
            quoted = (Citation(1, n, text, 0, len(text)),)
            said.append(replace(asked, text=text))
            said.append(
                replace(answered, text=f"Cited [1].\n\n{text}", sources=(source,), citations=quoted, model=text[:100])
            )
        _insert(database, MessageRow, [{**rows.message_columns(one), "place": one.id} for one in said])
    return conversation_id


def message(conversation_id: str, n: int, at: datetime, collection_id: str = "") -> Message:
    asked = n % 2 == 1
    text = f"Question {n}: what does the log say?" if asked else _answer(n)
    sources = () if asked else tuple(_source(number, collection_id) for number in range(1, 7))
    quote = SENTENCES[0]
    return Message(
        id=conversation_id[:24] + f"{n:08x}",
        conversation_id=conversation_id,
        speaker=Speaker.USER if asked else Speaker.ASSISTANT,
        text=text,
        status=MessageStatus.COMPLETE,
        sources=sources,
        citations=() if asked else (Citation(1, 1, quote, 0, len(quote)),),
        model=None if asked else "scripted-1",
        degraded=(),
        cached=False,
        feedback=None,
        timings={} if asked else {"total_ms": 812.0},
        created_at=at,
    )


def _answer(n: int) -> str:
    words = " ".join(SENTENCES[(n + k) % len(SENTENCES)] for k in range(1 + n % 7))
    return f"Answer {n}. {words} [1]" + (_TABLE if n % 10 == 0 else "") + (_CODE if n % 14 == 0 else "")


def _source(n: int, collection_id: str) -> Source:
    text = " ".join(SENTENCES[0:1] + SENTENCES * 2)
    return Source(
        n, f"{n:032x}", "The log of Marten Point", n, "Fuel", n, text, 0, len(text), 0.5, collection_id=collection_id
    )


def _collection(database: Database, owner: str) -> str:
    query = select(MemberRow.collection_id).where(MemberRow.user_id == owner).order_by(MemberRow.collection_id)
    return str(database.read(lambda session: session.scalars(query).first()))


@contextlib.contextmanager
def _database(data_dir: Path) -> Iterator[Database]:
    database = Database(Settings(data_dir=data_dir).sqlalchemy_url)
    try:
        yield database
    finally:
        database.close()


def _owner(database: Database, email: str) -> str:
    return database.read(lambda session: session.scalars(select(UserRow.id).where(UserRow.email == email)).one())


def _insert(
    database: Database, kind: type[ConversationRow | DocumentRow | MessageRow], made: list[dict[str, Any]]
) -> None:
    database.write(lambda session: session.execute(insert(cast(Table, kind.__table__)), made))
