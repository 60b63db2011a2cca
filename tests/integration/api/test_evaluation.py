"""The page «Evaluate» over HTTP: administrators alone, and each of them what is theirs to see."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import stream_encode_multipart

from backend.app.domain.accounts import Role
from backend.app.storage.repositories.users import SqlUsers
from backend.app.wiring import evaluation_runner
from tests.fakes.archives import packed
from tests.integration.api.calls import Answer, Caller
from tests.integration.api.conftest import World

FERRY = "The ferry to Oakhaven leaves the northern pier at seven in the morning."
TICKETS = "Tickets are sold in the red kiosk beside the fish market until noon."
CORPUS = [
    {"_id": "d1", "title": "Ferry", "text": FERRY},
    {"_id": "d2", "title": "표", "text": "표는 빨간 매점에서 판다."},
]
QUERIES = [{"_id": "q1", "text": "When does the ferry leave?"}, {"_id": "q2", "text": "표는 어디에서 파나요?"}]
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq2\td2\t1\n"


@pytest.fixture(scope="module")
def world(made_world: Callable[..., World]) -> World:
    """A world whose passages are so short that one document has many."""
    return made_world(passage_chars=80)


def administrator(world: World) -> Caller:
    caller = world.person("admin")
    SqlUsers(world.parts.database).set_role(caller.user["id"], Role.ADMINISTRATOR)
    world.parts.access.advance()
    return caller


@pytest.fixture
def eve(world: World) -> Caller:
    return administrator(world)


@pytest.fixture
def max(world: World) -> Caller:
    return administrator(world)


def passages(caller: Caller, document: str) -> list[int]:
    return [item["id"] for item in caller.get(f"/documents/{document}/passages").data]


def library(world: World, caller: Caller) -> tuple[int, int]:
    """Give somebody a document; return its two passages."""
    document = world.document(caller, "harbour.md", f"# Ferry\n\n{FERRY}\n\n# Tickets\n\n{TICKETS}\n")
    first, second = passages(caller, document)
    return first, second


def add(caller: Caller, passage: int, text: str = "When does the ferry leave?") -> Answer:
    body = {"collection_id": caller.collection_id, "text": text, "passage_ids": [passage]}
    return caller.post("/evaluation/questions", body)


def listed(caller: Caller, what: str, **query: str) -> list[Any]:
    found: list[Any] = caller.get(
        f"/evaluation/{what}", query_string={"collection_id": caller.collection_id, **query}
    ).data
    return found


def work_off(world: World) -> None:
    """Do what the indexer does with the runs that wait."""
    evaluation_runner(world.parts, "tests/0/0").work_off()


def imported(caller: Caller, *files: tuple[str, bytes], name: str = "Test set") -> Answer:
    stored = [FileStorage(io.BytesIO(content), filename, "files") for filename, content in files]
    parts = MultiDict([("name", name), *(("files", file) for file in stored)])
    body, _, boundary = stream_encode_multipart(parts, use_tempfile=False)
    content_type = f"multipart/form-data; boundary={boundary}"
    return caller.call("POST", "/evaluation/imports", data=body.read(), content_type=content_type)


def lines(entries: list[Any]) -> bytes:
    return "".join(json.dumps(entry) + "\n" for entry in entries).encode()


def test_a_typed_question_is_asked_under_both_settings(world: World, eve: Caller) -> None:
    ferry, tickets = library(world, eve)
    made = add(eve, ferry)
    assert made.status == 201
    assert (made.data["source"], made.data["language"], made.data["lost"]) == ("typed", "en", False)
    (right,) = made.data["passages"]
    assert (right["passage_id"], right["title"], right["heading"]) == (ferry, "harbour", "Ferry")
    assert FERRY in right["text"]
    assert add(eve, tickets, "표는 어디에서 파나요, the red kiosk?").data["language"] == "ko"
    overview = eve.get("/evaluation", query_string={"collection_id": eve.collection_id}).data
    assert overview["questions"] == 2
    assert overview["today"] == {"mode": "hybrid", "vector_weight": 0.4, "candidates": 100}

    started = eve.post("/evaluation/runs", {"collection_id": eve.collection_id, "mode": "bm25"})
    assert started.status == 202
    run = started.data
    assert (run["status"], run["done"], run["total"]) == ("queued", 0, 2)
    assert run["before"]["settings"]["mode"] == "hybrid"
    assert run["after"]["settings"] == {"mode": "bm25", "vector_weight": 0.4, "candidates": 100}
    again = eve.post("/evaluation/runs", {"collection_id": eve.collection_id, "mode": "vector"})
    assert again.error == (409, "CONFLICT")
    work_off(world)
    done = eve.get(f"/evaluation/runs/{run['id']}").data
    assert (done["status"], done["done"], done["error"]) == ("done", 2, None)
    for side in ("before", "after"):
        figures = done[side]["figures"]
        assert (figures["ndcg@10"], figures["recall@5"], figures["mrr@10"]) == (1.0, 1.0, 1.0)
        assert figures["p50_ms"] > 0
        assert figures["degraded"] == 0
    results = eve.get(f"/evaluation/runs/{run['id']}/results").data
    assert {one["change"] for one in results} == {"same"}
    first = next(one for one in results if one["text"] == "When does the ferry leave?")
    assert (first["before"]["rank"], first["before"]["found"][0]["right"]) == (1, True)
    assert first["before"]["found"][0]["title"] == "harbour"
    assert listed(eve, "runs") == [done]


def found_by(world: World, caller: Caller, **settings: Any) -> list[list[int]]:
    """Run the one question under other settings; return what each side found."""
    run = caller.post("/evaluation/runs", {"collection_id": caller.collection_id, **settings}).data
    work_off(world)
    (result,) = caller.get(f"/evaluation/runs/{run['id']}/results").data
    return [[found["passage_id"] for found in result[side]["found"]] for side in ("before", "after")]


def test_each_setting_changes_what_is_found(world: World, eve: Caller) -> None:
    plain = ["Ships sail at dawn towards an island.", "A boat leaves the harbour early each day."]
    worded = ["Poems of Mr Ferry, printed in red.", "No departure from rules of grammar.", "Ferry, a painter of dogs."]
    short = [f"Loaves {n}." for n in range(12)]  # all alike to words, and far from what the second question means
    others = [*short, *(f"Supper {n}: what people cook for dinner at home with bread and loaves." for n in range(15))]
    sections = (f"# Part {n}\n\n{text}\n" for n, text in enumerate(plain + worded + others))
    ids = passages(eve, world.document(eve, "parts.md", "\n".join(sections)))
    add(eve, ids[0], "ferry departure")
    today, words = found_by(world, eve, mode="bm25")
    assert set(words) == set(ids[2:5])
    assert len(today) == 5, "what shares no word is found by its meaning"
    by_meaning = found_by(world, eve, mode="vector")[1]
    assert by_meaning[:2] != words[:2]
    assert found_by(world, eve, vector_weight=1)[1] == by_meaning
    assert found_by(world, eve, vector_weight=0.0)[1][:2] == words[:2], "the last of them scores as little as nothing"
    add(eve, ids[0], "loaves")
    run = eve.post("/evaluation/runs", {"collection_id": eve.collection_id, "candidates": 10}).data
    work_off(world)
    results = eve.get(f"/evaluation/runs/{run['id']}/results").data
    assert any(one["before"]["found"] != one["after"]["found"] for one in results)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"mode": "hybrid", "vector_weight": 0.4, "candidates": 100},
        {"vector_weight": 1.5},
        {"vector_weight": -0.1},
        {"vector_weight": "0.5"},
        {"vector_weight": float("nan")},
        {"candidates": 9},
        {"candidates": 1001},
        {"candidates": True},
        {"mode": "fast"},
    ],
)
def test_settings_that_make_no_sense_are_refused(world: World, eve: Caller, settings: dict[str, Any]) -> None:
    with world.nothing_left():
        answer = eve.post("/evaluation/runs", {"collection_id": eve.collection_id, **settings})
    assert answer.status == 400
    assert answer.json["error_code"] in ("INVALID_REQUEST", "INVALID_JSON")


def test_without_questions_nothing_is_run(eve: Caller) -> None:
    answer = eve.post("/evaluation/runs", {"collection_id": eve.collection_id, "mode": "bm25"})
    assert answer.error == (409, "CONFLICT")
    assert "no test questions" in answer.json["message"]


def test_a_run_is_cancelled_and_deleted(world: World, eve: Caller) -> None:
    add(eve, library(world, eve)[0])
    run = eve.post("/evaluation/runs", {"collection_id": eve.collection_id, "mode": "bm25"}).data
    assert eve.post(f"/evaluation/runs/{run['id']}/cancel").data["status"] == "cancelled"
    work_off(world)
    assert eve.get(f"/evaluation/runs/{run['id']}").data["status"] == "cancelled"
    assert eve.delete(f"/evaluation/runs/{run['id']}").status == 200
    assert eve.get(f"/evaluation/runs/{run['id']}").error == (404, "RUN_NOT_FOUND")
    assert listed(eve, "runs") == []


def test_results_are_listed_by_how_they_changed(world: World, eve: Caller) -> None:
    ferry, tickets = library(world, eve)
    add(eve, tickets, "ferry to Oakhaven")  # a wrong judgement: words find the other one
    add(eve, ferry, "pier of Oakhaven")
    run = eve.post("/evaluation/runs", {"collection_id": eve.collection_id, "mode": "bm25"}).data
    work_off(world)
    path = f"/evaluation/runs/{run['id']}/results"
    by_change = {change: len(eve.get(f"{path}?change={change}").data) for change in ("better", "worse", "same", "all")}
    assert by_change["worse"] == 1, "by meaning alone the second one is found too"
    assert sum(by_change.values()) == 2 * by_change["all"] == 4
    first, second = eve.get(path).data
    assert (first["change"], second["change"]) == ("worse", "same")
    assert first["ndcg_change"] < 0
    assert (first["before"]["rank"], first["after"]["rank"]) == (2, None)
    assert eve.get(f"{path}?change=odd").error == (400, "INVALID_REQUEST")
    page = eve.get(f"{path}?limit=1").json
    assert eve.get(f"{path}?limit=1&cursor={page['next_cursor']}").data == [second]


def test_a_question_is_changed_and_deleted(world: World, eve: Caller) -> None:
    ferry, tickets = library(world, eve)
    question = add(eve, ferry).data
    path = f"/evaluation/questions/{question['id']}"
    changed = eve.patch(path, {"text": " Where  are tickets sold? ", "passage_ids": [tickets]}).data
    assert changed["text"] == "Where are tickets sold?"
    assert [one["passage_id"] for one in changed["passages"]] == [tickets]
    assert listed(eve, "questions", q="TICKETS") == [changed]
    assert listed(eve, "questions", q="ferry") == []
    assert eve.delete(path).status == 200
    assert eve.delete(path).error == (404, "QUESTION_NOT_FOUND")
    assert listed(eve, "questions") == []


def test_bad_questions_are_refused(world: World, eve: Caller, ann: Caller) -> None:
    ferry, _ = library(world, eve)
    theirs, _ = library(world, ann)
    add(eve, ferry, "There already?")
    for body, expected in (
        ({"text": "  "}, (400, "INVALID_REQUEST")),
        ({"text": "x" * 2001}, (400, "INVALID_REQUEST")),
        ({"passage_ids": []}, (400, "INVALID_REQUEST")),
        ({"passage_ids": list(range(1, 22))}, (400, "INVALID_REQUEST")),
        ({"passage_ids": ["1"]}, (400, "INVALID_REQUEST")),
        ({"passage_ids": [theirs]}, (404, "PASSAGE_NOT_FOUND")),
        ({"collection_id": ann.collection_id, "passage_ids": [theirs]}, (404, "COLLECTION_NOT_FOUND")),
        ({"text": "there ALREADY?"}, (409, "QUESTION_EXISTS")),
    ):
        whole = {"collection_id": eve.collection_id, "text": "New?", "passage_ids": [ferry], **body}
        with world.nothing_left():
            answer = eve.post("/evaluation/questions", whole)
        assert answer.error == expected, body
        assert "Oakhaven" not in answer.body.decode()
    assert eve.get("/evaluation/questions").error == (400, "INVALID_REQUEST")


def test_a_document_uploaded_anew_keeps_its_questions(world: World, eve: Caller) -> None:
    document = world.document(eve, "ferry.txt", FERRY)
    question = add(eve, passages(eve, document)[0]).data
    eve.delete(f"/documents/{document}")
    (lost,) = listed(eve, "questions")
    assert (lost["lost"], lost["passages"][0]["lost"], lost["passages"][0]["document_id"]) == (True, True, None)
    assert lost["passages"][0]["text"] == FERRY
    anew = world.document(eve, "ferry.txt", FERRY)
    (found,) = listed(eve, "questions")
    assert (found["lost"], found["passages"][0]["document_id"]) == (False, anew)
    assert found["passages"][0]["passage_id"] != question["passages"][0]["passage_id"]


# --- the audit log ----------------------------------------------------------------------------


def test_what_becomes_of_questions_and_runs_is_in_the_audit_log_and_their_words_are_not(
    world: World, eve: Caller
) -> None:
    ferry, tickets = library(world, eve)
    question = add(eve, ferry).data["id"]
    path = f"/evaluation/questions/{question}"
    assert eve.patch(path, {"text": "Where are tickets sold?"}).status == 200
    assert eve.patch(path, {"passage_ids": [ferry, tickets]}).status == 200
    liked(eve, "From which pier does the ferry leave?")
    (offer,) = listed(eve, "offers")
    accepted = eve.post(f"/evaluation/offers/{offer['message_id']}", {"collection_id": eve.collection_id}).data
    run = eve.post("/evaluation/runs", {"collection_id": eve.collection_id, "mode": "bm25"}).data["id"]
    assert eve.post(f"/evaluation/runs/{run}/cancel").status == 200
    assert eve.delete(f"/evaluation/runs/{run}").status == 200
    assert eve.delete(path).status == 200
    of_offer = {"question": accepted["id"], "passages": len(accepted["passages"]), "source": "thumb"}
    assert events(eve) == [
        ("question_added", {"question": question, "passages": 1}),
        ("question_changed", {"question": question, "passages": 1, "changed": ["text"]}),
        ("question_changed", {"question": question, "passages": 2, "changed": ["passage_ids"]}),
        ("offer_accepted", of_offer),
        ("run_started", {"run": run}),
        ("run_cancelled", {"run": run}),
        ("run_deleted", {"run": run}),
        ("question_deleted", {"question": question}),
    ]
    written = eve.get(f"/audit?action=evaluation&actor={eve.user['id']}").data
    assert {(one["actor"], one["target"]["kind"], one["target"]["id"]) for one in written} == {
        (eve.user["email"], "collection", eve.collection_id)
    }
    assert "tickets" not in json.dumps(written).lower()
    assert "ferry" not in json.dumps(written).lower()


def test_what_was_refused_or_had_ended_by_itself_is_not_in_the_audit_log(
    world: World, eve: Caller, max: Caller
) -> None:
    ferry, _ = library(world, eve)
    question = add(eve, ferry).data["id"]
    run = eve.post("/evaluation/runs", {"collection_id": eve.collection_id, "mode": "bm25"}).data["id"]
    work_off(world)
    assert eve.post(f"/evaluation/runs/{run}/cancel").data["status"] == "done"
    assert eve.patch(f"/evaluation/questions/{question}", {"text": ""}).status == 400
    for refused in (max.delete(f"/evaluation/questions/{question}"), max.delete(f"/evaluation/runs/{run}")):
        assert refused.status == 404
    assert [name for name, _ in events(eve)] == ["question_added", "run_started"]
    assert events(max) == []


def test_an_import_is_in_the_audit_log_with_how_much_it_was(eve: Caller) -> None:
    files = {"corpus.jsonl": lines(CORPUS), "queries.jsonl": lines(QUERIES), "qrels.tsv": QRELS.encode()}
    assert imported(eve, *files.items(), name="Harbour, written down").status == 202
    assert events(eve) == [("imported", {"documents": 2, "questions": 2})]


def events(caller: Caller) -> list[tuple[str, dict[str, Any]]]:
    """Return what is written down of a person's evaluating, the first first."""
    found = caller.get(f"/audit?action=evaluation&actor={caller.user['id']}&limit=200").data
    return [(one["action"].removeprefix("evaluation."), one["details"]) for one in reversed(found)]


