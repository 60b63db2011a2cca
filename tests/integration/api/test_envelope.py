"""What holds of every answer, whatever it is about."""

from __future__ import annotations

import re

import brotli
import pytest

from tests.integration.api.calls import Caller, pages
from tests.integration.api.conftest import World

pytestmark = pytest.mark.usefixtures("held_to_document")


def test_one_thing_and_a_list(ann: Caller) -> None:
    assert ann.get("/auth/me").json == {"success": True, "message": None, "data": ann.user}
    listed = ann.get("/collections").json
    assert {name: listed[name] for name in ("success", "message", "count", "next_cursor")} == {
        "success": True,
        "message": None,
        "count": 1,
        "next_cursor": None,
    }


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nothing", (404, "NOT_FOUND")),
        ("POST", "/nothing", (404, "NOT_FOUND")),
        ("DELETE", "/documents/x/y/z", (404, "NOT_FOUND")),
        ("GET", "/api/", (404, "NOT_FOUND")),
        ("GET", "/api/v2/about", (404, "NOT_FOUND")),
        ("GET", "/documents/", (404, "NOT_FOUND")),
        ("GET", "/api/v1//documents", (404, "NOT_FOUND")),
        ("GET", "/chat", (405, "METHOD_NOT_ALLOWED")),
        ("GET", "/auth/login", (405, "METHOD_NOT_ALLOWED")),
        ("DELETE", "/collections", (405, "METHOD_NOT_ALLOWED")),
        ("PATCH", "/about", (405, "METHOD_NOT_ALLOWED")),
        ("BREW", "/about", (405, "METHOD_NOT_ALLOWED")),
    ],
)
def test_the_frameworks_own_errors_have_the_envelope(
    nobody: Caller, method: str, path: str, expected: tuple[int, str]
) -> None:
    answer = nobody.call(method, path)
    assert answer.error == expected
    assert "message" in answer.json
    if expected[0] == 405:
        assert "OPTIONS" in answer.headers["Allow"]


