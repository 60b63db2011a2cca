"""Searching without a conversation, and jobs while they run."""

from __future__ import annotations

import pytest

from tests.integration.api.calls import Caller
from tests.integration.api.conftest import World

HIT = {
    "passage_id", "document_id", "title", "collection_id", "text", "page", "heading", "start", "end", "score", "ranks",
}  # fmt: skip


@pytest.fixture(scope="module")
def reader(world: World) -> Caller:
    """Somebody with a document to be found."""
    reader = world.person("reader")
    world.document(reader)
    return reader


def test_a_search_answers_hits_with_their_ranks_and_times(world: World, ann: Caller) -> None:
    document = world.document(ann)
    answer = ann.get("/search?q=when+does+the+ferry+leave")
    assert answer.json["degraded"] == []
    assert set(answer.json["timings"]) == {
        "wait_ms", "analyse_ms", "bm25_ms", "embed_ms", "vector_ms", "fuse_ms", "passages_ms", "total_ms",
    }  # fmt: skip
    hit = answer.data[0]
    assert set(hit) == HIT
    assert (hit["document_id"], hit["collection_id"], hit["title"]) == (document, ann.collection_id, "harbour")
    assert hit["ranks"] == {"bm25": 1, "vector": 1}
    assert "ferry" in hit["text"]
    text = ann.get(f"/documents/{document}/content?format=text").body.decode()
    assert text[hit["start"] : hit["end"]] == hit["text"]
    stages = answer.headers["Server-Timing"]
    assert all(f"{name.removesuffix('_ms')};dur=" in stages for name in answer.json["timings"])


def test_a_search_says_where_the_words_stand_when_it_is_asked_to(world: World, ann: Caller) -> None:
    world.document(ann)
    hit = ann.get("/search?q=when+do+ferries+leave&marks=true").data[0]
    assert set(hit) == HIT | {"marks"}
    words = {hit["text"][mark["start"] : mark["end"]].lower() for mark in hit["marks"]}
    assert {"ferry", "leaves"} <= words
    assert "the" not in words
    assert set(ann.get("/search?q=ferry&marks=false").data[0]) == HIT
    assert ann.get("/search?q=ferry&marks=yes").error == (400, "INVALID_REQUEST")


def test_each_mode_asks_its_own_branches(world: World, ann: Caller) -> None:
    world.document(ann)
    by_words = ann.get("/search?q=ferry&mode=bm25").data[0]
    assert by_words["ranks"] == {"bm25": 1, "vector": None}
    by_meaning = ann.get("/search?q=boat&mode=vector").data[0]
    assert by_meaning["ranks"] == {"bm25": None, "vector": 1}
    assert ann.get("/search?q=zebra&mode=bm25").data == []
    assert ann.get("/search?q=ferry&mode=hybrid").data[0]["ranks"]["bm25"] == 1
    for mode in ("BM25", "semantic", "hybrid,bm25", "%00"):
        answer = ann.get(f"/search?q=ferry&mode={mode}")
        assert answer.error == (400, "INVALID_REQUEST")
        assert all(f"'{name}'" in answer.json["message"] for name in ("hybrid", "bm25", "vector"))


def test_several_collections_are_searched_together_or_one_by_one(world: World, ann: Caller) -> None:
    other = ann.post("/collections", {"name": "Other"}).data["id"]
    here = world.document(ann, "here.txt", "The ferry leaves at seven.")
    there = world.document(ann, "there.txt", "The ferry returns at nine.", collection_id=other)
    both = {hit["document_id"] for hit in ann.get("/search?q=ferry").data}
    assert both == {here, there}
    named = f"/search?q=ferry&collection_id={ann.collection_id}&collection_id={other}"
    assert {hit["document_id"] for hit in ann.get(named).data} == both
    assert [hit["document_id"] for hit in ann.get(f"/search?q=ferry&collection_id={other}").data] == [there]
    assert {hit["document_id"] for hit in ann.get("/search?q=ferry&collection_id=").data} == both
    assert len(ann.get("/search?q=ferry&k=1").data) == 1
    unknown = ann.get(f"/search?q=ferry&collection_id={other}&collection_id=unknown")
    assert unknown.error == (404, "COLLECTION_NOT_FOUND")