# --- offers -----------------------------------------------------------------------------------


def liked(caller: Caller, question: str = "When does the ferry leave?") -> dict[str, Any]:
    """Ask, and give the answer a thumb up; return the end of the answer."""
    events = caller.ask(question, collection_ids=[caller.collection_id])
    done = events[-1][1]
    assert done["citations"], events
    assert caller.post("/feedback", {"message_id": done["message_id"], "value": 1}).status == 200
    return done


def test_a_thumb_becomes_a_test_question(world: World, eve: Caller) -> None:
    library(world, eve)
    answer = liked(eve)
    (offer,) = listed(eve, "offers")
    assert (offer["message_id"], offer["source"], offer["own"]) == (answer["message_id"], "thumb", True)
    cited = {citation["passage_id"] for citation in answer["citations"]}
    assert {one["passage_id"] for one in offer["passages"]} == cited
    body = {"collection_id": eve.collection_id, "passage_ids": [offer["passages"][0]["passage_id"]]}
    made = eve.post(f"/evaluation/offers/{offer['message_id']}", body)
    assert made.status == 201
    assert (made.data["text"], made.data["source"]) == ("When does the ferry leave?", "thumb")
    assert listed(eve, "offers") == []
    assert [one["id"] for one in listed(eve, "questions")] == [made.data["id"]]


