"""What is remembered: each cached path as two people, and after what they search has changed."""

from __future__ import annotations

import ast
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest

from backend.app.storage.repositories.api_keys import SqlApiKeys
from backend.app.storage.repositories.collections import SqlCollections
from backend.app.storage.repositories.sessions import SqlSessions
from backend.app.storage.repositories.users import SqlUsers
from tests.integration.api import test_images
from tests.integration.api.calls import Caller
from tests.integration.api.conftest import World
from tests.integration.api.programs import Program, program

ROOT = Path(__file__).resolve().parents[3]

SECRET = "The vault of Oakhaven opens with the number 74205."
HERS = "The vault of Oakhaven holds only old rope."
ASKED = "How does the vault open?"


def found(caller: Caller, *, cached: bool) -> list[str]:
    answer = caller.get("/search", query_string={"q": ASKED})
    assert answer.json["cached"] is cached
    return [hit["document_id"] for hit in answer.data]


def answered(caller: Caller, *, cached: bool, **options: Any) -> list[tuple[str, dict[str, Any]]]:
    events = caller.ask(ASKED, **options)
    assert [name for name, _ in events if name != "token"] == ["meta", "sources", "done"]
    assert events[0][1]["cached"] is cached
    return events


def sources(events: list[tuple[str, dict[str, Any]]]) -> set[str]:
    return {source["document_id"] for source in events[1][1]["sources"]}


def words(events: list[tuple[str, dict[str, Any]]]) -> str:
    return "".join(data["text"] for name, data in events if name == "token")


def completed(program: Program) -> set[str]:
    body = {"model": "like-opt", "messages": [{"role": "user", "content": ASKED}]}
    answer = program.whole("POST", "/v1/chat/completions", json=body)
    assert answer.status == 200, answer.body
    (choice,) = answer.json["choices"]
    return {source["document_id"] for source in choice["message"]["sources"]}


