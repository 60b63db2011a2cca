"""Several workers that remember things: what one of them changes, every other knows with the next request.

Which worker has answered is told by the access log: asking goes on until each of them has.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.services.client import Client
from tests.services.likeopt import Server, eventually, likeopt_server
from tests.services.workers import telling_workers_apart, until_all_have_answered, workers

WORKERS = 4
ADMINISTRATOR = "administrator"
FERRY = "The ferry to Oakhaven leaves the northern pier at seven in the morning."
KIOSK = "Tickets for the ferry to Oakhaven are sold in the red kiosk."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("agree")
    settings = {"LIKEOPT_OPEN_REGISTRATION": "true", **telling_workers_apart(data)}
    with likeopt_server(data, "--workers", str(WORKERS), **settings) as server:
        person(server, ADMINISTRATOR).close()
        yield server


def person(server: Server, name: str) -> Client:
    client = Client(server.url)
    client.register(f"{name}@example.org")
    return client


def asked(server: Server, client: Client, path: str) -> list[tuple[int, dict[str, Any]]]:
    """Ask on a new connection each time, until every worker has answered at least once."""

    def ask(request_id: str) -> tuple[int, dict[str, Any]]:
        other = Client(server.url)
        other._cookie = client._cookie
        try:
            return other.call("GET", path, headers={"X-Request-ID": request_id})
        finally:
            other.close()

    answers = until_all_have_answered(server, ask)
    assert len(workers(server)) == WORKERS
    return answers


def documents_found(server: Server, client: Client) -> set[frozenset[str]]:
    """Return the different results that the workers give."""
    answers = asked(server, client, "/search?q=ferry+to+Oakhaven")
    assert {status for status, _ in answers} == {200}
    return {frozenset(hit["title"] for hit in body["data"]) for _, body in answers}


def test_an_upload_and_a_deletion_are_seen_by_every_worker(server: Server, tmp_path: Path) -> None:
    ann = person(server, "ann")
    (tmp_path / "ferry.txt").write_text(FERRY)
    (tmp_path / "kiosk.txt").write_text(KIOSK)
    ann.upload(tmp_path / "ferry.txt")
    ann.indexed()
    assert documents_found(server, ann) == {frozenset({"ferry"})}
    ann.upload(tmp_path / "kiosk.txt")
    documents = ann.indexed()
    assert documents_found(server, ann) == {frozenset({"ferry", "kiosk"})}
    ann.data("DELETE", f"/documents/{documents['ferry.txt']['id']}")
    assert documents_found(server, ann) == {frozenset({"kiosk"})}


def test_what_is_shared_and_taken_back_is_so_for_every_worker(server: Server, tmp_path: Path) -> None:
    cat, dan = person(server, "cat"), person(server, "dan")
    (tmp_path / "ferry.txt").write_text(FERRY)
    cat.upload(tmp_path / "ferry.txt")
    cat.indexed()
    collection = cat.data("GET", "/collections")[0]["id"]
    assert documents_found(server, dan) == {frozenset()}
    member = cat.data(
        "PUT", f"/collections/{collection}/members", json={"email": "dan@example.org", "access": "reader"}
    )
    assert documents_found(server, dan) == {frozenset({"ferry"})}
    cat.data("DELETE", f"/collections/{collection}/members/{member['user_id']}")
    assert documents_found(server, dan) == {frozenset()}


def test_who_has_signed_out_is_out_at_every_worker(server: Server) -> None:
    eve = person(server, "eve")
    assert {status for status, _ in asked(server, eve, "/auth/me")} == {200}
    cookie = eve._cookie
    eve.data("POST", "/auth/logout")
    eve._cookie = cookie
    assert {status for status, _ in asked(server, eve, "/auth/me")} == {401}


def test_who_is_suspended_is_out_at_every_worker_and_a_role_holds_at_all_of_them(server: Server) -> None:
    admin = Client(server.url)
    admin.sign_in(f"{ADMINISTRATOR}@example.org")
    gus, hal = person(server, "gus"), person(server, "hal")
    for client in (gus, hal):
        for _ in range(2):
            assert {status for status, _ in asked(server, client, "/auth/me")} == {200}, "every worker has seen them"
    ids = {found["email"]: found["id"] for found in admin.data("GET", "/users?limit=200")}
    gus_id, hal_id = ids["gus@example.org"], ids["hal@example.org"]
    admin.data("PATCH", f"/users/{gus_id}", json={"suspended": True})
    assert {status for status, _ in asked(server, gus, "/auth/me")} == {401}
    assert {status for status, _ in asked(server, hal, "/users")} == {403}
    admin.data("PATCH", f"/users/{hal_id}", json={"role": "administrator"})
    assert {status for status, _ in asked(server, hal, "/users")} == {200}
    admin.data("PATCH", f"/users/{gus_id}", json={"suspended": False})
    assert {status for status, _ in asked(server, gus, "/auth/me")} == {401}, "an ended session stays ended"
    for client in (admin, gus, hal):
        client.close()


def test_an_ended_session_is_ended_at_every_worker(server: Server) -> None:
    ivy = person(server, "ivy")
    phone = Client(server.url)
    phone.sign_in("ivy@example.org")
    assert {status for status, _ in asked(server, phone, "/auth/me")} == {200}
    assert ivy.data("POST", "/auth/sessions/end-others") == {"ended": 1}
    assert {status for status, _ in asked(server, phone, "/auth/me")} == {401}
    assert {status for status, _ in asked(server, ivy, "/auth/me")} == {200}
    for client in (ivy, phone):
        client.close()


def test_people_go_on_while_redis_hangs_and_redis_is_used_again_when_it_answers(server: Server, tmp_path: Path) -> None:
    fay = person(server, "fay")
    (tmp_path / "ferry.txt").write_text(FERRY)
    fay.upload(tmp_path / "ferry.txt")
    fay.indexed()
    for _ in range(3):
        assert {status for status, _ in asked(server, fay, "/auth/me")} == {200}, "every worker has seen her"
    valkey = psutil.Process(server.services()["pids"]["valkey"])
    valkey.send_signal(signal.SIGSTOP)
    try:
        assert documents_found(server, fay) == {frozenset({"ferry"})}
        found = asked(server, fay, "/search?q=something+nobody+has+asked+before")
        assert {status for status, _ in found} == {200}
        guest = Client(server.url)
        guest._cookie = "likeopt_session=nobody-has-seen-this"
        status, body = guest.call("GET", "/auth/me")
        assert (status, body["error_code"]) == (503, "UNAVAILABLE"), "not «sign in again»"
    finally:
        valkey.send_signal(signal.SIGCONT)

    def recovered() -> bool:
        return {status for status, _ in asked(server, guest, "/auth/me")} == {401}

    eventually(recovered, "every worker asks Redis again")