def test_a_word_with_a_thumb_down_is_offered_and_nothing_of_it_is_right_by_itself(world: World, eve: Caller) -> None:
    library(world, eve)
    answer = liked(eve)
    rating = {"message_id": answer["message_id"], "value": -1, "comment": "That is the winter timetable."}
    assert eve.post("/feedback", rating).data["comment"] == rating["comment"]
    (offer,) = listed(eve, "offers")
    assert (offer["source"], offer["comment"]) == ("thumb_down", rating["comment"])
    body: dict[str, Any] = {"collection_id": eve.collection_id}
    refused = eve.post(f"/evaluation/offers/{offer['message_id']}", body)
    assert refused.error == (400, "INVALID_REQUEST")
    assert b"passage_ids" in refused.body
    body["passage_ids"] = [offer["passages"][0]["passage_id"]]
    assert eve.post(f"/evaluation/offers/{offer['message_id']}", body).data["source"] == "thumb_down"


def test_an_opened_citation_becomes_an_offer(world: World, eve: Caller, ann: Caller) -> None:
    library(world, eve)
    done = eve.ask("When does the ferry leave?")[-1][1]
    opened = {"message_id": done["message_id"], "passage_id": done["citations"][0]["passage_id"]}
    assert ann.post("/feedback/citations", opened).error == (404, "MESSAGE_NOT_FOUND")
    assert eve.post("/feedback/citations", {**opened, "passage_id": 1}).error == (404, "MESSAGE_NOT_FOUND")
    assert listed(eve, "offers") == []
    for _ in range(2):
        assert eve.post("/feedback/citations", opened).status == 200
    (offer,) = listed(eve, "offers")
    assert (offer["source"], [one["passage_id"] for one in offer["passages"]]) == (
        "citation",
        [opened["passage_id"]],
    )
    assert eve.delete(f"/evaluation/offers/{offer['message_id']}").status == 200
    assert listed(eve, "offers") == []
    assert eve.delete(f"/evaluation/offers/{offer['message_id']}").error == (404, "MESSAGE_NOT_FOUND")


