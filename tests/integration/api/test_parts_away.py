"""What answers while Redis, Chroma or the database is away: never a 500, and soon."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator

import pytest

from backend.app.config import Secret
from tests.integration.api.calls import Caller
from tests.integration.api.conftest import PASSWORD, TREES, World


@pytest.fixture(scope="module")
def closed_port() -> Iterator[int]:
    """A port of this machine where nobody listens: it is bound, so that nobody begins to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture(scope="module")
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as server:
        yield server.getsockname()[1]


@pytest.fixture(params=["closed", "silent"])
def without_redis(request: pytest.FixtureRequest, made_world: Callable[..., World]) -> World:
    port = request.getfixturevalue(f"{request.param}_port")
    return made_world(redis_url=Secret(f"redis://127.0.0.1:{port}/0"))


def test_without_redis_nobody_is_asked_to_sign_in_again(without_redis: World) -> None:
    nobody = without_redis.nobody()
    nobody.flask.set_cookie("likeopt_session", "from-before")
    for method, path in (("GET", "/auth/me"), ("GET", "/documents"), ("POST", "/chat"), ("POST", "/documents")):
        assert nobody.call(method, path).error == (503, "UNAVAILABLE")
    assert nobody.get("/about").status == 200
    assert nobody.whole("GET", "/").status == 200
    assert nobody.get("/health/live").status == 200
    ready = nobody.get("/health/ready")
    assert (ready.status, ready.data["parts"]["redis"]["state"]) == (200, "degraded")


def test_without_redis_whoever_is_listed_is_signed_in(
    world: World, made_world: Callable[..., World], closed_port: int, silent_port: int
) -> None:
    ann, ben = world.person(), world.person()
    ben.give_cookie(left := world.nobody())
    assert ben.post("/auth/logout").status == 200
    for port in (closed_port, silent_port):
        away = Secret(f"redis://127.0.0.1:{port}/0")
        without = made_world(data_dir=world.settings.data_dir, redis_url=away)
        ann.give_cookie(here := without.nobody())
        for _ in range(2):
            answer = here.get("/auth/me")
            assert (answer.status, answer.data) == (200, ann.user)
            assert answer.cookie() is None, "it is the same session"
        left.give_cookie(gone := without.nobody())
        assert gone.get("/auth/me").error == (503, "UNAVAILABLE"), "of whom is not listed nothing is known"


