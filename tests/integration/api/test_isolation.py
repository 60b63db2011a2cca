"""Who gets what: nobody, somebody else, a reader, an editor, the owner; a row for every route of the app."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.integration.api.calls import API, Caller
from tests.integration.api.conftest import World

NO_DOCUMENT = (404, "DOCUMENT_NOT_FOUND")
NO_IMAGE = (404, "IMAGE_NOT_FOUND")
NO_COLLECTION = (404, "COLLECTION_NOT_FOUND")
NO_CONVERSATION = (404, "CONVERSATION_NOT_FOUND")
NO_MESSAGE = (404, "MESSAGE_NOT_FOUND")
NO_JOB = (404, "JOB_NOT_FOUND")
NO_USER = (404, "USER_NOT_FOUND")
FORBIDDEN = (403, "FORBIDDEN")
CONFLICT = (409, "CONFLICT")
BAD = (400, "INVALID_REQUEST")
OK, MADE, TAKEN = (200, ""), (201, ""), (202, "")

Outcome = tuple[int, str]


@dataclass(frozen=True)
class Row:
    """What others than its owner get from a route that names something of the owner's."""

    method: str
    path: str
    stranger: Outcome
    reader: Outcome
    editor: Outcome
    body: object = None


# {d} a document, {j} its job, {c} its collection, {u} the asking person, {v} the conversation, {m} its answer
OWNED = (
    Row("GET", "/documents/{d}", NO_DOCUMENT, OK, OK),
    Row("GET", "/documents/{d}/content", NO_DOCUMENT, OK, OK),
    Row("GET", "/documents/{d}/content?format=text", NO_DOCUMENT, OK, OK),
    Row("GET", "/documents/{d}/passages", NO_DOCUMENT, OK, OK),
    Row("GET", "/documents/{d}/images", NO_DOCUMENT, OK, OK),
    Row("GET", "/documents/{d}/images/1", NO_DOCUMENT, NO_IMAGE, NO_IMAGE),
    Row("POST", "/documents/{d}/retry", NO_DOCUMENT, FORBIDDEN, CONFLICT),
    Row("GET", "/jobs/{j}", NO_JOB, OK, OK),
    Row("GET", "/jobs/{j}/events", NO_JOB, OK, OK),
    Row("POST", "/jobs/{j}/cancel", NO_JOB, FORBIDDEN, OK),
    Row("GET", "/collections/{c}/members", NO_COLLECTION, OK, OK),
    Row("PUT", "/collections/{c}/members", NO_COLLECTION, FORBIDDEN, FORBIDDEN, {"email": "{e}", "access": "owner"}),
    Row("DELETE", "/collections/{c}/members/{o}", NO_COLLECTION, FORBIDDEN, FORBIDDEN),
    Row("PATCH", "/collections/{c}", NO_COLLECTION, FORBIDDEN, FORBIDDEN, {"name": "Mine now"}),
    Row("DELETE", "/collections/{c}", NO_COLLECTION, FORBIDDEN, FORBIDDEN),
    Row("GET", "/search?q=ferry&collection_id={c}", NO_COLLECTION, OK, OK),
    Row("POST", "/chat", NO_COLLECTION, OK, OK, {"message": "ferry?", "collection_ids": ["{c}"]}),
    # Conversations are their owner's alone, whatever is shared.
    Row("POST", "/chat", NO_CONVERSATION, NO_CONVERSATION, NO_CONVERSATION, {"message": "x", "conversation_id": "{v}"}),
    Row("POST", "/chat", NO_MESSAGE, NO_MESSAGE, NO_MESSAGE, {"regenerate": "{m}"}),
    Row("GET", "/conversations/{v}", NO_CONVERSATION, NO_CONVERSATION, NO_CONVERSATION),
    Row("PATCH", "/conversations/{v}", NO_CONVERSATION, NO_CONVERSATION, NO_CONVERSATION, {"title": "Mine"}),
    Row("DELETE", "/conversations/{v}", NO_CONVERSATION, NO_CONVERSATION, NO_CONVERSATION),
    Row("GET", "/conversations/{v}/messages", NO_CONVERSATION, NO_CONVERSATION, NO_CONVERSATION),
    Row("GET", "/conversations/{v}/export", NO_CONVERSATION, NO_CONVERSATION, NO_CONVERSATION),
    Row("GET", "/conversations/{v}/export?format=json", NO_CONVERSATION, NO_CONVERSATION, NO_CONVERSATION),
    Row("POST", "/feedback", NO_MESSAGE, NO_MESSAGE, NO_MESSAGE, {"message_id": "{m}", "value": 1}),
    Row("POST", "/feedback/citations", NO_MESSAGE, NO_MESSAGE, NO_MESSAGE, {"message_id": "{m}", "passage_id": 1}),
    Row("DELETE", "/documents/{d}", NO_DOCUMENT, FORBIDDEN, OK),
)
# Administrators alone; what each of them sees: test_evaluation.py, test_watched_folders.py
FOR_ADMINISTRATORS = (
    Row("GET", "/collections/{c}/folders", FORBIDDEN, FORBIDDEN, FORBIDDEN),
    Row("POST", "/collections/{c}/folders", FORBIDDEN, FORBIDDEN, FORBIDDEN, {"path": "/"}),
    Row("DELETE", "/collections/{c}/folders/x", FORBIDDEN, FORBIDDEN, FORBIDDEN),
    *(
        Row(method, f"/evaluation{path}", FORBIDDEN, FORBIDDEN, FORBIDDEN, {"collection_id": "{c}"} if body else None)
        for method, path, body in (
            ("GET", "?collection_id={c}", False),
            ("GET", "/questions?collection_id={c}", False),
            ("POST", "/questions", True),
            ("PATCH", "/questions/x", True),
            ("DELETE", "/questions/x", False),
            ("GET", "/offers?collection_id={c}", False),
            ("POST", "/offers/{m}", True),
            ("DELETE", "/offers/{m}", False),
            ("POST", "/imports", False),
            ("GET", "/runs?collection_id={c}", False),
            ("POST", "/runs", True),
            ("GET", "/runs/x", False),
            ("POST", "/runs/x/cancel", False),
            ("DELETE", "/runs/x", False),
            ("GET", "/runs/x/results", False),
        )
    ),
)
OPEN = {
    ("GET", "/api/v1/about"),
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/auth/logout"),
    ("POST", "/api/v1/metrics"),
    ("GET", "/api/v1/metrics"),  # to this machine, as the tests are: test_metrics.py
    ("GET", "/api/v1/health/live"),
    ("GET", "/api/v1/health/ready"),
    ("GET", "/"),
    ("GET", "/<own:name>"),
    ("GET", "/static/<path:name>"),
    ("GET", "/sw.js"),
}
# Lists, and what is made: they name nothing of somebody else's, and show only what is one's own.
OF_ONESELF = {
    ("GET", "/api/v1/auth/me"),
    ("POST", "/api/v1/documents"),  # into somebody else's collection: test_uploads.py
    ("GET", "/api/v1/documents"),
    ("GET", "/api/v1/collections"),
    ("POST", "/api/v1/collections"),
    ("GET", "/api/v1/conversations"),
    ("GET", "/api/v1/indexing/status"),
    ("GET", "/api/v1/search"),
    ("POST", "/api/v1/chat"),
    ("GET", "/api/v1/performance"),  # administrators alone: test_metrics.py
}