def shared(world: World, eve: Caller, ann: Caller) -> dict[str, Any]:
    """Let Ann read Eve's collection, ask something of it and like the answer."""
    library(world, eve)
    eve.put(f"/collections/{eve.collection_id}/members", {"email": ann.user["email"], "access": "reader"})
    ann.collection_id = eve.collection_id
    return liked(ann)


def test_what_others_asked_is_not_offered(world: World, eve: Caller, ann: Caller) -> None:
    answer = shared(world, eve, ann)
    assert listed(eve, "offers") == []
    accepted = eve.post(f"/evaluation/offers/{answer['message_id']}", {"collection_id": eve.collection_id})
    assert accepted.error == (404, "MESSAGE_NOT_FOUND")
    assert ann.get("/about").data["offered_questions"] == "own"


def test_where_that_is_set_it_is_offered_without_who_asked(made_world: Callable[..., World]) -> None:
    world = made_world(offered_questions="shared", passage_chars=80)
    eve, ann = world.person("eve"), world.person("ann")  # the first one is the administrator
    answer = shared(world, eve, ann)
    (offer,) = listed(eve, "offers")
    assert offer["own"] is False
    assert set(offer) == {"message_id", "text", "source", "comment", "own", "passages", "asked_at"}
    body = {"collection_id": eve.collection_id}
    assert eve.post(f"/evaluation/offers/{answer['message_id']}", body).status == 201
    assert ann.get("/about").data["offered_questions"] == "shared"


