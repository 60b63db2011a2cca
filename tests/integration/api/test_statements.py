"""Reading costs as many SQL statements for many rows as for few."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from sqlalchemy import event

from tests.integration.api.calls import Caller
from tests.integration.api.conftest import World


@contextlib.contextmanager
def statements(world: World) -> Iterator[list[str]]:
    found: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    engine = world.parts.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def grown(world: World) -> dict[str, dict[str, int]]:
    """Count the statements of each address with few rows and with many."""
    ann = world.person("reader-of-much")
    document = world.document(ann, "first.md", chapters(1))
    conversation, _ = ann.asked("Question 0?")
    first = counted(world, ann, document, conversation)
    for number in range(6):
        collection = ann.post("/collections", {"name": f"Collection {number}"}).data["id"]
        ann.upload(
            *((f"{number}-{part}.txt", b"%d %d" % (number, part)) for part in range(4)), collection_id=collection
        )
        ann.asked(f"Question {number}?")
        ann.asked(f"Again {number}?", conversation_id=conversation)
        person = world.person()
        ann.put(f"/collections/{ann.collection_id}/members", {"email": person.user["email"], "access": "reader"})
    longer = world.document(ann, "second.md", chapters(12))
    return {"few": first, "many": counted(world, ann, longer, conversation)}


def chapters(count: int) -> str:
    return "\n\n".join(f"# Chapter {n}\n\n" + f"The ferry number {n} leaves at seven. " * 30 for n in range(count))


def counted(world: World, caller: Caller, document: str, conversation: str) -> dict[str, int]:
    job = caller.post("/feedback", {"message_id": "none", "value": 1})  # any request: the pool is warm
    assert job.status == 404
    counts = {}
    for path in (
        "/about", "/auth/me", "/collections", f"/collections/{caller.collection_id}/members", "/documents",
        f"/documents/{document}", f"/documents/{document}/passages", f"/documents/{document}/content",
        "/conversations", "/conversations?q=question", f"/conversations/{conversation}",
        f"/conversations/{conversation}/messages", f"/conversations/{conversation}/export",
        "/indexing/status", "/search?q=ferry", "/health/ready", "/performance",
    ):  # fmt: skip
        with statements(world) as found:
            caller.get(path)
        counts[path.replace(document, "ID").replace(conversation, "ID").replace(caller.collection_id, "ID")] = len(
            found
        )
    return counts


def test_reading_more_rows_takes_no_more_statements(grown: dict[str, dict[str, int]]) -> None:
    assert grown["many"] == grown["few"]


def test_reading_takes_few_statements(grown: dict[str, dict[str, int]]) -> None:
    """Who asks, whether it may be seen, and the rows; each in a transaction that is begun by a statement."""
    assert max(grown["many"].values()) <= 9, grown["many"]
    assert min(grown["few"].values()) >= 1, "the counter counts"