def test_a_body_that_is_too_large_is_a_413(world: World, nobody: Caller) -> None:
    with world.nothing_left():
        answer = nobody.post("/auth/login", {"email": "a@b.c", "password": "x" * 1_100_000})
    assert answer.error == (413, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize("given", ["abcdefgh", "a.b-c_D9" * 8])
def test_a_request_id_that_was_given_is_kept(nobody: Caller, given: str) -> None:
    assert nobody.get("/about", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given",
    ["", "short", "x" * 65, "with space in it", "id\tid\tid\t", "<script>alert(1)</script>", "아이디아이디아이디"],
)
def test_a_request_id_that_could_forge_a_log_line_is_replaced(nobody: Caller, given: str) -> None:
    headers = {"X-Request-ID": given.encode().decode("latin-1")}
    assert re.fullmatch(r"[0-9a-f]{16}", nobody.get("/about", headers=headers).headers["X-Request-ID"])


def test_each_request_has_an_id_of_its_own(nobody: Caller) -> None:
    assert len({nobody.get("/about").headers["X-Request-ID"] for _ in range(5)}) == 5


def test_an_unchanged_get_is_a_304_and_a_changed_one_is_not(ann: Caller) -> None:
    first = ann.get("/collections")
    etag = {"If-None-Match": first.headers["ETag"]}
    again = ann.get("/collections", headers=etag)
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    ann.post("/collections", {"name": "Another"})
    changed = ann.get("/collections", headers=etag)
    assert (changed.status, changed.json["count"]) == (200, 2)


def test_a_compressed_answer_is_found_unchanged_by_its_etag(ann: Caller) -> None:
    for number in range(8):
        ann.post("/collections", {"name": f"Collection {number}"})
    accepts = {"Accept-Encoding": "gzip, br"}
    first = ann.get("/collections", headers=accepts)
    assert first.headers["Content-Encoding"] == "br"
    assert b"Collection 7" in brotli.decompress(first.body)
    assert "Accept-Encoding" in first.headers["Vary"]
    assert ann.get("/collections", headers={**accepts, "If-None-Match": first.headers["ETag"]}).status == 304
    assert ann.get("/collections", headers={"If-None-Match": first.headers["ETag"]}).status == 304


def test_a_small_answer_is_not_compressed(nobody: Caller) -> None:
    assert "Content-Encoding" not in nobody.get("/health/live", headers={"Accept-Encoding": "br, gzip"}).headers


def test_a_head_request_has_the_headers_of_the_get(anyone: Caller) -> None:
    whole, head = anyone.get("/collections"), anyone.call("HEAD", "/collections")
    assert (head.status, head.body) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length", "Cache-Control"):
        assert head.headers[name] == whole.headers[name]


def test_fields_are_picked_from_one_thing_and_from_each_of_a_list(ann: Caller) -> None:
    assert ann.get("/auth/me?fields=id,email").data == {name: ann.user[name] for name in ("id", "email")}
    assert ann.get("/auth/me?fields=%20name%20,nonsense").data == {"name": "ann"}
    assert [set(item) for item in ann.get("/collections?fields=id,name").data] == [{"id", "name"}]
    assert ann.get("/auth/me?fields=").data == ann.user


def test_what_is_private_is_not_kept_by_a_shared_cache(anyone: Caller) -> None:
    assert anyone.get("/auth/me").headers["Cache-Control"] == "private, no-cache"
    assert anyone.get("/documents/nothing").headers["Cache-Control"] == "no-store"
    assert "Cookie" in anyone.get("/auth/me").headers["Vary"]


def test_cursors_lead_through_a_list_once_and_to_its_end(ann: Caller) -> None:
    uploads = [ann.upload((f"note{number}.txt", b"note %d" % number)) for number in range(7)]
    made = [upload.data[0]["document"]["id"] for upload in uploads]
    for limit, shape in ((3, [3, 3, 1]), (7, [7]), (6, [6, 1]), (200, [7])):
        found = list(pages(ann, "/documents", limit))
        assert [len(part) for part in found] == shape
        assert [item["id"] for part in found for item in part] == made[::-1], "newest first"


@pytest.mark.parametrize("limit", ["0", "-1", "201", "x", "1.5", "1_0", "+5", " 5", "５", "9" * 30, "NaN", "%00"])
@pytest.mark.parametrize("path", ["/documents", "/conversations"])
def test_a_limit_out_of_bounds_is_refused(anyone: Caller, path: str, limit: str) -> None:
    answer = anyone.get(f"{path}?limit={limit.replace('+', '%2B')}")
    assert answer.error == (400, "INVALID_REQUEST")
    assert "`limit`" in answer.json["message"]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%00",
        "e30",
        "W10",
        "WyIiLCIiXQ",
        "WzFd",
        "eyJhIjoxfQ",
        "%F0%9F%92%A9",
        "=" * 9,
        "WyJhIl0" * 300,
        "bnVsbA",
        "WzFlOTk5XQ",
    ],
)
@pytest.mark.parametrize("path", ["/documents", "/conversations"])
def test_a_cursor_that_is_none_of_ours_is_refused_in_words(anyone: Caller, path: str, cursor: str) -> None:
    answer = anyone.get(f"{path}?cursor={cursor}")
    if answer.status != 200:  # a text of the right shape is a place in the list, if an odd one
        assert answer.error == (400, "INVALID_REQUEST")
        assert "Begin the list anew" in answer.json["message"]


@pytest.mark.parametrize("path", ["/auth/me", "/collections", "/documents/x"])
def test_options_name_the_methods(anyone: Caller, path: str) -> None:
    answer = anyone.call("OPTIONS", path)
    assert (answer.status, answer.body) == (200, b"")
    assert {"GET", "HEAD", "OPTIONS"} <= {name.strip() for name in answer.headers["Allow"].split(",")}