# --- importing --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["zip", "zip with folders", "files"])
def test_a_test_set_is_taken_in_with_its_documents(world: World, eve: Caller, form: str) -> None:
    files = {"corpus.jsonl": lines(CORPUS), "queries.jsonl": lines(QUERIES), "qrels.tsv": QRELS.encode()}
    if form == "zip with folders":
        files = {f"harbour/{name}": content for name, content in files.items() if name != "qrels.tsv"}
        files |= {"harbour/qrels/test.tsv": QRELS.encode(), "__MACOSX/corpus.jsonl": b"rubbish", "../x": b"x"}
    sent = list(files.items()) if form == "files" else [("set.zip", packed(files))]
    answer = imported(eve, *sent, name=f"Harbour as {form}")
    assert answer.status == 202, answer.body
    assert (answer.data["documents"], answer.data["questions"]) == (2, 2)
    eve.collection_id = answer.data["collection_id"]
    documents = eve.get(f"/documents?collection_id={eve.collection_id}").data
    assert {(one["title"], one["filename"]) for one in documents} == {("Ferry", "d1.txt"), ("표", "d2.txt")}
    assert all((one["lost"], one["waits"]) == (False, True) for one in listed(eve, "questions")), "still to be read"
    for document in documents:
        world.indexing.process(document["job_id"])
    questions = listed(eve, "questions")
    assert {(one["source"], one["language"], one["lost"], one["waits"]) for one in questions} == {
        ("imported", "en", False, False),
        ("imported", "ko", False, False),
    }
    assert all(one["passages"][0]["whole"] for one in questions)
    run = eve.post("/evaluation/runs", {"collection_id": eve.collection_id, "mode": "bm25"}).data
    work_off(world)
    figures = eve.get(f"/evaluation/runs/{run['id']}").data["after"]["figures"]
    assert (figures["ndcg@10"], figures["recall@5"]) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([("a.zip", b"PK\x03\x04 broken")], "no part of a test set"),
        ([("a.zip", packed({"corpus.jsonl": lines(CORPUS)}))], "queries.jsonl"),
        ([("corpus.jsonl", lines(CORPUS))], "qrels.tsv"),
        ([("corpus.jsonl", b"{"), ("queries.jsonl", lines(QUERIES)), ("qrels.tsv", QRELS.encode())], "line 1"),
        ([("notes.txt", b"x")], "no part of a test set"),
        ([("a.zip", packed({"corpus.jsonl": b"\n" * (65 * 2**20)}))], "more than 64 MB"),
        (
            [
                ("corpus.jsonl", lines([{"_id": n, "text": f"Text {n}"} for n in range(5001)])),
                ("queries.jsonl", lines([{"_id": "q", "text": "Text?"}])),
                ("qrels.tsv", b"q\t1\t1\n"),
            ],
            "likeopt eval",
        ),
    ],
    ids=["broken", "incomplete", "one file", "malformed", "another file", "bomb", "too many"],
)
def test_what_is_no_test_set_is_refused_and_leaves_nothing(
    world: World, eve: Caller, files: list[tuple[str, bytes]], expected: str
) -> None:
    with world.nothing_left():
        answer = imported(eve, *files)
    assert answer.error == (422, "MALFORMED_TEST_SET")
    assert expected in answer.json["message"]
    assert "likeopt-import" not in answer.body.decode(), "no folder of the server's"