@pytest.mark.parametrize("k", ["0", "-1", "101", "x", "1e2", "9" * 40, "2.0", "½", "%00"])
def test_a_number_of_hits_out_of_bounds_is_refused(anyone: Caller, k: str) -> None:
    answer = anyone.get(f"/search?q=ferry&k={k}")
    assert answer.error == (400, "INVALID_REQUEST")
    assert "`k`" in answer.json["message"]


def test_an_empty_or_endless_query_is_refused(anyone: Caller) -> None:
    for query in ("", "%20%0A", "x" * 2001):
        assert anyone.get(f"/search?q={query}").error == (400, "INVALID_REQUEST")
    assert anyone.get("/search").error == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    "query",
    [
        "%00",
        "%FF%FE",
        "%ED%A0%80",
        "AND OR NOT",
        "*",
        "a:b",
        '"',
        "title:(",
        "🦆",
        "の",
        "x" * 2000,
        "^~5",
        "../",
        "{}",
    ],
)
def test_whatever_is_asked_is_a_query(reader: Caller, query: str) -> None:
    assert reader.get(f"/search?q={query}").status == 200


def test_a_job_is_told_at_each_change_until_it_has_ended(world: World, ann: Caller) -> None:
    upload = ann.upload(("harbour.txt", b"The ferry leaves at seven."))
    job = upload.data[0]["job"]
    assert ann.get(f"/jobs/{job['id']}").data == job
    assert (job["status"], job["finished_at"], job["attempts"]) == ("queued", None, 0)
    world.index(upload)
    answer = ann.get(f"/jobs/{job['id']}/events")
    assert [name for name, _ in answer.events] == ["job"]
    told = answer.events[-1][1]
    assert told == ann.get(f"/jobs/{job['id']}").data
    assert (told["status"], told["progress"], told["attempts"]) == ("ready", 1, 1)
    assert told["finished_at"].endswith("Z")


def test_a_queued_job_is_cancelled_at_once_and_its_document_tried_again(world: World, ann: Caller) -> None:
    upload = ann.upload(("harbour.txt", b"The ferry leaves at seven."))
    job, document = upload.data[0]["job"]["id"], upload.data[0]["document"]["id"]
    cancelled = ann.post(f"/jobs/{job}/cancel")
    assert (cancelled.status, cancelled.data["status"]) == (200, "cancelled")
    assert ann.post(f"/jobs/{job}/cancel").data == cancelled.data, "twice is once"
    assert ann.get(f"/documents/{document}").data["status"] == "cancelled"
    assert ann.get("/indexing/status").data["cancelled"] == 1
    assert [data["status"] for _, data in ann.get(f"/jobs/{job}/events").events] == ["cancelled"]
    world.index(upload)
    assert ann.get(f"/documents/{document}").data["status"] == "cancelled", "the indexer leaves it alone"
    again = ann.post(f"/documents/{document}/retry").data
    world.indexing.process(again["id"])
    assert ann.get(f"/documents/{document}").data["status"] == "ready"
    assert ann.post(f"/jobs/{again['id']}/cancel").data["status"] == "ready", "too late changes nothing"


def test_events_of_a_job_whose_document_goes_just_end(world: World, ann: Caller) -> None:
    upload = ann.upload(("harbour.txt", b"The ferry leaves at seven."))
    job, document = upload.data[0]["job"]["id"], upload.data[0]["document"]["id"]
    with ann.flask.open(f"/api/v1/jobs/{job}/events") as response:
        parts = iter(response.response)
        assert b'"status":"queued"' in next(parts)
        world.services.documents.delete(world.services.accounts.get(ann.user["id"]), document)
        assert [part for part in parts if not part.startswith(b":")] == []
    assert ann.get(f"/jobs/{job}/events").error == (404, "JOB_NOT_FOUND")
