"""Conversations, ratings and exports; collections and their names."""

from __future__ import annotations

import json

import pytest

from tests.integration.api.calls import Caller, pages
from tests.integration.api.conftest import World

SHAPE = {"id", "title", "pinned", "collection_ids", "created_at", "updated_at"}


def test_conversations_are_listed_newest_first_and_pinned_before_all(ann: Caller) -> None:
    made = [ann.asked(f"Question {number}?")[0] for number in range(4)]
    listed = ann.get("/conversations")
    assert [set(item) for item in listed.data] == [SHAPE] * 4
    assert listed.ids == made[::-1]
    ann.asked("Again?", conversation_id=made[0])
    assert ann.get("/conversations").ids == [made[0], made[3], made[2], made[1]]
    assert ann.patch(f"/conversations/{made[1]}", {"pinned": True}).data["pinned"] is True
    assert ann.get("/conversations").ids == [made[1], made[0], made[3], made[2]]
    found = [item["id"] for part in pages(ann, "/conversations", 1) for item in part]
    assert found == [made[1], made[0], made[3], made[2]], "pages too"


def test_conversations_are_found_by_title_and_text(ann: Caller) -> None:
    first, _ = ann.asked("Where do the 해녀 dive?")
    second, _ = ann.asked("How is bread made?")
    ann.patch(f"/conversations/{second}", {"title": "100% Kitchen"})
    assert ann.get("/conversations?q=해녀").ids == [first]
    assert ann.get("/conversations?q=BREAD").ids == [second], "by what was said"
    assert ann.get("/conversations?q=kitchen").ids == [second]
    assert ann.get("/conversations?q=0%25").ids == [second]
    assert ann.get("/conversations?q=zebra").ids == []
    assert ann.get("/conversations?q=").ids == [second, first]


def test_a_conversation_is_renamed_pinned_and_deleted(world: World, ann: Caller) -> None:
    before = world.traces()
    conversation, message = ann.asked("Anything?")
    path = f"/conversations/{conversation}"
    changed = ann.patch(path, {"title": "  A  new\ntitle "}).data
    assert (changed["title"], changed["pinned"]) == ("A new title", False)
    assert ann.patch(path, {"pinned": True}).data["title"] == "A new title"
    assert ann.patch(path, {}).data == ann.get(path).data
    for title in ("", "  ", "x" * 301):
        assert ann.patch(path, {"title": title}).error == (400, "INVALID_REQUEST")
    assert ann.delete(path).data is None
    assert ann.get(path).error == ann.delete(path).error == (404, "CONVERSATION_NOT_FOUND")
    assert ann.post("/feedback", {"message_id": message, "value": 1}).error == (404, "MESSAGE_NOT_FOUND")
    assert world.traces() == before, "its messages went with it"


def test_messages_are_in_order_over_pages(ann: Caller) -> None:
    conversation, _ = ann.asked("Question 0?")
    for number in range(1, 4):
        ann.asked(f"Question {number}?", conversation_id=conversation)
    found = [item for part in pages(ann, f"/conversations/{conversation}/messages", 3) for item in part]
    assert [item["role"] for item in found] == ["user", "assistant"] * 4
    assert [item["text"] for item in found[::2]] == [f"Question {number}?" for number in range(4)]
    backwards = pages(ann, f"/conversations/{conversation}/messages?order=newest", 3)
    assert [item for part in backwards for item in part] == found[::-1]
    refused = ann.get(f"/conversations/{conversation}/messages?order=best")
    assert refused.error == (400, "INVALID_REQUEST")


def test_an_answer_is_rated_and_the_rating_taken_back(ann: Caller) -> None:
    conversation, message = ann.asked("Anything?")
    for value, kept in ((1, 1), (-1, -1), (0, None)):
        body = {"message_id": message, "value": value, "comment": "why"}
        assert ann.post("/feedback", body).data["feedback"] == kept
        assert ann.get(f"/conversations/{conversation}/messages").data[1]["feedback"] == kept


@pytest.mark.parametrize("value", [2, -2, 0.5, "1", True, None, [], 10**30])
def test_another_rating_is_refused(world: World, anyone: Caller, value: object) -> None:
    _, message = anyone.asked("Anything?")
    with world.nothing_left():
        answer = anyone.post("/feedback", {"message_id": message, "value": value})
    assert answer.error == (400, "INVALID_REQUEST")
    long = anyone.post("/feedback", {"message_id": message, "value": 1, "comment": "x" * 4001})
    assert long.error == (400, "INVALID_REQUEST")


def test_an_export_holds_the_conversation(world: World, ann: Caller) -> None:
    world.document(ann)
    conversation, _ = ann.asked("When does the ferry\nto Oakhaven leave?")
    ann.patch(f"/conversations/{conversation}", {"title": 'Ferry / "timetable" 시간표'})
    path = f"/conversations/{conversation}/export"
    markdown = ann.get(path)
    assert markdown.headers["Content-Type"] == "text/markdown; charset=utf-8"
    disposition = markdown.headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert "%EC%8B%9C%EA%B0%84%ED%91%9C.md" in disposition
    text = markdown.body.decode()
    assert text.startswith('# Ferry / "timetable" 시간표\n\n> When does the ferry\n> to Oakhaven leave?\n\n')
    assert "seven in the morning" in text
    assert "[1] " in text
    assert ann.get(f"{path}?format=md").body == markdown.body
    as_json = ann.get(f"{path}?format=json")
    assert as_json.headers["Content-Type"] == "application/json"
    assert as_json.headers["Content-Disposition"].startswith("attachment")
    exported = json.loads(as_json.body)
    messages = ann.get(f"/conversations/{conversation}/messages").data
    assert exported == {**ann.get(f"/conversations/{conversation}").data, "messages": messages}
    refused = ann.get(f"{path}?format=pdf")
    assert refused.error == (400, "INVALID_REQUEST")
    assert "'md' or 'json'" in refused.json["message"]


def test_an_export_holds_more_messages_than_a_page(ann: Caller) -> None:
    conversation, _ = ann.asked("Question 0?")
    for number in range(1, 103):
        ann.asked(f"Question {number}?", conversation_id=conversation)
    exported = json.loads(ann.get(f"/conversations/{conversation}/export?format=json").body)
    assert len(exported["messages"]) == 206


def test_collections_are_made_renamed_and_deleted(world: World, ann: Caller) -> None:
    made = ann.post("/collections", {"name": "  New \n one "})
    assert made.status == 201
    assert set(made.data) == {"id", "name", "access", "owners", "members", "documents", "version", "created_at"}
    assert (made.data["name"], made.data["access"], made.data["documents"]) == ("New one", "owner", 0)
    path = f"/collections/{made.data['id']}"
    with world.nothing_left():
        assert ann.post("/collections", {"name": "New one"}).error == (409, "NAME_TAKEN")
    assert ann.patch(path, {"name": "정리"}).data["name"] == "정리"
    assert ann.patch(path, {"name": "정리"}).status == 200, "its own name is not taken"
    assert ann.get("/collections").ids == [ann.collection_id, made.data["id"]]
    document = world.document(ann, collection_id=made.data["id"])
    file = world.parts.files.path(document)
    assert ann.delete(path).data is None
    assert not file.exists()
    assert ann.get(f"/documents/{document}").error == (404, "DOCUMENT_NOT_FOUND")
    assert ann.patch(path, {"name": "x"}).error == (404, "COLLECTION_NOT_FOUND")
    last = ann.delete(f"/collections/{ann.collection_id}")
    assert last.error == (409, "CONFLICT")
    assert "only collection" in last.json["message"]