def used(program: Program) -> str:
    """Return what an assistant's tool `search` finds, as it is said to the assistant."""
    call = {"name": "search", "arguments": {"query": ASKED}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    answer = program.whole("POST", "/mcp", json=body)
    assert answer.status == 200, answer.body
    assert not answer.json["result"].get("isError"), answer.body
    return json.dumps(answer.json["result"])


def test_two_people_with_the_same_question_get_what_is_their_own(world: World, ann: Caller, ben: Caller) -> None:
    anns = world.document(ann, "vault.txt", SECRET)
    bens = world.document(ben, "vault.txt", HERS)
    for cached in (False, True, True):  # the third time as it was rendered the second
        assert found(ann, cached=cached) == [anns]
        assert found(ben, cached=cached) == [bens]
        for caller, document in ((ann, anns), (ben, bens)):
            events = answered(caller, cached=cached)
            assert sources(events) == {document}
            assert ("74205" in words(events)) is (caller is ann)


def test_two_peoples_programs_with_the_same_question_get_what_is_their_own(
    world: World, ann: Caller, ben: Caller
) -> None:
    anns = world.document(ann, "vault.txt", SECRET)
    bens = world.document(ben, "vault.txt", HERS)
    programs = [(program(world.app, ann), anns, bens), (program(world.app, ben), bens, anns)]
    for _ in range(3):
        for asking, own, other in programs:
            assert completed(asking) == {own}
            said = used(asking)
            assert own in said
            assert other not in said
            assert ("74205" in said) is (own == anns)


def test_the_servers_figures_are_kept_for_administrators_alone(made_world: Callable[..., World]) -> None:
    world = made_world()
    eve, ben = world.person("eve"), world.person("ben")
    first = eve.get("/performance")
    assert (first.status, eve.get("/performance").data) == (200, first.data), "kept"
    assert ben.get("/performance").error[0] == 403
    assert world.nobody().get("/performance").error[0] == 401


def test_two_people_who_take_turns_are_who_they_are_each_time(
    world: World, ann: Caller, ben: Caller, nobody: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what a worker remembers of sessions, accounts, collections and keys: most turns read nothing."""
    own = [(ann, world.document(ann, "vault.txt", SECRET)), (ben, world.document(ben, "vault.txt", HERS))]
    own += [(program(world.app, person), document) for person, document in own]
    read: list[str] = []
    reading = [(SqlSessions, "user_of"), (SqlUsers, "get"), (SqlCollections, "visible"), (SqlApiKeys, "by_digest")]
    for repository, name in reading:
        monkeypatch.setattr(repository, name, noted(getattr(repository, name), name, read))
    turns = 10
    for _ in range(turns):
        for asking, document in own:
            assert [hit["document_id"] for hit in asking.get("/search?q=vault").data] == [document]
        for person in (ann, ben):
            assert person.get("/auth/me").data["id"] == person.user["id"]
        assert nobody.get("/auth/me").error == nobody.get("/search?q=vault").error == (401, "NOT_SIGNED_IN")
    for _, name in reading:
        assert 2 <= read.count(name) < 2 * turns, f"{name}: both were read, and then remembered"


def noted(method: Callable[..., Any], name: str, calls: list[str]) -> Callable[..., Any]:
    def noting(*args: Any, **kwargs: Any) -> Any:
        calls.append(name)
        return method(*args, **kwargs)

    return noting


def test_who_is_not_signed_in_is_told_no_more_of_the_server_after_somebody_who_is(
    world: World, ann: Caller, nobody: Caller
) -> None:
    for _ in range(2):
        assert {"model", "embedding"} <= set(ann.get("/about").data)
        assert not {"model", "embedding"} & set(nobody.get("/about").data)


# What proves that a kept value is its reader's own. What belongs to nobody is made from nobody's words alone.
PROOFS = {
    "retrieval": test_two_people_with_the_same_question_get_what_is_their_own,
    "rendered_search": test_two_people_with_the_same_question_get_what_is_their_own,
    "answer": test_two_people_with_the_same_question_get_what_is_their_own,
    "relevance": test_two_people_with_the_same_question_get_what_is_their_own,
    "embedding": test_two_people_with_the_same_question_get_what_is_their_own,
    "pictures": test_images.test_nobody_sees_the_pictures_of_a_document_that_is_not_theirs,
    "picture": test_images.test_nobody_sees_the_pictures_of_a_document_that_is_not_theirs,
}


# The same of what is kept beside the regions, by what keeps it and for whom or where.
KEPT_BESIDE = {
    ("Copies", "SessionService"): test_two_people_who_take_turns_are_who_they_are_each_time,
    ("Copies", "AccountService"): test_two_people_who_take_turns_are_who_they_are_each_time,
    ("Copies", "CollectionService"): test_two_people_who_take_turns_are_who_they_are_each_time,
    ("Copies", "KeyService"): test_two_people_who_take_turns_are_who_they_are_each_time,
    ("StoredSessions", "caches.caches"): test_two_people_who_take_turns_are_who_they_are_each_time,
    ("shared_answers", "performance.show"): test_the_servers_figures_are_kept_for_administrators_alone,
    ("shared_answers", "about._accounts"): (
        test_who_is_not_signed_in_is_told_no_more_of_the_server_after_somebody_who_is
    ),
}
KEEPERS = frozenset({"shared_answers", "Copies", "StoredSessions"})


def uses(module: str, source: str) -> set[tuple[str, str]]:
    """Return each call of a keeper, with the constructor that gets it, or else the function that it is made in."""
    found: set[tuple[str, str]] = set()

    def look(node: ast.AST, place: str) -> None:
        for child in ast.iter_child_nodes(node):
            inner = place
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{module}.{child.name}"
            elif isinstance(child, ast.Call):
                function = child.func.value if isinstance(child.func, ast.Subscript) else child.func
                called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
                if called in KEEPERS:
                    found.add((called, place))
                elif called[:1].isupper():
                    inner = called
            look(child, inner)

    look(ast.parse(source), module)
    return found


def test_whatever_else_is_kept_for_requests_is_proven_too() -> None:
    files = (ROOT / "backend/app").rglob("*.py")
    assert set().union(*(uses(file.stem, file.read_text("utf-8")) for file in files)) == set(KEPT_BESIDE)


@pytest.mark.parametrize(
    ("source", "use"),
    [
        ("def show(): return shared_answers().get('x')", ("shared_answers", "new.show")),
        ("def show():\n store = context.shared_answers()\n store.set('x', 1)", ("shared_answers", "new.show")),
        ("def build(): return Service(rows, copies=Copies(epoch))", ("Copies", "Service")),
        ("class New:\n def __init__(self): self.copies: Copies[str] = Copies(e)", ("Copies", "new.__init__")),
        ("kept = Copies[int](epoch)", ("Copies", "new")),
    ],
)
def test_a_new_use_would_be_seen(source: str, use: tuple[str, str]) -> None:
    assert uses("new", source) == {use}


def test_each_region_of_the_cache_is_proven_and_written_down() -> None:
    calls = [
        node
        for file in (ROOT / "backend/app").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Region"
    ]
    names = {ast.literal_eval(call.args[0]) for call in calls}
    assert names == set(PROOFS)
    kept = (ROOT / "docs/caching.md").read_text("utf-8").partition("## What is kept")[2]
    assert {name for name in names if f"| `{name}` |" not in kept} == set()
    early = kept.partition("### Before its time is over")[2].partition("\n\nFlask-Caching")[0]
    assert {name for name in names if f"`{name}`" not in early} == set(), "whether it is made anew early, and why"


def test_what_was_taken_back_is_not_given_from_memory(world: World, ann: Caller, ben: Caller) -> None:
    document = world.document(ann, "vault.txt", SECRET)
    members = f"/collections/{ann.collection_id}/members"
    ann.put(members, {"email": ben.user["email"], "access": "reader"})
    assert found(ben, cached=False) == [document]
    assert sources(answered(ben, cached=False)) == {document}
    assert ann.delete(f"{members}/{ben.user['id']}").status == 200
    assert found(ben, cached=False) == []
    assert sources(answered(ben, cached=False)) == set()


def test_an_upload_and_a_deletion_are_seen_at_once(world: World, ann: Caller) -> None:
    first = world.document(ann, "one.txt", SECRET)
    assert found(ann, cached=False) == found(ann, cached=True) == [first]
    answered(ann, cached=False)
    second = world.document(ann, "two.txt", HERS)
    assert set(found(ann, cached=False)) == {first, second}
    assert sources(answered(ann, cached=False)) == {first, second}
    assert ann.delete(f"/documents/{first}").status == 200
    assert found(ann, cached=False) == [second]
    assert "74205" not in words(answered(ann, cached=False))


def test_a_repeated_answer_is_the_same_and_says_so(world: World, ann: Caller) -> None:
    world.document(ann, "vault.txt", SECRET)
    first, again = answered(ann, cached=False), answered(ann, cached=True)
    assert words(again) == words(first)
    assert again[1] == first[1]
    assert again[-1][1]["citations"] == first[-1][1]["citations"] != []
    conversation = again[0][1]["conversation_id"]
    assert conversation != first[0][1]["conversation_id"]
    question, answer = ann.get(f"/conversations/{conversation}/messages").data
    assert (question["text"], answer["text"], answer["cached"]) == (ASKED, words(first), True)


def test_the_cache_is_left_aside_where_that_is_asked(world: World, ann: Caller) -> None:
    world.document(ann, "vault.txt", SECRET)
    answered(ann, cached=False)
    fresh = answered(ann, cached=False, use_cache=False)
    again = ann.ask("", regenerate=fresh[0][1]["message_id"])
    assert again[0][1]["cached"] is False
    answered(ann, cached=True)


@pytest.mark.parametrize("other", [{"k": "3"}, {"mode": "bm25"}])
def test_another_way_to_search_is_another_search(world: World, ann: Caller, other: dict[str, str]) -> None:
    world.document(ann, "vault.txt", SECRET)
    found(ann, cached=False)
    assert ann.get("/search", query_string={"q": ASKED, **other}).json["cached"] is False


def test_what_every_page_asks_first_is_kept_until_there_is_an_account(made_world: Callable[..., World]) -> None:
    world = made_world()
    nobody, users = world.nobody(), world.services.accounts
    asked: list[None] = []
    real = users.setup_required
    users.setup_required = lambda: asked.append(None) or real()  # type: ignore[method-assign, func-returns-value]
    first, again = nobody.get("/about"), nobody.get("/about")
    assert (first.data["setup_required"], again.data) == (True, first.data)
    assert len(asked) == 1
    world.person("first")
    assert nobody.get("/about").data["setup_required"] is False


def test_unchanged_answers_cost_their_reader_nothing(world: World, ann: Caller) -> None:
    world.document(ann, "vault.txt", SECRET)
    for path in ("/about", "/collections", "/documents", "/conversations", "/indexing/status"):
        first = ann.get(path)
        tag = first.headers["ETag"]
        again = ann.get(path, headers={"If-None-Match": tag})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag), path
    before = ann.get("/documents").headers["ETag"]
    world.document(ann, "more.txt", HERS)
    changed = ann.get("/documents", headers={"If-None-Match": before})
    assert (changed.status, len(changed.data)) == (200, 2)


def test_a_search_that_is_sent_again_is_the_same_for_every_client(world: World, ann: Caller) -> None:
    world.document(ann, "vault.txt", f"{SECRET} " * 20)
    first, second, third = (ann.get("/search", query_string={"q": ASKED}) for _ in range(3))
    assert (first.json["cached"], second.json["cached"]) == (False, True)
    assert "ETag" not in first.headers, "its times are of no use to anybody who asks later"
    assert second.json == third.json == {**first.json, "cached": True}, (
        "the times are those of the search that was made"
    )
    assert {"bm25_ms", "vector_ms"} <= set(third.json["timings"])
    for encoding in ("br", "gzip", "identity", "br;q=0, gzip", ""):
        answer = ann.get("/search", query_string={"q": ASKED}, headers={"Accept-Encoding": encoding})
        sent = answer.headers.get("Content-Encoding", "")
        assert sent == {"br": "br", "gzip": "gzip", "br;q=0, gzip": "gzip"}.get(encoding, "")
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert decoded(sent, answer.body) == third.json


def test_a_search_that_is_asked_again_with_its_tag_is_not_sent_again(world: World, ann: Caller) -> None:
    world.document(ann, "vault.txt", SECRET)
    tags = [ann.get("/search", query_string={"q": ASKED}).headers.get("ETag") for _ in range(2)]
    again = ann.get("/search", query_string={"q": ASKED}, headers={"If-None-Match": tags[1], "Accept-Encoding": "br"})
    assert (again.status, again.body) == (304, b"")
    world.document(ann, "rope.txt", HERS)
    changed = ann.get("/search", query_string={"q": ASKED}, headers={"If-None-Match": tags[1]})
    assert (changed.status, len(changed.data)) == (200, 2)


def test_fields_are_picked_from_a_search_that_is_sent_again(world: World, ann: Caller) -> None:
    world.document(ann, "vault.txt", SECRET)
    for cached in (False, True, True):
        answer = ann.get("/search", query_string={"q": ASKED, "fields": "title,page"})
        assert (answer.json["cached"], answer.data) == (cached, [{"title": "vault", "page": None}])
    assert set(ann.get("/search", query_string={"q": ASKED}).data[0]) > {"title", "page", "text"}


def decoded(encoding: str, body: bytes) -> dict[str, Any]:
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[encoding]
    found: dict[str, Any] = json.loads(unpack(body))
    return found
