"""What is shared and what is not, step by step; who gets what from each route: test_route_matrix.py."""

from __future__ import annotations

from tests.integration.api.calls import Caller
from tests.integration.api.conftest import World

NO_DOCUMENT = (404, "DOCUMENT_NOT_FOUND")
NO_COLLECTION = (404, "COLLECTION_NOT_FOUND")
NO_USER = (404, "USER_NOT_FOUND")
CONFLICT = (409, "CONFLICT")
BAD = (400, "INVALID_REQUEST")
HARBOUR = "The ferry to Oakhaven leaves the northern pier at seven in the morning."


def test_lists_show_nothing_of_somebody_elses(world: World, ann: Caller, ben: Caller) -> None:
    document = world.document(ann, "harbour.txt", HARBOUR)
    ann.asked("When does the ferry leave?")
    for path in ("/documents", "/conversations", "/conversations?q=ferry", "/documents?q=harbour"):
        assert len(ann.get(path).data) == 1
        assert ben.get(path).data == []
    assert ben.get(f"/documents?collection_id={ann.collection_id}").data == []
    assert ben.get("/search?q=ferry").data == []
    assert [hit["document_id"] for hit in ann.get("/search?q=ferry").data] == [document]
    assert set(ben.get("/indexing/status").data.values()) == {0}
    assert ben.get("/collections").ids == [ben.collection_id]
    name, sources = ben.ask("When does the ferry leave?")[1]
    assert (name, sources["sources"]) == ("sources", [])


def test_what_is_shared_is_seen_and_no_more_when_it_is_taken_back(world: World, ann: Caller, ben: Caller) -> None:
    document = world.document(ann, "harbour.txt", HARBOUR)
    members = f"/collections/{ann.collection_id}/members"
    ann.put(members, {"email": ben.user["email"], "access": "reader"})
    assert ben.get("/documents").ids == [document]
    assert {item["id"]: item["access"] for item in ben.get("/collections").data} == {
        ann.collection_id: "reader",
        ben.collection_id: "owner",
    }
    conversation, _ = ben.asked("When does the ferry leave?", collection_ids=[ann.collection_id])
    assert ben.get("/search?q=ferry").data[0]["document_id"] == document
    assert ann.delete(f"{members}/{ben.user['id']}").status == 200
    assert ben.get("/documents").data == ben.get("/search?q=ferry").data == []
    assert ben.get(f"/documents/{document}").error == NO_DOCUMENT
    sources = ben.ask("And when does it come back?", conversation_id=conversation)[1][1]["sources"]
    assert sources == [], "an earlier answer does not open the documents again"


def test_an_owner_makes_another_owner_and_then_may_go(ann: Caller, ben: Caller) -> None:
    members = f"/collections/{ann.collection_id}/members"
    alone = ann.delete(f"{members}/{ann.user['id']}")
    assert alone.error == CONFLICT
    assert "needs an owner" in alone.json["message"]
    assert ann.put(members, {"email": ann.user["email"], "access": "reader"}).error == CONFLICT
    made = ann.put(members, {"email": ben.user["email"].upper(), "access": "owner"})
    assert made.data == {
        "user_id": ben.user["id"],
        "email": ben.user["email"],
        "name": ben.user["name"],
        "access": "owner",
    }
    assert ann.delete(f"{members}/{ann.user['id']}").status == 200
    assert ann.get(members).error == NO_COLLECTION
    assert [item["user_id"] for item in ben.get(members).data] == [ben.user["id"]]


def test_members_are_named_by_an_account_that_exists(world: World, ann: Caller, ben: Caller) -> None:
    members = f"/collections/{ann.collection_id}/members"
    for path, body, expected in (
        (members, {"email": "nobody@example.com", "access": "reader"}, NO_USER),
        (members, {"email": ben.user["email"], "access": "king"}, BAD),
        (members, {"email": ben.user["email"]}, BAD),
        ("/collections/unknown/members", {"email": ben.user["email"], "access": "reader"}, NO_COLLECTION),
    ):
        with world.nothing_left():
            assert ann.put(path, body).error == expected
    assert ann.delete(f"{members}/{ben.user['id']}").error == NO_USER


def test_what_an_earlier_answer_quoted_is_closed_with_the_collection(world: World, ann: Caller, ben: Caller) -> None:
    document = world.document(ann, "harbour.txt", HARBOUR)
    members = f"/collections/{ann.collection_id}/members"
    ann.put(members, {"email": ben.user["email"], "access": "reader"})
    conversation, answer = ben.asked("When does the ferry leave?")
    paths = [f"/conversations/{conversation}/messages", f"/conversations/{conversation}/export?format=json"]
    quoting = [*paths, f"/conversations/{conversation}/export"]
    before = [ben.get(path) for path in quoting]
    assert all("harbour" in found.body.decode() for found in before)
    tags = {path: found.headers["ETag"] for path, found in zip(quoting, before, strict=True) if "ETag" in found.headers}
    assert ben.get(paths[0]).data[1]["sources"][0]["text"] == HARBOUR

    ann.delete(f"{members}/{ben.user['id']}")
    for path in quoting:
        again = ben.get(path, headers={"If-None-Match": tags[path]} if path in tags else {})
        assert again.status == 200, "what was kept of it is not the same any more"
        assert "harbour" not in again.body.decode(), path
    shown = ben.get(paths[0]).data[1]
    assert [(source["withdrawn"], source["text"]) for source in shown["sources"]] == [(True, "")]
    assert shown["citations"] == []
    rated = ben.post("/feedback", {"message_id": answer, "value": 1}).data
    assert (rated["sources"], rated["citations"]) == (shown["sources"], [])
    made_anew = ben.post("/chat", {"regenerate": answer}).events
    assert made_anew[1][1]["sources"] == []
    assert ben.get(f"/documents/{document}/content").error == NO_DOCUMENT


def test_who_shares_a_collection_and_how_many_see_it(ann: Caller, ben: Caller, world: World) -> None:
    eve = world.person("eve")
    members = f"/collections/{ann.collection_id}/members"
    for other in (ben, eve):
        ann.put(members, {"email": other.user["email"], "access": "reader"})

    def shown(caller: Caller) -> tuple[list[str], int]:
        (found,) = [item for item in caller.get("/collections").data if item["id"] == ann.collection_id]
        return found["owners"], found["members"]

    assert shown(ann) == ([], 3)
    assert shown(ben) == shown(eve) == (["ann"], 3)
    ann.put(members, {"email": eve.user["email"], "access": "owner"})
    assert shown(ben) == (["ann", "eve"], 3)
    ann.delete(f"{members}/{ann.user['id']}")
    assert shown(ben) == (["eve"], 2)