def test_an_import_that_cannot_be_stored_leaves_nothing(world: World, eve: Caller) -> None:
    files = [("corpus.jsonl", lines(CORPUS)), ("qrels.tsv", QRELS.encode())]
    too_long = [("queries.jsonl", lines([{"_id": "q1", "text": "x" * 2001}]))]
    with world.nothing_left():
        assert imported(eve, *files, *too_long, name="Long").error == (422, "MALFORMED_TEST_SET")
        assert imported(eve, *files, ("queries.jsonl", lines(QUERIES)), name="").error == (400, "INVALID_REQUEST")
        assert imported(eve, name="Nothing").error == (400, "INVALID_REQUEST")


def test_a_test_set_with_as_many_questions_as_public_ones_have_is_taken_in_and_a_larger_one_is_refused(
    world: World, eve: Caller
) -> None:
    overview = eve.get("/evaluation", query_string={"collection_id": eve.collection_id}).data
    most = overview["limits"]["import_questions"]
    assert most >= 10_570
    for count, status in ((2500, 202), (most + 1, 422)):
        asked = [{"_id": f"q{n}", "text": f"When does ferry {n} leave?"} for n in range(count)]
        judged = "query-id\tcorpus-id\tscore\n" + "".join(f"q{n}\td1\t1\n" for n in range(count))
        files = {"corpus.jsonl": lines(CORPUS), "queries.jsonl": lines(asked), "qrels.tsv": judged.encode()}
        answer = imported(eve, ("set.zip", packed(files)), name=f"Of {count}")
        assert answer.status == status
        if status == 202:
            assert answer.data["questions"] == count


