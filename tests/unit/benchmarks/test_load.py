"""The load generator's view of HTTP, without its sockets."""

from __future__ import annotations

import json

import pytest

from benchmarks.support.load import Answers, get, post

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


@pytest.mark.parametrize("data", [WHOLE, CHUNKED])
def test_an_answer_is_whole_at_its_last_byte_and_not_before(data: bytes) -> None:
    answers = Answers()
    for number in range(len(data) - 1):
        assert answers.feed(data[number : number + 1]) is None
    answer = answers.feed(data[-1:])
    assert answer is not None
    assert answer[0] == 200


def test_one_answer_follows_the_other() -> None:
    answers = Answers()
    assert answers.feed(WHOLE) == (200, "200 hello")
    assert answers.feed(b"HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\nno") == (503, "503 no")
    assert answers.feed(CHUNKED[:20]) is None


def test_an_answer_whose_end_cannot_be_told_is_refused() -> None:
    with pytest.raises(ValueError, match="end"):
        Answers().feed(b"HTTP/1.1 200 OK\r\n\r\n")


def test_a_request_with_a_body_says_how_long_it_is() -> None:
    head, _, body = post("/chat", {"message": "한국어"}).partition("\r\n\r\n")
    assert head.startswith("POST /chat HTTP/1.1\r\n")
    assert f"Content-Length: {len(body.encode())}" in head
    assert json.loads(body) == {"message": "한국어"}
    assert get("/path") == "GET /path HTTP/1.1\r\n\r\n"
