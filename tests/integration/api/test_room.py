"""How much may be kept, how many may wait, and how many answers may be written at once."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from tests.integration.api.calls import Caller
from tests.integration.api.conftest import World

TEXT = b"The ferry to Oakhaven leaves at seven in the morning."


@pytest.fixture(scope="module")
def bounded(made_world: Callable[..., World]) -> World:
    return made_world(quota_bytes=1000, quota_documents=4, most_answers_of_user=1)


@pytest.fixture
def ann(bounded: World) -> Caller:
    return bounded.person("ann")


def test_files_beyond_ones_bytes_are_refused_and_leave_nothing(bounded: World, ann: Caller) -> None:
    assert ann.upload(("a.txt", b"a" * 700)).status == 202
    before = bounded.traces()
    answer = ann.upload(("b.txt", b"b" * 400))
    assert answer.error == (429, "QUOTA_EXCEEDED")
    assert int(answer.headers["Retry-After"]) > 0
    assert bounded.traces() == before
    assert ann.upload(("c.txt", b"c" * 300)).status == 202, "what fits is taken"
    assert ann.get("/usage").data == {"bytes": 1000, "documents": 2, "most_bytes": 1000, "most_documents": 4}


def test_one_of_several_files_keeps_the_others_not_out(ann: Caller) -> None:
    large, small = ("large.txt", b"x" * 1001), ("small.txt", TEXT)
    first, second = ann.upload(large, small).data
    assert first["error"]["error_code"] == "QUOTA_EXCEEDED"
    assert second["document"]["filename"] == "small.txt"


def test_what_is_deleted_makes_room(ann: Caller) -> None:
    (made,) = ann.upload(("a.txt", b"a" * 900)).data
    assert ann.upload(("b.txt", b"b" * 200)).status == 429
    assert ann.delete(f"/documents/{made['document']['id']}").status == 200
    assert ann.upload(("b.txt", b"b" * 200)).status == 202


def test_the_same_bytes_again_need_no_room(ann: Caller) -> None:
    assert ann.upload(("a.txt", b"a" * 900)).status == 202
    (again,) = ann.upload(("copy.txt", b"a" * 900)).data
    assert again["duplicate"]


def test_there_are_only_so_many_documents(ann: Caller) -> None:
    assert [ann.upload((f"{n}.txt", b"%d" % n)).status for n in range(5)] == [202] * 4 + [429]


def test_another_person_has_room_of_their_own(bounded: World, ann: Caller) -> None:
    assert ann.upload(("a.txt", b"a" * 1000)).status == 202
    assert bounded.person("ben").upload(("a.txt", b"a" * 1000)).status == 202


def test_a_shared_collection_takes_of_its_owners_room(bounded: World, ann: Caller) -> None:
    ben = bounded.person("ben")
    shared = ann.post("/collections", {"name": "Shared"}).data["id"]
    email = ben.get("/auth/me").data["email"]
    ann.put(f"/collections/{shared}/members", {"email": email, "access": "editor"})
    assert ben.upload(("a.txt", b"a" * 800), collection_id=shared).status == 202
    assert ben.get("/usage").data["bytes"] == 0
    assert ann.get("/usage").data["bytes"] == 800
    assert ben.upload(("b.txt", b"b" * 300), collection_id=shared).error == (429, "QUOTA_EXCEEDED")


def test_an_archives_files_take_room_too(bounded: World, ann: Caller) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(3):
            archive.writestr(f"{n}.txt", f"Number {n}: {'the ferry leaves at seven ' * 14}")
    bounded.index(ann.upload(("all.zip", packed.getvalue())))
    usage = ann.get("/usage").data
    assert usage["bytes"] <= 1000
    listed = ann.get("/documents").data
    assert "all.zip" in {document["filename"] for document in listed}
    assert 1 < len(listed) < 4
    (archive_id,) = (document["id"] for document in listed if document["filename"] == "all.zip")
    text = ann.get(f"/documents/{archive_id}/content?format=text").body.decode()
    assert "There is no room for this file" in text


def test_an_answers_place_is_free_again_when_it_has_been_read(bounded: World, ann: Caller) -> None:
    streams = bounded.services.streams
    user = ann.get("/auth/me").data["id"]
    leave = streams.open(user)
    refused = ann.post("/chat", {"message": "When?"})
    assert refused.error == (429, "RATE_LIMITED")
    assert int(refused.headers["Retry-After"]) > 0
    leave()
    for _ in range(3):
        assert ann.ask("When does the ferry leave?")[-1][0] == "done"


@pytest.fixture(scope="module")
def small(made_world: Callable[..., World]) -> World:
    return made_world(quota_server_documents=2, most_waiting=1)


def test_a_server_has_room_for_so_many_and_so_many_may_wait(small: World) -> None:
    ann, ben = small.person("ann"), small.person("ben")
    (job,) = ann.upload(("a.txt", TEXT)).data
    waiting = ben.upload(("b.txt", b"b"))
    assert waiting.error == (429, "QUEUE_FULL")
    assert int(waiting.headers["Retry-After"]) == 60
    ann.post(f"/jobs/{job['job']['id']}/cancel")
    assert ben.upload(("b.txt", b"b")).status == 202
    assert ann.upload(("c.txt", b"c")).error[1] == "QUOTA_EXCEEDED"