# --- who may ----------------------------------------------------------------------------------


def test_only_administrators_evaluate(world: World, eve: Caller, ann: Caller) -> None:
    add(eve, library(world, eve)[0])
    eve.put(f"/collections/{eve.collection_id}/members", {"email": ann.user["email"], "access": "owner"})
    for what in ("", "/questions", "/offers", "/runs"):
        answer = ann.get(f"/evaluation{what}?collection_id={eve.collection_id}")
        assert answer.error == (403, "FORBIDDEN"), what
    assert imported(ann, ("a.zip", b"x")).error == (403, "FORBIDDEN")


def test_an_administrator_sees_nothing_of_anothers_collections(world: World, eve: Caller, max: Caller) -> None:
    question = add(eve, library(world, eve)[0]).data
    run = eve.post("/evaluation/runs", {"collection_id": eve.collection_id, "mode": "bm25"}).data
    offer = liked(eve, "Where are tickets sold?")["message_id"]
    hers = {"collection_id": eve.collection_id}
    no_collection, no_question, no_run = ("COLLECTION_NOT_FOUND", "QUESTION_NOT_FOUND", "RUN_NOT_FOUND")
    for method, path, body, code in (
        ("GET", f"?collection_id={eve.collection_id}", None, no_collection),
        ("GET", f"/questions?collection_id={eve.collection_id}", None, no_collection),
        ("GET", f"/offers?collection_id={eve.collection_id}", None, no_collection),
        ("GET", f"/runs?collection_id={eve.collection_id}", None, no_collection),
        ("POST", "/questions", {**hers, "text": "x", "passage_ids": [1]}, no_collection),
        ("POST", "/runs", {**hers, "mode": "bm25"}, no_collection),
        ("POST", f"/offers/{offer}", hers, no_collection),
        ("POST", f"/offers/{offer}", {"collection_id": max.collection_id}, "MESSAGE_NOT_FOUND"),
        ("DELETE", f"/offers/{offer}", None, "MESSAGE_NOT_FOUND"),
        ("PATCH", f"/questions/{question['id']}", {"text": "Mine"}, no_question),
        ("DELETE", f"/questions/{question['id']}", None, no_question),
        ("GET", f"/runs/{run['id']}", None, no_run),
        ("GET", f"/runs/{run['id']}/results", None, no_run),
        ("POST", f"/runs/{run['id']}/cancel", None, no_run),
        ("DELETE", f"/runs/{run['id']}", None, no_run),
    ):
        with world.nothing_left():
            answer = max.call(method, f"/evaluation{path}", **({"json": body} if body else {}))
        assert answer.error == (404, code), (method, path)
        assert "ferry" not in answer.body.decode()
    work_off(world)