def routes(world: World) -> set[tuple[str, str]]:
    return {
        (method, rule.rule)
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def matched(world: World, row: Row) -> tuple[str, str]:
    path = row.path.partition("?")[0]
    for letter in "djcuvmoe":
        path = path.replace("{" + letter + "}", "x")
    rule, _ = world.app.url_map.bind("localhost").match(API + path, row.method, return_rule=True)
    return row.method, rule.rule


def test_every_route_says_who_gets_what(world: World) -> None:
    covered = OPEN | OF_ONESELF | {matched(world, row) for row in OWNED + FOR_ADMINISTRATORS}
    assert routes(world) - covered == set(), "a new route belongs into one of the tables above"
    assert covered - routes(world) == set(), "a route that is no more"


def test_nobody_gets_anything_but_what_is_open(world: World, nobody: Caller) -> None:
    for method, rule in sorted(routes(world) - OPEN):
        path = rule
        for name in ("document_id", "job_id", "collection_id", "conversation_id", "user_id"):
            path = path.replace(f"<{name}>", "0" * 32)
        with world.nothing_left():
            for body in (None, {"message": "x", "name": "x", "title": "x"}):
                answer = nobody.call(method, path, json=body)
                assert answer.error == (401, "NOT_SIGNED_IN"), f"{method} {rule}"


class Library:
    """A document, a conversation, and a job of one person's."""

    def __init__(self, world: World) -> None:
        self.owner = world.person("owner")
        upload = self.owner.upload(("harbour.txt", HARBOUR.encode()))
        world.index(upload)
        self.job = upload.data[0]["job"]["id"]
        self.document = upload.data[0]["document"]["id"]
        self.collection = self.owner.collection_id
        self.conversation, self.message = self.owner.asked("When does the ferry leave?")

    def share(self, other: Caller, access: str) -> None:
        body = {"email": other.user["email"], "access": access}
        assert self.owner.put(f"/collections/{self.collection}/members", body).status == 200

    def filled(self, text: str, asking: Caller) -> str:
        known = {
            "{d}": self.document,
            "{j}": self.job,
            "{c}": self.collection,
            "{v}": self.conversation,
            "{m}": self.message,
            "{o}": self.owner.user["id"],
            "{e}": asking.user["email"],
        }
        for letter, value in known.items():
            text = text.replace(letter, value)
        return text

    def body(self, body: object, asking: Caller) -> object:
        if isinstance(body, str):
            return self.filled(body, asking)
        if isinstance(body, dict):
            return {name: self.body(value, asking) for name, value in body.items()}
        return [self.body(value, asking) for value in body] if isinstance(body, list) else body


HARBOUR = "The ferry to Oakhaven leaves the northern pier at seven in the morning."


@pytest.fixture(scope="module")
def library(world: World) -> Library:
    return Library(world)


@pytest.fixture(scope="module")
def others(world: World, library: Library) -> dict[str, Caller]:
    """The people of the table: they come one after another, and see each row as it stands."""
    people = {name: world.person(name) for name in ("stranger", "reader", "editor")}
    library.share(people["reader"], "reader")
    library.share(people["editor"], "editor")
    return people


@pytest.mark.parametrize("row", FOR_ADMINISTRATORS + OWNED, ids=lambda row: f"{row.method} {row.path} {row.body or ''}")
@pytest.mark.parametrize("who", ["stranger", "reader", "editor"])
def test_others_get_what_their_access_gives(
    world: World, library: Library, others: dict[str, Caller], who: str, row: Row
) -> None:
    asking, expected = others[who], getattr(row, who)
    body = library.body(row.body, asking)
    path = library.filled(row.path, asking)
    if expected[0] < 400:
        assert asking.call(row.method, path, json=body).status == expected[0]
        return
    with world.nothing_left():
        answer = asking.call(row.method, path, json=body)
    assert answer.error == expected
    assert "Oakhaven" not in answer.body.decode()


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
