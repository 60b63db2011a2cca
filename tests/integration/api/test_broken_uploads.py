"""Uploads that break off, and bodies that are not what they say, through the real web server."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path

import pytest

from tests.integration.api.conftest import MAX_UPLOAD
from tests.integration.api.sockets import Browser
from tests.services.likeopt import Server, eventually

TYPE = "Content-Type: multipart/form-data; boundary=XX"
PART = b'--XX\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
END = b"\r\n--XX--\r\n"


def whole(content: bytes) -> bytes:
    return PART + content + END


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + end


def files(gunicorn: Server) -> set[Path]:
    return {path for path in (gunicorn.data_dir / "files").rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        PART[:20],
        PART,
        PART + b"x" * 1000,
        whole(b"x" * 1000)[:-3],
        whole(b"first")[:-6] + b"\r\n" + PART[4:] + b"the second is cut",
    ],
    ids=["nothing", "half a head", "a head", "half a file", "almost all", "one and a half"],
)
def test_a_connection_that_breaks_off_leaves_nothing(gunicorn: Server, browser: Browser, sent: bytes) -> None:
    before = files(gunicorn)
    head = browser.head("POST", "/documents", TYPE, f"Content-Length: {len(sent) + 5000}")
    browser.sent_and_left(head, sent)
    answer = browser.said(head, sent, half_closed=True)
    answer.check()
    assert answer.error == (400, "INCOMPLETE_UPLOAD")
    assert "Send it again" in answer.json["message"]
    eventually(lambda: files(gunicorn) == before, "nothing is left on disk")
    assert browser.get("/documents").data == []


def test_a_body_in_chunks_is_an_upload_like_any_other(browser: Browser) -> None:
    head = browser.head("POST", "/documents", TYPE, "Transfer-Encoding: chunked")
    body = whole(b"The ferry leaves at seven.")
    answer = browser.said(head, chunked(body[:30], body[30:90], body[90:]))
    assert (answer.status, answer.check().data[0]["document"]["bytes"]) == (202, 26)


@pytest.mark.parametrize(
    "sent",
    [
        chunked(whole(b"x" * 100)[:80], end=b""),
        chunked(PART, end=b"fff\r\nnot so many"),
        chunked(PART, end=b"no size\r\n"),
        chunked(PART + b"x"),
        b"",
    ],
    ids=["no end", "a chunk cut", "no size", "no closing boundary", "nothing"],
)
def test_chunks_that_break_off_leave_nothing(gunicorn: Server, browser: Browser, sent: bytes) -> None:
    before = files(gunicorn)
    head = browser.head("POST", "/documents", TYPE, "Transfer-Encoding: chunked")
    answer = browser.said(head, sent, half_closed=True)
    assert answer.check().status == 400
    eventually(lambda: files(gunicorn) == before, "nothing is left on disk")
    assert browser.get("/documents").data == []


@pytest.mark.parametrize("size", [MAX_UPLOAD + 1, 4 * MAX_UPLOAD])
def test_a_file_that_is_too_large_is_told_to_who_sent_it(gunicorn: Server, browser: Browser, size: int) -> None:
    before = files(gunicorn)
    answer = browser.post("/documents", whole(b"x" * size), Content_Type="multipart/form-data; boundary=XX")
    assert answer.error == (413, "FILE_TOO_LARGE")
    assert answer.json["details"]["files"][0]["filename"] == "a.txt"
    assert files(gunicorn) == before


def test_a_length_beyond_all_limits_is_refused_before_it_is_sent(browser: Browser) -> None:
    for path, content_type in (("/documents", TYPE), ("/auth/login", "Content-Type: application/json")):
        head = browser.head("POST", path, content_type, f"Content-Length: {10**15}")
        answer = browser.said(head, half_closed=True)
        assert answer.check().error == (413, "REQUEST_TOO_LARGE")


def test_endless_chunks_are_refused(gunicorn: Server, browser: Browser) -> None:
    before = files(gunicorn)
    head = browser.head("POST", "/documents", TYPE, "Transfer-Encoding: chunked", "Connection: close")
    limit = 4 * MAX_UPLOAD + 1024 * 1024
    answer = browser.said(head, chunked(PART, *(b"x" * 65536 for _ in range(limit // 65536 + 1))), half_closed=True)
    assert answer.check().error == (413, "REQUEST_TOO_LARGE")
    eventually(lambda: files(gunicorn) == before, "nothing is left on disk")


def test_a_body_that_waits_to_be_asked_for_is_asked_for(browser: Browser) -> None:
    body = whole(b"The ferry leaves at eight.")
    head = browser.head("POST", "/documents", TYPE, f"Content-Length: {len(body)}", "Expect: 100-continue")
    with socket.create_connection(browser.address, 60) as connection:
        connection.sendall(head)
        assert connection.recv(64).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        response = http.client.HTTPResponse(connection)
        response.begin()
        with response:
            assert response.status == 202
            response.read()


def test_json_that_breaks_off_is_refused(browser: Browser) -> None:
    head = browser.head("POST", "/collections", "Content-Type: application/json", "Content-Length: 500")
    answer = browser.said(head, b'{"name": "x', half_closed=True)
    assert answer.check().error[0] == 400
    assert len(browser.get("/collections").data) == 1


def test_two_requests_on_one_connection_do_not_mix(browser: Browser) -> None:
    """What a refused request did not read is not taken for the next one."""
    connection = http.client.HTTPConnection(*browser.address, timeout=60)
    try:
        for _ in range(2):
            body = json.dumps({"email": "a@b.c", "password": "GET /api/v1/about HTTP/1.1\r\n\r\n" * 100})
            connection.request("POST", "/api/v1/nothing", body, {"Cookie": browser.cookie})
            with connection.getresponse() as response:
                assert (response.status, json.loads(response.read())["error_code"]) == (404, "NOT_FOUND")
        connection.request("GET", "/api/v1/auth/me", headers={"Cookie": browser.cookie})
        with connection.getresponse() as response:
            assert response.status == 200
            response.read()
    finally:
        connection.close()


def test_no_path_leads_out_of_the_page(browser: Browser) -> None:
    for path in (
        "/static/../../../../etc/passwd",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/../etc/passwd",
    ):
        head = f"GET {path} HTTP/1.1\r\nHost: like.opt\r\n\r\n".encode()
        answer = browser.said(head)
        assert b"root:" not in answer.body
        assert b'id="app"' in answer.body or answer.status == 404, "the page, or nothing"