def test_whoever_is_listed_never_waits_for_a_redis_that_hangs_longer_than_a_cache_may_cost(
    world: World, made_world: Callable[..., World], silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client of a cache gives up within 40 ms, once; the one of more patience takes half a second each time."""
    people = [world.person() for _ in range(3)]
    hanging = made_world(data_dir=world.settings.data_dir, redis_url=Secret(f"redis://127.0.0.1:{silent_port}/0"))
    patient = hanging.parts.redis
    assert patient is not None
    asked: list[str] = []
    get = patient.get

    def counted(key: str) -> object:
        asked.append(key)
        return get(key)

    monkeypatch.setattr(patient, "get", counted)
    for person in people:
        person.give_cookie(here := hanging.nobody())
        assert [here.get("/auth/me").data for _ in range(2)] == [person.user] * 2
    assert asked == []
    stranger = hanging.nobody()
    stranger.flask.set_cookie("likeopt_session", "made-up")
    assert stranger.get("/auth/me").error == (503, "UNAVAILABLE"), "not «sign in again»"


def test_who_signs_in_or_out_without_redis_has_done_so_when_it_is_back(
    world: World, made_world: Callable[..., World], closed_port: int, silent_port: int
) -> None:
    """The list of sessions in the database is what counts; Redis holds copies of it."""
    for port in (closed_port, silent_port):
        without = made_world(data_dir=world.settings.data_dir, redis_url=Secret(f"redis://127.0.0.1:{port}/0"))
        eve = without.person()
        eve.give_cookie(back := world.nobody())
        for here in (eve, back):
            assert here.get("/auth/me").data == eve.user
        assert back.get("/auth/me").data == eve.user, "by what Redis holds now"
        assert eve.post("/auth/logout").status == 200
        assert back.get("/auth/me").error == (401, "NOT_SIGNED_IN"), "though Redis holds it still"
        again = without.nobody()
        assert again.post("/auth/login", {"email": eve.user["email"], "password": PASSWORD}).data == eve.user
        again.give_cookie(back)
        assert back.get("/auth/me").data == eve.user


def test_without_redis_whose_session_is_not_known_signs_in_and_is_not_told_to_be_out(
    world: World, without_redis: World
) -> None:
    ann = without_redis.person()
    stranger = without_redis.nobody()
    stranger.flask.set_cookie("likeopt_session", "from-before")
    answer = stranger.post("/auth/logout")
    assert answer.error == (503, "UNAVAILABLE"), "Redis may know it"
    assert answer.headers["Retry-After"] == "1"
    assert answer.cookie() is None, "a cookie stays where it is, for when the store is back"
    assert stranger.post("/auth/login", {"email": ann.user["email"], "password": PASSWORD}).data == ann.user
    assert stranger.get("/auth/me").data == ann.user


def test_an_upload_is_taken_in_while_the_queue_is_away(world: World, ann: Caller, closed_port: int) -> None:
    """The row says «queued»; the indexer finds it there."""
    from backend.app.storage.queue import RqJobQueue
    from backend.app.storage.redis_client import connect

    documents = world.services.documents
    before, away = documents._queue, connect(f"redis://127.0.0.1:{closed_port}/0")
    documents._queue = RqJobQueue(away)
    try:
        answer = ann.upload(("note.txt", b"a note"))
    finally:
        documents._queue = before
        away.close()
    assert (answer.status, answer.data[0]["document"]["status"]) == (202, "queued")


@pytest.mark.parametrize("kind", ["closed", "silent"])
def test_without_chroma_words_still_find(
    world: World, made_world: Callable[..., World], request: pytest.FixtureRequest, kind: str
) -> None:
    port = request.getfixturevalue(f"{kind}_port")
    before = world.person()
    document = world.document(before)
    without = made_world(data_dir=world.settings.data_dir, chroma_url=f"http://127.0.0.1:{port}", branch_timeout_ms=500)
    ann = without.nobody()
    before.give_cookie(ann)
    found = ann.get("/search?q=ferry+pier")
    assert found.json["degraded"] == ["vector"]
    assert [hit["document_id"] for hit in found.data] == [document]
    assert found.data[0]["ranks"] == {"bm25": 1, "vector": None}
    assert ann.get("/search?q=ferry&mode=vector").error == (503, "SEARCH_UNAVAILABLE")
    assert ann.get("/search?q=ferry&mode=bm25").json["degraded"] == []
    asked = ann.ask("When does the ferry leave?")
    assert asked[0][1]["degraded"] == ["vector"]
    assert asked[-1][0] == "done"
    assert ann.get("/health/ready").data["parts"]["vector_index"]["state"] == "degraded"


def test_without_the_database_each_answer_is_a_503_and_it_is_not_ready(made_world: Callable[..., World]) -> None:
    world = made_world()
    ann = world.person("ann")
    database = world.settings.data_dir / "likeopt.db"
    world.parts.database.close()
    away = database.with_name("away")
    for suffix in ("", "-wal", "-shm"):
        if database.with_name(database.name + suffix).exists():
            shutil.move(database.with_name(database.name + suffix), away.with_name(away.name + suffix))
    database.mkdir()
    try:
        for method, path in (("GET", "/documents"), ("GET", "/about"), ("POST", "/chat"), ("GET", "/search?q=x")):
            answer = ann.call(method, path, json={"message": "x"})
            assert answer.error == (503, "STORAGE_UNAVAILABLE")
        uploaded = ann.upload(("note.txt", TREES.encode()))
        assert uploaded.error == (503, "STORAGE_UNAVAILABLE")
        assert [path for path in world.settings.files_dir.rglob("*") if path.is_file()] == []
        ready = ann.get("/health/ready")
        assert ready.error == (503, "UNAVAILABLE")
        assert (ready.json["data"]["ready"], ready.json["data"]["parts"]["database"]["state"]) == (False, "down")
        assert ann.get("/health/live").status == 200
    finally:
        database.rmdir()
        for suffix in ("", "-wal", "-shm"):
            if away.with_name(away.name + suffix).exists():
                shutil.move(away.with_name(away.name + suffix), database.with_name(database.name + suffix))
    assert ann.get("/documents").status == 200, "and it goes on where it was"
